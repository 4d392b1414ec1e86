"""BlueZ's vocabulary: interface names, and how it says no.

Sources: BlueZ doc/org.bluez.*.rst; the error texts as in src/gatt-client.c (create_gatt_dbus_error) and src/error.c of 5.66.
"""

from __future__ import annotations

NAME = "org.bluez"
ADAPTER = "org.bluez.Adapter1"
AGENT = "org.bluez.Agent1"
AGENT_MANAGER = "org.bluez.AgentManager1"
DEVICE = "org.bluez.Device1"
SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
DESCRIPTOR = "org.bluez.GattDescriptor1"
OBJECT_MANAGER = "org.freedesktop.DBus.ObjectManager"
PROPERTIES = "org.freedesktop.DBus.Properties"
INTROSPECTABLE = "org.freedesktop.DBus.Introspectable"


class Refusal(Exception):  # noqa: N818 - an answer, not a failure
    """The answer is an error: its D-Bus name and text."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name, text)
        self.name, self.text = name, text


def failed(text: str) -> Refusal:
    """The error for everything that has no error of its own."""
    return Refusal("org.bluez.Error.Failed", text)


def not_ready() -> Refusal:
    """The adapter is off."""
    return Refusal("org.bluez.Error.NotReady", "Resource Not Ready")


def in_progress() -> Refusal:
    """The same thing is being done already."""
    return Refusal("org.bluez.Error.InProgress", "In Progress")


def busy() -> Refusal:
    """The setting is being changed by somebody else."""
    return Refusal("org.bluez.Error.Busy", "")


def already_exists() -> Refusal:
    """There is one already."""
    return Refusal("org.bluez.Error.AlreadyExists", "Already Exists")


def does_not_exist() -> Refusal:
    """There is none."""
    return Refusal("org.bluez.Error.DoesNotExist", "Does Not Exist")


def authentication(how: str) -> Refusal:
    """Pairing came to nothing: Failed or Canceled."""
    return Refusal(f"org.bluez.Error.Authentication{how}", f"Authentication {how}")


def acquired() -> Refusal:
    """Somebody has the socket of this characteristic."""
    return Refusal("org.bluez.Error.NotPermitted", "Notify acquired")


def not_supported() -> Refusal:
    """The characteristic lacks the property that this needs."""
    return Refusal("org.bluez.Error.NotSupported", "Operation is not supported")


def unknown_object(path: str) -> Refusal:
    """D-Bus' own error for a path where nothing is."""
    return Refusal("org.freedesktop.DBus.Error.UnknownObject", f"Unknown object '{path}'")


def unknown_method(member: str) -> Refusal:
    """D-Bus' own error for an object that cannot do this."""
    return Refusal("org.freedesktop.DBus.Error.UnknownMethod", f"Method '{member}' doesn't exist")


_NOT_PAIRED = ("org.bluez.Error.NotPermitted", "Not paired")
_ATT = {
    0x02: ("org.bluez.Error.NotPermitted", "Read not permitted"),
    0x03: ("org.bluez.Error.NotPermitted", "Write not permitted"),
    0x05: _NOT_PAIRED,
    0x06: ("org.bluez.Error.NotSupported", "Operation is not supported"),
    0x07: ("org.bluez.Error.InvalidArguments", "Invalid offset"),
    0x08: ("org.bluez.Error.NotAuthorized", "Operation Not Authorized"),
    0x0C: _NOT_PAIRED,
    0x0D: ("org.bluez.Error.InvalidArguments", "Invalid Length"),
    0x0F: _NOT_PAIRED,
    0xFD: ("org.bluez.Error.ImproperlyConfigured", "CCC improperly configured"),
}


def att_refusal(code: int) -> Refusal:
    """How BlueZ hands on an ATT error."""
    known = _ATT.get(code)
    return Refusal(*known) if known else failed(f"Operation failed with ATT error: 0x{code:02x}")


def display_name(raw: bytes) -> str:
    """An advertised name as BlueZ shows it: cut at the first NUL; what is not UTF-8 becomes spaces, and is trimmed."""
    text = raw.split(b"\0")[0]
    try:
        return text.decode()
    except UnicodeDecodeError:
        return bytes(octet if octet < 0x80 else 0x20 for octet in text).decode().strip()
