"""A journal is read beside the gateway that writes it, and as far as possible when it is damaged; never is it changed."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import NOON_NS, damage, draft, journal

from ptdevice.errors import JournalCorruptError, JournalError
from ptdevice.journal.damage import SET_ASIDE
from ptdevice.journal.migrations import APPLICATION_ID
from ptdevice.journal.reading import reading
from ptdevice.mqtt.topics import Names

if TYPE_CHECKING:
    from pathlib import Path

NAMES = Names("clinic-a", "pi-1", simulated=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def filled(path: Path, rows: int, text: str = "x") -> None:
    async def main() -> None:
        async with journal(path, names=NAMES) as book:
            await book.append_many([draft(number, data=f'"{number} {text}"') for number in range(1, rows + 1)])

    asyncio.run(main())


def sequences(path: Path) -> list[int]:
    with reading(path) as opened:
        return [entry.sequence for entry in opened.entries()]


async def test_what_is_promised_is_read_while_the_gateway_is_at_work_which_does_not_wait(path: Path) -> None:
    async with journal(path, names=NAMES) as book:
        first = await book.append(draft(1))
        with reading(path) as opened:
            rows = opened.entries()
            await asyncio.gather(*(book.append(draft(number)) for number in range(100)))
            assert list(rows) == [first]  # as it was when it was opened
            assert (opened.epoch, opened.names) == (book.epoch, NAMES)


async def test_a_reader_that_stays_keeps_the_wal_no_longer_than_it_reads(path: Path) -> None:
    async with journal(path) as book:
        await book.append(draft(1))
        with reading(path) as opened:
            rows = opened.entries()
            next(rows)
            for _ in range(30):
                await book.append_many([draft(number, data="x" * 500) for number in range(100)])
            wal = path.with_name(path.name + "-wal").stat().st_size
    assert wal < 3_000_000  # three checkpoints' worth were written, and the WAL was begun anew


def test_reading_leaves_every_byte_as_it_was(path: Path) -> None:
    filled(path, 100)
    before = hashlib.sha256(path.read_bytes()).digest()
    assert sequences(path) == list(range(1, 101))
    assert hashlib.sha256(path.read_bytes()).digest() == before


async def test_what_a_killed_gateway_left_in_the_wal_is_read_too(path: Path, tmp_path: Path) -> None:
    left = tmp_path / "left"
    left.mkdir()
    async with journal(path) as book:
        await book.append_many([draft(number) for number in range(5)])
        for suffix in ("", "-wal"):  # as they are on the disk when the power goes
            shutil.copy(path.with_name(path.name + suffix), left / (path.name + suffix))
    assert (left / "journal.db").stat().st_size < 4096 * 3
    assert sequences(left / path.name) == [1, 2, 3, 4, 5]


def test_rows_of_some_types_and_of_a_time(path: Path) -> None:
    async def main() -> None:
        async with journal(path) as book:
            await book.append_many([draft(number, time_ns=NOON_NS + number) for number in range(10)])

    asyncio.run(main())
    with reading(path) as opened:
        assert [entry.sequence for entry in opened.entries(None, NOON_NS + 2, NOON_NS + 5)] == [3, 4, 5]
        assert len(list(opened.entries(["dev.ptdevice.alarm.v1"]))) == 10
        assert list(opened.entries(["dev.ptdevice.pain.v1"])) == []
        assert len(list(opened.entries(None, -(2**70), 2**70))) == 10


def test_numbers_without_a_row_are_counted(path: Path) -> None:
    filled(path, 20)
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("DELETE FROM entry WHERE sequence BETWEEN 5 AND 8")
    with reading(path) as opened:
        assert opened.missing() == 4
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("DELETE FROM entry")
    with reading(path) as opened:
        assert opened.missing() == 0


def test_around_the_damage_everything_is_read_and_what_is_lost_is_told(path: Path) -> None:
    filled(path, 5000, "x" * 600)
    aside = path.with_name(f"{path.name}{SET_ASIDE}20260921T101500Z")
    path.rename(aside)
    content = bytearray(aside.read_bytes())
    content[2_000_000:2_004_096] = b"\xa5" * 4096  # four of its pages
    aside.write_bytes(content)
    with reading(aside) as opened:
        rows = [entry.sequence for entry in opened.entries()]
        lost = [number for first, last in opened.lost for number in range(first, last + 1)]
    assert 0 < len(lost) < 500
    assert sorted(rows + lost) == list(range(1, 5001))
    assert aside.read_bytes() == bytes(content)  # evidence
    assert [file.name for file in aside.parent.iterdir()] == [aside.name]


def test_a_row_that_is_no_json_any_more_is_lost_and_told(path: Path) -> None:
    filled(path, 50)
    aside = path.rename(path.with_name(f"{path.name}{SET_ASIDE}1"))
    content = aside.read_bytes()
    assert content.count(b'"33 x"') == 1
    aside.write_bytes(content.replace(b'"33 x"', b"=33 x="))
    with reading(aside) as opened:
        assert [entry.sequence for entry in opened.entries()] == [*range(1, 33), *range(34, 51)]
        assert opened.lost == [(33, 33)]


def test_the_wal_of_a_file_that_was_set_aside_belongs_to_it(path: Path) -> None:
    async def main() -> None:
        async with journal(path) as book:
            await book.append(draft(1))
            aside = path.with_name(f"{path.name}{SET_ASIDE}1")
            for suffix in ("", "-wal"):
                shutil.copy(path.with_name(path.name + suffix), aside.with_name(aside.name + suffix))

    asyncio.run(main())
    assert sequences(path.with_name(f"{path.name}{SET_ASIDE}1")) == [1]


def test_what_is_no_journal_any_more_is_told(path: Path) -> None:
    damage(path, "garbage")
    with pytest.raises(JournalCorruptError, match="is damaged"), reading(path):
        pass


def test_what_is_not_there_or_not_ours_or_newer_is_told(path: Path) -> None:
    with pytest.raises(JournalError, match="There is no journal"), reading(path):
        pass
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute("CREATE TABLE precious (x)")
    with pytest.raises(JournalError, match="no journal of ptdevice"), reading(path):
        pass
    with closing(sqlite3.connect(path)) as sql, sql:
        sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        sql.execute("PRAGMA user_version = 999")
    with pytest.raises(JournalError, match="newer ptdevice"), reading(path):
        pass
