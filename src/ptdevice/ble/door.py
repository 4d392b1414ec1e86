"""Whether BlueZ can be talked to at all, and what stands in the way. Nothing is changed."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from dbus_fast.errors import AuthError, DBusError

from ptdevice.ble.bluez_watch import call, system_bus
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from dbus_fast import Message

MANAGER = "org.freedesktop.DBus.ObjectManager"
DENIED = "org.freedesktop.DBus.Error.AccessDenied"


class Door(StrEnum):
    """What came of knocking."""

    OPEN = "open"
    NO_BUS = "no_bus"  # no socket, or nobody behind it
    CLOSED = "closed"  # the socket may not be used by this user
    STRANGER = "stranger"  # the bus does not know this user: mostly a container with user ids of its own
    CONFINED = "confined"  # AppArmor or SELinux forbids it, mostly to a container
    DENIED = "denied"  # a rule of the bus forbids it to this user
    NO_BLUETOOTHD = "no_bluetoothd"
    MUTE = "mute"  # no answer


async def knock() -> tuple[Door, str]:
    """Connect to the system bus and ask bluetoothd for its objects; what came of it, and in whose words. 10 s at most."""
    try:
        async with system_bus() as bus:
            return of_answer(await call(bus, "org.bluez", "/", MANAGER, "GetManagedObjects"))
    except RadioError as error:
        return of_failure(error.__cause__ or error)


def of_answer(answer: Message) -> tuple[Door, str]:
    """What an answer means."""
    if answer.error_name is None:
        return Door.OPEN, ""
    said = str(answer.body[0]) if answer.body else answer.error_name
    return (_refused(said) if answer.error_name == DENIED else Door.NO_BLUETOOTHD), said


def of_failure(error: BaseException) -> tuple[Door, str]:
    """What it means that there was no answer."""
    said = str(error) or type(error).__name__
    match error:
        case TimeoutError():
            return Door.MUTE, "no answer"
        case PermissionError():
            return Door.CLOSED, said
        case AuthError():
            return Door.STRANGER, said
        case DBusError() if error.type == DENIED:
            return _refused(error.text), error.text
        case _:
            return Door.NO_BUS, said


def _refused(said: str) -> Door:
    # The words of dbus-daemon: "An AppArmor policy prevents this sender ...", "An SELinux policy prevents ...".
    return Door.CONFINED if "AppArmor" in said or "SELinux" in said else Door.DENIED
