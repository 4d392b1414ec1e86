"""Reading what a journal has, beside a daemon at work, or from one that is damaged and was set aside.

Rows are read some at a time, each time in a short transaction, so that a reader never keeps the daemon's WAL from being used
again. A file that was set aside is evidence: a copy of it is read. Where it is damaged, what lies around the damage is read all
the same, and what could not be is told.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice.journal.claim import claimed
from ptdevice.journal.damage import SET_ASIDE
from ptdevice.journal.looking import opened
from ptdevice.journal.store import SELECT
from ptdevice.mqtt.rows import Draft, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.mqtt.topics import Names

ROWS = 2000  # read in one transaction
SMALLEST_ROW = 256  # bytes; so many rows at most has a file that cannot tell
LAST_NS = 2**63 - 1  # SQLite has no larger number


class Reading:
    """A journal as it was when it was opened: rows that come later are not in it. Every method raises JournalError."""

    def __init__(self, sql: sqlite3.Connection, epoch: str, path: Path, *, damaged: bool) -> None:
        self.epoch = epoch
        self.names: Names | None = claimed(sql)
        self.lost: list[tuple[int, int]] = []  # sequence numbers that could not be read, as they are met
        self._sql, self._path, self._damaged = sql, path, damaged
        self.first, self.last = self._edge("min", 1), self._edge("max", path.stat().st_size // SMALLEST_ROW)

    def entries(
        self, types: Sequence[str] | None = None, since_ns: int = -LAST_NS, until_ns: int = LAST_NS
    ) -> Iterator[Entry]:
        """Rows of these types (None: of all), in order, whose time lies between, as their clock had it."""
        since_ns, until_ns = max(since_ns, -LAST_NS), min(until_ns, LAST_NS)
        of_types = "" if types is None else f" AND type IN ({', '.join('?' for _ in types)})"
        where = f" WHERE sequence BETWEEN ? AND ? AND time_ns >= ? AND time_ns < ?{of_types} ORDER BY sequence"
        rest = (since_ns, until_ns, *(types or ()))
        for first in range(self.first, self.last + 1, ROWS):
            last = min(first + ROWS - 1, self.last)
            for row in self._rows(SELECT + where, first, last, rest):
                yield Entry(row[0], row[1], self.epoch, Draft(*row[2:]))

    def missing(self) -> int:
        """How many of the numbers from the first to the last have no row: deleted by age or for want of room, or forgotten."""
        (rows,) = self._sql.execute("SELECT count(*) FROM entry WHERE sequence <= ?", (self.last,)).fetchone()
        return max(self.last - self.first + 1 - int(rows), 0) if self.last else 0

    def _rows(self, query: str, first: int, last: int, rest: tuple[object, ...]) -> list[tuple[Any, ...]]:
        if not self._damaged:
            return self._sql.execute(query, (first, last, *rest)).fetchall()
        found = []
        for sequence in range(first, last + 1):
            try:
                rows = self._sql.execute(query, (sequence, sequence, *rest)).fetchall()
                for row in rows:
                    json.loads(row[-1])
            except (sqlite3.DatabaseError, ValueError):
                self._lose(sequence)
            else:
                found += rows
        return found

    def _lose(self, sequence: int) -> None:
        if self.lost and self.lost[-1][1] == sequence - 1:
            self.lost[-1] = self.lost[-1][0], sequence
        else:
            self.lost.append((sequence, sequence))

    def _edge(self, which: str, otherwise: int) -> int:
        try:
            (sequence,) = self._sql.execute(f"SELECT {which}(sequence) FROM entry").fetchone()  # noqa: S608 - a word of ours
        except sqlite3.DatabaseError:
            if not self._damaged:
                raise
            return otherwise
        return int(sequence or 0)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reading]:
    """Open a journal to be read. Raises JournalError, here and for what goes wrong inside the block."""
    with _copy_of_evidence(path) as file, opened(file, at_least=1) as (sql, epoch):
        yield Reading(sql, epoch, file, damaged=SET_ASIDE in path.name)


@contextlib.contextmanager
def _copy_of_evidence(path: Path) -> Iterator[Path]:
    if SET_ASIDE not in path.name or not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="ptdevice-") as folder:
        copy = Path(folder) / path.name
        for suffix in ("", "-wal"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                shutil.copyfile(part, copy.with_name(copy.name + suffix))
        yield copy
