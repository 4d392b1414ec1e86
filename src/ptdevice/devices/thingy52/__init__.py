"""Nordic Thingy:52: a development kit with nine axes, in a rubber case. Evidence: docs/devices/thingy52.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.sig import BATTERY_PORT
from ptdevice.devices.thingy52 import wire
from ptdevice.devices.thingy52.codec import ThingyCodec

NAME = "Thingy"  # from the factory; its owner may call it otherwise


def _matches(advertisement: Advertisement) -> bool:
    return advertisement.name == NAME or wire.CONFIGURATION in advertisement.service_uuids


PROFILE = Profile(
    name="thingy52",
    title="Nordic Thingy:52 (acceleration, angular rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        # The stream begins with the subscription; until the configuration is known its samples are left out.
        Port("config", wire.CONFIG_UUID, read=True),
        Port("raw", wire.RAW_UUID, subscribe=True),
        Port("firmware", wire.FIRMWARE_UUID, read=True, required=False),
        Port("button", wire.BUTTON_UUID, subscribe=True, required=False),
        BATTERY_PORT,
        # Not listened to; named, so that tapes and captures can be read.
        Port("quaternion", wire.QUATERNION.uuid, required=False),
        Port("euler", wire.EULER.uuid, required=False),
        Port("matrix", wire.MATRIX.uuid, required=False),
        Port("heading", wire.HEADING.uuid, required=False),
        Port("gravity", wire.GRAVITY.uuid, required=False),
    ),
    matches=_matches,
    codec=ThingyCodec,
    traffic=Traffic(50.0, 18, rate_hz=50.0),  # a sample each
    tick_s=1.0,
    quiet_s=10.0,  # only the next link begins a stream that has stopped
)
