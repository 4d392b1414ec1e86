"""Exercises that somebody wrote, laid over those that come along; or every problem of the file at once, with its place.

A table of a known name changes only the keys that it has. A new name must say at least what counts as one.
"""

# No `from __future__ import annotations`: pydantic needs the types themselves.
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ptdevice.config.document import Document, KeyPath, read
from ptdevice.config.section import Section
from ptdevice.config.values import SAID, OneOf, Within, Word, did_you_mean, level, shown
from ptdevice.config.words import KINDS
from ptdevice.errors import ConfigError
from ptdevice.motion.exercises import EXERCISES, SHIPPED, Axis, Exercise, Kind, Placement, Posture, exercise, unseen

Range = Annotated[float, AfterValidator(Within(1, 180))]
KIND_WORDS = KINDS | {"list_type": "a list", "model_type": "a table"}


class ExerciseTable(Section):
    """One table of the file. `ptdevice.motion.exercises.Exercise` has the meaning of the keys."""

    repetition: Word
    placements: list[Annotated[str, AfterValidator(OneOf("placement", frozenset(Placement)))]] = Field(
        default_factory=list
    )
    kind: Annotated[str, AfterValidator(OneOf("kind", frozenset(Kind)))] = Kind.REPETITIONS
    axis: Annotated[str, AfterValidator(OneOf("axis", frozenset(Axis)))] = Axis.ANY
    posture: Annotated[str, AfterValidator(OneOf("posture", frozenset(Posture)))] = Posture.ANY
    bilateral: bool = False
    smallest_deg: Annotated[float, AfterValidator(Within(0, 180))] = 2.0
    target_deg: Range | None = None
    limit_deg: Range | None = None
    least_hold_s: Annotated[float, AfterValidator(Within(0.5, 14_400))] | None = None
    hold_s: Annotated[float, AfterValidator(Within(1, 14_400))] = 12.0
    fastest_s: Annotated[float, AfterValidator(Within(0.2, 60))] | None = None
    evidence: Literal["recordings", "simulation", "untried"] = "untried"


def lay_over(document: Document) -> Mapping[str, Exercise]:
    """All exercises, with those of the document. Raises ConfigError."""
    known = dict(EXERCISES)
    problems: list[tuple[KeyPath, str]] = []
    for name, table in document.data.items():
        try:
            level(name)
        except PydanticCustomError as error:
            problems.append(((name,), str(error)))
            continue
        if not isinstance(table, dict):
            problems.append(((name,), f"must be a table, e.g. [{name}], is {shown(table)}"))
            continue
        values = {**SHIPPED.get(name, {}), **table}
        try:
            ExerciseTable.model_validate(values)
        except ValidationError as error:
            problems += [_problem(name, detail) for detail in error.errors(include_url=False)]
            continue
        made = exercise(name, values)
        problems += [((name, key), text) for key, text in contradictions(made)]
        known[name] = made
    if problems:
        placed = [(_line(document, path), ".".join(path), text) for path, text in problems]
        raise ConfigError([f"{document.name}:{line}: {key}: {text}" for line, key, text in sorted(placed)])
    return MappingProxyType(known)


def read_exercises(path: Path | None) -> Mapping[str, Exercise]:
    """All exercises that are known with this file, or without one. Raises ConfigError with every problem."""
    return MappingProxyType(EXERCISES) if path is None else lay_over(read(path))


def contradictions(made: Exercise) -> list[tuple[str, str]]:
    """Keys of one exercise that do not go together, and why."""
    found = []
    if (reason := unseen(made, None)) is not None:
        found.append(("axis", reason))
    if made.kind is Kind.REPETITIONS and made.smallest_deg < 1.0:
        found.append(("smallest_deg", "must be 1 or more: less is noise, and would count as repetitions"))
    for key, value in (("target_deg", made.target_deg), ("limit_deg", made.limit_deg)):
        if value is not None and value <= made.smallest_deg:
            found.append((key, f"must be more than smallest_deg, {made.smallest_deg:g}, is {value:g}"))
    if made.target_deg is not None and made.limit_deg is not None and made.target_deg > made.limit_deg:
        found.append(("target_deg", f"must not be beyond limit_deg, {made.limit_deg:g}, is {made.target_deg:g}"))
    if made.least_hold_s is not None and made.least_hold_s >= made.hold_s:
        text = f"must be less than hold_s, {made.hold_s:g}, after which it is a new posture; is {made.least_hold_s:g}"
        found.append(("least_hold_s", text))
    if made.bilateral and made.kind is not Kind.REPETITIONS:
        found.append(("bilateral", 'is of use only with kind = "repetitions"'))
    return found


def _problem(name: str, error: ErrorDetails) -> tuple[KeyPath, str]:
    kind, value = error["type"], error["input"]
    key = str(error["loc"][0])
    if kind == SAID:
        return (name, key), str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        known = list(ExerciseTable.model_fields)
        return (name, key), f"unknown key{did_you_mean(key, known) or '; known: ' + ', '.join(known)}"
    if kind == "missing":
        hint = did_you_mean(name, EXERCISES)
        return (name,), f'a new exercise must say what counts as one: {key} = "..."{hint}'
    if kind == "literal_error":
        wanted = "one of " + str(error["ctx"]["expected"]).replace("'", '"').replace(" or ", ", ")
    else:
        wanted = KIND_WORDS.get(kind, error["msg"])
    return (name, key), f"must be {wanted}, is {shown(value)}"


def _line(document: Document, path: tuple[Any, ...]) -> int:
    """The line of this key, else of its table."""
    return next((document.lines[path[:end]][0] for end in range(len(path), 0, -1) if path[:end] in document.lines), 1)
