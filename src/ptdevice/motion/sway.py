"""How quietly a posture was held: the root mean square of the angle from the median posture.

Postures come more often the more there is to tell, so they are laid on a grid of 10 Hz first; those of a hold of more than a
quarter of an hour on one twice as wide. Without a gyroscope, sway of more than some tenths of a hertz is lost in the filter.
"""

from __future__ import annotations

from array import array
from math import sqrt
from statistics import median
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from ptdevice.model import Vector

GRID_S = 0.1
CAPACITY = 9_000  # grid points: a quarter of an hour; 0.2 MB


class Sway:
    """Postures of a hold, on a grid of time. Bounded: when it is full, every second one goes."""

    def __init__(self) -> None:
        self._columns = (array("f"), array("f"), array("f"))
        self._times = array("d")
        self._sum = [0.0, 0.0, 0.0]
        self._up: Vector | None = None
        self._next = 0.0
        self._step = GRID_S

    @property
    def mean(self) -> Vector:
        """The mean posture; of no particular length."""
        x, y, z = self._sum
        return (x, y, z)

    def restart(self, t: float) -> None:
        """From `t` on."""
        self._keep(slice(0, 0))
        self._sum = [0.0, 0.0, 0.0]
        self._up, self._next, self._step = None, t, GRID_S

    def skip(self, t: float) -> None:
        """Nothing is known, or wanted, until `t`."""
        self._up, self._next = None, t

    def add(self, t: float, up: Vector) -> None:
        """It has been as before until now, and is this."""
        before = self._up or up
        while self._next <= t:
            here = before if self._next < t else up
            self._times.append(self._next)
            for i, column in enumerate(self._columns):
                column.append(here[i])
                self._sum[i] += here[i]
            self._next += self._step
        self._up = up
        if len(self._times) >= CAPACITY:
            self._keep(slice(0, None, 2))
            self._step *= 2

    def told(self) -> tuple[Vector, float]:
        """The median posture, and the root mean square of the angle from it in degrees."""
        xs, ys, zs = self._columns
        if not xs:
            return self.mean, 0.0
        x, y, z = median(xs), median(ys), median(zs)
        squares = [angle_deg((x, y, z), up) ** 2 for up in zip(xs, ys, zs, strict=True)]
        return (x, y, z), sqrt(sum(squares) / len(squares))

    def trim(self, posture: Vector, edge_deg: float, start: float, end: float) -> tuple[float, float]:
        """Forget what is farther from `posture` than that at both ends; give back where it begins and ends then."""
        near = [i for i, up in enumerate(zip(*self._columns, strict=True)) if angle_deg(posture, up) <= edge_deg]
        if not near:
            return start, end
        first, last = near[0], near[-1]
        start = self._times[first] if first else start
        end = self._times[last] if last < len(self._times) - 1 else end
        self._keep(slice(first, last + 1))
        return start, end

    def _keep(self, part: slice) -> None:
        self._times = self._times[part]
        x, y, z = (column[part] for column in self._columns)
        self._columns = (x, y, z)
