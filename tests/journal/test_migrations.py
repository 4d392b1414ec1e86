"""A file of an older version opens, with every row and its fate, and becomes one of this version."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from tests.journal.scaffold import draft, journal

from ptdevice.errors import JournalError
from ptdevice.journal.migrations import MIGRATIONS

OLD = Path(__file__).parent / "old"


def made_by(version: int, path: Path) -> Path:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.executescript((OLD / f"v{version}.sql").read_text())
    return path


async def test_a_file_of_the_first_version_opens_with_every_row_and_its_fate(tmp_path: Path) -> None:
    async with journal(made_by(1, tmp_path / "journal.db")) as book:
        assert book.epoch == "018f0000-0000-7000-8000-00000000e0c4"
        assert [row.sequence for row in await book.read()] == [1, 2, 3, 4]
        assert [row.sequence for row in await book.pending()] == [4]
        assert await book.parked() == [(3, "refused by the broker with reason 135")]
        assert (await book.append(draft())).sequence == 5


async def test_it_is_a_file_of_this_version_afterwards(tmp_path: Path) -> None:
    path = made_by(1, tmp_path / "journal.db")
    async with journal(path):
        pass
    with contextlib.closing(sqlite3.connect(path)) as sql:
        assert sql.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)


async def test_one_of_a_newer_version_is_refused_with_what_to_do_and_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with journal(path) as book:
        await book.append(draft())
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    before = path.read_bytes()
    with pytest.raises(JournalError, match=r"newer ptdevice .* left as it is.*docs/upgrading.md"):
        async with journal(path):
            pass
    assert path.read_bytes() == before
    assert not path.with_name("journal.db-wal").exists()


async def test_a_database_of_somebody_else_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "addresses.db"
    with contextlib.closing(sqlite3.connect(path)) as sql:
        sql.execute("CREATE TABLE people (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="no journal of ptdevice"):
        async with journal(path):
            pass
    assert path.read_bytes() == before
