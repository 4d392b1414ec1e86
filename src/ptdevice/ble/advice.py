"""What is told of an adapter: what is the matter, and exactly what a person has to do. Pure; every code has its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.doubts import Doubt
from ptdevice.ble.ladder import Rung

if TYPE_CHECKING:
    from ptdevice.ble.ladder import Trouble


SEEMS = {
    Doubt.SILENCE: "it hears nobody",
    Doubt.MUTE: "its link was mute and it hears nobody",
    Doubt.BUSY_SCANNING: 'every scan is "in progress"',
    Doubt.BUSY_CONNECTING: 'every connection is "in progress"',
}
TRIED = {Rung.CYCLE: "switching it off and on", Rung.RESET: "resetting it"}
REPLUG = "Unplug it, wait 5 s, plug it in again."
REBOOT = "Reboot this computer; where that does not help, take its supply off for 10 s."
EITHER = "If it is on USB, unplug it, wait 5 s, plug it in again. Else reboot this computer."


def text(trouble: Trouble) -> str:
    """What is the matter."""
    match trouble.code:
        case "adapter_off":
            return _because("the adapter is switched off", trouble.why)
        case "rfkill_soft":
            return _because("Bluetooth is blocked by software", trouble.why)
        case "rfkill_hard":
            return _because("Bluetooth is off by a switch of the machine", trouble.why)
        case "no_adapter":
            return "the adapter is not there"
        case "bluetoothd_away":
            return _because("bluetoothd does not run, or does not answer", trouble.why)
        case "dbus_away":
            return trouble.why or "there is no D-Bus system bus"
    seems = SEEMS[trouble.doubt or Doubt.SILENCE]
    tried = " and ".join(TRIED[rung] for rung in trouble.tried if rung in TRIED)
    helped = f"; {tried} did not help" if tried else ""
    if trouble.code == "adapter_silent":
        return f"{seems}{helped}. Perhaps nobody is near"
    return _because(f"{seems}{helped}", trouble.why)


def fix(trouble: Trouble, *, on_usb: bool | None) -> str:
    """What a person has to do."""
    match trouble.code:
        case "adapter_off":
            return "bluetoothctl power on"
        case "rfkill_soft":
            return "sudo rfkill unblock bluetooth"
        case "rfkill_hard":
            return "Turn the switch on this machine that is for radios."
        case "no_adapter":
            return "Plug it in, or enable the built-in one."
        case "bluetoothd_away":
            return "sudo systemctl restart bluetooth"
        case "dbus_away":
            return "systemctl status dbus; in a container, mount /run/dbus/system_bus_socket."
    again = {True: REPLUG, False: REBOOT, None: EITHER}[on_usb]
    return f"If a unit is near and awake: {again}" if trouble.code == "adapter_silent" else again


def _because(what: str, why: str | None) -> str:
    return f"{what} ({why})" if why else what
