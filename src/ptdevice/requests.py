"""What a request that passed the door does. None of them moves current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.model import Stopping
from ptdevice.motion.exercises import unseen
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import BeginSet, EndSet, PauseSet, Ping, ResumeSet

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
            assert isinstance(command.request, Ping)
            return DONE
        bedside = self._bedsides[command.unit]
        if Kind.SENSOR not in bedside.profile.kinds:
            return Outcome("refused", "no_motion_sensor", f"{command.unit} has no motion sensor, so it cannot count.")
        return self._set(bedside, command)

    def _set(self, bedside: Bedside, command: Command) -> Outcome:
        now = self._now()
        match command.request:
            case BeginSet() as request:
                return self._begin(bedside, request, now)
            case PauseSet():
                return DONE if bedside.pause_set(now) else _no_set(bedside)
            case ResumeSet() if bedside.resume_set(now):
                return DONE
            case ResumeSet():
                return Outcome("refused", "not_paused", f"No set of {bedside.alias} is paused.")
            case EndSet(reason=reason):
                ended = bedside.end_set(now, Stopping(reason) if reason else None)
                return DONE if ended else _no_set(bedside)
        raise AssertionError(command)

    def _begin(self, bedside: Bedside, request: BeginSet, now: float) -> Outcome:
        exercise = self._exercises.get(request.exercise) if request.exercise is not None else bedside.exercise
        if exercise is None and request.exercise is None:
            text = f"{bedside.alias} is configured for no exercise, so the request must name one."
            return Outcome("refused", "no_exercise", text)
        if exercise is None:
            known = ", ".join(sorted(self._exercises))
            return Outcome("refused", "unknown_exercise", f"There is no exercise {request.exercise}; known: {known}.")
        if (reason := unseen(exercise, bedside.placement)) is not None:
            return Outcome("refused", "cannot_be_seen", f"{reason}.")
        bedside.begin_set(exercise, request.target, now)
        return DONE


def _no_set(bedside: Bedside) -> Outcome:
    return Outcome("refused", "no_set", f"No set of {bedside.alias} has begun.")
