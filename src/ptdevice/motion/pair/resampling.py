"""Two angles that were seen at different times, told at the same ones.

Each side's angles are joined by straight lines. Where two of one side lie farther apart than HOLE_S, something was missing
between them, and what lies there is unknown.
"""

from __future__ import annotations

from collections import deque
from math import floor
from typing import NamedTuple

GRID_S = 0.04  # 25 a second: a movement of half a second still has twelve
HOLE_S = 0.45  # a stream at rest tells a posture every 0.19 s, so one may be late
KEPT = 1024  # angles of one side while the other is silent: half a minute


class Both(NamedTuple):
    """Both angles at one moment of pair time, or None where either is unknown."""

    t: float
    trunk_deg: float | None
    pelvis_deg: float | None


class Resampler:
    """Takes angles of both sides in order of their times, gives both on one grid as soon as both are there."""

    def __init__(self) -> None:
        self._sides: tuple[deque[tuple[float, float]], deque[tuple[float, float]]] = (
            deque(maxlen=KEPT),
            deque(maxlen=KEPT),
        )
        self._next: int | None = None  # grid step

    def add(self, side: int, t: float, angle_deg: float) -> None:
        """Side 0 is the trunk, 1 the pelvis. A time that goes back, as clocks are known better, is left out."""
        known = self._sides[side]
        if not known or t > known[-1][0]:
            known.append((t, angle_deg))

    def take(self) -> list[Both]:
        """What can be told by now."""
        if not all(self._sides):
            return []
        if self._next is None:
            self._next = floor(max(side[0][0] for side in self._sides) / GRID_S) + 1
        last = floor(min(side[-1][0] for side in self._sides) / GRID_S)
        told = []
        for step in range(self._next, last + 1):
            t = step * GRID_S
            trunk, pelvis = (_at(side, t) for side in self._sides)
            told.append(Both(t, trunk, pelvis))
        self._next = max(self._next, last + 1)
        return told


def _at(side: deque[tuple[float, float]], t: float) -> float | None:
    """The angle at `t`, which does not lie after the newest. What lies before it is dropped."""
    while len(side) > 1 and side[1][0] <= t:
        side.popleft()
    (t0, a), (t1, b) = side[0], side[min(1, len(side) - 1)]
    if t0 == t:
        return a
    if t < t0 or t1 - t0 > HOLE_S or t > t1:
        return None
    return a + (t - t0) / (t1 - t0) * (b - a)
