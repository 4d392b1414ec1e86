"""Golden files: what a scenario said when somebody last looked at it and found it right.

JSON lines. The first line is the header: the format's version and the terms of the comparison. Each other line is one message,
in order of saying (`docs/ci.md` has the format). A plain log, which has no header, is taken too, under the default terms.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice_sim.clinic.log import LogError, parse
from ptdevice_sim.kit import terms
from ptdevice_sim.kit.differences import Difference, differences, told
from ptdevice_sim.kit.normal import Line, normalise
from ptdevice_sim.kit.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ptdevice_sim.clinic.log import Said


class GoldenError(ValueError):
    """The file is not there, or is no golden file; says which line, and what to do."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden file, read."""

    terms: Terms
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """What was expected and got, and where they differ."""

    expected: tuple[Line, ...]
    got: tuple[Line, ...]
    found: list[Difference] = field(default_factory=list)

    def told(self) -> list[str]:
        """For people; empty when all is as expected."""
        return told(self.found, expected=len(self.expected))


def compare(log: Iterable[Said], path: Path) -> list[str]:
    """Readable differences; empty when all is as expected. Raises GoldenError."""
    return compared(log, path).told()


def compared(log: Iterable[Said], path: Path) -> Compared:
    """The same, to work with. The file's own header says which messages and fields count. Raises GoldenError."""
    golden = read(path)
    got = tuple(_normal(log, golden.terms))
    return Compared(golden.lines, got, differences(golden.lines, got, golden.terms.tolerance))


def update(
    log: Iterable[Said],
    path: Path,
    *,
    topics: tuple[str, ...] | None = None,
    ignore: tuple[str, ...] | None = None,
    tolerance: Mapping[str, float] | None = None,
) -> None:
    """Write the file, whole or not at all. Makes its folder. None: what the file's header says already, or the default.

    Raises ValueError for terms that make no sense, OSError.
    """
    old = _old_terms(path)
    new = Terms(
        old.topics if topics is None else topics,
        old.ignore if ignore is None else ignore,
        old.tolerance if tolerance is None else tolerance,
    )
    terms.parse(new.line())  # what could not be read again is not written
    rows = [new.line(), *(line.text() for line in _normal(log, new))]
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        os.fchmod(descriptor, 0o644)  # mkstemp makes files for one pair of eyes; this one goes into a repository
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.writelines(row + "\n" for row in rows)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def read(path: Path) -> Golden:
    """Raises GoldenError."""
    under, rows = _opened(path)
    said = []
    for number, row in rows:
        try:
            said.append(parse(row))
        except LogError as error:
            raise GoldenError(f"{path}:{number}: {error}") from error
    # Normalised once more: a plain log has not been, and whoever edits the header by hand need not edit the lines too.
    return Golden(under, tuple(_normal(said, under)))


def _opened(path: Path) -> tuple[Terms, list[tuple[int, str]]]:
    """The terms, and the other lines with their numbers. Raises GoldenError."""
    try:
        rows = [(number, row) for number, row in enumerate(path.read_text("utf-8").split("\n"), 1) if row.strip()]
        found = terms.parse(rows[0][1]) if rows else None
    except FileNotFoundError:
        raise GoldenError(f"{path}: it is not there") from None
    except OSError as error:
        raise GoldenError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise GoldenError(f"{path}: {error}") from error
    except ValueError as error:
        raise GoldenError(f"{path}:1: {error}") from error
    return (Terms(), rows) if found is None else (found, rows[1:])


def _old_terms(path: Path) -> Terms:
    try:
        return _opened(path)[0]
    except GoldenError:
        return Terms()  # whatever was there is about to be replaced


def _normal(log: Iterable[Said], under: Terms) -> list[Line]:
    return normalise(log, topics=under.topics, ignore=under.ignore)
