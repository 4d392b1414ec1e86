"""Beurer EM 70 Wireless (OEM LT1102S): a TENS/EMS unit for the back. Evidence: docs/devices/beurer-em70.md."""

from __future__ import annotations

from ptdevice.devices.beurer_em70.codec import QUERIES, Em70Codec
from ptdevice.devices.beurer_em70.steering import STEP_S, STOP, objection
from ptdevice.devices.beurer_em70.wire import CONTROL_UUID, LEVEL_MAX, NAME, TREATMENT_S
from ptdevice.devices.device import Advertisement, Commanding, Kind, Port, Profile, Traffic
from ptdevice.devices.sig import BATTERY_PORT, DEVICE_INFORMATION_PORTS


def _matches(advertisement: Advertisement) -> bool:
    # The name comes padded with two NULs. The manufacturer data is the unit's own address, so there is no company to match.
    return (advertisement.name or "").rstrip("\0") == NAME


PROFILE = Profile(
    name="beurer_em70",
    title="Beurer EM 70 Wireless TENS/EMS (LT1102S)",
    kinds=frozenset({Kind.STIMULATOR}),
    ports=(Port("control", CONTROL_UUID, subscribe=True), BATTERY_PORT, *DEVICE_INFORMATION_PORTS),
    matches=_matches,
    codec=Em70Codec,
    traffic=Traffic(1.0, 13, asks_hz=1.0),  # a poll each second, its answer in one frame
    tick_s=0.25,
    quiet_s=5.0,  # five polls without an answer
    queries=QUERIES,
    level_max=LEVEL_MAX,
    commanding=Commanding(
        stop=(STOP,),
        deadman_s=None,  # what it does without a link is not known; it is taken to go on
        timer_s=(TREATMENT_S, TREATMENT_S),  # captured: 30 minutes from the first level, back to 30 at level 0
        readback=True,  # captured: the state tells level and time left
        local_stop=True,
        local_key=True,  # report 0x0B, published; not captured
        refresh_s=STEP_S,
        proven=False,  # steps and state were captured; level 0 as the stop, and the choice of a programme, were not
        objection=objection,
    ),
)
