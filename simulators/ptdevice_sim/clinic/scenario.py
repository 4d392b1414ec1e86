"""What a scenario file says: people and how they move, units and who wears them, the daemon's settings, and what happens when.

This file and `actions.py` are the reference; `ptdevice-sim schema` prints them as JSON Schema. Strict, finite and frozen, like
the daemon's own configuration; a strange key is an error. `loading.load` reads one.
"""

# No `from __future__ import annotations`: pydantic needs the types themselves.
import re
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ptdevice.config.programme_file import ProgrammeFile
from ptdevice.config.values import FilePath, Level, OneOf, Shape, Wish, Within, wrong
from ptdevice.motion.exercises import EXERCISES
from ptdevice_sim.clinic.actions import At
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.times import Moment, Span


class Part(BaseModel):
    """What all tables have in common."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


def _with_offset(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise wrong("needs its offset, e.g. 2026-03-02T09:00:00Z")
    return value


def _some(value: tuple[int, ...]) -> tuple[int, ...]:
    if not value:
        raise wrong("must have at least one set, e.g. [10, 8]")
    return value


def _frozen(value: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType(dict(value))


Subject = Annotated[
    str, AfterValidator(Shape(re.compile(r"[a-z0-9_-]{1,32}"), "a code of 1 to 32 of a-z, 0-9, _ and -"))
]
Set = Annotated[int, AfterValidator(Within(1, 200))]
Seconds = Annotated[float, AfterValidator(Within(0.05, 60))]


class Exercises(Part):
    """Sit-ups, sets of them, from `time` on: how fast, how far, how evenly."""

    time: Moment
    every: Span | None = None
    until: Moment | None = None
    sets: Annotated[tuple[Set, ...], Field(strict=False), AfterValidator(_some)] = (10,)
    """Repetitions of each set."""
    pause: Span = 45.0
    """Lying still between sets."""
    pace: Annotated[float, AfterValidator(Within(0.2, 5))] = 1.0
    """1 is unhurried: 3.4 s for a repetition with its rest. 2 is twice as fast."""
    out_s: Seconds = 1.2
    hold_s: Seconds = 0.3
    back_s: Seconds = 1.3
    rest_s: Seconds = 0.6
    range_deg: Annotated[float, AfterValidator(Within(2, 110))] = 65.0
    sloppiness: Annotated[float, AfterValidator(Within(0, 0.4))] = 0.08
    """How much times and ranges vary from repetition to repetition (coefficient of variation)."""


class Person(Part):
    """Somebody, under a random code. Moves as `exercises` say, or as a recording of a real person does."""

    exercises: Annotated[tuple[Exercises, ...], Field(strict=False)] = ()
    resting_bpm: Annotated[float, AfterValidator(Within(35, 120))] = 68.0
    recording: FilePath | None = None
    """A CSV file; docs/scenarios.md has its columns. A relative path starts at the folder of the scenario."""
    place: str | None = None
    """Which of the recording's sensors."""
    recording_time: Moment = 0.0
    """When the recording's first row happens."""


class Misbehaves(Part):
    """How a stimulator misbehaves to whoever commands it."""

    ignores_stop: bool = False
    ignores_levels: bool = False
    says_level: Annotated[int, AfterValidator(Within(0, 200))] | None = None
    """What it says that its level is, whatever it is."""
    keeps_acks: bool = False
    acks_late_s: Annotated[float, AfterValidator(Within(0, 60))] = 0.0
    wrong_sums: bool = False


class Unit(Part):
    """One simulated unit, under the alias that the daemon knows. The last keys are for one kind of unit each."""

    device: Annotated[str, AfterValidator(OneOf("device", frozenset(DEVICES)))]
    worn_by: Subject | None = None
    exercise: Annotated[str, AfterValidator(OneOf("exercise", frozenset(EXERCISES)))] | None = None
    target_repetitions: Annotated[int, AfterValidator(Within(1, 1000))] | None = None
    starts_off: bool = False
    """Whether it is off until `switch_on`."""
    battery_pct: Annotated[int, AfterValidator(Within(1, 100))] = 90
    model: str | None = None
    skew_ppm: Annotated[float, AfterValidator(Within(-1000, 1000))] | None = None
    mounting_deg: Annotated[tuple[float, float, float], Field(strict=False)] | None = None
    layout: Annotated[int, AfterValidator(Within(8, 9))] | None = None
    runs_on: bool | None = None
    misbehaviour: Misbehaves | None = None
    remote_for: Level | None = None
    """A remote's keys are those of the daemon's configuration."""
    on_press: Wish | None = None
    on_double_press: Wish | None = None
    on_long_press: Wish | None = None


class Scenario(Part):
    """The whole file."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    duration: Span
    seed: Annotated[int, AfterValidator(Within(0, 2**53))] = 1
    start: Annotated[datetime, AfterValidator(_with_offset)] = datetime.fromisoformat("2026-03-02T00:00:00+00:00")
    """The true wall time at second 0; at midnight, times read as times of day."""
    people: Annotated[Mapping[Subject, Person], AfterValidator(_frozen)] = Field(default_factory=dict)
    units: Annotated[Mapping[Level, Unit], AfterValidator(_frozen)]
    programmes: Annotated[tuple[ProgrammeFile, ...], Field(strict=False)] = ()
    """What is prescribed to people: each entry is a programme's file, as in docs/programmes.md."""
    settings: Mapping[str, Any] = Field(default_factory=dict)
    """Sections of the daemon's configuration, as in docs/config.md."""
    at: Annotated[tuple[At, ...], Field(strict=False)] = ()

    @property
    def start_ns(self) -> int:
        """The true wall time at second 0, ns since 1970."""
        return round(self.start.timestamp()) * 1_000_000_000 + self.start.microsecond * 1000
