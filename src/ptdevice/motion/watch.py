"""Whether the sensor can see the exercise at all. What it cannot see is refused with a message, not counted as nothing."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from ptdevice.motion.exercises import Kind
from ptdevice.motion.smoothness import speed_dps

if TYPE_CHECKING:
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import Posture

RANGELESS_S = 15.0
REST_S = 30.0  # so long may somebody be getting ready; an alarm that comes sooner is one that nobody reads later
TURNING_DPS = 15.0  # what a turn about the vertical has at least; quiet standing has a tenth of it, and so has bias


class RangeWatch:
    """Says once that nothing was seen, for RANGELESS_S, of a set that has no repetition yet; of a sensor at rest, for REST_S.

    Movement that is too small is told of every set. That there is no movement at all is told only of a set that was asked
    for: a sensor that is worn all day is at rest most of the time.
    """

    def __init__(self, exercise: Exercise, *, asked: bool) -> None:
        self._exercise = exercise
        self._asked = asked
        self._restless_s = self._still_s = self._turning_s = 0.0
        self._told = False

    def begin(self) -> None:
        """The sensor is at rest in the posture from which the exercise starts."""
        self._restless_s = 0.0

    def restart(self) -> None:
        """The set is waited for anew."""
        self._restless_s = self._still_s = self._turning_s = 0.0

    def over(self) -> None:
        """The set is over; nobody has asked for the next one."""
        self.restart()
        self._asked = False

    def look(self, at: Posture, passed_s: float, *, still: bool) -> str | None:
        """`passed_s` more have passed without a repetition. What a person must know, if anything."""
        if self._told:
            return None
        if at.spin is not None and _about_the_vertical(at):
            self._turning_s += passed_s
        if still:
            self._still_s += passed_s
        else:
            self._restless_s += passed_s
        rest_s = self._still_s * (RANGELESS_S / REST_S) if self._asked else 0.0
        if self._restless_s + rest_s < RANGELESS_S:
            return None
        self._told = True
        return self._text()

    def _text(self) -> str:
        one = "a hold at" if self._exercise.kind is Kind.HOLD else "a repetition of"
        least = f"{one} {self._exercise.smallest_deg:.0f} degrees or more"
        where = (
            f"For {self._exercise.name} the sensor belongs {self._exercise.placement}; elsewhere it cannot be counted."
        )
        if self._turning_s > RANGELESS_S / 3:
            what = f"{RANGELESS_S:.0f} s without {least}: the sensor turns about the vertical, which gravity does not show."
        elif self._restless_s >= RANGELESS_S / 3:
            what = f"{RANGELESS_S:.0f} s of movement without {least}."
        else:
            what = f"{REST_S:.0f} s without {least}: the sensor is at rest. Who exercises is not seen by it."
        return f"{what} {where}"


def _about_the_vertical(at: Posture) -> bool:
    """Whether most of the turning leaves up where it is."""
    if at.spin is None:
        return False
    x, y, z = at.spin
    whole = sqrt(x * x + y * y + z * z)
    return whole >= TURNING_DPS and speed_dps(at.up, at.spin) < 0.5 * whole
