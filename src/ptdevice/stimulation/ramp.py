"""How fast a level may rise: from 0 at every start and resume, and never faster than a person can say "enough". Pure.

At most MA_PER_S where a curve tells what current a level is, else at most LEVELS_PER_S. The way down has no ramp: it is at
once. A caller who was late does not catch up: what was missed is missed, so that no stall ends in a jump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.stimulation.limits import Curve

# Choices of this program, slower than the ramps of 0.5 to 3.5 s to full strength that muscle stimulation is given with
# (PMC8167342, table 5): whoever feels it has to be able to reach the unit's own switch.
LEVELS_PER_S = 2.0
MA_PER_S = 5.0
LATE_S = 1.0 / LEVELS_PER_S  # of what is missed, no more than this, or one step, is made up for


class Ramp:
    """The level that the unit is told. It begins at 0 at gateway second `now`."""

    def __init__(self, curve: Curve | None, now: float) -> None:
        self.level = 0
        self._curve, self._since = curve, now

    def rise(self, target: int, now: float) -> None:
        """One or more steps towards a target above, as many as there was time for. A target below is taken at once."""
        if target <= self.level:
            self.level = target
            self._since = now
            return
        self._since = max(self._since, now - max(LATE_S, self._step_s(self.level)))
        while self.level < target and now - self._since >= (step_s := self._step_s(self.level)):
            self.level += 1
            self._since += step_s

    def hold(self, now: float) -> None:
        """Stay where it is: the unit has not followed yet. The next step takes its whole time from here."""
        self._since = now

    def take_over(self, level: int, now: float) -> None:
        """A hand on the unit has set this level: go on from it."""
        self.level, self._since = level, now

    def _step_s(self, level: int) -> float:
        if self._curve is None or level >= self._curve.top:
            return 1.0 / LEVELS_PER_S
        return (self._curve.peak_ma(level + 1) - self._curve.peak_ma(level)) / MA_PER_S
