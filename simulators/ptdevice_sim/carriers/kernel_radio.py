"""The virtual radio with Linux's own Bluetooth as its central: /dev/vhci makes a controller on the link a hci0 of the kernel.

Above it are the kernel's host stack, a real bluetoothd, D-Bus and bleak's own backend; below it bumble's controllers and the
link in memory. It needs a kernel with CONFIG_BT_HCIVHCI and the right to open /dev/vhci; `make test-bluez` brings its own.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Self

from bumble.core import BaseBumbleError
from bumble.transport import open_transport

from ptdevice.errors import PtdeviceError
from ptdevice_sim.carriers.virtual_air import RSSI_DBM, Air, Station
from ptdevice_sim.carriers.virtual_peripheral import Peripheral

if TYPE_CHECKING:
    from types import TracebackType

    from bumble.transport.common import Transport

    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit


class KernelRadioError(PtdeviceError):
    """There is no host stack to be a controller for."""


class _Adapter(Station):
    """A controller to which no advertisement is as strong as the one before: bluetoothd tells only of what changes."""

    _heard = 0

    def rssi_dbm(self) -> int:
        self._heard += 1
        return RSSI_DBM - self._heard % 2


class KernelRadio:
    """`async with KernelRadio() as radio`: units published here are in reach of the kernel's adapter.

    The backend classes are None: bleak's own choice is the point.
    """

    scanner_backend = None
    client_backend = None

    def __init__(self, spec: str = "vhci") -> None:
        """`spec` is where the host stack is, in bumble's words."""
        self.air = Air()
        self._spec = spec
        self._controller: Station | None = None
        self._transport: Transport | None = None
        self._peripherals: list[Peripheral] = []
        self._running: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        # bumble warns of what is normal here, e.g. packets that are under way when a link breaks. Its errors are errors.
        logging.getLogger("bumble").setLevel(logging.ERROR)
        await self.plug()
        self._tasks = await asyncio.TaskGroup().__aenter__()
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
            await self.unplug()
        finally:
            # The group is told of cancellation only: it would wrap any other error of the block into a group.
            told = (kind, error, traceback) if kind is asyncio.CancelledError else (None, None, None)
            await self._tasks.__aexit__(*told)

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host:
        """Put a unit on air. Raises ValueError where its advertising data does not fit."""
        peripheral = Peripheral(self.air, unit, faults)
        self._peripherals.append(peripheral)
        self._running.append(self._tasks.create_task(peripheral.run(), name=f"kernel-radio-{unit.address}"))
        return peripheral.host

    async def plug(self) -> None:
        """The kernel gets an adapter. Raises KernelRadioError."""
        try:
            self._transport = await open_transport(self._spec)
        except (OSError, BaseBumbleError) as error:
            raise KernelRadioError(f"no host stack at {self._spec}: {error}") from error
        # Without a public address, as bumble's link would look for the central under its random one only.
        self._controller = _Adapter(
            "kernel", host_source=self._transport.source, host_sink=self._transport.sink, link=self.air
        )

    async def unplug(self) -> None:
        """The adapter is gone from the kernel, without a word; to units with a link, the central is gone."""
        controller, self._controller = self._controller, None
        transport, self._transport = self._transport, None
        if controller is not None:
            self.air.remove_controller(controller)
            for peripheral in self._peripherals:
                peripheral.host.drop_link()
        if transport is not None:
            await transport.close()
