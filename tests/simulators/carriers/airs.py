"""The carriers by name, and what is allowed to differ between them. A new carrier is one line in each table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.inproc import InProcessAir

if TYPE_CHECKING:
    from collections.abc import Callable
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


AIRS: dict[str, Callable[[], AbstractAsyncContextManager[Air]]] = {
    "inproc": InProcessAir,
    "bluez": BluezAir,
}
