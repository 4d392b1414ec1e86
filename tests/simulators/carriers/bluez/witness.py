"""A D-Bus client that writes down what it asks of BlueZ, what it is answered, and every signal, in the order of arrival."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from bleak import BleakScanner
from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak.backends.device import BLEDevice
    from tests.simulators.carriers.bench import BenchUnit

    from ptdevice_sim.carriers.bluez import BluezAir

RULES = ["type='signal',sender='org.bluez'"]
PROPERTIES = "org.freedesktop.DBus.Properties"
ANSWER_S = 10.0
ADAPTER = "/org/bluez/hci0"
UNIT = f"{ADAPTER}/dev_C0_DE_00_00_00_01"  # a BenchUnit's


class Witness:
    """`log` has lines like `> Connect`, `dev Connected=True`, `< Connect`, `+ service 1801`, `- dev`, `! NotReady`."""

    def __init__(self, bus: MessageBus) -> None:
        self.log: list[str] = []
        self.paths: dict[str, str] = {}  # the last four digits of a UUID → path
        self.bus = bus
        self._asked: dict[int, str] = {}
        self._news = asyncio.Event()
        bus.add_message_handler(self._heard)

    async def ask(self, path: str, interface: str, member: str, signature: str = "", *body: Any) -> Message:
        """Call a method of `org.bluez.<interface>`, or of a full name."""
        full = interface if "." in interface else f"org.bluez.{interface}"
        message = Message("org.bluez", path, full, member, signature=signature, body=list(body))
        message.serial = self.bus.next_serial()
        self._asked[message.serial] = member
        self._note(f"> {member}")
        async with asyncio.timeout(ANSWER_S):
            return await self.bus.call(message)

    async def get(self, path: str, interface: str, name: str) -> Variant:
        """A property of `org.bluez.<interface>`, without a line in the log."""
        message = Message("org.bluez", path, PROPERTIES, "Get", signature="ss", body=[f"org.bluez.{interface}", name])
        async with asyncio.timeout(ANSWER_S):
            reply = await self.bus.call(message)
        value: Variant = reply.body[0]
        return value

    async def set(self, path: str, interface: str, name: str, signature: str, value: Any) -> Message:
        """Properties.Set."""
        return await self.ask(path, PROPERTIES, "Set", "ssv", f"org.bluez.{interface}", name, Variant(signature, value))

    async def switch(self, adapter: str, *, on: bool) -> Message:
        """Properties.Set of Powered."""
        return await self.set(adapter, "Adapter1", "Powered", "b", on)

    async def see(self, line: str) -> None:
        """Wait for a line of the log."""
        async with asyncio.timeout(ANSWER_S):
            while line not in self.log:
                self._news.clear()
                await self._news.wait()

    def take(self) -> list[str]:
        """The log since the last time."""
        log, self.log[:] = list(self.log), []
        return log

    def _heard(self, message: Message) -> None:
        if message.message_type is MessageType.SIGNAL:
            if line := self._signal(message):
                self._note(line)
        elif member := self._asked.pop(message.reply_serial or 0, None):
            error = message.error_name.rpartition(".")[2] if message.error_name else ""
            self._note(f"! {error}" if error else f"< {member}")

    def _note(self, line: str) -> None:
        self.log.append(line)
        self._news.set()

    def _signal(self, message: Message) -> str:
        body = message.body
        if message.member == "InterfacesAdded":
            return f"+ {self._name(body[0], body[1])}"
        if message.member == "InterfacesRemoved":
            return f"- {self._name(body[0], {})}"
        if message.member == "PropertiesChanged":
            _, changed, gone = body
            words = [
                f"{name}={value.value}" if isinstance(value.value, bool) else name for name, value in changed.items()
            ]
            return " ".join([self._name(message.path or "", {}), *words, *[f"{name} gone" for name in gone]])
        return ""

    def _name(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> str:
        last = path.rpartition("/")[2]
        for properties in interfaces.values():
            if "UUID" in properties:
                self.paths[properties["UUID"].value[4:8]] = path
        if last.startswith(("service", "char", "desc")):
            known = {path: uuid for uuid, path in self.paths.items()}
            return f"{last[:-4]} {known[path]}" if last.startswith(("service", "char")) else "desc"
        return "dev" if last.startswith("dev_") else last


@asynccontextmanager
async def witness() -> AsyncIterator[Witness]:
    bus = MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True)
    await bus.connect()
    watching = Witness(bus)
    for rule in RULES:
        await bus.call(
            Message(
                "org.freedesktop.DBus",
                "/org/freedesktop/DBus",
                "org.freedesktop.DBus",
                "AddMatch",
                signature="s",
                body=[rule],
            )
        )
    try:
        yield watching
    finally:
        bus.disconnect()
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types


async def connected(air: BluezAir, seen: Witness, unit: BenchUnit) -> None:
    air.publish_held(unit)
    await seen.see("dev UUIDs ServicesResolved=True")


async def find(unit: BenchUnit) -> BLEDevice:
    device = await BleakScanner.find_device_by_address(unit.address, timeout=10)
    assert device is not None
    return device
