"""Why a scan, a connection or a GATT operation failed, as far as BlueZ says so: the code of the unit's availability. Pure.

BlueZ words the kernel's errno (src/error.c) when a connection fails, and translates ATT errors (src/gatt-client.c).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bleak.exc import BleakBluetoothNotAvailableError, BleakDBusError, BleakError, BleakGATTProtocolError

from ptdevice.ble.door import DENIED
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from ptdevice.ble.doubts import Evidence, Operation
    from ptdevice.errors import Code

# BlueZ's own words within the text of the error.
CONNECTING: dict[str, Code] = {
    # EMLINK: the controller has no room for one more link (HCI: connection limit exceeded), ENOMEM: none for its memory.
    "le-connection-concurrent-connection-limit": "out_of_slots",
    "le-connection-memory-allocation": "out_of_slots",
    "br-connection-concurrent-connection-limit": "out_of_slots",
    # ECONNREFUSED: the unit itself said no (HCI: rejected due to limited resources). It has a link, to somebody else.
    "le-connection-refused": "held_by_another_host",
    "br-connection-refused": "held_by_another_host",
    # Of a proxy, by bleak-esphome (backend/device.py).
    "No free BLE connection slot": "out_of_slots",
    # A bond that one of the two has forgotten.
    "le-connection-key-missing": "auth_failed",
    "br-connection-key-missing": "auth_failed",
}
# bleak's words (backends/bluezdbus/manager.py) for a link that came up and broke before the unit's services were known. Before
# 5.7x, that is all that bluetoothd let be seen of a unit that had forgotten its keys.
BROKE_AT_ONCE = "failed to discover services, device disconnected"
FORGOT = (
    "; it is paired with this host, and may have forgotten that (it was reset?): `ptdevice unpair` it, and pair it anew"
)
# org.bluez.Device1 and org.bluez.GattCharacteristic1, the names of errors.
NAMED: dict[str, Code] = {
    "org.bluez.Error.AuthenticationFailed": "auth_failed",
    "org.bluez.Error.AuthenticationCanceled": "auth_failed",
    "org.bluez.Error.AuthenticationRejected": "auth_failed",
    "org.bluez.Error.AuthenticationTimeout": "auth_failed",
    "org.bluez.Error.NotAuthorized": "auth_failed",
    "org.bluez.Error.LeConnectionKeyMissing": "auth_failed",
}
# Names of errors that are the adapter's, not the unit's: it has not ended what it began; or bluetoothd got no answer from it.
BUSY = {"org.bluez.Error.InProgress", "org.freedesktop.DBus.Error.NoReply"}
UNAVAILABLE = {"org.bluez.Error.NotReady", "org.freedesktop.DBus.Error.ServiceUnknown"}
NOT_PAIRED = "Not paired"  # with org.bluez.Error.NotPermitted: insufficient authentication or encryption
# Bluetooth Core 5.4, Vol 3, Part F, 3.4.1.1: insufficient authentication, authorization, encryption key size, encryption.
ATT_AUTHENTICATION = frozenset({0x05, 0x08, 0x0C, 0x0F})


def weigh(problem: BaseException, operation: Operation, evidence: Evidence, now: float) -> None:
    """What a scan that did not start, or a connection that did not come about, says of the adapter."""
    name = problem.dbus_error if isinstance(problem, BleakDBusError) else None
    if name in BUSY or (operation == "scan" and isinstance(problem, TimeoutError)):
        evidence.refused(operation, now)
    elif isinstance(problem, BleakBluetoothNotAvailableError) or name in UNAVAILABLE:
        evidence.unavailable_at = now
    elif operation == "connect" and not isinstance(problem, TimeoutError):  # a unit that is out of reach takes as long
        evidence.answered("connect", now)


def of_scanning(problem: BaseException) -> RadioError | None:
    """What to say of a scan that cannot start; None for what is a bug."""
    if isinstance(problem, RadioError):
        return problem
    if isinstance(problem, BleakBluetoothNotAvailableError):
        return RadioError(f"Bluetooth is not available ({problem.reason.name.lower()}): {problem.args[0]}")
    if isinstance(problem, BleakDBusError) and problem.dbus_error == "org.bluez.Error.NotReady":
        return RadioError("Bluetooth is not available (powered_off): the adapter is off")
    if isinstance(problem, BleakDBusError) and problem.dbus_error == DENIED:
        return RadioError(
            "scanning could not start: D-Bus denies this user the right to use BlueZ; is it in the group bluetooth?"
        )
    if isinstance(problem, FileNotFoundError):
        return RadioError("scanning could not start: no D-Bus system bus (No such file or directory); is dbus running?")
    if isinstance(problem, (BleakError, OSError, EOFError, TimeoutError)):
        return RadioError(f"scanning could not start: {str(problem) or type(problem).__name__}")
    return None


def of_connecting(error: BaseException) -> Code:
    """Why a connection did not come about."""
    text = str(error)
    found = next((code for words, code in CONNECTING.items() if words in text), None)
    return found or _authentication(error) or "connect_failed"


def of_gatt(error: BaseException) -> Code:
    """Why an operation over a link that holds failed."""
    return _authentication(error) or "gatt_failed"


def _authentication(error: BaseException) -> Code | None:
    if isinstance(error, BleakGATTProtocolError):
        return "auth_failed" if error.args[0] & 0xFF in ATT_AUTHENTICATION else None
    if isinstance(error, BleakDBusError):
        return "auth_failed" if NOT_PAIRED in str(error) else NAMED.get(error.dbus_error)
    return None
