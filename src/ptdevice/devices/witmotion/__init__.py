"""WitMotion's Bluetooth 5 sensors: accelerometer and gyroscope on any limb. Evidence: docs/devices/witmotion.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.witmotion.codec import WitMotionCodec
from ptdevice.devices.witmotion.wire import COMMAND_UUID, DATA_UUID, SERVICE_UUID

NAME = "WT"  # WT901BLE67 and the like; the service is not in every advertisement
OTHERS = ("WTVB",)  # vibration sensors: the same service, other frames


def _matches(advertisement: Advertisement) -> bool:
    name = advertisement.name or ""
    return (name.startswith(NAME) or SERVICE_UUID in advertisement.service_uuids) and not name.startswith(OTHERS)


def _near(advertisement: Advertisement) -> str | None:
    return "a vibration sensor, whose frames are others" if (advertisement.name or "").startswith(OTHERS) else None


PROFILE = Profile(
    name="witmotion",
    title="WitMotion WT901BLE, BWT901BLE5.0, WT9011DCL (acceleration, angular rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        # The stream begins with the subscription.
        Port("data", DATA_UUID, subscribe=True),
        Port("command", COMMAND_UUID),
    ),
    matches=_matches,
    near=_near,
    codec=WitMotionCodec,
    traffic=Traffic(25.0, 40, rate_hz=50.0),  # two frames of a sample each
    tick_s=1.0,
    quiet_s=15.0,  # a stream that stopped is noticed after 5 s and asked for three times
)
