"""A copy of an older journal before it becomes one of this version, and what an upgrade would do.

The steps themselves lose nothing: they are one transaction. The copy is for the day when something is wrong with the newer
file all the same (docs/upgrading.md). It lies beside the journal as `<name>.schema-<version>`; there is one at most, for the
next one takes its place. Without a copy nothing is changed: where there is no room for one, the journal is not opened.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from ptdevice.errors import JournalError, JournalFullError
from ptdevice.journal.damage import translated
from ptdevice.journal.migrations import MIGRATIONS, refuse_strangers, version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptdevice.journal.store import Sql

BUSY_S = 2.0  # how long to wait for another process to let go of the file
COPY = ".schema-"  # in the name of a copy
PART = ".part"  # at its end, while it is not whole
SPARE_BYTES = 4 << 20  # what the steps themselves may need beside the copy


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What is to be done to the journal at `path`: from the form `version` to this program's. Sizes in bytes."""

    path: Path
    version: int
    size: int
    free: int

    @property
    def copy(self) -> Path:
        """Where the copy will be."""
        return self.path.with_name(f"{self.path.name}{COPY}{self.version}")

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return self.size + SPARE_BYTES <= self.free


def _free_at(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def due(path: Path) -> Upgrade | None:
    """What opening this file to write would begin with; None: nothing, or there is no file. It writes nothing to it.

    Raises JournalError for a newer journal, what is none, or what cannot be read.
    """
    if not path.is_file():
        return None
    try:
        if refuse_strangers(path) == len(MIGRATIONS):
            return None
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", timeout=BUSY_S, uri=True)) as sql:
            return upgrade_of(sql, path)
    except sqlite3.Error as error:
        raise translated(error, path, "read") from error
    except OSError as error:
        raise JournalError(f"The journal {path} could not be read: {error.strerror}") from error


def upgrade_of(sql: Sql, path: Path, free_at: Callable[[Path], int] = _free_at) -> Upgrade | None:
    """Likewise, of a file that is open. Raises JournalError, and what SQLite raises."""
    version = version_of(sql, path)
    if not 0 < version < len(MIGRATIONS):
        return None
    (pages,) = sql.execute("PRAGMA page_count").fetchone()
    (page_bytes,) = sql.execute("PRAGMA page_size").fetchone()
    return Upgrade(path, version, pages * page_bytes, free_at(path.parent))


def copy_before(sql: Sql, path: Path, free_at: Callable[[Path], int] = _free_at) -> Path | None:
    """Copy an older file that is open, outside of a transaction, and give back the copy's place; None: it is not older.

    `free_at` tells how many bytes are free in a folder. The copy is whole, read once more, and on the medium when this
    returns, which takes as long as writing the file does. Raises JournalFullError where there is no room, other
    JournalErrors, what SQLite raises, and OSError.
    """
    upgrade = upgrade_of(sql, path, free_at)
    if upgrade is None:
        return None
    if not upgrade.fits:
        raise JournalFullError(
            f"The journal {path} is of an older ptdevice, and there is no room for a copy of it before it is upgraded: "
            f"{_mib(upgrade.size + SPARE_BYTES)} MiB are needed, {_mib(upgrade.free)} are free. Make room, and start again. "
            "Nothing was changed: the older version still opens it."
        )
    part = upgrade.copy.with_name(upgrade.copy.name + PART)
    part.unlink(missing_ok=True)
    try:
        _write(sql, part, upgrade)
        part.replace(upgrade.copy)
    except BaseException:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    for old in path.parent.glob(f"{path.name}{COPY}*"):
        if old != upgrade.copy:
            old.unlink(missing_ok=True)
    _sync(path.parent)
    return upgrade.copy


def _write(sql: Sql, part: Path, upgrade: Upgrade) -> None:
    # As private as the journal from its first byte on; SQLite takes an empty file.
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    (page_bytes,) = sql.execute("PRAGMA page_size").fetchone()
    sql.execute(
        f"PRAGMA page_size = {page_bytes}"
    )  # else it would take what new files get, and might become twice as large
    # SQLite's other way of copying a file that is open (https://sqlite.org/lang_vacuum.html#vacuuminto): on any connection.
    sql.execute("VACUUM INTO ?", (str(part),))
    with contextlib.closing(sqlite3.connect(part)) as copy:
        (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok" or version_of(copy, part) != upgrade.version:
            raise JournalError(f"The copy {part} of the journal is not what it should be: {verdict}. Check the disk.")
    owner = upgrade.path.stat()
    if os.geteuid() == 0:  # by hand, as root: the service must be able to have it back
        os.chown(part, owner.st_uid, owner.st_gid)
    _sync(part)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _mib(size: int) -> int:
    return -(-size // (1 << 20))
