"""What a set looked like: postures over time, kept until the set is over. Bounded."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

CAPACITY = 16_384  # steps: 8 minutes at 33 a second, 11 at 25; at most 0.6 MB


class Trace:
    """Times and up-vectors (and angular rates, where there is a gyroscope), oldest first.

    When it is full the older half is dropped: repetitions are still measured, but the set has no recount any more.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self.dropped_to = float("-inf")  # what was before this time is no longer here
        self.t = array("d")
        self.up = (array("f"), array("f"), array("f"))
        self.spin = (array("f"), array("f"), array("f"))

    def __len__(self) -> int:
        return len(self.t)

    def add(self, t: float, up: Vector, spin: Vector | None) -> None:
        """Append a step."""
        if len(self.t) >= self._capacity:
            self.dropped_to = self.t[self._capacity // 2]
            self._drop(self._capacity // 2)
        self.t.append(t)
        x, y, z = self.up
        x.append(up[0])
        y.append(up[1])
        z.append(up[2])
        if spin is not None:
            x, y, z = self.spin
            x.append(spin[0])
            y.append(spin[1])
            z.append(spin[2])

    def clear(self) -> None:
        """Forget everything."""
        self._drop(len(self.t))

    def span(self, start: float, end: float) -> range:
        """Indices of the steps from `start` to `end`, both included."""
        return range(bisect_left(self.t, start), bisect_right(self.t, end))

    def posture(self, i: int) -> Vector:
        """The up-vector of step `i`."""
        x, y, z = self.up
        return (x[i], y[i], z[i])

    @property
    def has_spin(self) -> bool:
        """Whether every step has an angular rate."""
        return bool(self.t) and len(self.spin[0]) == len(self.t)

    def _drop(self, n: int) -> None:
        if len(self.spin[0]) != len(self.t):
            for column in self.spin:
                del column[:]
        for column in (self.t, *self.up, *self.spin):
            del column[:n]
