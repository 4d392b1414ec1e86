"""What stands between a user and BlueZ, met on a real bus where one can be had, and by the words of real ones elsewhere."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from dbus_fast import Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError, DBusError

from ptdevice.ble.door import DENIED, Door, knock, of_failure
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.bluez.private_bus import PrivateBus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

VARIABLE = "DBUS_SYSTEM_BUS_ADDRESS"
# As a dbus-daemon of Ubuntu told a container of Docker (home-assistant/core#76392).
APPARMOR = (
    "An AppArmor policy prevents this sender from sending this message to this recipient; "
    'type="method_call", sender="(null)" (inactive) interface="org.freedesktop.DBus" member="Hello" '
    'error name="(unset)" requested_reply="0" destination="org.freedesktop.DBus" (bus)'
)


@asynccontextmanager
async def refusing(bus: PrivateBus, words: str) -> AsyncIterator[None]:
    """Somebody who has bluetoothd's name and refuses everything."""
    owner = await MessageBus(bus_address=bus.address).connect()

    def refuse(message: Message) -> bool:
        if message.message_type is not MessageType.METHOD_CALL:
            return False
        owner.send(Message.new_error(message, DENIED, words))
        return True

    owner.add_message_handler(refuse)
    await owner.request_name("org.bluez")
    try:
        yield
    finally:
        owner.disconnect()


async def test_where_all_is_well_it_is_open() -> None:
    async with BluezAir():
        assert await knock() == (Door.OPEN, "")


async def test_a_bus_without_bluetoothd_is_told() -> None:
    async with BluezAir() as air:
        await air.bluetoothd.crash()
        door, said = await knock()
    assert door is Door.NO_BLUETOOTHD
    assert "org.bluez" in said


@pytest.mark.parametrize(
    ("words", "door"), [(APPARMOR, Door.CONFINED), ("Rejected send message, 1 matched rules", Door.DENIED)]
)
async def test_a_refusal_tells_who_refuses(words: str, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async with PrivateBus() as bus, refusing(bus, words):
        monkeypatch.setenv(VARIABLE, bus.address)
        assert await knock() == (door, words)


async def test_no_socket_is_no_bus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "unix:path=/nowhere/bus.sock")
    door, said = await knock()
    assert door is Door.NO_BUS
    assert "No such file or directory" in said


async def test_a_bus_that_does_not_know_the_user_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async def reject(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n")
        writer.write(b"REJECTED EXTERNAL\r\n")
        writer.close()

    socket = tmp_path / "bus.sock"
    async with await asyncio.start_unix_server(reject, socket):
        monkeypatch.setenv(VARIABLE, f"unix:path={socket}")
        door, _ = await knock()
    assert door is Door.STRANGER


@pytest.mark.parametrize(
    ("error", "door"),
    [
        (PermissionError(13, "Permission denied"), Door.CLOSED),
        (ConnectionRefusedError(111, "Connection refused"), Door.NO_BUS),
        (EOFError(), Door.NO_BUS),
        (TimeoutError(), Door.MUTE),
        (AuthError("authentication failed: REJECTED: ['EXTERNAL']"), Door.STRANGER),
        (DBusError(DENIED, APPARMOR), Door.CONFINED),
        (DBusError(DENIED, "An SELinux policy prevents this sender from sending this message"), Door.CONFINED),
        (DBusError("org.freedesktop.DBus.Error.LimitsExceeded", "too many"), Door.NO_BUS),
    ],
)
def test_each_way_to_fail_is_told_apart(error: Exception, door: Door) -> None:
    assert of_failure(error)[0] is door
