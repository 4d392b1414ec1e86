"""A counter that wraps, counted on."""

from __future__ import annotations


class Unwrapped:
    """The whole number behind a counter of `bits` bits, as long as less than half a turn lies between two readings.

    The first reading stands for itself; a reading from before the newest (packets do not overtake each other, but a unit may
    repeat itself) is placed before it.
    """

    def __init__(self, bits: int) -> None:
        self._turn = 1 << bits
        self._newest: int | None = None

    def count(self, reading: int) -> int:
        """The whole number of this reading, 0 <= reading < 2**bits."""
        if self._newest is None:
            self._newest = reading
            return reading
        step = (reading - self._newest) % self._turn
        if step >= self._turn // 2:
            return self._newest + step - self._turn
        self._newest += step
        return self._newest
