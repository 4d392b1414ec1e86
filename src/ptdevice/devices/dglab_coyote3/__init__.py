"""DG-LAB Coyote V3: two channels, driven by a host. Observed as far as it speaks. Evidence: docs/devices/dglab-coyote3.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile
from ptdevice.devices.dglab_coyote3.codec import CHANNELS, Coyote3Codec
from ptdevice.devices.dglab_coyote3.wire import BATTERY_UUID, NAME, NOTIFY_UUID, STRENGTH_MAX, WRITE_UUID


def _matches(advertisement: Advertisement) -> bool:
    return (advertisement.name or "").startswith(NAME)


PROFILE = Profile(
    name="dglab_coyote3",
    title="DG-LAB Coyote V3",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(
        Port("notify", NOTIFY_UUID, subscribe=True),
        Port("battery", BATTERY_UUID, subscribe=True, read=True),
        Port("write", WRITE_UUID, required=False),  # by its name it can be refused; nothing goes there
    ),
    matches=_matches,
    codec=Coyote3Codec,
    tick_s=1.0,
    quiet_s=75.0,  # two readings of the battery without an answer
    level_max=STRENGTH_MAX,
    channels=CHANNELS,
)
