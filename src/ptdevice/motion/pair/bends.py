"""From the lumbar angle over time to movements: how far forwards or backwards, from when to when.

A movement leaves standing by LEAST_DEG, and is over when it has come back to EDGE of its range. Two humps without coming back
are one movement; what goes through standing to the other side is two. Who stays out for longer has sat down.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.model import BendDirection

if TYPE_CHECKING:
    from ptdevice.motion.pair.resampling import Both

LEAST_DEG = 10.0  # less is within what sensors on skin are off by, from one time to the next
NEAR_DEG = 4.0  # people do not come back to quite the same standing
EDGE = 0.25
LONGEST_S = 60.0
GRID_KEPT = 1600  # of one movement: a little over a minute


@dataclass(frozen=True, slots=True)
class Bend:
    """One movement, in pair time. `range_deg` is the lumbar angle at its farthest, positive either way."""

    direction: BendDirection
    start: float
    turn: float
    end: float
    range_deg: float
    trunk_deg: float
    pelvis_deg: float
    pelvis_rate: float  # the pelvis's greatest, deg/s: what an error in time costs
    gap: bool


class _Point(NamedTuple):
    t: float
    lumbar_deg: float
    trunk_deg: float
    pelvis_deg: float


class Bends:
    """One moment after the other."""

    def __init__(self) -> None:
        self._path: deque[_Point] = deque(maxlen=GRID_KEPT)  # since standing was left
        self._far: _Point | None = None
        self._unknown = False

    def step(self, both: Both) -> Bend | None:
        """Take in a moment; give back the movement that it ends."""
        if both.trunk_deg is None or both.pelvis_deg is None:
            self._unknown = True
            return None
        here = _Point(both.t, both.trunk_deg - both.pelvis_deg, both.trunk_deg, both.pelvis_deg)
        far = self._far
        over = far is not None and here.lumbar_deg * _sign(far) <= max(EDGE * abs(far.lumbar_deg), NEAR_DEG)
        if over or (far is None and abs(here.lumbar_deg) <= NEAR_DEG):
            bend = self._bend(here)
            self._path.clear()
            self._far, self._unknown = None, False
            self._path.append(here)
            return bend
        self._path.append(here)
        if (far is None or here.lumbar_deg * _sign(far) > abs(far.lumbar_deg)) and abs(here.lumbar_deg) >= LEAST_DEG:
            self._far = here
        return None

    def _bend(self, end: _Point) -> Bend | None:
        far = self._far
        if far is None or end.t - self._path[0].t > LONGEST_S:
            return None
        edge = EDGE * abs(far.lumbar_deg)
        before = [point for point in self._path if point.t <= far.t]
        start = next((point for point in reversed(before) if point.lumbar_deg * _sign(far) <= edge), before[0])
        rates = [
            abs(b.pelvis_deg - a.pelvis_deg) / (b.t - a.t)
            for a, b in zip(self._path, [*list(self._path)[1:], end], strict=True)
        ]
        return Bend(
            BendDirection.FLEXION if far.lumbar_deg > 0.0 else BendDirection.EXTENSION,
            start.t,
            far.t,
            end.t,
            abs(far.lumbar_deg),
            far.trunk_deg,
            far.pelvis_deg,
            max(rates, default=0.0),
            self._unknown,
        )


def _sign(point: _Point) -> float:
    return 1.0 if point.lumbar_deg > 0.0 else -1.0
