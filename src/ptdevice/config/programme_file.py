"""The form of a programme's file: its tables, keys, defaults and limits. `programmes` reads it and tells what is wrong."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ptdevice.config.section import Section
from ptdevice.config.values import Level, Shape, Within

DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Code = Annotated[str, AfterValidator(Shape(re.compile(r"[a-z0-9_-]{1,32}"), "a code of 1 to 32 of a-z, 0-9, _ and -"))]
Pain = Annotated[int, AfterValidator(Within(1, 10))]
InARow = Annotated[int, AfterValidator(Within(2, 30))]
EveryDays = Annotated[int, AfterValidator(Within(1, 14))]
Band = Annotated[list[Annotated[int, AfterValidator(Within(40, 220))]], Field(min_length=2, max_length=2)]
WeekDays = Annotated[list[DayName], Field(min_length=1, max_length=7)]


class ProgrammeTable(Section):
    """[programme]: whose it is, which version, when."""

    name: Level
    version: Annotated[int, AfterValidator(Within(1, 9999))]
    person: Code
    valid_from: date
    valid_until: date
    days: WeekDays | None = None
    every_days: EveryDays | None = None
    progress_after: InARow = 3
    simplify_after: InARow = 3


class PainTable(Section):
    """[pain]: when it stops a set."""

    stop_at: Pain = 6
    caution_at: Pain = 4
    max_rise: Pain = 3
    next_day_rise: Pain = 2


class ExerciseTable(Section):
    """[[exercises]]: one exercise and its dose."""

    exercise: str
    sets: Annotated[int, AfterValidator(Within(1, 10))] = 1
    repetitions: Annotated[int, AfterValidator(Within(1, 100))] | None = None
    hold_s: Annotated[int, AfterValidator(Within(1, 600))] | None = None
    minutes: Annotated[int, AfterValidator(Within(1, 120))] | None = None
    heart_rate_bpm: Band | None = None
    cadence_spm: Band | None = None
    rest_s: Annotated[int, AfterValidator(Within(0, 600))] = 60
    days: WeekDays | None = None
    every_days: EveryDays | None = None


class ProgrammeFile(Section):
    """A whole file."""

    programme: ProgrammeTable
    pain: PainTable = Field(default_factory=PainTable)
    exercises: Annotated[list[ExerciseTable], Field(min_length=1, max_length=30)]
