"""Beurer EM 70 Wireless (OEM LT1102S): a TENS/EMS unit for the back. Observed only. Evidence: docs/devices/beurer-em70.md."""

from __future__ import annotations

from ptdevice.devices.beurer_em70.codec import QUERIES, Em70Codec
from ptdevice.devices.beurer_em70.wire import CONTROL_UUID, LEVEL_MAX, NAME
from ptdevice.devices.device import Advertisement, Kind, Port, Profile
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
    tick_s=0.25,
    quiet_s=5.0,  # five polls without an answer
    queries=QUERIES,
    level_max=LEVEL_MAX,
)
