"""How one clock runs beside another, seen through a radio that is late and never early.

What is seen is `delay = arrival - stream time = offset + slope * t + lateness`, with `lateness >= 0` and often nearly 0. Of
each block of BLOCK_S only the least delay is kept. The slope, which is a crystal's and so changes slowly, is that of the line
below all of them that is nearest to them: it lies on the lower convex hull, on the edge over the mean of their times (Moon,
Skelly and Towsley, Estimation and removal of clock skew from network delay measurements, INFOCOM 1999). The offset is the
lowest that the last minute allows with this slope, so a link that becomes more punctual is followed within the block.
"""

from __future__ import annotations

from collections import deque
from itertools import islice, pairwise
from statistics import median
from typing import NamedTuple

BLOCK_S = 10.0
BLOCKS = 180  # half an hour: long enough for a slope to 1 ppm, short enough to follow a unit that warms up on skin
RECENT = 6
FEWEST = 7  # blocks: with less than a minute, lateness of a few ms is as much as a crystal's whole error
PUNCTUAL_S = 0.001  # nobody's least delay is promised to be more constant than that
CRYSTAL_PPM = 200.0  # until then: the worst crystal that keeps a Bluetooth link (Core 5.4 vol 6 B 4.2: 250 ppm), about


class _Low(NamedTuple):
    block: int
    t: float
    delay: float


class Envelope:
    """The lower envelope of delays over time."""

    def __init__(self) -> None:
        self.slope: float | None = None  # seconds of delay per second; None while it is not known
        self.slope_error = CRYSTAL_PPM * 1e-6
        self._lows: deque[_Low] = deque(maxlen=BLOCKS)
        self._offset = 0.0

    def add(self, t: float, delay: float) -> None:
        """Something of stream time `t`, which does not go back, arrived `delay` later."""
        block, lows = int(t // BLOCK_S), self._lows
        if lows and lows[-1].block == block:
            if delay < lows[-1].delay:
                lows[-1] = _Low(block, t, delay)
                self._offset = min(self._offset, delay - (self.slope or 0.0) * t)
            return
        self._fit()
        lows.append(_Low(block, t, delay))
        slope = self.slope or 0.0
        self._offset = min(low.delay - slope * low.t for low in self._recent())

    def restart(self) -> None:
        """The clock's zero has moved: delays seen so far tell nothing of those to come, but it is the same crystal."""
        self._offset = self.lag(self._lows[-1].t) if self._lows else self._offset
        self._offset -= (self.slope or 0.0) * (self._lows[-1].t if self._lows else 0.0)
        self._lows.clear()

    def lag(self, t: float) -> float:
        """The least delay at stream time `t`."""
        return self._offset + (self.slope or 0.0) * t

    def before(self, arrival: float) -> float:
        """The stream time of what arrives now with the least delay: the inverse of `t + lag(t)`."""
        return (arrival - self._offset) / (1.0 + (self.slope or 0.0))

    @property
    def spread_s(self) -> float:
        """How far `lag` may be from the least delay that there was within the last minute."""
        slope = self.slope or 0.0
        # The block that has just begun may not have met a punctual packet yet.
        complete = self._recent()[:-1] or self._recent()
        above = [low.delay - slope * low.t - self._offset for low in complete]
        return max([*above, BLOCK_S * RECENT * self.slope_error])

    def _recent(self) -> list[_Low]:
        return list(islice(self._lows, max(len(self._lows) - RECENT, 0), None))

    def _fit(self) -> None:
        lows = self._lows
        if len(lows) < FEWEST:
            return
        middle = sum(low.t for low in lows) / len(lows)
        hull: list[_Low] = []
        for low in lows:
            while len(hull) > 1 and _above(hull[-2], hull[-1], low):
                hull.pop()
            hull.append(low)
        left, right = next(((a, b) for a, b in pairwise(hull) if b.t >= middle), (hull[-2], hull[-1]))
        self.slope = slope = (right.delay - left.delay) / (right.t - left.t)
        usual = median(low.delay - left.delay - slope * (low.t - left.t) for low in lows)
        # Two ends of the line, each as uncertain as a least delay usually is.
        self.slope_error = min(2.0 * max(usual, PUNCTUAL_S) / (lows[-1].t - lows[0].t), CRYSTAL_PPM * 1e-6)


def _above(a: _Low, b: _Low, c: _Low) -> bool:
    """Whether `b` is on or above the line from `a` to `c`."""
    return (b.delay - a.delay) * (c.t - a.t) >= (c.delay - a.delay) * (b.t - a.t)
