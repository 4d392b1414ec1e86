"""Programmes as people write them: one TOML file each, in one folder; or every problem of all files at once, with its place.

A new version of a programme is a new file: what was in force when something was done must still be known later.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from ptdevice.config.document import Document, read
from ptdevice.config.programme_file import ExerciseTable, PainTable, ProgrammeFile, ProgrammeTable
from ptdevice.config.values import SAID, did_you_mean, shown
from ptdevice.config.words import KINDS
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import Kind
from ptdevice.programme.prescription import Days, Dose, PainRule, Prescribed, Programme, Weekday

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    from ptdevice.motion.exercises import Exercise

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

FILES_AT_MOST = 500
SETS_AT_MOST = 60  # in a day's plan; with a rest each, more is no day's exercise
KIND_WORDS = KINDS | {
    "list_type": "a list",
    "model_type": "a table",
    "date_type": "a date without quotes, e.g. 2026-12-01",
    "date_from_datetime_inexact": "a date without a time",
    "too_short": "a list with something in it",
    "too_long": "a shorter list",
}
TABLES: dict[str, type[BaseModel]] = {
    "programme": ProgrammeTable,
    "pain": PainTable,
    "exercises": ExerciseTable,
}
BANDS = ("heart_rate_bpm", "cadence_spm")
DOSES = ("repetitions", "hold_s", "minutes")


@dataclass(frozen=True, slots=True)
class _Read:
    document: Document
    programme: Programme


def read_programmes(
    folder: Path, exercises: Mapping[str, Exercise], persons: Collection[str] | None = None
) -> tuple[Programme, ...]:
    """All programmes of a folder (`*.toml`), by name of the file. Raises ConfigError with every problem.

    `persons` are those who wear a unit of this gateway; None: that is of no interest.
    """
    problems: list[str] = []
    found: list[_Read] = []
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    except OSError as error:
        raise ConfigError([f"{folder}: cannot be read: {error.strerror or error}"]) from error
    if len(files) > FILES_AT_MOST:
        raise ConfigError([f"{folder}: more than {FILES_AT_MOST} programmes; move those that are over elsewhere"])
    for file in files:
        try:
            document = read(file)
            found.append(_Read(document, programme(document, exercises)))
        except ConfigError as error:
            problems += error.problems
    for each in found:
        if persons is not None and each.programme.person not in persons:
            text = f"no unit of this gateway has the subject {shown(each.programme.person)}"
            problems.append(_placed(each.document, ("programme", "person"), text + _hint(each, persons)))
    for one, other in itertools.combinations(found, 2):
        problems += [_placed(other.document, place, text) for place, text in _clashes(one, other)]
    if problems:
        raise ConfigError(problems)
    return tuple(each.programme for each in found)


def _hint(each: _Read, persons: Collection[str]) -> str:
    """A hint, where somebody's code is close; else who there is."""
    hint = did_you_mean(each.programme.person, persons)
    return hint or ("; known: " + ", ".join(sorted(persons)) if persons else "; give the unit a subject")


def programme(document: Document, exercises: Mapping[str, Exercise]) -> Programme:
    """The programme of one file. Raises ConfigError with every problem of it."""
    problems: list[Problem] = []
    said: ProgrammeFile | None = None
    try:
        said = ProgrammeFile.model_validate(document.data)
    except ValidationError as error:
        problems += [_problem(detail) for detail in error.errors(include_url=False)]
    problems += contradictions(document.data, exercises)
    if said is None or problems:
        placed = [(*_line(document, place), _named(place, text)) for place, text in problems]
        raise ConfigError([f"{document.name}:{line}: {text}" for line, _, text in sorted(placed)])
    made = prescribed(said, exercises)
    sets = max(len(made.plan(date.fromordinal(made.first.toordinal() + day))) for day in range(14))
    if sets > SETS_AT_MOST:
        text = f"{sets} sets in one day are more than {SETS_AT_MOST}; give some exercises other days"
        raise ConfigError([_placed(document, ("exercises",), text)])
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
        days=_days(head.days, head.every_days) or Days(),
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
                days=_days(each.days, each.every_days),
            )
            for each in said.exercises
        ),
    )


def _band(ends: list[int] | None) -> tuple[int, int] | None:
    return (ends[0], ends[1]) if ends is not None else None


def _days(names: Collection[str] | None, every: int | None) -> Days | None:
    if names is not None:
        return Days(frozenset(Weekday[name.upper()] for name in names))
    return Days(every=every) if every is not None else None


# --- what keys have to do with each other; data of a wrong type is the models' business ---


def contradictions(data: Mapping[str, Any], exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    """What does not go together in one programme, as plain data, with its place."""
    head, pain, listed = data.get("programme"), data.get("pain"), data.get("exercises")
    if isinstance(head, dict):
        first, last = head.get("valid_from"), head.get("valid_until")
        if type(first) is date and type(last) is date and last < first:
            yield ("programme", "valid_until"), f"must not be before valid_from, {first}, is {last}"
        yield from _two_ways(("programme",), head)
    if isinstance(pain, dict):
        caution, stop = pain.get("caution_at", 4), pain.get("stop_at", 6)
        if isinstance(caution, int) and isinstance(stop, int) and caution > stop:
            yield ("pain", "caution_at"), f"must not be above stop_at, {stop}, is {caution}"
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(each, dict):
            yield from _dose(("exercises", index), each, exercises)


def _two_ways(place: Place, table: Mapping[str, Any]) -> Iterator[Problem]:
    if "days" in table and "every_days" in table:
        yield (*place, "every_days"), "there are days already; keep one of the two"


def _dose(place: Place, each: Mapping[str, Any], exercises: Mapping[str, Exercise]) -> Iterator[Problem]:
    yield from _two_ways(place, each)
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


def _clashes(one: _Read, other: _Read) -> Iterator[Problem]:
    """Two files of which nobody could tell which is in force."""
    a, b = one.programme, other.programme
    if (a.person, a.name) != (b.person, b.name):
        return
    if a.version == b.version:
        yield ("programme", "version"), f"{one.document.name} is version {a.version} of {a.name} for {a.person} already"
    elif a.first <= b.last and b.first <= a.last:
        text = (
            f"overlaps with version {a.version} in {one.document.name}, {a.first} to {a.last}; end one before the other"
        )
        yield ("programme", "valid_from"), text


# --- telling ---


def _problem(error: ErrorDetails) -> Problem:
    place, kind, value = error["loc"], error["type"], error["input"]
    if kind == SAID:
        return place, str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        known = list((TABLES[str(place[0])] if len(place) > 1 else ProgrammeFile).model_fields)
        return place, f"unknown key{did_you_mean(str(place[-1]), known) or '; known: ' + ', '.join(known)}"
    if kind == "missing":
        return place, "is missing" + ("; write a table for each exercise" if place == ("exercises",) else "")
    if kind == "literal_error":
        wanted = "one of " + str(error["ctx"]["expected"]).replace("'", '"').replace(" or ", ", ")
    else:
        wanted = KIND_WORDS.get(kind, error["msg"])
    return place, f"must be {wanted}, is {shown(value)}"


def _named(place: Place, text: str) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place) + f": {text}"


def _placed(document: Document, place: Place, text: str) -> str:
    return f"{document.name}:{_line(document, place)[0]}: {_named(place, text)}"


def _line(document: Document, place: Place) -> tuple[int, int]:
    """The line of this key, else of the nearest table around it; and how deep it lies, for the order."""
    names = tuple(part for part in place if isinstance(part, str))
    index = next((part for part in place if isinstance(part, int)), None)
    starts = document.lines.get(names[:1], [1])
    if index is None or len(starts) <= index:
        return next((document.lines[names[:end]][0] for end in (2, 1) if names[:end] in document.lines), 1), len(place)
    begin = starts[index]
    end = starts[index + 1] if index + 1 < len(starts) else float("inf")
    return next((line for line in document.lines.get(names[:2], []) if begin < line < end), begin), len(place)
