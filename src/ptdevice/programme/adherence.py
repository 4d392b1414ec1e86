"""What was done of what was planned: per day and per week, numbers side by side instead of one magic one.

Missing is not zero. A planned set of which nothing is known is *missed* only where the gateway was there all day; else, and
where the sensor was lost, it is *unknown*, and so is the share. Doing more than was planned makes up for nothing, and is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from ptdevice.model import Adherence
from ptdevice.motion.machine import State
from ptdevice.programme.course import NOT_THE_PERSON

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date, tzinfo

    from ptdevice.model import SetOutcome
    from ptdevice.programme.diary import Diary
    from ptdevice.programme.prescription import Programme, Slot
    from ptdevice.programme.presence import Presence

TOLERATED_S = 900.0  # a restart, an update, a power cut: shorter than any day's part of a programme
OVERDONE = 0.2  # of what was prescribed, on top of it


@dataclass(slots=True)
class _Sum:
    """Counted over days."""

    states: dict[State, int] = field(default_factory=lambda: dict.fromkeys(State, 0))
    sets: int = 0
    missed: int = 0
    unknown: int = 0
    days_planned: int = 0
    days_active: int = 0
    days_unknown: int = 0
    repetitions_prescribed: int = 0
    repetitions_done: int = 0
    prescribed_s: int = 0
    done_s: int = 0
    extra_sets: int = 0
    extra_repetitions: int = 0
    shares: list[float | None] = field(default_factory=list)
    down_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that adherence is worked out from. `versions` are those of one programme of one person."""

    versions: Sequence[Programme]
    diary: Diary
    presence: Presence
    zone: tzinfo

    def version(self, day: date) -> Programme | None:
        """The version in force."""
        return next((version for version in self.versions if version.valid(day)), None)

    def down_s(self, day: date, now_ns: int) -> float:
        """Seconds of a day, up to now, in which the gateway was not there."""
        start_ns, end_ns = midnight_ns(day, self.zone), midnight_ns(day + timedelta(days=1), self.zone)
        return self.presence.absent_s(start_ns, max(min(end_ns, now_ns), start_ns))

    def is_over(self, day: date, now_ns: int) -> bool:
        """Whether the day has ended."""
        return now_ns >= midnight_ns(day + timedelta(days=1), self.zone)

    def unknown(self, day: date, slot: Slot, now_ns: int) -> bool:
        """Whether what became of a planned set is unknown, for no reason that lies with the person."""
        version = self.version(day)
        outcome = self.diary.outcome(version, day, slot) if version is not None else None
        if outcome is not None:
            return outcome.why in NOT_THE_PERSON
        if not self.is_over(day, now_ns):
            return False
        # What was begun leaves an outcome, unless the program was killed meanwhile: then nobody knows.
        cut_off = version is not None and (version.name, day.isoformat()) in self.diary.begun
        return cut_off or self.down_s(day, now_ns) > TOLERATED_S

    def adherence(self, period: str, first: date, last: date, *, at: float, now_ns: int) -> Adherence | None:
        """From `first` to `last`, both included; None where nothing was planned and nothing done."""
        total = _Sum()
        newest: Programme | None = None
        for day in days(first, last):
            version = self.version(day)
            if version is None:
                continue
            newest = version
            self._add_day(total, version, day, now_ns)
        if newest is None or not (total.sets or total.extra_sets):
            return None
        return _made(total, period, first, last, newest, at)

    def _add_day(self, total: _Sum, version: Programme, day: date, now_ns: int) -> None:
        plan, down_s = version.plan(day), self.down_s(day, now_ns)
        total.down_s += down_s
        total.days_planned += bool(plan)
        total.days_unknown += down_s > TOLERATED_S
        active = False
        for slot in plan:
            total.sets += 1
            total.repetitions_prescribed += slot.dose.repetitions or 0
            total.prescribed_s += slot.dose.seconds or 0
            outcome = self.diary.outcome(version, day, slot)
            if self.unknown(day, slot, now_ns):
                total.unknown += 1
                total.shares.append(None)
            elif outcome is None:
                total.missed += self.is_over(day, now_ns)
                total.shares.append(0.0)
            else:
                total.states[State(outcome.state)] += 1
                total.shares.append(share(outcome))
            if outcome is not None:
                active = active or outcome.state != State.SKIPPED
                _add_done(total, outcome)
        exercises = {prescribed.exercise.name for prescribed in version.exercises}
        for other in self.diary.unplanned(day):
            if other.exercise in exercises:
                total.extra_sets += 1
                total.extra_repetitions += other.repetitions
                active = True
        total.days_active += active


def share(outcome: SetOutcome) -> float | None:
    """What was done of a set, 0 to 1; None where nobody could see it. A completed set is complete."""
    if outcome.state == State.COMPLETED:
        return 1.0
    if outcome.state == State.SKIPPED:
        return 0.0
    if outcome.prescribed_repetitions:
        return min((outcome.done_repetitions or 0) / outcome.prescribed_repetitions, 1.0)
    if outcome.done_s is None or not outcome.prescribed_s:
        return None
    return min(outcome.done_s / outcome.prescribed_s, 1.0)


def days(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def midnight_ns(day: date, zone: tzinfo) -> int:
    """When a day begins at that place, in wall nanoseconds."""
    return round(datetime.combine(day, time(), zone).timestamp()) * 1_000_000_000


def _add_done(total: _Sum, outcome: SetOutcome) -> None:
    asked, done = outcome.prescribed_repetitions or 0, outcome.done_repetitions or 0
    total.repetitions_done += min(done, asked)
    total.extra_repetitions += max(done - asked, 0)
    total.done_s += min(outcome.done_s or 0, outcome.prescribed_s or 0)


def _made(total: _Sum, period: str, first: date, last: date, version: Programme, at: float) -> Adherence:
    known = [each for each in total.shares if each is not None]
    whole = total.shares and len(known) == len(total.shares)
    return Adherence(
        at=at,
        period=period,
        first_day=first.isoformat(),
        last_day=last.isoformat(),
        programme=version.name,
        version=version.version,
        days_planned=total.days_planned,
        days_active=total.days_active,
        days_unknown=total.days_unknown,
        sets_planned=total.sets,
        sets_completed=total.states[State.COMPLETED],
        sets_partial=total.states[State.PARTIAL],
        sets_skipped=total.states[State.SKIPPED],
        sets_aborted=total.states[State.ABORTED],
        sets_missed=total.missed,
        sets_unknown=total.unknown,
        repetitions_prescribed=total.repetitions_prescribed,
        repetitions_done=total.repetitions_done,
        prescribed_s=total.prescribed_s,
        done_s=total.done_s,
        extra_sets=total.extra_sets,
        extra_repetitions=total.extra_repetitions,
        overdone=total.extra_repetitions > OVERDONE * total.repetitions_prescribed,
        share=round(sum(known) / len(known), 3) if whole else None,
        down_s=round(total.down_s),
    )
