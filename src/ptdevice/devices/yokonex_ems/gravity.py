"""How many counts are one g, of an accelerometer whose vendor does not say.

Inertial chips of 16 bits have ranges of 2, 4, 8 or 16 g, so one g is 16384, 8192, 4096 or 2048 counts. Held still, the sensor
feels 1 g and nothing else: the length of what it reads then tells which of the four it is, for they are a factor of two
apart. Until it has been held still the scale is unknown.
"""

from __future__ import annotations

import math
from collections import deque

STANDARD_GRAVITY = 9.80665  # m/s^2
COUNTS_PER_G = (2048, 4096, 8192, 16384)
STILL_SAMPLES = 10
STILL = 1.03  # longest over shortest reading of so many: 0.3 m/s^2, which is breathing and noise
NEAR = 1.15  # how far a still reading may be from 1 g: cheap chips are off by up to 0.1 g


class GravityScale:
    """One sensor's scale, once it is known."""

    def __init__(self) -> None:
        self.counts_per_g: int | None = None
        self._lengths: deque[float] = deque(maxlen=STILL_SAMPLES)

    def take(self, counts: tuple[int, ...]) -> float | None:
        """m/s^2 of one count, after this reading (acceleration X, Y, Z); None while it is unknown."""
        if self.counts_per_g is None:
            self._lengths.append(math.sqrt(sum(count * count for count in counts)))
            self.counts_per_g = self._seen()
        return None if self.counts_per_g is None else STANDARD_GRAVITY / self.counts_per_g

    def _seen(self) -> int | None:
        shortest, longest = min(self._lengths), max(self._lengths)
        if len(self._lengths) < STILL_SAMPLES or longest > STILL * shortest or shortest == 0:
            return None
        length = sum(self._lengths) / len(self._lengths)
        near = [counts for counts in COUNTS_PER_G if 1 / NEAR <= length / counts <= NEAR]
        return near[0] if near else None
