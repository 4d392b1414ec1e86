"""Which units have a connection to this host now, as BlueZ tells, whoever holds it. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.ble.bluez_watch import call, system_bus
from ptdevice.errors import RadioError
from ptdevice.sightings.seen import Connected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dbus_fast import Variant

MANAGER = "org.freedesktop.DBus.ObjectManager"
DEVICE = "org.bluez.Device1"


async def connected() -> list[Connected]:
    """All of them, by address. Raises RadioError."""
    async with system_bus() as bus:
        reply = await call(bus, "org.bluez", "/", MANAGER, "GetManagedObjects")
    if reply.error_name is not None:
        raise RadioError(f"bluetoothd does not answer ({reply.error_name})")
    objects: Mapping[str, Mapping[str, Mapping[str, Variant]]] = reply.body[0]
    devices = [interfaces[DEVICE] for interfaces in objects.values() if DEVICE in interfaces]
    return sorted(
        (
            Connected(device["Address"].value, device["Name"].value if "Name" in device else None)
            for device in devices
            if device["Connected"].value is True
        ),
        key=lambda each: each.address,
    )
