"""Whether a unit does what it was told, by its own word. Pure.

Three ways of not doing it: it tells more than one step above what it was told, twice within TWICE_S (once may be a word that
crossed ours on the way); it falls by more than one step, twice within that time, and says of no hand that it did it; it does
not follow for FOLLOW_S. A unit that is told less gets time to get there, as long as it does not rise meanwhile.

A ramp rises only as far as the unit has followed (`followed`), so that one which ignores us, or says that it does nothing, is
never told more than one step.
"""

from __future__ import annotations

STEP = 1
TWICE_S = 2.0
FOLLOW_S = 5.0  # several polls of the slowest unit here


class Readback:
    """Of one stretch from 0. `step_s` is how long the unit takes for a step down; `tells_hands` that it says who turned it."""

    def __init__(self, now: float, *, step_s: float, tells_hands: bool) -> None:
        self.reported = 0
        self._told = 0
        self._step_s, self._tells_hands = step_s, tells_hands
        self._settled_at = now  # until then it may still be on its way down
        self._odd_at: float | None = None
        self._followed_at = now

    @property
    def followed(self) -> bool:
        """Whether the unit is where it was told to be, or above."""
        return self.reported >= self._told

    def tell(self, level: int, now: float) -> None:
        """The unit is told this level."""
        if level < self._told:
            self._settled_at = now + TWICE_S + (max(self._told, self.reported) - level) * self._step_s
        if level > self._told and self.followed:
            self._followed_at = now
        self._told = level

    def take_over(self, level: int, now: float) -> None:
        """A hand on the unit has set this level; that is no lie."""
        self.reported = self._told = level
        self._followed_at = self._settled_at = now

    def differs(self, level: int, at: float) -> bool:
        """The unit says this level: whether it is past believing that it does as told."""
        before, self.reported = self.reported, level
        if level >= self._told:
            self._followed_at = at
        on_its_way = at < self._settled_at and level <= before
        odd = level > self._told + STEP and not on_its_way
        odd = odd or (self._tells_hands and level < before - STEP and level < self._told)
        if not odd:
            return False
        twice = self._odd_at is not None and at - self._odd_at <= TWICE_S
        self._odd_at = at
        return twice

    def lags(self, now: float) -> bool:
        """Whether it has not followed for too long."""
        return not self.followed and now - self._followed_at >= FOLLOW_S
