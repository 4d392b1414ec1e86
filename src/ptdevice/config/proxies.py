"""`[proxies.<name>]`: ESPHome Bluetooth proxies, what they are refused for, and the keys of their API."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import base64
import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Annotated, Any

from pydantic import AfterValidator, PrivateAttr, SecretStr

from ptdevice.config.section import Section
from ptdevice.config.values import VARIABLE, FilePath, Shape, Within, Word

LIBRARY = "bleak_esphome"  # of the extra `proxy`
ADAPTER = re.compile(r"hci\d+")
KEY_BYTES = 32

Problem = tuple[tuple[str, ...], str]


class Proxy(Section):
    """One ESPHome Bluetooth proxy, under a name: `[proxies.hall]`. Units that are commanded are never reached through one."""

    host: Word
    """Its name or address in the network."""
    port: Annotated[int, AfterValidator(Within(1, 65535))] = 6053
    """TCP port of its native API."""
    key_file: FilePath | None = None
    """A file with its key (`api: encryption: key`) in the first line, readable by the service only (mode 0600)."""
    key_env: (
        Annotated[
            str,
            AfterValidator(
                Shape(VARIABLE, "the NAME of an environment variable (A-Z, 0-9, _), not the key itself", secret=True)
            ),
        ]
        | None
    ) = None
    """The name of an environment variable with the key. Without a key the connection is not encrypted."""

    _key: SecretStr | None = PrivateAttr(default=None)

    @property
    def key(self) -> SecretStr | None:
        """The key that `load` found."""
        return self._key


def broken(
    proxies: Mapping[str, Any], units: Mapping[str, Mapping[str, Any]], library: str = LIBRARY
) -> Iterator[Problem]:
    """Every rule that these proxies, and units that are bound to them, break."""
    if proxies and find_spec(library) is None:
        yield ("proxies",), "needs the extra `proxy`: pip install 'ptdevice[proxy]'"
    for name, proxy in proxies.items():
        if ADAPTER.fullmatch(name):
            yield ("proxies", name), "is what an adapter of this host is called; choose another name"
        if isinstance(proxy, dict) and "key_file" in proxy and "key_env" in proxy:
            yield ("proxies", name, "key_env"), "there is a key_file already; keep one of the two"
    for alias, unit in units.items():
        command = unit.get("command")
        if unit.get("adapter") in proxies and isinstance(command, dict) and command.get("enabled") is True:
            text = "is a proxy, and this unit is commanded: its stop would hang on a network; leave it to this host's adapters"
            yield ("units", alias, "adapter"), text


def key_of(raw: bytes) -> tuple[SecretStr | None, str]:
    """The key in the first line of a file, or why it is none. It is not repeated."""
    first_line = raw.split(b"\n", 1)[0].strip()
    try:
        if len(base64.b64decode(first_line, validate=True)) == KEY_BYTES:
            return SecretStr(first_line.decode()), ""
    except ValueError:
        pass
    return None, f"the key must be base64 of {KEY_BYTES} bytes, as `api: encryption: key` has it"
