"""GATT tables and values that every simulated unit shares: the SIG services, and the Device Information strings."""

from __future__ import annotations

from ptdevice.devices import sig
from ptdevice_sim.unit import Characteristic, Service

READ = frozenset({"read"})
READ_NOTIFY = frozenset({"read", "notify"})

BATTERY = Service(sig.BATTERY_SERVICE, (Characteristic(sig.BATTERY_LEVEL, READ_NOTIFY),))


def device_information(values: dict[str, bytes]) -> tuple[Service, dict[str, bytes]]:
    """The Device Information service, and its values by characteristic UUID. Keys as in `sig.DEVICE_INFORMATION`."""
    by_uuid = {sig.DEVICE_INFORMATION[name]: value for name, value in values.items()}
    return Service(sig.DEVICE_INFORMATION_SERVICE, tuple(Characteristic(uuid, READ) for uuid in by_uuid)), by_uuid
