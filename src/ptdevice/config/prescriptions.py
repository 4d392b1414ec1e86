"""Prescriptions of stimulation as people write them: one TOML file each, in one folder; or every problem of all at once.

A new version of a prescription is a new file: what was in force when something was done must still be known later.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ptdevice.config.plan_files import days_of, problem, read_plans, refuse, two_ways
from ptdevice.config.prescription_file import PrescriptionFile, PrescriptionTable, SessionPainTable
from ptdevice.config.values import did_you_mean, shown
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.programme.prescription import Days, PainRule
from ptdevice.treatment.prescription import Mode, StimulationPrescription

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from ptdevice.config.document import Document
    from ptdevice.config.plan_files import Problem

TABLES: dict[str, type[BaseModel]] = {"prescription": PrescriptionTable, "pain": SessionPainTable}
STIMULATORS = {name: profile for name, profile in CATALOGUE.items() if Kind.STIMULATOR in profile.kinds}


def read_prescriptions(folder: Path, persons: Collection[str] | None = None) -> tuple[StimulationPrescription, ...]:
    """All prescriptions of a folder (`*.toml`), by name of the file. Raises ConfigError with every problem.

    `persons` are those who wear a unit of this gateway; None: that is of no interest.
    """
    return read_plans(folder, "prescription", prescription, persons)


def prescription(document: Document) -> StimulationPrescription:
    """The prescription of one file. Raises ConfigError with every problem of it."""
    problems: list[Problem] = []
    said: PrescriptionFile | None = None
    try:
        said = PrescriptionFile.model_validate(document.data)
    except ValidationError as error:
        problems += [problem(detail, PrescriptionFile, TABLES) for detail in error.errors(include_url=False)]
    table = document.data.get("prescription")
    if isinstance(table, dict):
        problems += contradictions(table)
    refuse(document, problems)
    assert said is not None
    head = said.prescription
    return StimulationPrescription(
        name=head.name,
        version=head.version,
        person=head.person,
        prescriber=head.prescriber,
        first=head.valid_from,
        last=head.valid_until,
        device=head.device,
        mode=Mode(head.mode),
        max_level=head.max_level,
        max_ma=head.max_ma,
        minutes=head.minutes,
        per_day=head.per_day,
        min_gap_min=head.min_gap_min,
        sites=frozenset(head.sites),
        programme=head.programme,
        rate_hz=head.rate_hz,
        pulse_us=head.pulse_us,
        days=days_of(head.days, head.every_days) or Days(),
        pain=PainRule(stop_at=said.pain.stop_at, max_rise=said.pain.max_rise),
    )


def contradictions(table: Mapping[str, Any]) -> Iterator[Problem]:
    """What does not go together, as plain data, with its place. Data of a wrong type is the models' business."""
    first, last = table.get("valid_from"), table.get("valid_until")
    if type(first) is date and type(last) is date and last < first:
        yield ("prescription", "valid_until"), f"must not be before valid_from, {first}, is {last}"
    yield from two_ways(("prescription",), table)
    name = table.get("device")
    if not isinstance(name, str):
        return
    profile = STIMULATORS.get(name)
    if profile is None:
        hint = did_you_mean(name, STIMULATORS) or f"; known: {', '.join(sorted(STIMULATORS))}"
        yield ("prescription", "device"), f"unknown stimulator {shown(name)}{hint}"
        return
    level = table.get("max_level")
    if isinstance(level, int) and profile.level_max is not None and level > profile.level_max:
        yield ("prescription", "max_level"), f"a {name} has {profile.level_max} levels, is {level}"
