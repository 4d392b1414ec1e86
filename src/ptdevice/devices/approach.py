"""The way of one channel's level to what was admitted: down at once; up by one level every RISE_S, and never against a hand.

* Admitted levels go on rising while an answer is late or a file is sent. The unit is not told all of that at once.
* A level that fell and that we did not lower (a key, a wheel, the unit's timer, a complaint, a stop) is not raised again until
  what is admitted has come down to it. So a run begins with an admitted level of 0, and nothing that ended starts by itself.
"""

from __future__ import annotations

RISE_S = 0.5  # two levels a second


class Approach:
    """One channel, on one connection."""

    def __init__(self) -> None:
        self.level: int | None = None  # as the unit told it last
        self._top: int | None = 0  # no higher than this
        self._wanted = 0
        self._rose_at = float("-inf")

    def heard(self, level: int, *, ours: bool = False) -> None:
        """The unit's level is this; `ours` where it says so in answer to what we told it."""
        if not ours and self.level is not None and level < min(self.level, self._wanted):
            self._top = level if self._top is None else min(level, self._top)
        self.level = level

    def allowed(self, wanted: int) -> int:
        """How much of an admitted level the unit may be brought to."""
        self._wanted = wanted
        if self._top is not None and wanted <= self._top:
            self._top = None
        return wanted if self._top is None else self._top

    def next(self, wanted: int, now: float) -> int | None:
        """The level to tell the unit now, which may be the one that it is at. None while its level is not known."""
        target = self.allowed(wanted)
        if self.level is None:
            return None
        if target <= self.level:
            return target
        if now - self._rose_at < RISE_S:
            return self.level
        self._rose_at = now
        return self.level + 1
