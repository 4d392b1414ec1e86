"""A file of an older version opens, with every row and its fate, and becomes one of this version."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.journal.scaffold import draft, journal

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
