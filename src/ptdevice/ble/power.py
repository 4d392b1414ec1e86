"""Asking BlueZ how an adapter is, and switching it off and on. Over a D-Bus connection of its own, under deadlines.

Switching it off ends every link on it, whosever it is. So who else has one is looked at right before, by whoever calls.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dbus_fast import Message, MessageType, Variant

from ptdevice.ble.bluez_watch import BUS_ERRORS, CALL_S, system_bus
from ptdevice.ble.kernel import blocks
from ptdevice.ble.ladder import Seen
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from pathlib import Path

    from dbus_fast.aio import MessageBus

    from ptdevice.errors import Code

BLUEZ, ADAPTER, DEVICE = "org.bluez", "org.bluez.Adapter1", "org.bluez.Device1"
MANAGER, PROPERTIES = "org.freedesktop.DBus.ObjectManager", "org.freedesktop.DBus.Properties"
SWITCH_S = 10.0  # for it to be off, or on; a built-in one needs 1 to 2 s to load its firmware again
LOOK_S = 0.1
BUSY = {"org.bluez.Error.Busy", "org.bluez.Error.InProgress", "org.bluez.Error.NotReady"}
BLOCKED = "org.bluez.Error.Blocked"
NOBODY = {"org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner"}


@dataclass(frozen=True, slots=True)
class Answer:
    """How an adapter is: SOUND or what is the matter, and why; its path and address, and those of all units connected to it."""

    seen: Seen
    why: str | None = None
    path: str | None = None
    address: str = ""
    connected: frozenset[str] = frozenset()


async def ask(address: str | None, name: str | None, root: Path) -> Answer:
    """Ask after the adapter of this address, else of this name, else the first. `root` is / but in tests. Never raises."""
    try:
        async with system_bus() as bus:
            reply = await _call(bus, "/", MANAGER, "GetManagedObjects")
    except RadioError as error:
        return Answer(Seen.NO_BLUETOOTHD if error.code == "bluetoothd_away" else Seen.NO_DBUS, str(error))
    if reply.message_type is not MessageType.METHOD_RETURN:
        why = None if reply.error_name in NOBODY else f"{_why(reply)} ({reply.error_name})"
        return Answer(Seen.NO_BLUETOOTHD, why)
    objects = reply.body[0]
    path = _adapter(objects, address, name)
    switches = await asyncio.to_thread(lambda: sorted(blocks(root), key=lambda block: block.how))
    blocked = next(iter(switches), None)  # "hard" before "soft"
    block = None if blocked is None else Seen.BARRED if blocked.how == "hard" else Seen.BLOCKED
    switch = None if blocked is None else blocked.switch
    if path is None:
        return Answer(block or Seen.GONE, switch)
    facts = objects[path][ADAPTER]
    own = facts["Address"].value.upper()
    if facts["Powered"].value is not True:
        return Answer(block or Seen.OFF, switch, path, own)
    connected = (
        interfaces[DEVICE]["Address"].value.upper()
        for device, interfaces in objects.items()
        if DEVICE in interfaces and device.startswith(f"{path}/") and interfaces[DEVICE]["Connected"].value is True
    )
    return Answer(Seen.SOUND, None, path, own, frozenset(connected))


async def switch(path: str, *, on: bool) -> None:
    """Switch an adapter, and wait until it is. Raises RadioError: it is not."""
    word = "on" if on else "off"
    why = "it does not say why"
    try:
        async with system_bus() as bus, asyncio.timeout(SWITCH_S):
            while True:
                reply = await _call(bus, path, PROPERTIES, "Set", ADAPTER, "Powered", Variant("b", on))
                if reply.message_type is MessageType.METHOD_RETURN:
                    break
                why = _why(reply)
                if reply.error_name not in BUSY:
                    raise RadioError(f"it could not be switched {word}: {why}", _code(reply))
                await asyncio.sleep(LOOK_S)
            while True:
                reply = await _call(bus, path, PROPERTIES, "Get", ADAPTER, "Powered")
                if reply.message_type is not MessageType.METHOD_RETURN:
                    raise RadioError(f"it vanished while it was switched {word}", "no_adapter")
                if reply.body[0].value is on:
                    return
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise RadioError(f"it could not be switched {word} within {SWITCH_S:g} s: {why}") from None


async def disconnect(path: str, address: str) -> None:
    """End the link of this unit; bluetoothd answers when it has ended, after 2 to 3 s. Raises RadioError."""
    device = f"{path}/dev_{address.upper().replace(':', '_')}"
    async with system_bus() as bus:
        reply = await _call(bus, device, DEVICE, "Disconnect")
    if reply.message_type is not MessageType.METHOD_RETURN:
        raise RadioError(f"its link could not be ended: {_why(reply)}")


async def links() -> dict[str, str]:
    """The address of every unit that has a link, of whatever program, and the path of its adapter. Raises RadioError."""
    return {
        interfaces[DEVICE]["Address"].value.upper(): device.rpartition("/")[0]
        for device, interfaces in (await _objects()).items()
        if DEVICE in interfaces and interfaces[DEVICE]["Connected"].value is True
    }


async def adapter_path(address: str) -> str | None:
    """Of the adapter of this address. Raises RadioError."""
    return _adapter(await _objects(), address, None)


async def _objects() -> Any:  # Any: D-Bus has its own types
    async with system_bus() as bus:
        reply = await _call(bus, "/", MANAGER, "GetManagedObjects")
    if reply.message_type is not MessageType.METHOD_RETURN:
        raise RadioError(f"bluetoothd does not answer: {_why(reply)}", "bluetoothd_away")
    return reply.body[0]


def _adapter(objects: Any, address: str | None, name: str | None) -> str | None:
    found: dict[str, str] = {
        path: each[ADAPTER]["Address"].value.upper() for path, each in objects.items() if ADAPTER in each
    }
    # Of several that may be meant bleak takes one that is on.
    for path in sorted(found, key=lambda path: (objects[path][ADAPTER]["Powered"].value is not True, path)):
        if (found[path] == address.upper()) if address else (name is None or path.endswith(f"/{name}")):
            return path
    return None


async def _call(bus: MessageBus, path: str, interface: str, member: str, *arguments: str | Variant) -> Message:
    signature = "".join("v" if isinstance(argument, Variant) else "s" for argument in arguments)
    message = Message(BLUEZ, path, interface, member, signature=signature, body=list(arguments))
    try:
        async with asyncio.timeout(CALL_S):
            return await bus.call(message)
    except TimeoutError:
        raise RadioError(f"bluetoothd does not answer within {CALL_S:g} s", "bluetoothd_away") from None
    except BUS_ERRORS as error:
        raise RadioError(f"D-Bus does not answer ({str(error) or type(error).__name__})", "dbus_away") from error


def _why(reply: Message) -> str:
    return str(reply.body[0]) if reply.body else str(reply.error_name)


def _code(reply: Message) -> Code:
    """BlueZ has an error of its own for rfkill (src/error.c); newer kernels hide it, and then only the switch itself tells."""
    return "rfkill_soft" if reply.error_name == BLOCKED or "rfkill" in _why(reply) else "adapter_off"
