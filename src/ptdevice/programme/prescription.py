"""What somebody prescribed: exercises with their dose and rest, on which days, for how long, and when pain stops it.

A prescription is data and is never changed by the program. `ptdevice.config.programmes` reads and checks it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from ptdevice.motion.exercises import Exercise


class Weekday(IntEnum):
    """As `date.weekday()` counts."""

    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@dataclass(frozen=True, slots=True)
class Days:
    """On which days: those of the week, or every so many days from the programme's first on. Neither: every day."""

    weekdays: frozenset[Weekday] = frozenset()
    every: int = 1

    def due(self, day: date, first: date) -> bool:
        """Whether it is due; `first` is the first day of the programme."""
        if self.weekdays:
            return day.weekday() in self.weekdays
        return (day - first).days % self.every == 0


@dataclass(frozen=True, slots=True)
class PainRule:
    """When pain (0 to 10) stops a set, and when it is to be told. The defaults are proposals; published rules differ.

    Green to 3, yellow to 5 or 6, red above are common; a rise of more than 2 to 4 on the next day means less load. A rating of
    `stop_at`, or `max_rise` above the rating before, stops. `caution_at` keeps more load from being suggested.
    """

    stop_at: int = 6
    caution_at: int = 4
    max_rise: int = 3
    next_day_rise: int = 2

    def stops(self, rating: int, before: int | None) -> bool:
        """Whether a rating during exercise stops it; `before` is the rating before, where there is one."""
        return rating >= self.stop_at or (before is not None and rating - before >= self.max_rise)


@dataclass(frozen=True, slots=True)
class Dose:
    """How much one set is: `repetitions`, or seconds to hold, or minutes; exactly one of them.

    `heart_rate_bpm`: minutes count only while the heart rate lies in this band; `cadence_spm`: while steps per minute do. Both
    ends are included.
    """

    repetitions: int | None = None
    hold_s: int | None = None
    minutes: int | None = None
    heart_rate_bpm: tuple[int, int] | None = None
    cadence_spm: tuple[int, int] | None = None

    @property
    def seconds(self) -> int | None:
        """The dose in seconds, where it is one of time."""
        if self.hold_s is not None:
            return self.hold_s
        return self.minutes * 60 if self.minutes is not None else None


@dataclass(frozen=True, slots=True)
class Prescribed:
    """One exercise of a programme. `days` None: on those of the programme."""

    exercise: Exercise
    dose: Dose
    sets: int = 1
    rest_s: int = 60
    days: Days | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One set of a day's plan, counted from 1. `rest_s` is the rest after it, before the next."""

    number: int
    exercise: Exercise
    dose: Dose
    set_index: int
    sets: int
    rest_s: int


@dataclass(frozen=True, slots=True)
class Programme:
    """A version of a programme of one person, under that person's alias, valid from `first` to `last`, both included.

    `progress_after` and `simplify_after` are numbers of sessions in a row after which a change is suggested to whoever
    prescribes. Three in a row is how a published home programme does it (PMC7783996, table 2).
    """

    name: str
    version: int
    person: str
    first: date
    last: date
    exercises: tuple[Prescribed, ...]
    days: Days = field(default_factory=Days)
    pain: PainRule = field(default_factory=PainRule)
    progress_after: int = 3
    simplify_after: int = 3

    def valid(self, day: date) -> bool:
        """Whether this version is in force."""
        return self.first <= day <= self.last

    def plan(self, day: date) -> tuple[Slot, ...]:
        """The sets of a day in order; none on a day off or outside the validity."""
        if not self.valid(day):
            return ()
        slots: list[Slot] = []
        for prescribed in self.exercises:
            if not (prescribed.days or self.days).due(day, self.first):
                continue
            for index in range(1, prescribed.sets + 1):
                number = len(slots) + 1
                slots.append(
                    Slot(number, prescribed.exercise, prescribed.dose, index, prescribed.sets, prescribed.rest_s)
                )
        return tuple(slots)
