"""The D-Bus side of bluetoothd: its name, its objects, who calls, and what it does when it dies.

One raw message handler answers from a table of methods. dbus-fast's own service classes are not used: objects come and go, and
the order of answers and signals is the point. Left out, because nothing here uses it: passive scanning,
AcquireWrite, values of descriptors.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus

from ptdevice_sim.carriers.bluez import words
from ptdevice_sim.carriers.bluez.adapter import Adapter
from ptdevice_sim.carriers.bluez.agents import Agents
from ptdevice_sim.carriers.bluez.call import Call
from ptdevice_sim.carriers.bluez.device import Device
from ptdevice_sim.carriers.bluez.outlet import Outlet
from ptdevice_sim.carriers.bluez.reach import Reach
from ptdevice_sim.carriers.bluez.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable, Sequence
    from types import TracebackType
    from typing import Any

    from ptdevice_sim.carriers.bluez.manners import Manners
    from ptdevice_sim.carriers.bluez.security import Security
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Unit

CLIENTS_RULE = "type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged'"
LEFT_TO_THE_LIBRARY = {words.INTROSPECTABLE, "org.freedesktop.DBus.Peer"}


class Bluetoothd:
    """`async with Bluetoothd(bus_address, manners)`; units are published on it, and it may crash and restart."""

    def __init__(self, bus_address: str, manners: Manners, names: Sequence[str] = ("hci0",)) -> None:
        self.tree = Tree(self._send)
        self.adapters: dict[str, Adapter] = {}
        for number, name in enumerate(names, 1):
            own = manners if number == 1 else replace(manners)
            self.adapters[name] = Adapter(self, name, f"F0:00:00:00:00:{number:02X}", own)
        self.adapter = self.adapters[names[0]]
        self.devices: dict[str, Device] = {}
        self.callers: set[str] = set()  # D-Bus clients that have asked for anything and are still there
        self._bus_address = bus_address
        self._bus: MessageBus | None = None
        self._outlet: Outlet | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.agents = Agents(self._ask, self._send)
        self._asked: dict[int, asyncio.Future[Message]] = {}  # what clients are asked, by the serial number
        self._methods: dict[tuple[str, str], Callable[[Call], None]] = {
            (words.OBJECT_MANAGER, "GetManagedObjects"): self._managed_objects,
            (words.PROPERTIES, "Get"): lambda call: call.reply("v", self.tree.get(call.path, *call.arguments)),
            (words.PROPERTIES, "GetAll"): lambda call: call.reply(
                "a{sv}", self.tree.get_all(call.path, *call.arguments)
            ),
            (words.PROPERTIES, "Set"): self._set_property,
            (words.ADAPTER, "SetDiscoveryFilter"): lambda call: self._adapter(call).discovery.set_filter(call),
            (words.ADAPTER, "StartDiscovery"): lambda call: self._adapter(call).discovery.start(call),
            (words.ADAPTER, "StopDiscovery"): lambda call: self._adapter(call).discovery.stop(call),
            (words.ADAPTER, "RemoveDevice"): lambda call: self._adapter(call).remove_device(call),
            (words.AGENT_MANAGER, "RegisterAgent"): self.agents.register,
            (words.AGENT_MANAGER, "UnregisterAgent"): self.agents.unregister,
            (words.AGENT_MANAGER, "RequestDefaultAgent"): self.agents.make_default,
            (words.DEVICE, "Pair"): lambda call: self._device(call.path).pairing.pair(call),
            (words.DEVICE, "CancelPairing"): lambda call: self._device(call.path).pairing.cancel(call),
            (words.DEVICE, "Connect"): lambda call: self._device(call.path).connect(call),
            (words.DEVICE, "Disconnect"): lambda call: self._device(call.path).disconnect(call),
            (words.CHARACTERISTIC, "ReadValue"): lambda call: self._device(call.path).attributes.read(call),
            (words.CHARACTERISTIC, "WriteValue"): lambda call: self._device(call.path).attributes.write(call),
            (words.CHARACTERISTIC, "StartNotify"): lambda call: self._device(call.path).attributes.start_notify(call),
            (words.CHARACTERISTIC, "StopNotify"): lambda call: self._device(call.path).attributes.stop_notify(call),
            (words.CHARACTERISTIC, "AcquireNotify"): lambda call: self._device(call.path).attributes.acquire_notify(
                call
            ),
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
    def up(self) -> bool:
        """Whether it runs."""
        return self._bus is not None

    @property
    def connecting(self) -> bool:
        """Whether any Connect has not been answered yet."""
        return any(adapter.connecting for adapter in self.adapters.values())

    def publish(
        self,
        unit: Unit,
        faults: Faults | None = None,
        adapters: Iterable[str] | None = None,
        security: Security | None = None,
    ) -> list[Device]:
        """Put a unit in reach of these adapters, or of all: what it is on each."""
        reach = Reach(unit, faults, security)
        for name in self.adapters if adapters is None else adapters:
            adapter = self.adapters[name]
            device = Device(self, adapter, reach)
            reach.devices.append(device)
            adapter.devices.append(device)
            self.devices[device.path] = device
        reach.host.attach(reach)
        return reach.devices

    def renumber(self, name: str, new: str) -> None:
        """An adapter is pulled out, put back, and has another name: the kernel numbers by order of arrival."""
        if new in self.adapters:
            raise ValueError(f"there is an adapter {new} already")
        adapter = self.adapters.pop(name)
        adapter.unplug()
        adapter.name = new
        self.adapters[new] = adapter
        self.devices = {device.path: device for each in self.adapters.values() for device in each.devices}
        adapter.plug()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Something that takes time, and dies with bluetoothd."""
        task = self._tasks.create_task(work, name=f"bluetoothd {name}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    async def restart(self, adapter_delay_s: float = 0.0) -> None:
        """Come up: first the name on the bus, after a while the adapter (0.1 to 1 s on a real host)."""
        bus = MessageBus(bus_address=self._bus_address, negotiate_unix_fd=True)
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
        self.tree.add(Agents.path, {words.AGENT_MANAGER: {}})
        await bus.request_name(words.NAME)
        await asyncio.sleep(adapter_delay_s)
        for adapter in self.adapters.values():
            adapter.appear()

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
        self.agents.crashed()
        self._asked.clear()
        for adapter in self.adapters.values():
            adapter.crashed()
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

    async def _ask(self, message: Message) -> Message:
        assert self._bus is not None
        message.serial = self._bus.next_serial()
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._asked[message.serial] = answer
        self._send(message)
        return await answer

    def _on_message(self, message: Message) -> bool:
        if message.message_type is MessageType.SIGNAL:
            if message.member == "NameOwnerChanged" and not message.body[2]:
                self._client_gone(message.body[0])
            return False
        if asked := self._asked.pop(message.reply_serial or 0, None):
            if not asked.done():
                asked.set_result(message)
            return True
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

    def _set_property(self, call: Call) -> None:
        interface, name, value = call.arguments
        if (interface, name) == (words.ADAPTER, "Powered"):
            self._adapter(call).set_powered(call, value)
        elif (interface, name) == (words.DEVICE, "Trusted"):
            self._device(call.path).pairing.trust(call, value)
        else:
            self.tree.get(call.path, interface, name)
            raise words.Refusal("org.freedesktop.DBus.Error.PropertyReadOnly", f"Property '{name}' is not writable")

    def _adapter(self, call: Call) -> Adapter:
        for adapter in self.adapters.values():
            if adapter.path == call.path:
                return adapter
        raise words.unknown_method(call.member)

    def _device(self, path: str) -> Device:
        """Of its own object, or of one below it: /org/bluez/hci0/dev_XX/service0001/char0002."""
        try:
            return self.devices["/".join(path.split("/")[:5])]
        except KeyError:
            raise words.unknown_object(path) from None

    def _client_gone(self, name: str) -> None:
        self.callers.discard(name)
        self.agents.client_gone(name)
        for adapter in self.adapters.values():
            adapter.client_gone(name)
        for device in self.devices.values():
            device.pairing.client_gone(name)
            device.attributes.client_gone(name)
