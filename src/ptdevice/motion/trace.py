"""What a set looked like: postures over time, kept until the set is over. Bounded."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from math import acos
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import DEGREES

if TYPE_CHECKING:
    from ptdevice.model import Vector

STEP_S = 0.055  # times are told to a tenth of a second, and nothing that is looked for is faster than 1.2 Hz
CAPACITY = 16_384  # steps: a quarter of an hour at 18 a second; at most 0.6 MB


class Trace:
    """Times and up-vectors (and angular rates, where there is a gyroscope), oldest first.

    When it is full the older half is dropped: repetitions are still measured, but the set has no recount any more.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.dropped_to = float("-inf")  # what was before this time is no longer here
        self._next = float("-inf")
        self.t = array("d")
        self._up = array("f")  # x, y, z, x, y, z, ...
        self._spin = array("f")

    def __len__(self) -> int:
        return len(self.t)

    def add(self, t: float, up: Vector, spin: Vector | None) -> None:
        """Append a step, unless it is closer than STEP_S to the one before."""
        if t < self._next:
            return
        self._next = t + STEP_S
        if len(self.t) >= self._capacity:
            self.dropped_to = self.t[self._capacity // 2]
            self._drop(self._capacity // 2)
        self.t.append(t)
        self._up.extend(up)
        if spin is not None:
            self._spin.extend(spin)

    def clear(self) -> None:
        """Forget everything."""
        self._drop(len(self.t))

    def span(self, start: float, end: float) -> range:
        """Indices of the steps from `start` to `end`, both included."""
        return range(bisect_left(self.t, start), bisect_right(self.t, end))

    def angles(self, steps: range, posture: Vector) -> list[float]:
        """Angle of each step from a posture, in degrees, to some hundredths: the cosine is precise enough for shares."""
        x, y, z = posture
        part = self._up[3 * steps.start : 3 * steps.stop]
        cosines = [x * a + y * b + z * c for a, b, c in zip(part[0::3], part[1::3], part[2::3], strict=True)]
        return [acos(c) * DEGREES if -1.0 < c < 1.0 else 0.0 if c > 0.0 else 180.0 for c in cosines]

    def posture(self, step: int) -> Vector:
        """The up-vector of one step."""
        x, y, z = self._up[3 * step : 3 * step + 3]
        return (x, y, z)

    def postures(self) -> tuple[array[float], array[float], array[float]]:
        """The up-vectors as columns."""
        return (self._up[0::3], self._up[1::3], self._up[2::3])

    def spins(self) -> tuple[array[float], array[float], array[float]] | None:
        """The angular rates as columns, where every step has one."""
        if len(self._spin) != len(self._up):
            return None
        return (self._spin[0::3], self._spin[1::3], self._spin[2::3])

    def _drop(self, n: int) -> None:
        if len(self._spin) != len(self._up):  # some steps had none: they cannot be told apart any more
            del self._spin[:]
        del self.t[:n]
        del self._up[: 3 * n]
        del self._spin[: 3 * n]
