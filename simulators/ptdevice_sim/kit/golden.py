"""Golden files: what a scenario said when somebody last looked at it and found it right.

JSON lines. The first line is the header: the format's version, the filters that chose the messages, and the fields that were
left out. Each other line is one message, in order of saying (`docs/ci.md` has the format). A plain log, which has no header, is
taken too, with the default filters.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice_sim.clinic.log import LogError, parse
from ptdevice_sim.kit.differences import Difference, differences, told
from ptdevice_sim.kit.normal import Line, normalise
from ptdevice_sim.kit.selection import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.clinic.log import Said

FORMAT = 1
HEADER = "ptdevice_golden"


class GoldenError(ValueError):
    """The file is not there, or is no golden file; says which line, and what to do."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden file, read."""

    topics: tuple[str, ...] = DEFAULT
    ignore: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()


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
    got = tuple(normalise(log, topics=golden.topics, ignore=golden.ignore))
    return Compared(golden.lines, got, differences(golden.lines, got))


def update(
    log: Iterable[Said],
    path: Path,
    *,
    topics: tuple[str, ...] | None = None,
    ignore: tuple[str, ...] | None = None,
) -> None:
    """Write the file, whole or not at all. Makes its folder. None: what the file's header says already, or the default."""
    before = _old_header(path)
    topics, ignore = before[0] if topics is None else topics, before[1] if ignore is None else ignore
    header = {HEADER: FORMAT, "topics": list(topics), "ignore": list(ignore)}
    rows = [json.dumps(header), *(line.text() for line in normalise(log, topics=topics, ignore=ignore))]
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


def _old_header(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        golden = read(path)
    except GoldenError:
        return DEFAULT, ()  # whatever was there is about to be replaced
    return golden.topics, golden.ignore


def read(path: Path) -> Golden:
    """Raises GoldenError."""
    try:
        rows = [(number, row) for number, row in enumerate(path.read_text("utf-8").split("\n"), 1) if row.strip()]
    except (OSError, UnicodeDecodeError) as error:
        why = "it is not there" if isinstance(error, FileNotFoundError) else str(error)
        raise GoldenError(f"{path}: {why}") from error
    topics: tuple[str, ...] = DEFAULT
    ignore: tuple[str, ...] = ()
    if rows and (header := _header(path, rows[0][1])) is not None:
        (topics, ignore), rows = header, rows[1:]
    said = []
    for number, row in rows:
        try:
            said.append(parse(row))
        except LogError as error:
            raise GoldenError(f"{path}:{number}: {error}") from error
    # Normalised once more: a plain log has not been, and whoever edits the header by hand need not edit the lines too.
    return Golden(topics, ignore, tuple(normalise(said, topics=topics, ignore=ignore)))


def _header(path: Path, row: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    try:
        header = json.loads(row)
    except ValueError:
        return None
    if not isinstance(header, dict) or HEADER not in header:
        return None
    if header[HEADER] != FORMAT:
        raise GoldenError(f"{path}:1: format {header[HEADER]!r} is not known here, only {FORMAT}; update ptdevice")
    return _words(path, header, "topics", DEFAULT), _words(path, header, "ignore", ())


def _words(path: Path, header: dict[str, Any], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    words = header.get(key, list(default))
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise GoldenError(f"{path}:1: {key} must be a list of strings")
    return tuple(words)
