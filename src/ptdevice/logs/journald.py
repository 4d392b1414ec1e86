"""Straight to systemd's journal, with fields: its native protocol (systemd, Native Journal Protocol).

One datagram per record: `NAME=value` and a newline for each field, or, where the value has a newline itself, the name, a
newline, the value's length in 8 octets (little-endian), the value, a newline. What is too large for a datagram goes into a
sealed memory file, of which the descriptor is sent.

Nothing ever waits for the journal: what it cannot take at this moment is dropped and counted, and the next line that it takes
says how many. Where it is gone (it is being restarted, or its socket was taken away), lines go to standard error.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import logging
import os
import socket
from typing import TYPE_CHECKING

from ptdevice.logs.forms import facts, priority

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ptdevice.logs.forms import Hiding

SOCKET = "/run/systemd/journal/socket"
IDENTIFIER = "ptdevice"
FIELDS = {
    "message": "MESSAGE",
    "subsystem": "PTDEVICE_SUBSYSTEM",
    "unit": "PTDEVICE_UNIT",
    "logger": "PTDEVICE_LOGGER",
    "file": "CODE_FILE",
    "line": "CODE_LINE",
    "function": "CODE_FUNC",
}
TOO_LARGE = {errno.EMSGSIZE, errno.ENOBUFS}
SEALS = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL


class NoJournalError(Exception):
    """There is no journal to talk to."""


def serialise(fields: Mapping[str, str]) -> bytes:
    """One record's datagram."""
    parts = []
    for name, text in fields.items():
        value = text.encode("utf-8", "surrogateescape")
        if b"\n" in value:
            parts.append(name.encode() + b"\n" + len(value).to_bytes(8, "little") + value + b"\n")
        else:
            parts.append(name.encode() + b"=" + value + b"\n")
    return b"".join(parts)


@contextlib.contextmanager
def _sealed(data: bytes) -> Iterator[int]:
    """A file in memory that nobody can change any more; the journal takes no other."""
    file = os.memfd_create("ptdevice-log", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        with os.fdopen(os.dup(file), "wb") as writing:
            writing.write(data)
        fcntl.fcntl(file, fcntl.F_ADD_SEALS, SEALS)
        yield file
    finally:
        os.close(file)


class JournalHandler(logging.Handler):
    """To the journal at `path`, or `otherwise`. Raises NoJournalError where nothing is there at the start."""

    def __init__(self, hiding: Hiding, *, otherwise: logging.Handler, path: str = SOCKET) -> None:
        super().__init__()
        self._hiding, self._otherwise, self._path = hiding, otherwise, path
        self._dropped = 0
        try:
            self._socket = self._open()
        except OSError as error:
            raise NoJournalError(path) from error

    def emit(self, record: logging.LogRecord) -> None:
        """Send it, now or never."""
        try:
            known = facts(record, self._hiding)
            if self._dropped:
                known["message"] += f" ({self._dropped} lines before this one were lost: the journal did not take them)"
            fields = {FIELDS[name]: text for name, text in known.items()}
            data = serialise({**fields, "PRIORITY": str(priority(record)), "SYSLOG_IDENTIFIER": IDENTIFIER})
        except Exception:  # noqa: BLE001 - as the standard library's handlers do: whoever logs is not to suffer
            self.handleError(record)
            return
        try:
            self._send(data)
            self._dropped = 0
        except BlockingIOError:
            self._dropped += 1
        except OSError:
            self._otherwise.handle(record)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()
        super().close()

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        made.setblocking(False)
        try:
            made.connect(self._path)
        except OSError:
            made.close()
            raise
        return made

    def _send(self, data: bytes) -> None:
        try:
            self._deliver(data)
        except BlockingIOError:
            raise
        except OSError:
            # It was restarted: its socket is another one now.
            fresh = self._open()
            self._socket.close()
            self._socket = fresh
            self._deliver(data)

    def _deliver(self, data: bytes) -> None:
        try:
            self._socket.send(data)
        except OSError as error:
            if error.errno not in TOO_LARGE:
                raise
            with _sealed(data) as file:
                self._socket.sendmsg([b""], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [file]))])
