"""Any thermometer with the Health Thermometer Service, as in a heat pack. Evidence: docs/devices/health-thermometer.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.health_thermometer import wire
from ptdevice.devices.health_thermometer.codec import ThermometerCodec
from ptdevice.devices.sig import BATTERY_PORT, DEVICE_INFORMATION_PORTS


def _matches(advertisement: Advertisement) -> bool:
    return wire.SERVICE_UUID in advertisement.service_uuids


PROFILE = Profile(
    name="health_thermometer",
    title="Thermometers with the Bluetooth SIG's Health Thermometer Service (temperature)",
    kinds=frozenset({Kind.THERMOMETER}),
    ports=(
        Port("temperature", wire.MEASUREMENT_UUID, subscribe=True),  # indications
        Port("temperature_type", wire.TYPE_UUID, read=True, required=False),
        BATTERY_PORT,
        *DEVICE_INFORMATION_PORTS,
    ),
    matches=_matches,
    codec=ThermometerCodec,
    traffic=Traffic(0.1, 9),  # as often as it likes
    tick_s=1.0,
    quiet_s=900.0,  # it measures as often as it likes: at most so seldom, or it is asked anew whether it is there
)
