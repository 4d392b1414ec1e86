"""Why a pairing came to nothing, and what to do about it. Pure.

BlueZ's names are in doc/org.bluez.Device.rst (Pair). It says `AuthenticationFailed` of a number that was refused or mistyped,
of a unit that is not in its pairing mode, and of one that keeps to another host. What was asked tells some of them apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.door import DENIED

if TYPE_CHECKING:
    from ptdevice.ble.agent import Asked

MODE = "put it into its pairing mode, as its manual describes, and try again at once"
RELEASE = "a ptdevice that runs lets it go at cmd/<unit>/release (docs/mqtt.md), or with `sudo systemctl stop ptdevice`"
AGAIN = "this host has keys that the unit has forgotten: `ptdevice unpair` it first, then pair it anew"
REFUSED = (
    "the unit refused the connection: it has one to another host. Close its app on every phone around, then try again"
)
REACH = "no connection came about: it is out of reach, off, or connected to another host"
GONE = "it vanished meanwhile: it is off, out of reach, or connected to another host"
RIGHTS = 'D-Bus denies this user the right to pair: sudo, or `sudo adduser "$USER" bluetooth` and log in anew'

NAMED = {
    "org.bluez.Error.AuthenticationCanceled": "the unit ended it, or the link broke: keep it near, and " + MODE,
    "org.bluez.Error.AuthenticationRejected": "the unit refused to pair: " + MODE,
    "org.bluez.Error.AuthenticationTimeout": "the unit did not answer in time: " + MODE,
    "org.bluez.Error.ConnectionAttemptFailed": REACH,
    "org.bluez.Error.InProgress": f"something else on this host is busy with it: {RELEASE}",
    "org.bluez.Error.AlreadyExists": "it was paired meanwhile, by another program",
    "org.bluez.Error.NotReady": "the adapter is off: bluetoothctl power on",
    "org.freedesktop.DBus.Error.NoReply": "bluetoothd was restarted or died meanwhile; try again",
    "org.freedesktop.DBus.Error.ServiceUnknown": "bluetoothd does not run: sudo systemctl start bluetooth",
    "org.freedesktop.DBus.Error.UnknownObject": GONE,
    "org.freedesktop.DBus.Error.UnknownMethod": GONE,  # what GDBus and libdbus say of an object that is not there
    DENIED: RIGHTS,
}
# Within the text of org.bluez.Error.Failed, as of a connection (`reasons`).
WORDS = {"key-missing": AGAIN, "connection-refused": REFUSED, "le-connection": REACH, "br-connection": REACH}


def why(name: str, text: str, asked: Asked, *, can_ask: bool) -> str:
    """For an error of Pair: its name and BlueZ's text. `can_ask`: whether there is somebody to be asked."""
    if asked.refused:
        return "it was refused here, and nothing was paired"
    if name == "org.bluez.Error.AuthenticationFailed":
        return _failed(asked, can_ask=can_ask)
    if (known := NAMED.get(name)) is not None:
        return known
    found = next((said for words, said in WORDS.items() if words in text), None)
    return found or f"{text} ({name})"


def overdue(seconds: float, asked: Asked) -> str:
    """For one that took too long."""
    if asked.questions:
        return f"it was not confirmed on both sides within {seconds:g} s; nothing was paired"
    return f"the unit did not answer within {seconds:g} s: {MODE}"


def _failed(asked: Asked, *, can_ask: bool) -> str:
    if "RequestPasskey" in asked.questions:
        return "the unit did not take the number that was typed; begin anew: it shows another"
    if "DisplayPasskey" in asked.questions:
        return "the number that was typed at the unit was not the one that was shown here; begin anew"
    if asked.questions:
        return "the unit ended it after the question: it was refused there, or not confirmed in time"
    why = f"it is not in its pairing mode, or keeps to another host that it is paired with: {MODE}"
    return why if can_ask else f"{why}. If it wants a number compared or typed: without --yes, at a terminal"
