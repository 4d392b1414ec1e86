"""Whether this user may talk to BlueZ over D-Bus, and if not, who forbids it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.door import Door
from ptdevice.doctor.finding import error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.doctor.finding import Finding

AREA = "bluetooth"


def examine(door: Door, said: str, root: Path) -> Iterator[Finding]:
    """What stands between us and BlueZ; nothing where nothing does. `said` is in the words of whoever refused."""
    if door in (Door.NO_BLUETOOTHD, Door.MUTE) and not (root / "sys/class/bluetooth").is_dir():
        # Debian starts no bluetoothd then (ConditionPathIsDirectory), so that asking for it ends in nothing but a time-out.
        fix = "Plug one in. The Pi's own is missing? Is dtoverlay=disable-bt in /boot/firmware/config.txt? dmesg | grep -i blue"
        said = "The kernel knows no Bluetooth adapter, and bluetoothd does not start without."
        yield error(AREA, "no_adapter", said, fix)
        return
    match door:
        case Door.OPEN:
            return
        case Door.NO_BUS:
            fix = "systemctl status dbus; in a container, mount /run/dbus/system_bus_socket."
            yield error(AREA, "dbus_away", f"There is no D-Bus system bus: {said}", fix)
        case Door.CLOSED:
            fix = "Let this user use /run/dbus/system_bus_socket; in a container, mount it so that it can be written."
            yield error(AREA, "dbus_closed", f"The socket of D-Bus is closed to this user: {said}", fix)
        case Door.STRANGER:
            fix = "In a rootless container, keep the user's id: podman run --userns=keep-id; or run it as root's container."
            yield error(AREA, "dbus_stranger", f"D-Bus does not take this user for who it is: {said}", fix)
        case Door.CONFINED:
            fix = "Give the container a profile that allows D-Bus, or none: --security-opt apparmor=unconfined."
            yield error(AREA, "dbus_confined", f"AppArmor or SELinux forbids to talk to BlueZ: {said}", fix)
        case Door.DENIED:
            fix = "sudo usermod -aG bluetooth USER; in the systemd unit, SupplementaryGroups=bluetooth."
            yield error(AREA, "dbus_denied", f"A rule of D-Bus (AccessDenied) forbids to talk to BlueZ: {said}", fix)
        case Door.NO_BLUETOOTHD:
            fix = "sudo systemctl enable --now bluetooth; journalctl -u bluetooth tells why it ended."
            yield error(AREA, "bluetoothd_away", f"bluetoothd is not there: {said}", fix)
        case Door.MUTE:
            fix = "sudo systemctl restart bluetooth; if D-Bus itself does not answer either, start the machine anew."
            yield error(AREA, "bluetoothd_mute", "D-Bus or bluetoothd does not answer.", fix)
