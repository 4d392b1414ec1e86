"""Files that people write about a person, one per version, in one folder: how they are read, and how what is wrong is told."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol, TypeVar

from ptdevice.config.document import Document, read
from ptdevice.config.values import SAID, did_you_mean, shown
from ptdevice.config.words import KINDS
from ptdevice.errors import ConfigError
from ptdevice.programme.prescription import Days, Weekday

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

Place = tuple[str | int, ...]
Problem = tuple[Place, str]

FILES_AT_MOST = 500
KIND_WORDS = KINDS | {
    "list_type": "a list",
    "model_type": "a table",
    "date_type": "a date without quotes, e.g. 2026-12-01",
    "date_from_datetime_inexact": "a date without a time",
    "too_short": "a list with something in it",
    "too_long": "a shorter list",
}


class Plan(Protocol):
    """One version of something planned for a person."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def version(self) -> int:
        """Which version."""
        ...

    @property
    def person(self) -> str:
        """Whose it is."""
        ...

    @property
    def first(self) -> date:
        """From this day on."""
        ...

    @property
    def last(self) -> date:
        """Until this day."""
        ...


P = TypeVar("P", bound=Plan)


def read_plans(
    folder: Path, table: str, make: Callable[[Document], P], persons: Collection[str] | None = None
) -> tuple[P, ...]:
    """All plans of a folder (`*.toml`), by name of the file. Raises ConfigError with every problem.

    `table` is the one that says whose it is. `persons` are those who wear a unit of this gateway; None: that is of no interest.
    """
    problems: list[str] = []
    found: list[tuple[Document, P]] = []
    try:
        files = sorted(file for file in folder.iterdir() if file.suffix == ".toml")
    except OSError as error:
        raise ConfigError([f"{folder}: cannot be read: {error.strerror or error}"]) from error
    if len(files) > FILES_AT_MOST:
        raise ConfigError([f"{folder}: more than {FILES_AT_MOST} {table}s; move those that are over elsewhere"])
    for file in files:
        try:
            document = read(file)
            found.append((document, make(document)))
        except ConfigError as error:
            problems += error.problems
    for document, plan in found:
        if persons is not None and plan.person not in persons:
            text = f"no unit of this gateway has the subject {shown(plan.person)}"
            problems.append(placed(document, (table, "person"), text + _hint(plan, persons)))
    for one, other in itertools.combinations(found, 2):
        problems += [placed(other[0], place, text) for place, text in _clashes(table, *one, other[1])]
    if problems:
        raise ConfigError(problems)
    return tuple(plan for _, plan in found)


def days_of(names: Collection[str] | None, every: int | None) -> Days | None:
    """The days that a table says; None where it says none."""
    if names is not None:
        return Days(frozenset(Weekday[name.upper()] for name in names))
    return Days(every=every) if every is not None else None


def two_ways(place: Place, table: Mapping[str, object]) -> Iterator[Problem]:
    """Days that are said twice."""
    if "days" in table and "every_days" in table:
        yield (*place, "every_days"), "there are days already; keep one of the two"


def _hint(plan: Plan, persons: Collection[str]) -> str:
    """A hint, where somebody's code is close; else who there is."""
    hint = did_you_mean(plan.person, persons)
    return hint or ("; known: " + ", ".join(sorted(persons)) if persons else "; give the unit a subject")


def _clashes(table: str, document: Document, a: Plan, b: Plan) -> Iterator[Problem]:
    """Two files of which nobody could tell which is in force."""
    if (a.person, a.name) != (b.person, b.name):
        return
    if a.version == b.version:
        yield (table, "version"), f"{document.name} is version {a.version} of {a.name} for {a.person} already"
    elif a.first <= b.last and b.first <= a.last:
        text = f"overlaps with version {a.version} in {document.name}, {a.first} to {a.last}; end one before the other"
        yield (table, "valid_from"), text


# --- telling ---


def refuse(document: Document, problems: Collection[Problem]) -> None:
    """Raises ConfigError where there are problems, each with its line, in file order."""
    if problems:
        told = [(*_line(document, place), _named(place, text)) for place, text in problems]
        raise ConfigError([f"{document.name}:{line}: {text}" for line, _, text in sorted(told)])


def problem(error: ErrorDetails, whole: type[BaseModel], tables: Mapping[str, type[BaseModel]]) -> Problem:
    """What a model found wrong, in words and with its place."""
    place, kind, value = error["loc"], error["type"], error["input"]
    if kind == SAID:
        return place, str(error["ctx"]["text"])
    if kind == "extra_forbidden":
        known = list((tables[str(place[0])] if len(place) > 1 else whole).model_fields)
        return place, f"unknown key{did_you_mean(str(place[-1]), known) or '; known: ' + ', '.join(known)}"
    if kind == "missing":
        return place, "is missing" + ("; write a table for each exercise" if place == ("exercises",) else "")
    if kind == "literal_error":
        wanted = "one of " + str(error["ctx"]["expected"]).replace("'", '"').replace(" or ", ", ")
    else:
        wanted = KIND_WORDS.get(kind, error["msg"])
    return place, f"must be {wanted}, is {shown(value)}"


def placed(document: Document, place: Place, text: str) -> str:
    """One problem, with the line of its key."""
    return f"{document.name}:{_line(document, place)[0]}: {_named(place, text)}"


def _named(place: Place, text: str) -> str:
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in place) + f": {text}"


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
