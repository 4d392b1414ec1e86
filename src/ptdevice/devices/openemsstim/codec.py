"""The meaning of openEMSstim, which says nothing: its output is unknown, always, also right after a command that was delivered.

Its Bluetooth module has a battery and a name of its own. They show that it is there; the battery's number is not measured by
anybody, so it is none.

A command lets a channel through for a time, at most 5 s by the firmware and SPAN_S by us, and never longer than was admitted.
It is told again before that is over. After a gap the level rises again from 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.approach import Approach
from ptdevice.devices.every import Every
from ptdevice.devices.openemsstim import wire
from ptdevice.devices.tellable import insist, untellable
from ptdevice.link import Read, Write
from ptdevice.model import Battery

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event
    from ptdevice.model.command import Admitted, Wish

CHANNELS = ("a", "b")  # on the board 1 and 2, on the wire 0 and 1
BATTERY_S = 30.0
REFRESH_S = 0.5
SPAN_S = 1.5  # three refreshes: two may be late
# The firmware closes a channel between two readings of its serial line, which wait 0.1 s, and takes 0.05 s for each to settle.
DEADMAN_S = SPAN_S + 0.25

# As the Android app sends it. By the published firmware a lone `G` opens both channels and is quicker; by the guide to the
# protocol a lone `G` plays the last command again. What is right by one and dangerous by the other is no stop.
STOP = tuple(Write("control", wire.command(wire.Command(channel, 0, 0))) for channel in (0, 1))


def objection(wish: Wish) -> str | None:
    """Why openEMSstim cannot be told this. Rate and pulse are those of the stimulator before it."""
    return untellable(wish, wire.INTENSITY_MAX, channels=CHANNELS)


@dataclass(slots=True)
class _Channel:
    approach: Approach = field(default_factory=Approach)
    until: float = float("-inf")  # when what was told last is over


class OpenEmsStimCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._battery = Every(BATTERY_S, after_s=BATTERY_S)
        self._has_battery = False
        self._channels = {name: _Channel() for name in CHANNELS}

    def due(self, now: float) -> list[Read]:
        """The module's battery, where it has one, as the only sign of life that can be asked for."""
        return [Read("battery")] if self._battery.is_due(now) and self._has_battery else []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """What the Bluetooth module says of itself. Raises WireError."""
        for event in sig.decode(packet):
            if isinstance(event, Battery):
                self._has_battery = True
                yield Battery(event.at, None)
            else:
                yield event

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """The channel and the time that were admitted, once more. Raises RefusedError."""
        wish = admitted.wish
        insist(objection, wish)
        left_ms = int((min(admitted.until, now + SPAN_S) - now) * 1000)
        if not admitted.at <= now < admitted.until or left_ms < 1:
            return []
        name = wish.channel or ""
        channel = self._channels[name]
        if channel.approach.level is None or now >= channel.until:
            channel.approach.level = 0  # that is no report; it is where the way up begins
        channel.approach.wants(wish.level, now)
        level = channel.approach.next(now) or 0
        if not level and now >= channel.until:
            return []  # nothing that we told lasts
        channel.approach.heard(level, ours=True)
        channel.until = now + left_ms / 1000 if level else float("-inf")
        told = wire.Command(CHANNELS.index(name), level, left_ms if level else 0)
        return [Write("control", wire.command(told))]
