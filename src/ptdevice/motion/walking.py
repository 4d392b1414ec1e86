"""Whether somebody walks, by the rhythm of the steps in the size of the acceleration: no axis, no mounting.

The size of the specific force is laid on a grid of 20 Hz. Twice a second the last three seconds are looked at: walking is a
root mean square of RMS or more about the mean, and an autocorrelation that peaks at RHYTHM or more of its value at lag 0,
between 0.3 and 1.0 s, which is 60 to 200 steps a minute; in the recordings of daily life there were 70 to 117. The shortest lag
with a strong peak is the step: a limp makes the stride stronger, and is not mistaken for it.
"""

from __future__ import annotations

from collections import deque
from math import sqrt
from operator import mul
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.model import Vector

GRID_HZ = 20.0
LEAST_HZ = 10.0  # of the sensor; three steps a second are not seen at less
WINDOW_S, LOOK_S = 3.0, 0.5
RMS = 0.6  # m/s^2; slow walking has about 1 at the trunk, sitting and standing less than 0.2
RHYTHM = 0.5
STRONG = 0.8  # of the highest peak
SHORTEST_S, LONGEST_S = 0.3, 1.0
STILL, FALLING = 0.5, 50.0  # m/s^2: outside nothing was measured


class StepRhythm:
    """Takes samples; gives for every half second whether it was walked in, and the time of a step."""

    def __init__(self) -> None:
        self._window: deque[float] = deque(maxlen=round(WINDOW_S * GRID_HZ))
        self._sum = 0.0
        self._count = 0
        self._cell: int | None = None  # of the grid
        self._look = 0

    def restart(self) -> None:
        """Time has passed of which nothing is known."""
        self._window.clear()
        self._count, self._sum, self._cell = 0, 0.0, None

    def feed(self, times: Sequence[float], forces: Sequence[Vector]) -> Iterator[tuple[float, float | None]]:
        """(second, time of a step in seconds or None), of every look that these samples complete."""
        for t, (x, y, z) in zip(times, forces, strict=True):
            size = sqrt(x * x + y * y + z * z)
            if not STILL <= size <= FALLING:
                continue
            cell = int(t * GRID_HZ)
            if self._cell is None:
                self._cell, self._look = cell, cell
            if cell > self._cell:
                yield from self._fill(cell)
            self._sum += size
            self._count += 1

    def _fill(self, cell: int) -> Iterator[tuple[float, float | None]]:
        assert self._cell is not None
        if self._count:
            mean = self._sum / self._count
            self._window.extend([mean] * min(cell - self._cell, self._window.maxlen or 0))
        self._cell, self._sum, self._count = cell, 0.0, 0
        if cell - self._look >= LOOK_S * GRID_HZ:
            self._look = cell
            if len(self._window) == self._window.maxlen:
                yield cell / GRID_HZ, step_s(self._window)


def step_s(sizes: Sequence[float]) -> float | None:
    """The time of a step, where these are of somebody who walks."""
    mean = fmean(sizes)
    signal = [size - mean for size in sizes]
    n = len(signal)
    power = sum(map(mul, signal, signal)) / n
    if power < RMS * RMS:
        return None
    first, last = round(SHORTEST_S * GRID_HZ), round(LONGEST_S * GRID_HZ)
    r = [sum(map(mul, signal, signal[lag:])) / (n - lag) / power for lag in range(first - 1, last + 2)]
    peaks = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] >= r[i + 1] and r[i] >= RHYTHM]
    if not peaks:
        return None
    highest = max(r[i] for i in peaks)
    i = next(i for i in peaks if r[i] >= STRONG * highest)
    before, here, after = r[i - 1 : i + 2]
    top: float = 0.5 * (before - after) / (before - 2.0 * here + after)  # of the parabola through the three
    return (first - 1 + i + top) / GRID_HZ
