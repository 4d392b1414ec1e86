"""openEMSstim: a module between a TENS unit and its pads that weakens or opens. Evidence: docs/devices/openemsstim.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Commanding, Kind, Port, Profile, Traffic
from ptdevice.devices.openemsstim.codec import (
    CHANNELS,
    DEADMAN_S,
    REFRESH_S,
    STOP,
    OpenEmsStimCodec,
    objection,
)
from ptdevice.devices.openemsstim.wire import CONTROL_UUID, INTENSITY_MAX, SERVICE_UUID
from ptdevice.devices.sig import BATTERY_PORT, DEVICE_INFORMATION_PORTS


def _matches(advertisement: Advertisement) -> bool:
    # Everybody gives it a name of their own, in its firmware.
    return SERVICE_UUID in advertisement.service_uuids


PROFILE = Profile(
    name="openemsstim",
    title="openEMSstim",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(Port("control", CONTROL_UUID), BATTERY_PORT, *DEVICE_INFORMATION_PORTS),
    matches=_matches,
    codec=OpenEmsStimCodec,
    traffic=Traffic(0.0, 1, asks_hz=0.03),  # it says nothing; its battery is read
    tick_s=0.25,
    quiet_s=75.0,  # two readings of the battery without an answer
    level_max=INTENSITY_MAX,
    channels=CHANNELS,
    commanding=Commanding(
        stop=STOP,
        deadman_s=DEADMAN_S,  # by its firmware: each command lasts as long as it says; and it opens when the link ends
        timer_s=None,
        readback=False,  # it says nothing, ever
        local_stop=False,  # the stimulator before it has a switch; the module has none
        local_key=False,
        refresh_s=REFRESH_S,
        proven=True,  # commands and stop are published as text, by its authors
        objection=objection,
    ),
)
