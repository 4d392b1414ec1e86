"""ESPHome Bluetooth proxies as they are configured, and the extra `proxy`, which reaches them: loaded where one is used.

Each becomes one more station, with bleak backends of the library's.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.ble.station import Station

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.ble.esphome import Proxy
    from ptdevice.ble.station import Manner

LIBRARY = "bleak_esphome"


class ProxyAt(NamedTuple):
    """One proxy: its name in the configuration, where it is, and its API key (base64 of 32 octets; None: it has none)."""

    name: str
    host: str
    port: int = 6053
    key: str | None = None

    def __repr__(self) -> str:
        """Without the key, whatever prints it."""
        return f"ProxyAt({self.name!r}, {self.host!r}, {self.port})"


async def stations(where: Iterable[ProxyAt], manner: Manner) -> list[tuple[Proxy, Station]]:
    """A station for each. Raises ImportError where the extra is not installed; the configuration's check says so before."""
    where = list(where)
    if not where:
        return []
    library = await asyncio.to_thread(importlib.import_module, "ptdevice.ble.esphome")
    proxies: list[Proxy] = [library.Proxy(at) for at in where]
    return [(proxy, _station(proxy, manner)) for proxy in proxies]


def _station(proxy: Proxy, manner: Manner) -> Station:
    """Its links are not BlueZ's, so that they do not stand in the ledger: they end with the connection to the proxy."""
    return Station(
        proxy,
        manner._replace(scanner_backend=proxy.scanner_backend, client_backend=proxy.client_backend, ledger=None),
    )
