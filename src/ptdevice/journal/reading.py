"""Reading what a journal has, beside a daemon at work, or from one that is damaged and was set aside.

Rows are read some at a time, each time in a short transaction, so that a reader never keeps the daemon's WAL from being used
again. A file that was set aside is evidence: a copy of it is read. Where it is damaged, what lies around the damage is read all
the same, and what could not be is told.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice.errors import JournalCorruptError
from ptdevice.journal.claim import claimed
from ptdevice.journal.damage import SET_ASIDE, translated
from ptdevice.journal.looking import opened
from ptdevice.journal.store import SELECT
from ptdevice.mqtt.rows import Draft, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.mqtt.topics import Names

ROWS = 2000  # read in one transaction
SMALLEST_ROW = 64  # bytes; so many rows at most has a file that cannot tell
LAST_NS = 2**63 - 1  # SQLite has no larger number


class Reading:
    """A journal as it was when it was opened: rows that come later are not in it. Every method raises JournalError."""

    def __init__(self, sql: sqlite3.Connection, epoch: str, path: Path) -> None:
        self.epoch = epoch
        self.names: Names | None = claimed(sql)
        self.lost: list[tuple[int, int]] = []  # sequence numbers that could not be read, as they are met
        self._sql, self._path = sql, path
        self.first, self.last = self._extent()

    def entries(
        self, types: Sequence[str] | None = None, since_ns: int = -LAST_NS, until_ns: int = LAST_NS
    ) -> Iterator[Entry]:
        """Rows of these types (None: of all), in order, whose time lies between, as their clock had it."""
        since_ns, until_ns = max(since_ns, -LAST_NS), min(until_ns, LAST_NS)
        of_types = "" if types is None else f" AND type IN ({', '.join('?' for _ in types)})"
        where = f" WHERE sequence BETWEEN ? AND ? AND time_ns >= ? AND time_ns < ?{of_types} ORDER BY sequence"
        for first in range(self.first, self.last + 1, ROWS):
            for row in self._rows(
                SELECT + where, first, min(first + ROWS - 1, self.last), (since_ns, until_ns, *(types or ()))
            ):
                yield Entry(row[0], row[1], self.epoch, Draft(*row[2:]))

    def missing(self) -> int:
        """How many of the numbers from the first to the last have no row: deleted by age or for want of room, or forgotten."""
        (rows,) = self._sql.execute("SELECT count(*) FROM entry WHERE sequence <= ?", (self.last,)).fetchone()
        return max(self.last - self.first + 1 - int(rows), 0) if self.last else 0

    def _rows(self, query: str, first: int, last: int, rest: tuple[object, ...]) -> list[tuple[Any, ...]]:
        try:
            return self._sql.execute(query, (first, last, *rest)).fetchall()
        except sqlite3.DatabaseError as error:
            if not isinstance(translated(error, self._path, "read"), JournalCorruptError):
                raise
            if first == last:
                self._lose(first)
                return []
        # Somewhere in between it is damaged: halve, until the damage is alone.
        middle = (first + last) // 2
        return self._rows(query, first, middle, rest) + self._rows(query, middle + 1, last, rest)

    def _lose(self, sequence: int) -> None:
        if self.lost and self.lost[-1][1] in {sequence - 1, sequence}:
            self.lost[-1] = self.lost[-1][0], sequence
        else:
            self.lost.append((sequence, sequence))

    def _extent(self) -> tuple[int, int]:
        try:
            first, last = self._sql.execute(
                "SELECT coalesce(min(sequence), 1), coalesce(max(sequence), 0) FROM entry"
            ).fetchone()
        except sqlite3.DatabaseError:
            return 1, max(self._path.stat().st_size // SMALLEST_ROW, 1)
        return int(first), int(last)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Reading]:
    """Open a journal to be read. Raises JournalError, here and for what goes wrong inside the block."""
    with _copy_of_evidence(path) as file, opened(file, at_least=1) as (sql, epoch):
        yield Reading(sql, epoch, file)


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
