"""Capture2Go IMU of SensorStim: nine axes with an absolute clock, on any limb. Evidence: docs/devices/capture2go.md."""

from __future__ import annotations

from ptdevice.devices.capture2go import wire
from ptdevice.devices.capture2go.codec import Capture2GoCodec
from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic


def _matches(advertisement: Advertisement) -> bool:
    return wire.SERVICE_UUID in advertisement.service_uuids


PROFILE = Profile(
    name="capture2go",
    title="Capture2Go IMU (acceleration, angular rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        Port("data", wire.DATA_UUID, subscribe=True),
        Port("command", wire.COMMAND_UUID),
    ),
    matches=_matches,
    codec=Capture2GoCodec,
    traffic=Traffic(6.4, 123, rate_hz=50.0),  # eight samples in each, and its battery
    tick_s=1.0,
    quiet_s=15.0,  # a stream that stopped is started again after 5 s
)
