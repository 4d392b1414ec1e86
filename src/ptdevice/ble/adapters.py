"""What BlueZ says of this host's adapters. Asked once, over D-Bus; nothing is changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.ble.bluez_watch import call, system_bus
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbus_fast import Variant

MANAGER = "org.freedesktop.DBus.ObjectManager"
ADAPTER, DEVICE = "org.bluez.Adapter1", "org.bluez.Device1"


@dataclass(frozen=True, slots=True)
class Adapter:
    """One adapter, as BlueZ tells. `connected` are the units that have a link to it now, of whatever program."""

    name: str
    powered: bool
    connected: int


async def adapters() -> list[Adapter]:
    """All of them, by name. Raises RadioError: there is no D-Bus, no bluetoothd, or it does not talk to this user."""
    async with system_bus() as bus:
        reply = await call(bus, "org.bluez", "/", MANAGER, "GetManagedObjects")
    if reply.error_name is not None:
        why = reply.body[0] if reply.body else reply.error_name
        raise RadioError(f"bluetoothd does not answer: {why} ({reply.error_name})")
    objects: Mapping[str, Mapping[str, Mapping[str, Variant]]] = reply.body[0]
    connected = [
        path.rpartition("/")[0]
        for path, interfaces in objects.items()
        if DEVICE in interfaces and interfaces[DEVICE]["Connected"].value is True
    ]
    return sorted(
        (
            Adapter(path.rpartition("/")[2], interfaces[ADAPTER]["Powered"].value is True, connected.count(path))
            for path, interfaces in objects.items()
            if ADAPTER in interfaces
        ),
        key=lambda adapter: adapter.name,
    )
