"""DG-LAB Coyote V3: two channels, driven by a host. Evidence: docs/devices/dglab-coyote3.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Commanding, Kind, Port, Profile, Traffic
from ptdevice.devices.dglab_coyote3.codec import Coyote3Codec
from ptdevice.devices.dglab_coyote3.driving import CHANNELS, OPENING, REFRESH_S, STOP, objection
from ptdevice.devices.dglab_coyote3.wire import BATTERY_UUID, NAME, NOTIFY_UUID, STRENGTH_MAX, WINDOW_S, WRITE_UUID

SENSOR = "47L120"  # 47L120100


def _matches(advertisement: Advertisement) -> bool:
    return (advertisement.name or "").startswith(NAME)


def _near(advertisement: Advertisement) -> str | None:
    return "the vendor's wireless sensor, no stimulator" if (advertisement.name or "").startswith(SENSOR) else None


PROFILE = Profile(
    name="dglab_coyote3",
    title="DG-LAB Coyote V3",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(
        Port("notify", NOTIFY_UUID, subscribe=True),
        Port("battery", BATTERY_UUID, subscribe=True, read=True),
        Port("write", WRITE_UUID, required=False),  # nothing goes there where it is observed
    ),
    matches=_matches,
    near=_near,
    codec=Coyote3Codec,
    traffic=Traffic(0.0, 4, asks_hz=0.03),  # it speaks when its strength changes
    tick_s=1.0,
    quiet_s=75.0,  # two readings of the battery without an answer
    level_max=STRENGTH_MAX,
    channels=CHANNELS,
    # Reported by users of other programs (Amethyst-Sysadmin/Howl, issue 22).
    hint="; units with the vendor's firmware of March 2026 are said to hide from other programs than its own, or to refuse "
    "them: try to hold down both wheels while it is being connected",
    commanding=Commanding(
        stop=(STOP,),
        deadman_s=WINDOW_S,  # the vendor says what 100 ms of waves are made of, and that they must be sent each 100 ms
        timer_s=None,
        readback=True,  # strengths, by sequence; whether current flows it does not tell
        local_stop=True,  # the wheels, and the switch
        local_key=True,  # the wheels
        refresh_s=REFRESH_S,
        proven=False,  # the vendor prints frames of waves and strengths; of limits and of the stop only the layout
        opening=OPENING,
        objection=objection,
    ),
)
