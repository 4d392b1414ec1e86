"""What is said on the bus between a central and BlueZ, as lines in the order in which the bus hands them on.

The bus itself lets a connection look on (org.freedesktop.DBus.Monitoring.BecomeMonitor): calls and answers of everybody are
seen, not only signals. A line is `who what`; what differs from run to run is put into words that do not: the path of a
characteristic is the UUIDs on the way to it, the adapter's address is its own, signal strengths are as they
are, serials and times are left out. Left out too:
what anybody says to the bus itself, interfaces and properties that no central here reads, and an advertisement that is heard
again, as how often depends on how quick the machine is.
"""

from __future__ import annotations

import asyncio
import os
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from dbus_fast import BusType, Message, MessageFlag, MessageType, Variant
from dbus_fast.aio import MessageBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

BUS = "org.freedesktop.DBus"
BLUEZ = "org.bluez"
MARK = "ptdevice.Mark"
MARK_S = 15.0
READ = {"Adapter1", "Device1", "GattService1", "GattCharacteristic1", "GattDescriptor1"}
UNREAD = {
    ("Adapter1", "UUIDs")
}  # what bluetoothd itself offers to others, told again whenever one of its plugins is ready
VARYING = {("Adapter1", "Address"): "ITS OWN", ("Device1", "RSSI"): "AS IT IS"}
REPEATED = {"RSSI", "TxPower", "ManufacturerData", "ServiceData", "AdvertisingFlags", "AdvertisingData"}
BASE = re.compile(r"0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb")


class Monitor:
    """`lines` fills; `see` waits for one that is to come."""

    def __init__(self, marking: MessageBus) -> None:
        self.lines: list[str] = []
        self._bluez = ""  # the unique name of who owns org.bluez
        self._asked: dict[tuple[str, int], str] = {}  # a call that is not answered: of whom and which → what
        self._names: dict[str, str] = {}  # path → UUIDs
        self._beginning = 0  # of the present chapter
        self._news = asyncio.Event()
        self._marking = marking  # a connection that may speak; a monitor may not
        self._marked = asyncio.Event()

    async def catch_up(self) -> None:
        """Whatever anybody on the bus has received until now is in `lines`: the bus handed it on before this mark."""
        self._marked.clear()
        await self._marking.send(Message(message_type=MessageType.SIGNAL, path="/", interface=MARK, member="Here"))
        async with asyncio.timeout(MARK_S):
            await self._marked.wait()

    def chapter(self, name: str) -> None:
        """What follows belongs to this part of the story."""
        self._beginning = len(self.lines)
        self.lines.append(f"# {name}")

    async def see(self, start: str, seconds: float) -> None:
        """Wait for a line of this chapter that begins like this. Raises AssertionError."""
        try:
            async with asyncio.timeout(seconds):
                while not any(line.startswith(start) for line in self.lines[self._beginning :]):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            chapter = "\n".join(self.lines[self._beginning :])
            raise AssertionError(f"never seen on the bus: {start!r}, but\n{chapter}") from None

    def hear(self, message: Message) -> bool:
        """A message of anybody to anybody. True for a call: nobody here is to answer it."""
        for descriptor in message.unix_fds:
            os.close(descriptor)  # a copy of one's own, that would keep the other end open
        sender, serial = message.sender or "", message.serial
        match message.message_type:
            case MessageType.METHOD_CALL if message.destination in {BLUEZ, self._bluez}:
                what = f"{_short(message.interface)}.{message.member}"
                if MessageFlag.NO_REPLY_EXPECTED not in message.flags:
                    self._asked[sender, serial] = what
                self._note(f"central call {self._path(message.path)} {what}{self._plain(message.body)}")
            case MessageType.METHOD_RETURN | MessageType.ERROR if sender in {BUS, self._bluez}:
                what = self._asked.pop((message.destination or "", message.reply_serial or 0), "")
                who = "bus" if sender == BUS else "bluez"
                if what and message.message_type is MessageType.ERROR:
                    self._note(f"{who} error {what} {message.error_name}{self._plain(message.body)}")
                elif what:
                    body = [] if what == "ObjectManager.GetManagedObjects" else message.body
                    self._note(
                        f"bluez reply {what}{self._plain(['fd', *body[1:]] if message.signature[:1] == 'h' else body)}"
                    )
            case MessageType.SIGNAL if (
                sender == BUS and message.member == "NameOwnerChanged" and message.body[0] == BLUEZ
            ):
                self._bluez = message.body[2]
                self._asked.clear()
                self._note(f"bus name org.bluez {'taken' if self._bluez else 'gone'}")
            case MessageType.SIGNAL if message.interface == MARK:
                self._marked.set()
            case MessageType.SIGNAL if sender == self._bluez:
                self._signal(message)
            case _:
                pass
        return message.message_type is MessageType.METHOD_CALL

    def owned_by(self, name: str) -> None:
        """Who is org.bluez at the beginning."""
        self._bluez = name

    def _note(self, line: str) -> None:
        self.lines.append(line)
        self._news.set()

    def _signal(self, message: Message) -> None:
        body = message.body
        if message.member == "InterfacesAdded":
            self._learn(body[0], body[1])
            if added := {_short(each): properties for each, properties in body[1].items() if _short(each) in READ}:
                self._note(f"bluez added {self._path(body[0])}")
                for interface, properties in sorted(added.items()):
                    self._property_lines(interface, properties)
        elif message.member == "InterfacesRemoved":
            if removed := sorted({_short(each) for each in body[1]} & READ):
                self._note(f"bluez removed {self._path(body[0])} {' '.join(removed)}")
        elif message.member == "PropertiesChanged":
            self._properties_changed(message.path, _short(body[0]), body[1], body[2])
        else:
            self._note(f"bluez signal {self._path(message.path)} {_short(message.interface)}.{message.member}")

    def _properties_changed(
        self, path: str | None, interface: str, changed: dict[str, Variant], gone: list[str]
    ) -> None:
        if interface not in READ or (interface == "Device1" and not gone and changed.keys() <= REPEATED):
            return
        words = [f"{n}={self._plain_one(v)}" for n, v in sorted(changed.items()) if (interface, n) not in UNREAD]
        words += [f"-{name}" for name in sorted(gone)]
        if words:
            self._note(f"bluez changed {self._path(path)} {interface} {' '.join(words)}")

    def _property_lines(self, interface: str, properties: dict[str, Variant]) -> None:
        for name, value in sorted(properties.items()):
            if (interface, name) not in UNREAD:
                self.lines.append(f"  {interface} {name}={VARYING.get((interface, name)) or self._plain_one(value)}")

    def _learn(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> None:
        for properties in interfaces.values():
            if "UUID" in properties:
                self._names[path] = _uuid(properties["UUID"].value)

    def _path(self, path: str | None) -> str:
        if path is None or not path.startswith("/org/bluez/hci"):
            return path or ""
        parts = path.split("/")
        known = [self._names.get("/".join(parts[: i + 1]), parts[i]) for i in range(3, len(parts))]
        return "/".join(known)

    def _plain(self, body: list[Any]) -> str:
        return "".join(f" {self._plain_one(each)}" for each in body)

    def _plain_one(self, value: Any) -> str:
        match value:
            case Variant():
                return self._plain_one(value.value)
            case bytes() | bytearray():
                return f"<{bytes(value).hex()}>"
            case dict():
                return "{" + ", ".join(f"{key}: {self._plain_one(each)}" for key, each in sorted(value.items())) + "}"
            case list():
                return "[" + ", ".join(self._plain_one(each) for each in value) + "]"
            case str() if value.startswith("/org/bluez/hci"):
                return self._path(value)
            case str():
                return f"'{_uuid(value)}'"
            case _:
                return str(value)


def _short(interface: str | None) -> str:
    return (interface or "").rpartition(".")[2]


def _uuid(text: str) -> str:
    return BASE.sub(r"\1", text)


@asynccontextmanager
async def monitor() -> AsyncIterator[Monitor]:
    """Look on at the system bus, whichever that is."""
    bus, marking = (MessageBus(bus_type=BusType.SYSTEM, negotiate_unix_fd=True) for _ in range(2))
    await bus.connect()
    await marking.connect()
    watching = Monitor(marking)

    async def ask(member: str, interface: str = BUS, signature: str = "", *body: Any) -> Message:
        return await bus.call(
            Message(BUS, "/org/freedesktop/DBus", interface, member, signature=signature, body=list(body))
        )

    owner = await ask("GetNameOwner", BUS, "s", BLUEZ)
    watching.owned_by(owner.body[0] if owner.message_type is MessageType.METHOD_RETURN else "")
    bus.add_message_handler(watching.hear)
    await ask("BecomeMonitor", "org.freedesktop.DBus.Monitoring", "asu", [], 0)
    try:
        yield watching
    finally:
        for each in (bus, marking):
            each.disconnect()
            await each.wait_for_disconnect()  # type: ignore[no-untyped-call] # dbus-fast leaves this one method without types
