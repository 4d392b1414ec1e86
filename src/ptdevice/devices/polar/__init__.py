"""Polar H10 on the chest, Verity Sense on the arm (with a gyroscope); heart rate. Evidence: docs/devices/polar.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.polar.codec import PolarCodec
from ptdevice.devices.polar.wire import CONTROL_UUID, DATA_UUID
from ptdevice.devices.sig import BATTERY_PORT, BODY_SENSOR_LOCATION_PORT, DEVICE_INFORMATION_PORTS, HEART_RATE_PORT

# The models whose accelerometer is described by the vendor; "Polar <model> <8 hex digits>" is the form of the name.
MODELS = ("Polar H10 ", "Polar Sense ", "Polar OH1 ")


def _matches(advertisement: Advertisement) -> bool:
    return (advertisement.name or "").startswith(MODELS)


def _near(advertisement: Advertisement) -> str | None:
    if not (advertisement.name or "").startswith("Polar "):
        return None
    return f"a Polar of another model; known are {', '.join(model.strip() for model in MODELS)}"


PROFILE = Profile(
    name="polar",
    title="Polar H10, Verity Sense, OH1 (acceleration, heart rate; Verity Sense: angular rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        # Both must be subscribed before the first command.
        Port("pmd_control", CONTROL_UUID, subscribe=True, read=True),
        Port("pmd_data", DATA_UUID, subscribe=True),
        HEART_RATE_PORT,
        BODY_SENSOR_LOCATION_PORT,
        BATTERY_PORT,
        *DEVICE_INFORMATION_PORTS,
    ),
    matches=_matches,
    near=_near,
    codec=PolarCodec,
    traffic=Traffic(3.8, 170, rate_hz=100.0),  # 36 samples in each (H10), and heart rate; a Verity Sense sends less
    tick_s=1.0,
    quiet_s=10.0,  # heart rate comes every second; after a lost stream the codec needs 5 s to notice and restart it
)
