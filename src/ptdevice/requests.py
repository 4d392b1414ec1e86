"""What a request that passed the door does. None of them moves current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.motion.exercises import unseen
from ptdevice.mqtt.commands import BEGIN_SET, DONE, END_SET, PING, Command, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.bedside import Bedside
    from ptdevice.motion.exercises import Exercise


class Requests:
    """Carries them out on the bedsides; `now` is gateway seconds."""

    def __init__(
        self, bedsides: Mapping[str, Bedside], exercises: Mapping[str, Exercise], now: Callable[[], float]
    ) -> None:
        self._bedsides, self._exercises, self._now = bedsides, exercises, now

    async def execute(self, command: Command) -> Outcome:
        """Do it, and tell what became of it."""
        if command.unit is None:
            assert command.name == PING
            return DONE
        bedside = self._bedsides[command.unit]
        if Kind.SENSOR not in bedside.profile.kinds:
            return Outcome("refused", "no_motion_sensor", f"{command.unit} has no motion sensor, so it cannot count.")
        if command.name == BEGIN_SET:
            return self._begin(bedside, command)
        assert command.name == END_SET
        if bedside.end_set(self._now()):
            return DONE
        return Outcome("refused", "no_set", f"No set of {command.unit} has begun.")

    def _begin(self, bedside: Bedside, command: Command) -> Outcome:
        exercise = self._exercises.get(command.exercise) if command.exercise is not None else bedside.exercise
        if exercise is None and command.exercise is None:
            text = f"{bedside.alias} is configured for no exercise, so the request must name one."
            return Outcome("refused", "no_exercise", text)
        if exercise is None:
            known = ", ".join(sorted(self._exercises))
            return Outcome("refused", "unknown_exercise", f"There is no exercise {command.exercise}; known: {known}.")
        if (reason := unseen(exercise, bedside.placement)) is not None:
            return Outcome("refused", "cannot_be_seen", f"{reason}.")
        bedside.begin_set(exercise, command.target, self._now())
        return DONE
