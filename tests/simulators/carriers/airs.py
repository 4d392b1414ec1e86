"""The carriers by name, and what is allowed to differ between them. A new carrier is one line in each table."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ptdevice.ble.esphome import Proxy
from ptdevice.ble.proxies import ProxyAt
from ptdevice.ble.station import Manner, Station
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.esphome.air import EsphomeAir
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.carriers.virtual_radio import VirtualRadio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from contextlib import AbstractAsyncContextManager

    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner

    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit


class Air(Protocol):
    """What every carrier offers."""

    @property
    def scanner_backend(self) -> type[BaseBleakScanner] | None: ...

    @property
    def client_backend(self) -> type[BaseBleakClient] | None: ...

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host: ...


@dataclass(frozen=True, slots=True)
class Differences:
    """Where the carriers differ by nature, and by how much. Whatever is not in this table must be the same on all of them.

    Not in it, because a test would have to wait for it: a real bluetoothd takes 2 to 2.6 s to disconnect (the knob
    `Manners.disconnect_delay_s`; 0 here), a real unit advertises every 0.02 to 10 s.
    """

    own_services: tuple[str, ...]  # 16-bit numbers of services that the carrier adds to a unit's own
    value_handles: bool  # whether a characteristic's handle is that of its value (else of its declaration, one less)
    error_of_0x05: str  # what bleak raises for "insufficient authentication"


class BehindProxy(EsphomeAir):
    """The proxy's air, seen through our connection to it."""

    scanner_backend: type[BaseBleakScanner] | None = None
    client_backend: type[BaseBleakClient] | None = None


@asynccontextmanager
async def behind_proxy() -> AsyncIterator[Air]:
    async with BehindProxy() as air:
        proxy = Proxy(ProxyAt("hall", "127.0.0.1", air.port))
        running = asyncio.create_task(proxy.run(Station(proxy, Manner())))
        air.scanner_backend, air.client_backend = proxy.scanner_backend, proxy.client_backend
        await proxy.look()
        yield air
        running.cancel()
        await asyncio.wait({running})


AIRS: dict[str, Callable[[], AbstractAsyncContextManager[Air]]] = {
    "inproc": InProcessAir,
    "bluez": BluezAir,
    "radio": VirtualRadio,
    "esphome": behind_proxy,
}
DIFFERENCES = {
    "inproc": Differences((), value_handles=False, error_of_0x05="BleakGATTProtocolError"),
    "bluez": Differences(("1801",), value_handles=False, error_of_0x05="BleakDBusError"),
    "radio": Differences(("1800", "1801"), value_handles=True, error_of_0x05="BleakGATTProtocolError"),
    "esphome": Differences((), value_handles=True, error_of_0x05="BleakGATTProtocolError"),
}
