"""Watch bluetoothd come and go.

When bluetoothd dies, bleak notices nothing: clients stay "connected", scanners stay silent, for ever. So the radio keeps
a D-Bus connection of its own and listens for the owner of the name `org.bluez`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

CONNECT_S = 5.0
RULE = (
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
    "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'"
)


@asynccontextmanager
async def bluez_watch(changed: Callable[[bool], None]) -> AsyncIterator[MessageBus]:
    """Call `changed(present)` whenever bluetoothd appears or vanishes, as long as the block lasts. Raises RadioError."""
    bus = MessageBus(bus_type=BusType.SYSTEM)

    def heard(message: Message) -> None:
        if message.message_type is MessageType.SIGNAL and message.member == "NameOwnerChanged":
            name, _, owner = message.body
            if name == "org.bluez":
                changed(bool(owner))

    try:
        async with asyncio.timeout(CONNECT_S):
            await bus.connect()
            bus.add_message_handler(heard)
            await bus.call(
                Message(
                    destination="org.freedesktop.DBus",
                    path="/org/freedesktop/DBus",
                    interface="org.freedesktop.DBus",
                    member="AddMatch",
                    signature="s",
                    body=[RULE],
                )
            )
    except (OSError, EOFError, TimeoutError) as error:
        bus.disconnect()
        raise RadioError(f"no D-Bus system bus ({error}); is dbus running, and may this user reach it?") from error
    try:
        yield bus
    finally:
        bus.disconnect()
