"""The D-Bus side of bluetoothd: its name, its objects, who calls, and what it does when it dies.

One raw message handler answers from a table of methods. dbus-fast's own service classes are not used: objects come and go, and
the order of answers and signals is the point. Left out, because nothing here uses it: pairing, passive scanning, the
AcquireNotify sockets, values of descriptors.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from ptdevice_sim.carriers.bluez import words
from ptdevice_sim.carriers.bluez.adapter import Adapter
from ptdevice_sim.carriers.bluez.call import Call
from ptdevice_sim.carriers.bluez.device import Device
from ptdevice_sim.carriers.bluez.outlet import Outlet
from ptdevice_sim.carriers.bluez.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from types import TracebackType
    from typing import Any

    from ptdevice_sim.carriers.bluez.manners import Manners
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Unit

CLIENTS_RULE = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
LEFT_TO_THE_LIBRARY = {words.INTROSPECTABLE, "org.freedesktop.DBus.Peer"}


class Bluetoothd:
    """`async with Bluetoothd(bus_address, manners)`; units are published on it, and it may crash and restart."""

    def __init__(self, bus_address: str, manners: Manners) -> None:
        self.manners = manners
        self.tree = Tree(self._send)
        self.adapter = Adapter(self)
        self.devices: dict[str, Device] = {}
        self.callers: set[str] = set()  # D-Bus clients that have asked for anything and are still there
        self._bus_address = bus_address
        self._bus: MessageBus | None = None
        self._outlet: Outlet | None = None
        self._running: set[asyncio.Task[None]] = set()
        adapter = self.adapter
        self._methods: dict[tuple[str, str], Callable[[Call], None]] = {
            (words.OBJECT_MANAGER, "GetManagedObjects"): self._managed_objects,
            (words.PROPERTIES, "Get"): lambda call: call.reply("v", self.tree.get(call.path, *call.arguments)),
            (words.ADAPTER, "SetDiscoveryFilter"): adapter.set_discovery_filter,
            (words.ADAPTER, "StartDiscovery"): adapter.start_discovery,
            (words.ADAPTER, "StopDiscovery"): adapter.stop_discovery,
            (words.ADAPTER, "RemoveDevice"): adapter.remove_device,
            (words.DEVICE, "Connect"): lambda call: self._device(call.path).connect(call),
            (words.DEVICE, "Disconnect"): lambda call: self._device(call.path).disconnect(call),
            (words.CHARACTERISTIC, "ReadValue"): lambda call: self._device(call.path).attributes.read(call),
            (words.CHARACTERISTIC, "WriteValue"): lambda call: self._device(call.path).attributes.write(call),
            (words.CHARACTERISTIC, "StartNotify"): lambda call: self._device(call.path).attributes.start_notify(call),
            (words.CHARACTERISTIC, "StopNotify"): lambda call: self._device(call.path).attributes.stop_notify(call),
        }

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self._tasks = await stack.enter_async_context(asyncio.TaskGroup())
            stack.push_async_callback(self.crash)
            await self.restart()
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for device in self.devices.values():
            device.host.close()
        # A task group would wrap whatever went wrong in the block, and hide it; a cancellation may be of its own making.
        if kind is None or not issubclass(kind, asyncio.CancelledError):
            kind = error = trace = None
        await self._stack.__aexit__(kind, error, trace)

    @property
    def connecting(self) -> bool:
        """Whether any Connect has not been answered yet."""
        return any(device.connecting for device in self.devices.values())

    def publish(self, unit: Unit, faults: Faults | None) -> Device:
        """Put a unit in reach."""
        device = Device(self, unit, faults)
        self.devices[device.path] = device
        return device

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Something that takes time, and dies with bluetoothd."""
        task = self._tasks.create_task(work, name=f"bluetoothd {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def restart(self, adapter_delay_s: float = 0.0) -> None:
        """Come up: first the name on the bus, after a while the adapter (0.1 to 1 s on a real host)."""
        bus = MessageBus(bus_address=self._bus_address)
        await bus.connect()
        self._bus, self._outlet = bus, Outlet(bus)
        bus.add_message_handler(self._on_message)
        await bus.call(
            Message(
                destination="org.freedesktop.DBus",
                path="/org/freedesktop/DBus",
                interface="org.freedesktop.DBus",
                member="AddMatch",
                signature="s",
                body=[CLIENTS_RULE],
            )
        )
        await bus.request_name(words.NAME)
        await asyncio.sleep(adapter_delay_s)
        self.adapter.plug()

    async def crash(self) -> None:
        """Die as by SIGKILL: the name vanishes from the bus, no signal tells why, links end."""
        bus, self._bus = self._bus, None
        outlet, self._outlet = self._outlet, None
        if bus is None or outlet is None:
            return
        outlet.close()
        for task in self._running:
            task.cancel()
        self.tree.objects.clear()
        self.adapter.crashed()
        for device in self.devices.values():
            device.crashed()
        self.callers.clear()
        bus.disconnect()
        with contextlib.suppress(Exception):  # whatever the bus died of before
            await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types

    # --- inside ---

    def _send(self, message: Message) -> None:
        if self._outlet is not None:
            self._outlet.send(message)

    def _on_message(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._client_gone(message.body[0])
            return False
        if message.message_type is not MessageType.METHOD_CALL or message.interface in LEFT_TO_THE_LIBRARY:
            return False
        call = Call(message, self._send)
        self.callers.add(call.sender)
        try:
            self._method(call)(call)
        except words.Refusal as refusal:
            call.refuse(refusal)
        return True

    def _method(self, call: Call) -> Callable[[Call], None]:
        if call.path != "/" and call.path not in self.tree.objects:
            raise words.unknown_object(call.path)
        try:
            return self._methods[call.interface, call.member]
        except KeyError:
            raise words.unknown_method(call.member) from None

    def _managed_objects(self, call: Call) -> None:
        call.reply("a{oa{sa{sv}}}", self.tree.snapshot())

    def _device(self, path: str) -> Device:
        for device in self.devices.values():
            if path == device.path or path.startswith(f"{device.path}/"):
                return device
        raise words.unknown_object(path)

    def _client_gone(self, name: str) -> None:
        self.callers.discard(name)
        self.adapter.client_gone(name)
        for device in self.devices.values():
            device.attributes.client_gone(name)
