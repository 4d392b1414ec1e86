"""The meaning of what a Coyote V3 says. What to tell it, where it is commanded, is in `driving`.

It says its strengths when they change, and its battery when it is read. That is all: it has no question for its state, and a
strength is only how strong a wave would be. Current flows while a host sends waves, of which each lasts 100 ms. An observer
sends none, and the unit takes one connection, so while we listen it should be silent; but what it does with a strength and no
wave is written nowhere.

So strength 0 is off, a strength above 0 is *unknown*, and before the first change all is unknown. After strengths that cannot
be read all is unknown too: they are said once, when they change, so what was known is over. An observer opens no session.

Where it is commanded, the waves are ours: a strength above 0 that the unit told while one lasts is *on*. Strengths are told
when they change and not again, so each time the battery is read, which shows that the unit is there, they are said once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.dglab_coyote3 import wire
from ptdevice.devices.dglab_coyote3.driving import CHANNELS, Driving
from ptdevice.devices.every import Every
from ptdevice.errors import WireError
from ptdevice.link import Read, Write
from ptdevice.model import Battery, LevelChanged, Output, StimulationStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.link import Packet
    from ptdevice.model import Event
    from ptdevice.model.command import Admitted

BATTERY_S = (
    30.0  # read, because its notifications are unreliable; and it is the only sign of life that can be asked for
)


COMMANDED_S = 1.0  # the same, where it is commanded


class Coyote3Codec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._battery = Every(BATTERY_S, after_s=BATTERY_S)
        self._often = Every(COMMANDED_S)
        self._levels = (0, 0)  # the last that could be read
        self._known = False
        self._driving = Driving()

    def due(self, now: float) -> list[Read]:
        """The battery, again and again. The link read it once when it opened. Nothing is ever written."""
        every = self._often if self._driving.begun else self._battery
        return [Read("battery")] if every.is_due(now) else []

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """The next 100 ms of what was admitted. Raises RefusedError."""
        return self._driving.encode(admitted, now)

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one value. Raises WireError."""
        try:
            if packet.port == "notify":
                yield from self._said(packet)
                return
            yield _battery(packet)
            if self._driving.begun and self._known:
                yield from self._statuses(packet.at)
        except wire.FrameError as error:
            if packet.port == "notify" and self._known:
                self._known = False
                self._driving.forget()
                yield from _statuses(packet.at, (Output.UNKNOWN, Output.UNKNOWN), self._levels)
            raise WireError(str(error), packet.port, packet.data) from error

    def _said(self, packet: Packet) -> Iterator[Event]:
        data = packet.data
        if data[:1] == bytes((wire.LIMITS_TOLD,)):
            # The answer to a BF: nobody but us can have written it. Where the limits are 0, so are the strengths.
            if self._driving.limits(wire.parse_limits(data)):
                self._levels, self._known = (0, 0), True
                yield from self._statuses(packet.at)
            return
        sequence, *levels = wire.parse_strengths(data)
        by_hand = self._driving.strengths(packet.at, sequence, levels)
        self._levels, self._known = (levels[0], levels[1]), True
        if self._driving.begun:
            for channel, level, hand in zip(CHANNELS, levels, by_hand, strict=True):
                if hand:
                    yield LevelChanged(packet.at, level, by_hand=True, channel=channel)
        yield from self._statuses(packet.at)

    def _statuses(self, at: float) -> list[StimulationStatus]:
        outputs = [
            Output.OFF if not level else Output.ON if self._driving.sounds(channel, at) else Output.UNKNOWN
            for channel, level in enumerate(self._levels)
        ]
        return _statuses(at, outputs, self._levels)


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
