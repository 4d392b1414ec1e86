"""The journal's SQL. Synchronous, and used by one thread only: `writer` owns that thread.

One row per record. Numbers are given without holes and never twice: the newest row is never deleted, so the next number is
always one more than the largest. A row stays after it was sent, for as long as retention says; what became of it is its state.

WAL with synchronous=FULL: a commit that returned survives a power cut (NORMAL loses what the last checkpoint did not see).
locking_mode=EXCLUSIVE: one connection, so a second daemon on the same file is refused instead of sharing it, and SQLite needs
no shared memory. Statements run inside a transaction that the caller opens: `with store.transaction(): ...`.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ptdevice.errors import JournalCorruptError, JournalError
from ptdevice.journal.damage import translated
from ptdevice.mqtt.topics import Draft, Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

BUSY_S = 2.0  # how long to wait for another process to let go of the file
APPLICATION_ID = 0x70746A31  # "ptj1": a file that is somebody else's is left alone
# A commit writes whole pages. A record is 500 to 700 bytes, so 1 kB pages write the least for the one-record commit that is
# the normal case in a clinic (benchmarks/outbox.py prints the bytes per record).
PAGE_BYTES = 1024

PAGE_ROWS = 2000  # read in one go when looking back: a tenth of a second on a slow card

# SENT is final. TOLD: the broker has it, and the consumer whose word counts has not acknowledged it (`journal.delivery`).
PENDING, SENT, PARKED, TOLD = 0, 1, 2, 3

ASSIGNMENT = "dev.ptdevice.assignment.v1"

# The index holds what is not sent: nearly empty in normal life, so that finding it costs nothing among years of rows.
MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE entry (
            sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, unit TEXT, subject TEXT,
            time_ns INTEGER NOT NULL, mono_us INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL,
            data TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, reason TEXT
        ) STRICT""",
        "CREATE INDEX unsent ON entry (state) WHERE state <> 1",
    ),
    # TOLD is new. A daemon of before would take such a row for delivered and never look at it again.
    (),
    # Few rows, and needed at every start however old they are.
    (f"CREATE INDEX assignments ON entry (sequence) WHERE type = '{ASSIGNMENT}'",),
)

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

    `end_to_end`: what the broker acknowledges is told, not sent, until `journal.delivery` says more.
    """

    def __init__(
        self,
        path: Path,
        new_epoch: Callable[[], str],
        connect: Callable[[Path], Sql] = open_sqlite,
        *,
        end_to_end: bool = False,
    ) -> None:
        self._path = path
        self._after_puback = TOLD if end_to_end else SENT
        self.stained = False  # the WAL has what was deleted for good
        with self._errors("opened"):
            # The record is about people: nobody else on this machine reads it. The WAL file inherits the mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self.sql = connect(path)
        try:
            self._prepare()
            self.epoch = self._migrate(new_epoch)
            with self.transaction():
                if not end_to_end:  # nobody's word is waited for any more
                    self.sql.execute("UPDATE entry SET state = 1 WHERE state = 3 AND state <> 1")
                self.newest_at_start = self.newest()
        except BaseException:
            self.sql.close()
            raise

    def close(self) -> None:
        """Check-point and give up the file."""
        self.sql.close()

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

    def purge(self, before_ns: int, now_ns: int, limit: int) -> int:
        """Delete up to `limit` sent rows older than `before_ns`. Returns how many.

        A row counts as old when a row after it is, by a synchronised clock, not yet old; so a wrong clock neither deletes
        anything by itself nor keeps anything for ever.
        """
        query = "SELECT min(sequence) FROM entry WHERE clock = 'synced' AND time_ns BETWEEN ? AND ?"
        first_to_keep = self.sql.execute(query, (before_ns, now_ns)).fetchone()[0]
        if first_to_keep is None:
            return 0
        old = [
            row
            for (row,) in self.sql.execute(
                "SELECT sequence FROM entry WHERE sequence < ? AND state = 1 ORDER BY sequence LIMIT ?",
                (first_to_keep, limit),
            )
        ]
        self.sql.executemany("DELETE FROM entry WHERE sequence = ?", [(sequence,) for sequence in old])
        return len(old)

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
            execute(f"PRAGMA page_size = {PAGE_BYTES}")  # of a new file; an old one keeps its own
            execute("PRAGMA locking_mode = EXCLUSIVE")
            execute("PRAGMA journal_mode = WAL").fetchone()
            execute("PRAGMA synchronous = FULL")
            execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten: it is about people
            (verdict,) = execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise JournalCorruptError(f"The journal {self._path} is damaged: {verdict}")

    def _migrate(self, new_epoch: Callable[[], str]) -> str:
        with self.transaction():
            (application,) = self.sql.execute("PRAGMA application_id").fetchone()
            (version,) = self.sql.execute("PRAGMA user_version").fetchone()
            (tables,) = self.sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if tables and application != APPLICATION_ID:
                raise JournalError(
                    f"{self._path} is a database, but no journal of ptdevice. Name another file in the config."
                )
            if version > len(MIGRATIONS):
                raise JournalError(
                    f"The journal {self._path} was written by a newer ptdevice (schema {version}, this one knows "
                    f"{len(MIGRATIONS)}). Install that version again, or name another file in the config."
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self.sql.execute(statement)
            if version == 0:
                self.sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self.sql.execute("INSERT INTO meta VALUES ('epoch', ?)", (new_epoch(),))
            if version < len(MIGRATIONS):
                self.sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
            (epoch,) = self.sql.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
        return str(epoch)

    @contextlib.contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise translated(error, self._path, done) from error
        except OSError as error:
            raise JournalError(f"The journal {self._path} could not be {done}: {error.strerror}") from error


def _row(entry: Entry) -> tuple[Any, ...]:
    d = entry.draft
    return entry.sequence, entry.id, d.type, d.unit, d.subject, d.time_ns, d.mono_us, d.boot_id, d.clock, d.data
