"""BTHome v2: buttons as a remote, and thermometers, that only advertise. Evidence: docs/devices/bthome.md."""

from __future__ import annotations

from ptdevice.devices.bthome import wire
from ptdevice.devices.bthome.codec import BthomeCodec
from ptdevice.devices.device import Advertisement, Kind, Port, Profile


def _matches(advertisement: Advertisement) -> bool:
    return wire.SERVICE_UUID in advertisement.service_data


PROFILE = Profile(
    name="bthome",
    title="BTHome v2 (buttons as a remote, temperature), without a connection",
    kinds=frozenset({Kind.REMOTE, Kind.THERMOMETER}),
    ports=(Port("advertisement", wire.SERVICE_UUID),),
    matches=_matches,
    codec=BthomeCodec,
    tick_s=1.0,
    quiet_s=float("inf"),  # a button may rest for weeks
    broadcast=True,
)
