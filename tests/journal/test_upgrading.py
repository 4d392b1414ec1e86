"""An older journal is copied before it changes, so that the older program can have it back."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import draft, journal
from tests.journal.test_migrations import made_by

from ptdevice.errors import JournalError, JournalFullError
from ptdevice.journal import upgrading
from ptdevice.journal.migrations import MIGRATIONS
from ptdevice.journal.store import open_sqlite
from ptdevice.journal.upgrading import copy_before, due

if TYPE_CHECKING:
    from pathlib import Path


def version(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        (number,) = sql.execute("PRAGMA user_version").fetchone()
    return int(number)


def files_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def as_kill_9_leaves_it(folder: Path, elsewhere: Path) -> None:
    elsewhere.mkdir()
    for file in folder.glob("journal.sqlite*"):
        (elsewhere / file.name).write_bytes(file.read_bytes())


def dump(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        return sorted(sql.iterdump())


async def test_the_copy_is_of_the_older_version_with_every_row(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    before = dump(path)
    async with journal(path):
        pass
    copy = tmp_path / "journal.sqlite.schema-1"
    assert version(copy) == 1
    assert dump(copy) == before
    assert version(path) == len(MIGRATIONS)


async def test_an_older_program_takes_the_copy_for_a_journal_of_its_own(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    async with journal(path):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.sqlite.schema-1")) as copy:
        assert copy.execute("PRAGMA application_id").fetchone() == (1886677553,)  # as in old/v1.sql
        assert copy.execute("SELECT value FROM meta").fetchone() == ("018f0000-0000-7000-8000-00000000e0c4",)


async def test_what_is_only_in_the_write_ahead_log_is_in_the_copy(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.execute("PRAGMA journal_mode = WAL")
        sql.execute("UPDATE entry SET unit = 'belt'")
        sql.commit()
        as_kill_9_leaves_it(tmp_path, tmp_path / "killed")
    async with journal(tmp_path / "killed" / "journal.sqlite"):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "killed" / "journal.sqlite.schema-1")) as copy:
        assert copy.execute("SELECT DISTINCT unit FROM entry").fetchall() == [("belt",)]


async def test_the_copy_has_pages_of_the_same_size_so_that_it_is_no_larger(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    async with journal(path):
        pass
    for file in (path, tmp_path / "journal.sqlite.schema-1"):
        with contextlib.closing(sqlite3.connect(file)) as sql:
            assert sql.execute("PRAGMA page_size").fetchone() == (
                4096,
            )  # as SQLite's default was when that one was made


async def test_nobody_else_may_read_the_copy(tmp_path: Path) -> None:
    async with journal(made_by(1, tmp_path / "journal.sqlite")):
        pass
    assert (tmp_path / "journal.sqlite.schema-1").stat().st_mode & 0o777 == 0o600


async def test_one_of_this_version_is_not_copied(tmp_path: Path) -> None:
    for _ in range(2):
        async with journal(tmp_path / "journal.sqlite") as book:
            await book.append(draft())
    assert files_in(tmp_path) == ["journal.sqlite"]


async def test_one_copy_is_kept_and_a_half_one_of_before_is_in_nobodys_way(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    for name in ("journal.sqlite.schema-0", "journal.sqlite.schema-1", "journal.sqlite.schema-1.part"):
        (tmp_path / name).write_bytes(b"of an earlier upgrade")
    async with journal(path):
        pass
    assert files_in(tmp_path) == ["journal.sqlite", "journal.sqlite.schema-1"]
    assert version(tmp_path / "journal.sqlite.schema-1") == 1


async def test_where_the_copy_cannot_be_written_nothing_is_changed(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    (tmp_path / "journal.sqlite.schema-1").mkdir()  # something that no file takes the place of
    with pytest.raises(JournalError, match="could not be copied"):
        async with journal(path):
            pass
    assert version(path) == 1
    assert files_in(tmp_path) == ["journal.sqlite", "journal.sqlite.schema-1"]


def test_what_is_due_is_told_and_nothing_is_written(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    before = path.read_bytes()
    task = due(path)
    assert task is not None
    assert (task.version, task.size, task.copy) == (1, len(before), tmp_path / "journal.sqlite.schema-1")
    assert task.fits
    assert path.read_bytes() == before
    assert files_in(tmp_path) == ["journal.sqlite"]


async def test_nothing_is_due_without_a_file_and_with_one_of_this_version(tmp_path: Path) -> None:
    assert due(tmp_path / "journal.sqlite") is None
    async with journal(tmp_path / "journal.sqlite"):
        pass
    assert due(tmp_path / "journal.sqlite") is None


def test_it_does_not_fit_where_less_is_free_than_it_and_its_steps_need(tmp_path: Path) -> None:
    task = due(made_by(1, tmp_path / "journal.sqlite"))
    assert task is not None
    needed = task.size + upgrading.SPARE_BYTES
    assert replace(task, free=needed).fits
    assert not replace(task, free=needed - 1).fits


def test_without_room_it_is_refused_with_how_much_is_needed(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    with (
        contextlib.closing(open_sqlite(path)) as sql,
        pytest.raises(JournalFullError, match=r"5 MiB are needed, 1 are free\..*Nothing was changed"),
    ):
        copy_before(sql, path, lambda _: 1 << 20)
    assert files_in(tmp_path) == ["journal.sqlite"]


async def test_a_copy_that_root_makes_belongs_to_whom_the_journal_belongs(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.sqlite")
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)  # nobody
    async with journal(path):
        pass
    assert (tmp_path / "journal.sqlite.schema-1").stat().st_uid == path.stat().st_uid
