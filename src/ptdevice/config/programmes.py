"""Programmes as people write them: one TOML file each, in one folder; or every problem of all files at once, with its place.

A new version of a programme is a new file: what was in force when something was done must still be known later.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ptdevice.config.plan_files import days_of, placed, problem, read_plans, refuse, two_ways
from ptdevice.config.programme_file import ExerciseTable, PainTable, ProgrammeFile, ProgrammeTable
from ptdevice.config.values import did_you_mean, shown
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import Kind
from ptdevice.programme.prescription import Days, Dose, PainRule, Prescribed, Programme

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from ptdevice.config.document import Document
    from ptdevice.config.plan_files import Place, Problem
    from ptdevice.motion.exercises import Exercise

SETS_AT_MOST = 60  # in a day's plan; with a rest each, more is no day's exercise
TABLES: dict[str, type[BaseModel]] = {
    "programme": ProgrammeTable,
    "pain": PainTable,
    "exercises": ExerciseTable,
}
BANDS = ("heart_rate_bpm", "cadence_spm")
DOSES = ("repetitions", "hold_s", "minutes")


def read_programmes(
    folder: Path, exercises: Mapping[str, Exercise], persons: Collection[str] | None = None
) -> tuple[Programme, ...]:
    """All programmes of a folder (`*.toml`), by name of the file. Raises ConfigError with every problem.

    `persons` are those who wear a unit of this gateway; None: that is of no interest.
    """
    return read_plans(folder, "programme", lambda document: programme(document, exercises), persons)


def programme(document: Document, exercises: Mapping[str, Exercise]) -> Programme:
    """The programme of one file. Raises ConfigError with every problem of it."""
    problems: list[Problem] = []
    said: ProgrammeFile | None = None
    try:
        said = ProgrammeFile.model_validate(document.data)
    except ValidationError as error:
        problems += [problem(detail, ProgrammeFile, TABLES) for detail in error.errors(include_url=False)]
    problems += contradictions(document.data, exercises)
    refuse(document, problems)
    assert said is not None
    made = prescribed(said, exercises)
    sets = max(len(made.plan(date.fromordinal(made.first.toordinal() + day))) for day in range(14))
    if sets > SETS_AT_MOST:
        text = f"{sets} sets in one day are more than {SETS_AT_MOST}; give some exercises other days"
        raise ConfigError([placed(document, ("exercises",), text)])
    return made


def prescribed(said: ProgrammeFile, exercises: Mapping[str, Exercise]) -> Programme:
    """A programme whose file is right."""
    head = said.programme
    return Programme(
        name=head.name,
        version=head.version,
        person=head.person,
        first=head.valid_from,
        last=head.valid_until,
        days=days_of(head.days, head.every_days) or Days(),
        pain=PainRule(**said.pain.model_dump()),
        progress_after=head.progress_after,
        simplify_after=head.simplify_after,
        exercises=tuple(
            Prescribed(
                exercise=exercises[each.exercise],
                dose=Dose(
                    repetitions=each.repetitions,
                    hold_s=each.hold_s,
                    minutes=each.minutes,
                    heart_rate_bpm=_band(each.heart_rate_bpm),
                    cadence_spm=_band(each.cadence_spm),
                ),
                sets=each.sets,
                rest_s=each.rest_s,
                days=days_of(each.days, each.every_days),
            )
            for each in said.exercises
        ),
    )


def _band(ends: list[int] | None) -> tuple[int, int] | None:
    return (ends[0], ends[1]) if ends is not None else None


# --- what keys have to do with each other; data of a wrong type is the models' business ---


def contradictions(data: Mapping[str, Any], exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    """What does not go together in one programme, as plain data, with its place."""
    head, pain, listed = data.get("programme"), data.get("pain"), data.get("exercises")
    if isinstance(head, dict):
        first, last = head.get("valid_from"), head.get("valid_until")
        if type(first) is date and type(last) is date and last < first:
            yield ("programme", "valid_until"), f"must not be before valid_from, {first}, is {last}"
        yield from two_ways(("programme",), head)
    if isinstance(pain, dict):
        caution, stop = pain.get("caution_at", 4), pain.get("stop_at", 6)
        if isinstance(caution, int) and isinstance(stop, int) and caution > stop:
            yield ("pain", "caution_at"), f"must not be above stop_at, {stop}, is {caution}"
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield from _dose(("exercises", index), each, exercises)


def _dose(place: Place, each: Mapping[str, Any], exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    yield from two_ways(place, each)
    doses = [key for key in DOSES if key in each]
    if len(doses) != 1:
        text = "say how much: one of repetitions, hold_s and minutes" if not doses else f"there are {doses[0]} already"
        yield (*place, *doses[1:2]), text
    for key in BANDS:
        band = each.get(key)
        if band is not None and "minutes" not in each:
            yield (*place, key), "is of use only with minutes"
        if (
            isinstance(band, list)
            and len(band) == 2
            and all(isinstance(end, int) for end in band)
            and band[0] >= band[1]
        ):
            yield (*place, key), f"must be from the lower to the higher, is {band}"
    if all(key in each for key in BANDS):
        yield (*place, BANDS[1]), f"there is {BANDS[0]} already; keep one of the two"
    name = each.get("exercise")
    if not isinstance(name, str):
        return
    exercise = exercises.get(name)
    if exercise is None:
        hint = did_you_mean(name, exercises) or f"; known: {', '.join(sorted(exercises))}"
        yield (*place, "exercise"), f"unknown exercise {shown(name)}{hint}"
    elif "repetitions" in each and exercise.kind is not Kind.REPETITIONS:
        yield (*place, "repetitions"), f"{name} is not counted but timed; say hold_s or minutes"
    elif "hold_s" in each and exercise.kind is not Kind.HOLD:
        yield (*place, "hold_s"), f"{name} is no hold; say repetitions or minutes"
    elif "cadence_spm" in each and exercise.kind is not Kind.BOUTS:
        yield (*place, "cadence_spm"), f"{name} has no steps; it is for exercises whose kind is bouts"
