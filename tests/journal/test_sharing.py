from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import draft, journal

from ptdevice.errors import JournalError
from ptdevice.journal import sharing
from ptdevice.journal.store import Store

if TYPE_CHECKING:
    from pathlib import Path


class Cramped(sqlite3.Connection):
    """A disk on which there is no room for shared memory."""

    exclusive = False
    code = sqlite3.SQLITE_IOERR_SHMSIZE

    def execute(self, sql: str, parameters: object = (), /) -> sqlite3.Cursor:
        self.exclusive = self.exclusive or sql == "PRAGMA locking_mode = EXCLUSIVE"
        if sql == "PRAGMA journal_mode = WAL" and not self.exclusive:
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = self.code
            raise error
        return super().execute(sql, parameters)  # type: ignore[arg-type]


class Broken(Cramped):
    """A disk with another trouble."""

    code = sqlite3.SQLITE_IOERR_READ


def cramped(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, factory=Cramped)


async def test_a_disk_without_room_for_shared_memory_keeps_nobody_from_recording(tmp_path: Path) -> None:
    async with journal(tmp_path / "journal.db", connect=cramped) as book:
        assert (await book.append(draft())).sequence == 1
        assert not (tmp_path / "journal.db-shm").exists()


def test_any_other_trouble_is_told(tmp_path: Path) -> None:
    def broken(path: Path) -> sqlite3.Connection:
        return sqlite3.connect(path, isolation_level=None, factory=Broken)

    with pytest.raises(JournalError, match="could not be opened"):
        Store(tmp_path / "journal.db", lambda: "epoch", broken)
    with closing(Store(tmp_path / "journal.db", lambda: "epoch")):
        pass  # and nothing was left locked


def test_where_blocks_are_smaller_than_sqlite_looks_for_room_nothing_is_shared(tmp_path: Path) -> None:
    assert sharing.safe_at(tmp_path / "journal.db") is (os.statvfs(tmp_path).f_bsize >= 4096)


def test_a_place_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        sharing.safe_at(tmp_path / "absent" / "journal.db")
