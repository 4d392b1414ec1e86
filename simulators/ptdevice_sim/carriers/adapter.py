"""A unit on a controller of its own, over the air: a Bluetooth dongle, or whatever else bumble opens as a transport.

    usb:0                          the first USB dongle; its kernel driver must let go of it
    serial:/dev/ttyACM0            a board with HCI firmware on a serial line
    hci-socket:0                   Linux's hci0, which must be down (`hciconfig hci0 down`); needs CAP_NET_ADMIN
    tcp-client:127.0.0.1:9000      a controller behind a socket, e.g. a virtual one

What is proven of it without a radio is in docs/over-the-air.md.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from bumble.core import BaseBumbleError
from bumble.device import Device
from bumble.host import Host as HciHost
from bumble.transport import open_transport

from ptdevice.errors import PtdeviceError
from ptdevice_sim.carriers.virtual_peripheral import Peripheral

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from bumble.device import DeviceConfiguration
    from bumble.transport.common import Transport

    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

log = logging.getLogger(__name__)

OPEN_S = 10.0  # for a transport to open
POWER_ON_S = 10.0  # for its controller to be reset, asked for its features, and set to advertise
END_S = 3.0  # for advertising and link to end; a controller that is gone answers nothing


class AdapterError(PtdeviceError):
    """A controller cannot be used: which one, and why."""


async def serve(unit: Unit, spec: str, published: Callable[[Host], None], *, power_on_s: float = POWER_ON_S) -> None:
    """Be this unit on this controller until cancelled. `published` is told once it advertises. Raises AdapterError."""
    transport = await _opened(spec)
    try:
        peripheral = Peripheral(Adapter(transport), unit)
        running = asyncio.create_task(peripheral.run(), name=f"unit on {spec}")
        try:
            await _first_of(peripheral.on_air.wait(), running, transport, spec, power_on_s)
            published(peripheral.host)
            await _first_of(asyncio.Event().wait(), running, transport, spec, None)
        finally:
            peripheral.leave()
            running.cancel()
            await asyncio.wait({running}, timeout=END_S)
            await _quietly(peripheral.close())
    finally:
        await _quietly(transport.close())


class Adapter:
    """One controller, as a `virtual_peripheral.Sky` for one unit."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._device: _Hideable
        self._tasks: set[asyncio.Task[None]] = set()

    def stack(self, configuration: DeviceConfiguration) -> Device:
        """The host stack on this controller."""
        self._device = _Hideable(config=configuration, host=HciHost(self._transport.source, self._transport.sink))
        return self._device

    def cut(self, _address: str, _reason: int) -> None:
        """End the link. A host may not give every reason (Core spec Vol 4 Part E 7.1.6): it says that the user ended it."""
        self._do(self._disconnect())

    def reach(self, _address: str, *, within: bool) -> None:
        """Out of reach, as near as a real radio comes to it: no advertising."""
        self._device.hidden = not within
        self._do(self._device.start_advertising() if within else self._device.stop_advertising())

    async def silence(self, _address: str) -> None:
        """No more advertising, and no link."""
        for task in self._tasks:
            task.cancel()
        if self._transport.source.terminated.done():
            return
        self._device.hidden = True
        await _quietly(self._device.stop_advertising())
        await _quietly(self._disconnect())

    async def _disconnect(self) -> None:
        for connection in list(self._device.connections.values()):
            await connection.disconnect()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_quietly(work), name="adapter")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _Hideable(Device):
    """A host stack that can be told not to advertise."""

    hidden = False

    async def start_advertising(self, *args: Any, **kwargs: Any) -> None:
        """Unless hidden, or connected: a unit here has one link at a time."""
        if not self.hidden and not self.connections:
            await super().start_advertising(*args, **kwargs)


async def _opened(spec: str) -> Transport:
    try:
        async with asyncio.timeout(OPEN_S):
            return await open_transport(spec)
    except TimeoutError:
        raise AdapterError(f"adapter {spec!r}: it did not open in {OPEN_S:g} s") from None
    # Libraries for USB, serial lines and sockets raise what they like; bumble itself raises bare Exceptions.
    except Exception as error:
        why = str(error) or type(error).__name__
        raise AdapterError(
            f"adapter {spec!r} cannot be opened: {why}. docs/over-the-air.md tells what it needs"
        ) from error


async def _first_of(
    awaited: Coroutine[Any, Any, object],
    running: asyncio.Task[None],
    transport: Transport,
    spec: str,
    seconds: float | None,
) -> None:
    """Wait for it, unless the controller fails first. Raises AdapterError."""
    waiting = asyncio.ensure_future(awaited)
    ends: set[asyncio.Future[Any]] = {waiting, running, transport.source.terminated}
    try:
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if waiting.done():
            return
    finally:
        waiting.cancel()
    if transport.source.terminated.done():
        raise AdapterError(f"adapter {spec!r} is gone: unplugged, or taken by another program")
    if not running.done():
        raise AdapterError(f"adapter {spec!r} did not answer in {seconds:g} s: is a controller behind it?")
    try:
        running.result()
    except (BaseBumbleError, TimeoutError) as error:
        why = str(error) or type(error).__name__
        raise AdapterError(f"adapter {spec!r} did not do what it was told: {why}") from error
    raise AssertionError("a unit's radio ended by itself")


async def _quietly(work: Coroutine[Any, Any, object]) -> None:
    """What is done to a controller that may be gone: not for long, and a failure is no news."""
    try:
        async with asyncio.timeout(END_S):
            await work
    except (BaseBumbleError, TimeoutError, OSError) as error:
        log.debug("%s: %s", type(error).__name__, error)
