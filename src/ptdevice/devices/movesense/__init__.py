"""Movesense over GSP: nine axes and heart rate, on the chest or the back. Evidence: docs/devices/movesense.md."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.movesense import wire
from ptdevice.devices.movesense.codec import MovesenseCodec

NAME = "Movesense "  # and twelve digits, the serial number


def _matches(advertisement: Advertisement) -> bool:
    return (advertisement.name or "").startswith(NAME) or wire.SERVICE_UUID in advertisement.service_uuids


PROFILE = Profile(
    name="movesense",
    title="Movesense HR2, HR+, MD, Flash, with GSP firmware (acceleration, angular rate, heart rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        # Everything comes here, and must be subscribed before the first command.
        Port("data", wire.DATA_UUID, subscribe=True),
        Port("command", wire.COMMAND_UUID),
    ),
    matches=_matches,
    codec=MovesenseCodec,
    traffic=Traffic(14.0, 95, rate_hz=52.0),  # four samples in each, and heart rate
    tick_s=1.0,
    quiet_s=15.0,  # a stream that stopped is subscribed to again after 5 s
)


def measuring(resource: str, rate_hz: int) -> Profile:
    """The profile with another resource of `wire.ARRAYS` that has acceleration, at another of the unit's rates."""
    return replace(PROFILE, codec=partial(MovesenseCodec, resource, rate_hz))
