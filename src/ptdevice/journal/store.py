"""The journal's SQL. Synchronous, and used by one thread only: `writer` owns that thread.

One row per record. Numbers are given without holes and never twice: the newest row is never deleted, so the next number is
always one more than the largest. A row stays after it was sent, for as long as retention says; what became of it is its state.

WAL with synchronous=FULL: a commit that returned survives a power cut (NORMAL loses what the last checkpoint did not see).
One connection writes: a second daemon on the same file is refused (`sole`). Others may read meanwhile (`reading`); they neither
write nor checkpoint, which is what SQLite before 3.51.3 needs of a second connection (https://sqlite.org/wal.html#walreset).
Statements run inside a transaction that the caller opens: `with store.transaction(): ...`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ptdevice.errors import JournalCorruptError, JournalError
from ptdevice.journal import audit, room, sharing
from ptdevice.journal.claim import claim
from ptdevice.journal.damage import translated
from ptdevice.journal.migrations import migrate, refuse_strangers
from ptdevice.journal.sole import Sole
from ptdevice.journal.upgrading import copy_before
from ptdevice.mqtt.topics import Draft, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from ptdevice.mqtt.topics import Names

BUSY_S = 2.0  # how long to wait for another process to let go of the file
# A commit writes whole pages. A record is 500 to 700 bytes, so 1 kB pages write the least for the one-record commit that is
# the normal case in a clinic (benchmarks/outbox.py prints the bytes per record).
PAGE_BYTES = 1024

PAGE_ROWS = 2000  # read in one go when looking back: a tenth of a second on a slow card

# SENT is final. TOLD: the broker has it, and the consumer whose word counts has not acknowledged it (`journal.delivery`).
PENDING, SENT, PARKED, TOLD = 0, 1, 2, 3

_INSERT = """INSERT INTO entry (sequence, id, type, unit, subject, time_ns, mono_us, boot_id, clock, data)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
SELECT = "SELECT sequence, id, type, unit, subject, time_ns, mono_us, boot_id, clock, data FROM entry"


class Sql(Protocol):
    """The part of an SQLite connection that is used: sqlite3's and apsw's alike (a test cuts the power through apsw)."""

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        ...

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement and give back a cursor."""
        ...

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run one statement for each set of parameters."""
        ...

    def close(self) -> None:
        """Give up the file."""
        ...


def open_sqlite(path: Path) -> Sql:
    """Python's own SQLite, in autocommit mode: the transactions are ours."""
    return sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows by fate, and the newest sequence number. `told`: the broker has them, the consumer not yet."""

    pending: int
    sent: int
    parked: int
    newest: int
    told: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows in order, below which number to go on (0: nothing is left), and the newest synchronised time of the page."""

    rows: list[Entry]
    below: int
    newest_ns: int | None


class Store:
    """An open journal file. Every method raises JournalError, or one of its kinds, for what SQLite reports.

    `end_to_end`: what the broker acknowledges is told, not sent, until `journal.delivery` says more. `max_mb`: how large the
    file may become, in MiB (`room`). `names`: whose records these are (`claim`).
    """

    def __init__(
        self,
        path: Path,
        new_epoch: Callable[[], str],
        connect: Callable[[Path], Sql] = open_sqlite,
        *,
        end_to_end: bool = False,
        max_mb: int | None = None,
        names: Names | None = None,
    ) -> None:
        self.path, self.max_mb = path, max_mb
        self._after_puback = TOLD if end_to_end else SENT
        self.purged: dict[str, int] = {}  # by class: how far it was looked through (`retention`)
        self.stained = False  # the WAL has what was deleted for good
        with self._errors("opened"):
            self._sole = Sole(path)
        try:
            with self._errors("opened"):
                refuse_strangers(path)
                self.sql = sharing.connected(path, connect, PAGE_BYTES)
        except BaseException:
            self._sole.release()
            raise
        try:
            self._prepare()
            with self._errors("copied"):
                self.copy = copy_before(self.sql, path)  # of the file as it was; None: it is not older
            with self.transaction():
                self.epoch = migrate(self.sql, path, new_epoch)
                if names is not None:
                    claim(self.sql, path, names)
                if not end_to_end:  # nobody's word is waited for any more
                    self.sql.execute("UPDATE entry SET state = 1 WHERE state = 3 AND state <> 1")
                self.newest_at_start = self.newest()
            if max_mb is not None:
                with self._errors("opened"):
                    room.set_ceiling(self.sql, max_mb * room.MIB)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Check-point and give up the file."""
        self.sql.close()
        self._sole.release()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; what was done inside is on disk when the block ends without an error."""
        with self._errors("written"):
            self.sql.execute("BEGIN")
            try:
                yield
                self.sql.execute("COMMIT")
                self._scrub()
            except BaseException:
                # SQLite has already rolled back by itself after some errors, a full disk among them.
                if self.sql.in_transaction:
                    self.sql.execute("ROLLBACK")
                raise

    def _scrub(self) -> None:
        """Where rows were deleted for good, the WAL still has them: empty it."""
        if self.stained:
            with contextlib.suppress(sqlite3.Error):  # not now, then after the next transaction: this one is done
                busy, _, _ = self.sql.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self.stained = bool(busy)

    def append(self, drafts: Sequence[Draft], new_id: Callable[[], str]) -> list[Entry]:
        """Give each draft its number and its id."""
        newest = self.newest()
        entries = [Entry(newest + i, new_id(), self.epoch, draft) for i, draft in enumerate(drafts, 1)]
        entries = audit.linked(self.sql, entries)
        self.sql.executemany(_INSERT, [_row(entry) for entry in entries])
        return entries

    def pending(self, after: int, limit: int) -> list[Entry]:
        """Unsent rows above `after`, in order."""
        # `state <> 1` repeats the index's own condition: SQLite uses a partial index only where it finds it word by word.
        where = " WHERE state = 0 AND state <> 1 AND sequence > ? ORDER BY sequence LIMIT ?"
        return [self.entry(row) for row in self.sql.execute(SELECT + where, (after, limit))]

    def read(self, after: int, limit: int) -> list[Entry]:
        """Rows above `after` whatever became of them, in order."""
        where = " WHERE sequence > ? ORDER BY sequence LIMIT ?"
        return [self.entry(row) for row in self.sql.execute(SELECT + where, (after, limit))]

    def page(self, types: Sequence[str], below: int | None) -> Page:
        """Rows of these types among the PAGE_ROWS below a number, or among the newest."""
        below = self.newest() + 1 if below is None else below
        first = max(below - PAGE_ROWS, 0)
        marks = ", ".join("?" for _ in types)
        where = f" WHERE sequence >= ? AND sequence < ? AND type IN ({marks}) ORDER BY sequence"
        rows = [self.entry(row) for row in self.sql.execute(SELECT + where, (first, below, *types))]
        query = "SELECT max(time_ns) FROM entry WHERE sequence >= ? AND sequence < ? AND clock = 'synced'"
        (newest_ns,) = self.sql.execute(query, (first, below)).fetchone()
        return Page(rows, first, newest_ns)

    def mark_sent(self, sequences: Iterable[int]) -> None:
        """The broker has them. A parked row stays parked."""
        self.sql.executemany(
            "UPDATE entry SET state = ? WHERE sequence = ? AND state = 0",
            [(self._after_puback, sequence) for sequence in sequences],
        )

    def park(self, sequence: int, reason: str) -> None:
        """Nobody will take it: keep it aside, with the reason."""
        self.sql.execute("UPDATE entry SET state = 2, reason = ? WHERE sequence = ? AND state <> 1", (reason, sequence))

    def parked(self, limit: int) -> list[tuple[int, str]]:
        """Parked rows and why, the oldest first."""
        query = "SELECT sequence, reason FROM entry WHERE state = 2 AND state <> 1 ORDER BY sequence LIMIT ?"
        return [(sequence, reason) for sequence, reason in self.sql.execute(query, (limit,))]

    def make_room(self) -> list[room.Dropped]:
        """Delete some of what may go when the file is full; tells what went."""
        return room.make_room(self.sql)

    def fill(self) -> room.Fill:
        """How full the file is."""
        return room.fill(self.sql)

    def counts(self) -> Counts:
        """How many rows there are, by fate."""
        unsent = dict(self.sql.execute("SELECT state, count(*) FROM entry WHERE state <> 1 GROUP BY state").fetchall())
        (rows,) = self.sql.execute("SELECT count(*) FROM entry").fetchone()
        pending, parked, told = unsent.get(PENDING, 0), unsent.get(PARKED, 0), unsent.get(TOLD, 0)
        sent = rows - pending - parked - told
        return Counts(pending=pending, sent=sent, parked=parked, newest=self.newest(), told=told)

    def newest(self) -> int:
        """The largest sequence number, 0 in a new journal."""
        (newest,) = self.sql.execute("SELECT coalesce(max(sequence), 0) FROM entry").fetchone()
        return int(newest)

    def entry(self, row: Sequence[Any]) -> Entry:
        """A row of `SELECT` as an entry."""
        return Entry(row[0], row[1], self.epoch, Draft(*row[2:]))

    def _prepare(self) -> None:
        with self._errors("opened"):
            execute = self.sql.execute
            execute("PRAGMA synchronous = FULL")
            execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten: it is about people
            (verdict,) = execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise JournalCorruptError(f"The journal {self.path} is damaged: {verdict}")

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self.path, done) from error
        except OSError as error:
            raise JournalError(f"The journal {self.path} could not be {done}: {error.strerror}") from error


def _row(entry: Entry) -> tuple[Any, ...]:
    d = entry.draft
    return entry.sequence, entry.id, d.type, d.unit, d.subject, d.time_ns, d.mono_us, d.boot_id, d.clock, d.data
