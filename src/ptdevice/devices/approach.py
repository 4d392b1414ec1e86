"""The way of one channel's level to what was admitted: down at once; up by one level every RISE_S, and never against a hand.

* Admitted levels go on rising while an answer is late or a file is sent. The unit is not told all of that at once.
* A level that fell and that we did not lower (a key, a wheel, the unit's timer, a complaint, a stop) is not raised again until
  what is admitted has come down to it, or a hand has raised it, or nothing was admitted for a while: then a new run begins.
"""

from __future__ import annotations

RISE_S = 0.5  # two levels a second
PAUSE_S = (
    1.0  # more than any refresh: whoever commands asks for nothing between two runs, and without a pause within one
)


class Approach:
    """One channel, on one connection."""

    def __init__(self) -> None:
        self.level: int | None = None  # as the unit told it last
        self._top: int | None = None  # no higher than this
        self._wanted = 0
        self._wanted_at = float("-inf")
        self._rose_at = float("-inf")

    def heard(self, level: int, *, ours: bool = False, by_hand: bool = False) -> None:
        """The unit's level is this; `ours` where it says so in answer to what we told it."""
        before, self.level = self.level, level
        if before is None or ours:
            return
        if by_hand and level > before:
            self._top = None
        elif level < min(before, self._wanted):
            self._top = level if self._top is None else min(level, self._top)

    def wants(self, wanted: int, now: float) -> bool:
        """So much is admitted now. Whether a new run begins with it."""
        begins = now - self._wanted_at > PAUSE_S
        self._wanted, self._wanted_at = wanted, now
        if begins or (self._top is not None and wanted <= self._top):
            self._top = None
        return begins

    def rose(self, now: float) -> None:
        """The unit was told to begin, which it does at a level of its own."""
        self._rose_at = now

    @property
    def allowed(self) -> int:
        """How much of it the unit may be brought to."""
        return self._wanted if self._top is None else min(self._wanted, self._top)

    def next(self, now: float) -> int | None:
        """The level to tell the unit now, which may be the one that it is at. None while its level is not known."""
        if self.level is None or self.allowed <= self.level:
            return None if self.level is None else self.allowed
        if now - self._rose_at < RISE_S:
            return self.level
        self._rose_at = now
        return self.level + 1
