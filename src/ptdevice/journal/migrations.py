"""The form of the file, and how an older one becomes the newest: numbered steps, each taken once, all in one transaction.

A step is never changed once it was released; what comes next is a step of its own. `PRAGMA user_version` counts those taken.
An older file is copied before the first step (`upgrading`), so that the older program can have it back.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ptdevice.errors import JournalError
from ptdevice.journal import audit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptdevice.journal.store import Sql

APPLICATION_ID = 0x70746A31  # "ptj1": a file that is somebody else's is left alone

MAGIC = b"SQLite format 3\0"
# Magic, schema cookie (0: never a table), user_version, application_id (https://sqlite.org/fileformat.html, 1.3).
HEADER = struct.Struct(">16s24xI16xI4xI")

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (  # 1. The index holds what is not sent: nearly empty in normal life, so that finding it costs nothing among years of rows.
        "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE entry (
            sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, unit TEXT, subject TEXT,
            time_ns INTEGER NOT NULL, mono_us INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL,
            data TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, reason TEXT
        ) STRICT""",
        "CREATE INDEX unsent ON entry (state) WHERE state <> 1",
    ),
    (),  # 2. The state TOLD is new. A daemon of before would take such a row for delivered and never look at it again.
    audit.MIGRATION,  # 3.
    # 4. Who wears which unit: few rows, and needed at every start however old they are.
    ("CREATE INDEX assignments ON entry (sequence) WHERE type = 'dev.ptdevice.assignment.v1'",),
)

# How a step is taken back, so that an older program can go on with the same file: no row is lost, no number given twice.
# A step that is not here has no way back: without its third the file has no place for decisions about stimulation.
BACKWARDS: dict[int, tuple[str, ...]] = {
    4: ("DROP INDEX assignments",),
}


def refuse_strangers(path: Path) -> int:
    """Look at the file before SQLite does, which would change some of it. Raises JournalError as `version_of`, and OSError.

    Gives back its version as the file itself has it. What a write-ahead log beside it has is not seen here: that may be newer.
    """
    with path.open("rb") as file:
        header = file.read(HEADER.size)
    if len(header) == HEADER.size:
        magic, cookie, version, application = HEADER.unpack(header)
        if magic == MAGIC:
            _refuse(path, has_tables=cookie != 0, application=application, version=version)
            return int(version)
    return 0


def version_of(sql: Sql, path: Path) -> int:
    """How many steps this file has taken; 0: it is new. Raises JournalError for what is no journal, or a newer one."""
    (application,) = sql.execute("PRAGMA application_id").fetchone()
    (version,) = sql.execute("PRAGMA user_version").fetchone()
    (tables,) = sql.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    _refuse(path, has_tables=tables > 0, application=application, version=version)
    return int(version)


def _refuse(path: Path, *, has_tables: bool, application: int, version: int) -> None:
    if has_tables and application != APPLICATION_ID:
        raise JournalError(f"{path} is a database, but no journal of ptdevice. Name another file in the config.")
    if version > len(MIGRATIONS):
        raise JournalError(
            f"The journal {path} was written by a newer ptdevice (schema {version}, this one knows "
            f"{len(MIGRATIONS)}), and was left as it is. Install that version again; with it, `ptdevice migrate "
            f"--back-to {len(MIGRATIONS)}` makes the journal one for this program (docs/upgrading.md)."
        )


def migrate(sql: Sql, path: Path, new_epoch: Callable[[], str]) -> str:
    """Take the steps that are missing, inside the caller's transaction; gives back the epoch. Raises JournalError."""
    version = version_of(sql, path)
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            sql.execute(statement)
    if version == 0:
        sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        sql.execute("INSERT INTO meta VALUES ('epoch', ?)", (new_epoch(),))
    if version < len(MIGRATIONS):
        sql.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    return epoch_of(sql)


def take_back(sql: Sql, path: Path, version: int) -> None:
    """Make it a file of that older version, inside the caller's transaction. Raises JournalError where there is no way back."""
    present = version_of(sql, path)
    if not 1 <= version <= present:
        raise JournalError(
            f"The journal {path} is of schema {present}: it can go back to an older one, and {version} is none."
        )
    for number in range(present, version, -1):
        if number not in BACKWARDS:
            raise JournalError(
                f"The journal {path} cannot go back to schema {version}: what step {number} added would be lost. "
                f"{number} is as far as it goes."
            )
        for statement in BACKWARDS[number]:
            sql.execute(statement)
    sql.execute(f"PRAGMA user_version = {version}")


def epoch_of(sql: Sql) -> str:
    """The epoch of a file that is a journal."""
    (epoch,) = sql.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
    return str(epoch)
