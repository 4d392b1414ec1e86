"""Beside bleak: watch bluetoothd come and go, and ask it what bleak only remembers.

When bluetoothd dies, bleak notices nothing: clients stay "connected", scanners stay silent, for ever, and so does what it has
stored. So the radio keeps a D-Bus connection of its own and listens for the owner of the name `org.bluez`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusFastError

from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

CALL_S = 5.0  # for a D-Bus connection, and for each answer
RULE = (
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'"
)
BUS_ERRORS = (DBusFastError, OSError, EOFError, TimeoutError)


class Change(IntEnum):
    """What became of bluetoothd; of several at once, the lowest is told first."""

    GONE = 1
    THERE = 2
    BUS_LOST = 3  # the D-Bus connection itself; nothing more will be heard


class Changes:
    """What has happened and was not told yet. Not a queue: the same thing twice is told once."""

    def __init__(self) -> None:
        self._untold: set[Change] = set()
        self._news = asyncio.Event()

    def add(self, change: Change) -> None:
        """It happened."""
        self._untold.add(change)
        self._news.set()

    async def next(self) -> Change:
        """Wait for it."""
        await self._news.wait()
        change = min(self._untold)
        self._untold.remove(change)
        if not self._untold:
            self._news.clear()
        return change


@asynccontextmanager
async def bluez_watch() -> AsyncIterator[Changes]:
    """Hear of bluetoothd as long as the block lasts. Raises RadioError where there is no D-Bus."""
    changes = Changes()

    def heard(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if name == "org.bluez":
                changes.add(Change.THERE if owner else Change.GONE)

    def lost(waiting: asyncio.Task[None]) -> None:
        if not waiting.cancelled():
            waiting.exception()  # why does not matter
            changes.add(Change.BUS_LOST)

    async with system_bus() as bus:
        bus.add_message_handler(heard)
        await call(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "AddMatch", RULE)
        waiting = asyncio.create_task(_disconnected(bus), name="D-Bus watch")
        waiting.add_done_callback(lost)
        try:
            yield changes
        finally:
            waiting.cancel()


async def is_connected(path: str) -> bool:
    """Whether bluetoothd itself says that the unit at this object path is there and has a link. Raises RadioError."""
    return await _is(path, "Connected")


async def is_paired(path: str) -> bool:
    """Whether bluetoothd says that it has keys of the unit at this object path. The unit may have forgotten its own."""
    try:
        return await _is(path, "Paired")
    except RadioError:
        return False  # it does not say so


@asynccontextmanager
async def system_bus() -> AsyncIterator[MessageBus]:
    """The system bus, for a while. Raises RadioError."""
    try:
        bus = MessageBus(bus_type=BusType.SYSTEM)
        async with asyncio.timeout(CALL_S):
            await bus.connect()
    except BUS_ERRORS as error:
        raise RadioError(f"no D-Bus system bus ({error}): dbus does not run, or this user may not reach it") from error
    try:
        yield bus
    finally:
        bus.disconnect()


async def call(bus: MessageBus, to: str, path: str, interface: str, member: str, *texts: str) -> Message:
    """Call a method that takes texts; its answer may be an error. Raises RadioError where there is no answer."""
    message = Message(to, path, interface, member, signature="s" * len(texts), body=list(texts))
    try:
        async with asyncio.timeout(CALL_S):
            return await bus.call(message)
    except BUS_ERRORS as error:
        raise RadioError(f"D-Bus does not answer ({str(error) or type(error).__name__})") from error


async def _is(path: str, what: str) -> bool:
    async with system_bus() as bus:
        properties = "org.freedesktop.DBus.Properties"
        reply = await call(bus, "org.bluez", path, properties, "Get", "org.bluez.Device1", what)
        return reply.message_type is MessageType.METHOD_RETURN and reply.body[0].value is True


async def _disconnected(bus: Any) -> None:  # Any: dbus-fast leaves this one method without types
    await bus.wait_for_disconnect()
