"""Where the broker is, and how each side proves who it is."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Tls:
    """How the broker proves itself, and we to it. Without `ca_file`: the system's authorities. TLS 1.2 or newer, verified."""

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files; blocks. Raises OSError, of which ssl.SSLError is one, with the name of the file."""
        context = _named(self.ca_file, lambda: ssl.create_default_context(cafile=self.ca_file))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.cert_file is not None:
            files, key = (self.cert_file, self.key_file), self.key_file or self.cert_file
            whose = " and ".join(str(file) for file in files if file is not None)
            _named(whose, lambda: context.load_cert_chain(*files, password=lambda: _locked(key)))
        return context


def _named(files: object, read: Callable[[], T]) -> T:
    """OpenSSL does not say which file it means."""
    try:
        return read()
    except OSError as error:
        raise OSError(f"{files}: {error.strerror or error}") from error


def _locked(key: Path) -> str:
    """Without this, OpenSSL asks on the terminal, where nobody sits."""
    raise OSError(f"{key} is locked with a passphrase, and nobody is there to type it; decrypt it and set mode 0600")


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is and who we are. `protocol` 5 falls back to 4 (3.1.1) where the broker knows no better.

    That costs a second connection, and `connect_s` with brokers that do not answer at all: set 4 where you know it.
    """

    host: str
    client_id: str
    port: int = 1883
    username: str | None = None
    password: str | None = None
    tls: Tls | None = None
    keepalive_s: int = 15
    protocol: int = 5
    connect_s: float = 5.0  # for each of: TCP, TLS, CONNACK
    incoming: int = (
        64  # messages that wait to be read, above which they are dropped; nobody sends a gateway 64 requests at once
    )
    ack_s: float = 10.0  # a broker that takes this long is taken for dead: a half-open link looks exactly so

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    def __repr__(self) -> str:
        return f"Broker({self}, client_id={self.client_id!r})"  # never the password, not even in a traceback
