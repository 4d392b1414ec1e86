"""YOKONEX EMS: a stimulator with two channels, and a motion sensor. Observed only. Evidence: docs/devices/yokonex-ems.md."""

from __future__ import annotations

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.yokonex_ems.codec import CHANNELS, QUERIES, YokonexCodec
from ptdevice.devices.yokonex_ems.wire import LEVEL_MAX, NOTIFY_UUID, SERVICE_UUID, WRITE_UUID


def _matches(advertisement: Advertisement) -> bool:
    # The vendor says to look for the service. Its other products have other services, under names that overlap.
    return SERVICE_UUID in advertisement.service_uuids


PROFILE = Profile(
    name="yokonex_ems",
    title="YOKONEX EMS",
    kinds=frozenset({Kind.STIMULATOR, Kind.SENSOR}),
    ports=(Port("notify", NOTIFY_UUID, subscribe=True), Port("write", WRITE_UUID)),
    matches=_matches,
    codec=YokonexCodec,
    traffic=Traffic(12.0, 15, rate_hz=10.0, asks_hz=12.0),  # answers to twelve questions a second
    tick_s=0.05,
    quiet_s=5.0,  # five questions for each channel without an answer
    queries=QUERIES,
    level_max=LEVEL_MAX,
    channels=tuple(CHANNELS.values()),
)
