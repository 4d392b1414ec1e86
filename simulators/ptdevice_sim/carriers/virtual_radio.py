"""A virtual radio: real HCI, L2CAP and ATT on both sides, packet by packet, by bumble. It needs nothing but pip.

Each unit has a controller and a host stack of its own, and so has the central behind bleak's classes (`virtual_central`);
between the controllers is a link in memory (`virtual_air`). What this proves: attribute protocol, MTU exchange, advertising
limits, how links end. What it does not prove: BlueZ, D-Bus, and whatever needs a real radio.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from bleak.exc import BleakDeviceNotFoundError, BleakError
from bumble.device import Device
from bumble.hci import Address

from ptdevice_sim.carriers.advertising_data import parse
from ptdevice_sim.carriers.virtual_air import Air, text
from ptdevice_sim.carriers.virtual_central import VirtualClient, VirtualScanner, bleak_errors
from ptdevice_sim.carriers.virtual_peripheral import Peripheral
from ptdevice_sim.host import REMOTE_USER_TERMINATED

if TYPE_CHECKING:
    from types import TracebackType

    from bumble.device import Advertisement, Connection

    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

CENTRAL_ADDRESS = "F0:00:00:00:00:01"  # random static, like any unit's


class VirtualRadio:
    """Where units are published: `async with VirtualRadio() as radio`. The two backend classes are what bleak accepts.

    `delivered` counts the notifications and indications that reached a subscriber.
    """

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.delivered = 0
        self.scanner_backend = type("VirtualScanner", (VirtualScanner,), {"radio": self})
        self.client_backend = type("VirtualClient", (VirtualClient,), {"radio": self})
        self._scanners: set[VirtualScanner] = set()
        self._peripherals: list[Peripheral] = []
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        # bumble warns of what is normal here, e.g. packets that are under way when a link breaks. Its errors are errors.
        logging.getLogger("bumble").setLevel(logging.ERROR)
        self._connecting, self._scanning = asyncio.Lock(), asyncio.Lock()
        async with AsyncExitStack() as stack:
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            self._air = Air()
            self._controller, self._central = self._air.station("central", CENTRAL_ADDRESS)
            self._central.on(Device.EVENT_ADVERTISEMENT, self._saw)
            await self._central.power_on()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for peripheral in self._peripherals:
            peripheral.leave()
        try:
            if self._running:
                await asyncio.wait(self._running)
            for peripheral in self._peripherals:
                await peripheral.close()
            await self._central.power_off()
        finally:
            # The group is told of cancellation only: it would wrap any other error of the block into a group.
            told = (kind, error, traceback) if kind is asyncio.CancelledError else (None, None, None)
            await self._stack.__aexit__(*told)

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host:
        """Put a unit on air. Raises ValueError where its advertising data does not fit."""
        peripheral = Peripheral(self._air, unit, faults)
        self._peripherals.append(peripheral)
        self.hosts[unit.address] = peripheral.host
        self._running.append(self._tasks.create_task(peripheral.run(), name=f"virtual-radio-{unit.address}"))
        return peripheral.host

    # --- what bleak's classes need ---

    async def scan(self, scanner: VirtualScanner, *, wanted: bool) -> None:
        """Scan for as long as some scanner wants it."""
        (self._scanners.add if wanted else self._scanners.discard)(scanner)
        async with self._scanning:
            if self._scanners and not self._central.is_scanning:
                await self._central.start_scanning(legacy=True, filter_duplicates=False)
            elif not self._scanners and self._central.is_scanning:
                await self._central.stop_scanning(legacy=True)

    async def open(self, address: str, seconds: float) -> Connection:
        """A link, one attempt at a time as on a real controller. Raises BleakDeviceNotFoundError, BleakError."""
        peer = Address(address, Address.RANDOM_DEVICE_ADDRESS)
        async with self._connecting:
            if self._central.find_connection_by_bd_addr(peer) is not None:
                raise BleakError("le-connection-abort-by-local")  # it has a link, so it does not advertise
            try:
                with bleak_errors("the radio was switched off"):
                    async with asyncio.timeout(seconds):
                        connection = await self._central.connect_le(peer, timeout=None)
            except TimeoutError as error:
                self._give_up(address)
                raise BleakDeviceNotFoundError(address, f"nothing answered in {seconds:g} s") from error
            except asyncio.CancelledError:
                self._give_up(address)
                raise
        if connection.handle not in self._central.connections:
            raise BleakError("le-connection-abort-by-local")
        return connection

    def _give_up(self, address: str) -> None:
        self._controller.pending_le_connection = None
        self.hang_up(address)

    def hang_up(self, address: str) -> None:
        """End a link at once, without waiting for anything."""
        self._air.cut(address, REMOTE_USER_TERMINATED)

    # --- what the central hears ---

    def _saw(self, advertisement: Advertisement) -> None:
        address = text(advertisement.address)
        data = parse(advertisement.data.ad_structures, advertisement.rssi)
        for scanner in list(self._scanners):
            scanner.saw(address, data)
