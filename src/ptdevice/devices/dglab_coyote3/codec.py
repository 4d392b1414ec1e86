"""The meaning of what a Coyote V3 says to somebody who commands nothing.

It says its strengths when they change, and its battery when it is read. That is all: it has no question for its state, and a
strength is only how strong a wave would be. Current flows while a host sends waves, of which each lasts 100 ms. We send none,
and the unit takes one connection, so while we listen it should be silent; but what it does with a strength and no wave is
written nowhere.

So strength 0 is off, a strength above 0 is *unknown*, and before the first change all is unknown. After strengths that cannot
be read all is unknown too: they are said once, when they change, so what was known is over. No session is ever opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.dglab_coyote3 import wire
from ptdevice.devices.every import Every
from ptdevice.errors import WireError
from ptdevice.link import Read
from ptdevice.model import Battery, Output, StimulationStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.link import Packet
    from ptdevice.model import Event

CHANNELS = ("a", "b")
BATTERY_S = (
    30.0  # read, because its notifications are unreliable; and it is the only sign of life that can be asked for
)


class Coyote3Codec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._battery = Every(BATTERY_S, after_s=BATTERY_S)
        self._levels = (0, 0)  # the last that could be read
        self._known = False

    def due(self, now: float) -> list[Read]:
        """The battery, again and again. The link read it once when it opened. Nothing is ever written."""
        return [Read("battery")] if self._battery.is_due(now) else []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one value. Raises WireError."""
        try:
            yield from self._said(packet) if packet.port == "notify" else [_battery(packet)]
        except wire.FrameError as error:
            if packet.port == "notify" and self._known:
                self._known = False
                yield from _statuses(packet.at, (Output.UNKNOWN, Output.UNKNOWN), self._levels)
            raise WireError(str(error), packet.port, packet.data) from error

    def _said(self, packet: Packet) -> list[StimulationStatus]:
        data = packet.data
        if data[:1] == bytes((wire.LIMITS_TOLD,)):
            if len(data) != 7:
                raise wire.FrameError("limits are seven octets")
            return []  # the answer to somebody's BF; limits say nothing about now
        _, *levels = wire.parse_strengths(data)
        self._levels, self._known = (levels[0], levels[1]), True
        return _statuses(packet.at, [Output.UNKNOWN if level else Output.OFF for level in levels], levels)


def _battery(packet: Packet) -> Battery:
    if packet.port != "battery":
        raise wire.FrameError("unexpected data")
    if len(packet.data) != 1 or packet.data[0] > 100:
        raise wire.FrameError("a battery of not one octet up to 100")
    return Battery(packet.at, packet.data[0])


def _statuses(at: float, outputs: Sequence[Output], levels: Sequence[int]) -> list[StimulationStatus]:
    return [
        StimulationStatus(at, output, level, wire.STRENGTH_MAX, channel=channel)
        for channel, output, level in zip(CHANNELS, outputs, levels, strict=True)
    ]
