"""A body whose force is a number that rises with every sample, so that what arrives tells which sample it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from ptdevice.model import MotionSamples
from ptdevice.motion.stream import PostureStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Event, Vector

DIGIT = 2048  # counts, so that no force is beyond any sensor's range


class Numbered:
    """Sample n is felt as n in x and y, in counts of `scale` m/s^2."""

    def __init__(self, scale: float) -> None:
        self._scale = scale
        self.taken = 0

    def acceleration(self, now: float) -> Vector:
        high, low = divmod(self.taken, DIGIT)
        self.taken += 1
        return (low * self._scale, high * self._scale, 9.80665)

    def angular_rate(self, now: float) -> Vector:
        return (0.0, 0.0, 0.0)

    def heart_rate(self, now: float) -> float:
        return 60.0

    def number(self, force: Vector) -> int:
        """Which sample this was."""
        return round(force[1] / self._scale) * DIGIT + round(force[0] / self._scale)


@dataclass
class Account:
    """What arrived: of each sample its number and its time on the unit's clock; and what the motion room missed."""

    arrived: list[tuple[int, int]] = field(default_factory=list)
    missing: int = 0
    rate_hz: float = 0.0

    @property
    def lost(self) -> int:
        """How many numbers are not among them."""
        return sum(b - a - 1 for (a, _), (b, _) in pairwise(self.arrived))

    def misplaced(self) -> list[tuple[int, float]]:
        """Neighbours between which the times tell another number of periods than the samples themselves."""
        steps = [
            (b - a, (later - earlier) * 1e-9 * self.rate_hz) for (a, earlier), (b, later) in pairwise(self.arrived)
        ]
        return [(by_number, by_time) for by_number, by_time in steps if round(by_time) != by_number]


def account(events: Iterable[Event], body: Numbered) -> Account:
    stream, found = PostureStream(), Account()
    for event in events:
        if isinstance(event, MotionSamples):
            numbers = [body.number(force) for force in event.acceleration]
            found.arrived += zip(numbers, event.device_ns, strict=True)
            found.rate_hz = event.rate_hz
            list(stream.take(event))
    found.missing = stream.missing
    return found
