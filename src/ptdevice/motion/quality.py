"""How well a set was done: what makes a repetition incorrect, how even the pace was, how even both sides were."""

from __future__ import annotations

from math import sqrt
from statistics import fmean, median, stdev
from typing import TYPE_CHECKING

from ptdevice.model import Rejection
from ptdevice.motion.exercises import Axis
from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.swing import Swing

TOO_MUCH_MISSING = 0.25  # of a repetition's time: its measures are not to be trusted
HELD_ENOUGH = 0.8  # of what is asked for: when exactly a hold began and ended is a matter of thresholds
OFF_AXIS_DEG = 45.0  # nearer to another axis than to its own
PACE_FEWEST = 3  # repetitions that have a common pace
ONE_SIDED = 0.5  # of the greater side: where the other is less, the set did not begin in the middle


def rejection(
    exercise: Exercise, *, range_deg: float, duration_s: float, hold_s: float, off_axis_deg: float, missing: float
) -> Rejection | None:
    """What makes a repetition incorrect; the first that applies. `missing` is the share of its time that was not received."""
    if missing >= TOO_MUCH_MISSING:
        return Rejection.ARTIFACT
    if exercise.limit_deg is not None and range_deg > exercise.limit_deg:
        return Rejection.OVER_LIMIT
    if exercise.axis is not Axis.ANY and off_axis_deg > OFF_AXIS_DEG:
        return Rejection.WRONG_AXIS
    if exercise.fastest_s is not None and duration_s < exercise.fastest_s:
        return Rejection.TOO_FAST
    if exercise.least_hold_s is not None and hold_s < HELD_ENOUGH * exercise.least_hold_s:
        return Rejection.HOLD_SHORT
    return None


def tempo_cv(durations_s: Sequence[float]) -> float | None:
    """Coefficient of variation: standard deviation (n - 1) by mean. None for fewer than three."""
    if len(durations_s) < PACE_FEWEST or (mean := fmean(durations_s)) <= 0.0:
        return None
    return round(stdev(durations_s) / mean, 3)


def symmetry_pct(sides_deg: Sequence[tuple[float, float]]) -> float | None:
    """2 (first - second) / (first + second) in percent, of the median ranges to both sides; None where one is no side."""
    if not sides_deg:
        return None
    first, second = median(side[0] for side in sides_deg), median(side[1] for side in sides_deg)
    if min(first, second) < ONE_SIDED * max(first, second) or first + second <= 0.0:
        return None
    return round(200.0 * (first - second) / (first + second), 1)


class SharedAxis:
    """The axis about which the repetitions of a set turn, in the sensor's axes, as it is known by now."""

    def __init__(self) -> None:
        self._sum: Vector = (0.0, 0.0, 0.0)

    def off_deg(self, swing: Swing) -> float:
        """How far a swing's axis is from it, 0..90; 0 while nothing is known."""
        if self._sum == (0.0, 0.0, 0.0):
            return 0.0
        angle = angle_deg(self._sum, axis_of(swing))
        return min(angle, 180.0 - angle)

    def learn(self, swing: Swing) -> None:
        """This swing is one of the set's."""
        x, y, z = axis_of(swing)
        a, b, c = self._sum
        sign = -1.0 if a * x + b * y + c * z < 0.0 else 1.0
        self._sum = (a + sign * x, b + sign * y, c + sign * z)


def axis_of(swing: Swing) -> Vector:
    """The direction about which the sensor turned from rest to far posture; of length 0 where it did not turn."""
    (a, b, c), (x, y, z) = swing.rest, swing.far
    p, q, r = b * z - c * y, c * x - a * z, a * y - b * x
    size = sqrt(p * p + q * q + r * r)
    return (p / size, q / size, r / size) if size > 0.0 else (0.0, 0.0, 0.0)
