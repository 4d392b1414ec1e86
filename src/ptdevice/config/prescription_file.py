"""The form of a prescription's file: its tables, keys, defaults and limits. `prescriptions` reads it."""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from ptdevice.config.programme_file import Code, EveryDays, Pain, WeekDays
from ptdevice.config.section import Section
from ptdevice.config.values import Level, OneOf, Within
from ptdevice.treatment.prescription import SITES

Sites = Annotated[
    list[Annotated[str, AfterValidator(OneOf("site", SITES))]], Field(min_length=1, max_length=len(SITES))
]


class PrescriptionTable(Section):
    """[prescription]: whose it is, which version, when, with what, how strong at most and how often. Limits: docs/safety.md."""

    name: Level
    version: Annotated[int, AfterValidator(Within(1, 9999))]
    person: Code
    prescriber: Code
    valid_from: date
    valid_until: date
    days: WeekDays | None = None
    every_days: EveryDays | None = None
    device: str
    mode: Literal["conventional", "acupuncture_like", "burst", "modulated", "brief_intense", "nmes", "other"]
    programme: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    rate_hz: Annotated[float, AfterValidator(Within(0.5, 200))] | None = None
    pulse_us: Annotated[float, AfterValidator(Within(20, 500))] | None = None
    max_level: Annotated[int, AfterValidator(Within(1, 2047))]
    max_ma: Annotated[float, AfterValidator(Within(0.1, 100))] | None = None
    minutes: Annotated[int, AfterValidator(Within(5, 60))]
    per_day: Annotated[int, AfterValidator(Within(1, 6))] = 1
    min_gap_min: Annotated[int, AfterValidator(Within(0, 1440))] = 120
    sites: Sites


class SessionPainTable(Section):
    """[pain]: when it stops a session."""

    stop_at: Pain = 6
    max_rise: Pain = 3


class PrescriptionFile(Section):
    """A whole file."""

    prescription: PrescriptionTable
    pain: SessionPainTable = Field(default_factory=SessionPainTable)
