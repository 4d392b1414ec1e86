"""The whole of it: a bus, a bluetoothd on it, and the environment variable by which bleak finds it."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.carriers.bluez.private_bus import PrivateBus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import TracebackType

    from ptdevice_sim.carriers.bluez.security import Security
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"


class BluezAir:
    """`async with BluezAir() as air`: until the end, this process takes the private bus for the system's.

    The backend classes are None: bleak's own choice is the point. `bluetoothd` and its `adapters` can be made to misbehave;
    `manners` are those of the first adapter, and the others begin with a copy. `denied`: the bus lets nobody call BlueZ.
    """

    scanner_backend = None
    client_backend = None

    def __init__(
        self, manners: Manners | None = None, adapters: Sequence[str] = ("hci0",), *, denied: bool = False
    ) -> None:
        self.manners = manners or Manners()
        self._adapters = tuple(adapters)
        self.bus = PrivateBus(denied=denied)
        self.bluetoothd: Bluetoothd
        self._before: str | None = None

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.bus)
            self.bluetoothd = await stack.enter_async_context(
                Bluetoothd(self.bus.address, self.manners, self._adapters)
            )
            self._before = os.environ.get(VARIABLE)
            os.environ[VARIABLE] = self.bus.address
            stack.callback(self._restore)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def publish(
        self,
        unit: Unit,
        faults: Faults | None = None,
        adapters: Iterable[str] | None = None,
        security: Security | None = None,
    ) -> Host:
        """Put a unit on air, in reach of these adapters, or of all. Without `security` it talks to anybody."""
        return self.bluetoothd.publish(unit, faults, adapters, security)[0].host

    def publish_held(self, unit: Unit, faults: Faults | None = None, adapters: Iterable[str] | None = None) -> Host:
        """A unit that is connected already, by a program that was killed, and so does not advertise."""
        device = self.bluetoothd.publish(unit, faults, adapters)[0]
        device.hold()
        return device.host

    async def restart_bus(self) -> None:
        """The D-Bus daemon restarts: every connection to it breaks, and bluetoothd ends with it and starts anew."""
        await self.bus.stop()
        await self.bluetoothd.crash()
        await self.bus.start()
        await self.bluetoothd.restart()

    def _restore(self) -> None:
        if self._before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = self._before
