"""Movella (formerly Xsens) DOT: accelerometer, gyroscope, a clock to share. Evidence: docs/devices/movella-dot.md."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ptdevice.devices.device import Advertisement, Kind, Port, Profile, Traffic
from ptdevice.devices.movella_dot import wire
from ptdevice.devices.movella_dot.codec import DotCodec
from ptdevice.devices.movella_dot.meeting import Meeting

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.devices.device import Codec

NAMES = ("xsens dot", "movella dot")


def _matches(advertisement: Advertisement) -> bool:
    return (advertisement.name or "").lower().startswith(NAMES)


def _sharing(addresses: Sequence[str]) -> list[Callable[[], Codec]]:
    meeting = Meeting(addresses[0], addresses)
    return [partial(DotCodec, meeting, address) for address in addresses]


PROFILE = Profile(
    name="movella_dot",
    title="Movella (Xsens) DOT (acceleration, angular rate)",
    kinds=frozenset({Kind.SENSOR}),
    ports=(
        # What it sends must be subscribed before it is started, or it measures and sends nothing.
        Port("payload", wire.MEDIUM_UUID, subscribe=True),
        Port("answer", wire.ANSWER_UUID, subscribe=True),
        Port("report", wire.REPORT_UUID, subscribe=True, required=False),
        Port("battery", wire.BATTERY_UUID, subscribe=True, read=True, required=False),
        # The unit's address and serial number; further down, the tag that its owner gave it.
        Port("information", wire.INFORMATION_UUID, read=True, required=False, private=((0, 6), (20, 28))),
        Port("message", wire.MESSAGE_UUID),
        # The codec goes by the state that is read; the result of a synchronisation must be known by then.
        Port("acknowledgement", wire.ACK_UUID, read=True),
        Port("device", wire.DEVICE_UUID, read=True, private=((8, 24),)),
        Port("control", wire.CONTROL_UUID, read=True),
    ),
    matches=_matches,
    codec=DotCodec,
    traffic=Traffic(60.0, 40, rate_hz=60.0),  # a sample each
    tick_s=1.0,
    quiet_s=15.0,  # a stream that stopped is started again after 5 s
    sharing=_sharing,
    turn_ns=2**32 * 1000,
)
