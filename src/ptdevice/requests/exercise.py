"""Requests about exercise and about how it feels. None of them moves current."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.device import Kind
from ptdevice.model import Category, Moment, Recurrence, RedFlag, Stopping
from ptdevice.motion.exercises import unseen
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import (
    Assess,
    BeginProgramme,
    BeginSet,
    EndProgramme,
    EndSet,
    PauseSet,
    RatePain,
    ResumeSet,
    SkipSet,
)
from ptdevice.programme.assessment import assess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from ptdevice.bedside import Bedside
    from ptdevice.casebook import Casebook
    from ptdevice.motion.exercises import Exercise
    from ptdevice.programme.prescription import Programme, Slot
    from ptdevice.requests import Handlers


class ExerciseRequests:
    """Carries them out on the bedsides; `now` is gateway seconds. `casebook` None: there are no programmes.

    `suspended(unit)`: the plans of whoever uses it wait for a clinician.
    """

    def __init__(
        self,
        bedsides: Mapping[str, Bedside],
        exercises: Mapping[str, Exercise],
        subjects: Mapping[str, str | None],
        now: Callable[[], float],
        casebook: Casebook | None = None,
        suspended: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._bedsides, self._exercises, self._now = bedsides, exercises, now
        self._subjects, self._casebook, self._suspended = subjects, casebook, suspended

    def handlers(self) -> Handlers:
        """What can be asked for."""
        sets = (BeginSet, PauseSet, ResumeSet, EndSet, BeginProgramme, SkipSet, EndProgramme)
        return {RatePain: self._rate_pain, Assess: self._assess, **dict.fromkeys(sets, self._set)}

    def _rate_pain(self, command: Command) -> Outcome:
        request, alias = command.request, command.unit
        assert isinstance(request, RatePain)
        assert alias is not None
        # Whichever unit it is entered at: it hurts the person, and stops what the person does.
        during = self._busy(alias) if request.moment == "during" else None
        bedside = self._bedsides[during if during is not None else alias]
        bedside.rate_pain(request.rating, Moment(request.moment), self._now())
        return DONE

    def _set(self, command: Command) -> Outcome:
        assert command.unit is not None
        bedside, now = self._bedsides[command.unit], self._now()
        if Kind.SENSOR not in bedside.profile.kinds:
            return Outcome("refused", "no_motion_sensor", f"{command.unit} has no motion sensor, so it cannot count.")
        match command.request:
            case BeginSet() as request:
                return self._begin(bedside, request, now)
            case BeginProgramme(programme=name):
                return self._begin_programme(bedside, name, now)
            case PauseSet():
                done, rule, detail = bedside.pause_set(now), "no_set", "No set of {} has begun."
            case ResumeSet():
                done, rule, detail = bedside.resume_set(now), "not_paused", "No set of {} is paused."
            case EndSet(reason=reason):
                done = bedside.end_set(now, Stopping(reason) if reason else None)
                rule, detail = "no_set", "No set of {} has begun."
            case SkipSet():
                done, rule = bedside.skip_set(now), "nothing_to_skip"
                detail = "No set of a programme of {} is about to begin; one that has begun can be ended."
            case EndProgramme():
                done, rule, detail = bedside.end_programme(now), "no_programme", "{} does no programme at the moment."
            case _:
                raise AssertionError(command)
        return DONE if done else Outcome("refused", rule, detail.format(bedside.alias))

    def _begin(self, bedside: Bedside, request: BeginSet, now: float) -> Outcome:
        if bedside.sitting.programme is not None:
            if request.exercise is None and bedside.begin_next(now):
                return DONE
            text = f"{bedside.alias} does a programme; a set without a name cuts its rest short, end_programme ends it."
            return Outcome("refused", "programme_running", text)
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

    def _begin_programme(self, bedside: Bedside, name: str | None, now: float) -> Outcome:
        if self._casebook is None or self._casebook.person(bedside.alias) is None:
            return Outcome("refused", "no_programme", f"There is no programme for whoever uses {bedside.alias}.")
        busy, due = self._busy(bedside.alias), self._casebook.due(bedside.alias)
        if self._suspended(bedside.alias):
            text = (
                "A red flag was answered with yes. A clinician has to look, and to say `reinstate`, before it goes on."
            )
            return Outcome("refused", "suspended", text)
        if busy is not None:
            text = f"{busy} does a programme of the same person already; it goes on by itself, end_programme ends it."
            return Outcome("refused", "programme_running", text)
        if due is None:
            text = "The gateway's clock is not set, so it cannot know what is planned for today."
            return Outcome("refused", "clock_unsynced", text)
        return self._begin_what_is_left(bedside, name, due, now)

    def _begin_what_is_left(
        self, bedside: Bedside, name: str | None, due: Mapping[str, tuple[Programme, date, list[Slot]]], now: float
    ) -> Outcome:
        names = ", ".join(sorted(due)) or "none"
        if name is not None and name not in due:
            return Outcome(
                "refused", "not_due", f"{name} is not due today for whoever uses {bedside.alias}; due: {names}."
            )
        left = {each: found for each, found in due.items() if found[2] and name in {None, each}}
        if not left:
            rule, text = ("done_today", "Nothing is left of it today.") if due else ("not_due", "Nothing is due today.")
            return Outcome("refused", rule, text)
        if len(left) > 1:
            return Outcome("refused", "which_programme", f"Several are due today; name one: {', '.join(sorted(left))}.")
        ((programme, day, slots),) = left.values()
        for slot in slots:
            if (reason := unseen(slot.exercise, bedside.placement)) is not None:
                return Outcome("refused", "cannot_be_seen", f"{reason}.")
            if slot.dose.heart_rate_bpm is not None and "heart_rate_bpm" not in bedside.therapy.state.values:
                text = f"{slot.exercise.name} is prescribed at a heart rate, and {bedside.alias} has told none yet."
                return Outcome("refused", "no_heart_rate", text)
        bedside.begin_programme(programme, day, slots, now)
        return DONE

    def _busy(self, unit: str) -> str | None:
        """The unit on which the person who uses this one does a programme. Nobody does a set twice at once."""
        person = self._subjects.get(unit)
        if person is None or self._bedsides[unit].sitting.doing is not None:
            return unit if person is not None else None
        return next(
            (
                alias
                for alias, bedside in self._bedsides.items()
                if self._subjects.get(alias) == person and bedside.sitting.doing is not None
            ),
            None,
        )

    def _assess(self, command: Command) -> Outcome:
        request = command.request
        assert isinstance(request, Assess)
        assert command.unit is not None
        bedside = self._bedsides[command.unit]
        if self._subjects.get(bedside.alias) is None:
            text = f"{bedside.alias} is assigned to nobody, so nobody would know whose assessment this is."
            return Outcome("refused", "no_subject", text)
        flags = [RedFlag(flag) for flag in request.red_flags]
        record = assess(
            self._now(), Category(request.category), request.onset_weeks, Recurrence(request.recurrence), flags
        )
        bedside.record(record)
        if flags and (doing := self._busy(bedside.alias)) is not None:
            self._bedsides[doing].end_programme(self._now())  # what it is about may be made worse by going on
        return Outcome("done", detail=record.text)
