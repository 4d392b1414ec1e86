"""What a consumer's word does to rows, rows that are sent once more, and a journal of before there was such a word."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import DAY_NS, NOON_NS, draft, journal

from ptdevice.errors import JournalError
from ptdevice.journal import Delivery

if TYPE_CHECKING:
    from pathlib import Path

# A journal as the first schema had it, statement by statement: files like this one are on gateways.
SCHEMA_1 = """
    PRAGMA application_id = 1886677553;
    PRAGMA user_version = 1;
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE entry (
        sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, unit TEXT, subject TEXT,
        time_ns INTEGER NOT NULL, mono_us INTEGER NOT NULL, boot_id TEXT NOT NULL, clock TEXT NOT NULL,
        data TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, reason TEXT
    ) STRICT;
    CREATE INDEX unsent ON entry (state) WHERE state <> 1;
    INSERT INTO meta VALUES ('epoch', '0193a0c4-5b1e-7c0e-9f53-0e5d3a3a1b2c');
    INSERT INTO entry VALUES (1, 'a', 'dev.ptdevice.alarm.v1', NULL, NULL, 5, 6, 'boot', 'synced', '{}', 1, NULL);
    INSERT INTO entry VALUES (2, 'b', 'dev.ptdevice.alarm.v1', NULL, NULL, 5, 6, 'boot', 'synced', '{}', 2, 'no');
    INSERT INTO entry VALUES (3, 'c', 'dev.ptdevice.alarm.v1', NULL, NULL, 5, 6, 'boot', 'synced', '{}', 0, NULL);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def states(path: Path) -> list[int]:
    with contextlib.closing(sqlite3.connect(path)) as sql:
        return [state for (state,) in sql.execute("SELECT state FROM entry ORDER BY sequence")]


async def test_a_journal_of_the_first_schema_keeps_its_epoch_its_rows_and_what_became_of_them(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as old:
        old.executescript(SCHEMA_1)
    async with journal(path, end_to_end=True) as book:
        assert (book.epoch, book.newest) == ("0193a0c4-5b1e-7c0e-9f53-0e5d3a3a1b2c", 3)
        assert [entry.id for entry in await book.read()] == ["a", "b", "c"]
        assert await book.parked() == [(2, "no")]
        book.mark_sent([3])
    assert states(path) == [1, 2, 3]


async def test_a_daemon_of_before_would_refuse_the_file_rather_than_take_told_for_delivered(path: Path) -> None:
    async with journal(path):
        pass
    with contextlib.closing(sqlite3.connect(path)) as sql:
        assert sql.execute("PRAGMA user_version").fetchone()[0] > 1


async def test_end_to_end_what_the_broker_has_is_not_delivered_before_the_consumer_says_so(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append_many([draft(number) for number in range(4)])
        book.mark_sent([1, 2, 3])
        counts = await book.counts()
        assert (counts.pending, counts.told, counts.sent) == (1, 3, 0)
        assert await Delivery(book).acknowledge(2) == 2
        counts = await book.counts()
        assert (counts.pending, counts.told, counts.sent) == (1, 1, 2)


async def test_a_row_that_the_consumer_has_is_not_sent_although_a_kill_took_the_mark(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append_many([draft(number) for number in range(2)])
        await Delivery(book).acknowledge(1)
        assert [entry.sequence for entry in await book.pending()] == [2]


async def test_acknowledging_twice_is_news_once(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append(draft())
        assert [await Delivery(book).acknowledge(1) for _ in range(2)] == [1, 0]


async def test_rows_that_are_told_are_not_pending_after_a_restart(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append(draft())
        book.mark_sent([1])
    async with journal(path, end_to_end=True) as book:
        assert await book.pending() == []
        assert (await book.counts()).told == 1


async def test_where_nobody_s_word_is_waited_for_any_more_told_rows_are_sent(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append(draft())
        book.mark_sent([1])
    async with journal(path) as book:
        counts = await book.counts()
    assert (counts.told, counts.sent) == (0, 1)


async def test_a_row_that_the_consumer_has_not_acknowledged_is_never_deleted_by_age(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append_many([draft(time_ns=NOON_NS - 9 * DAY_NS), draft(time_ns=NOON_NS)])
        book.mark_sent([1, 2])
        assert await book.purge(5, NOON_NS) == 0
        await Delivery(book).acknowledge(1)
        assert await book.purge(5, NOON_NS) == 1
        assert (await Delivery(book).extent()).oldest == 2


async def test_rows_are_found_again_in_order_but_not_those_that_wait_or_are_parked(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        before = await book.append_many([draft(number) for number in range(6)])
        book.mark_sent([1, 2, 4, 5])
        await book.park(3, "refused")
        await Delivery(book).acknowledge(1)
        assert await Delivery(book).again(1, 6, 10) == [before[0], before[1], before[3], before[4]]
        assert [entry.sequence for entry in await Delivery(book).again(2, 5, 2)] == [2, 4]


async def test_a_told_row_that_the_broker_refuses_the_second_time_is_parked(path: Path) -> None:
    async with journal(path, end_to_end=True) as book:
        await book.append(draft())
        book.mark_sent([1])
        await book.park(1, "refused")
        assert await book.parked() == [(1, "refused")]


async def test_a_parked_row_gets_another_try_under_its_old_id(path: Path) -> None:
    async with journal(path) as book:
        before = await book.append_many([draft(number) for number in range(3)])
        for sequence in (1, 2, 3):
            await book.park(sequence, "refused")
        assert (await Delivery(book).extent()).parked_rows == 3
        assert await Delivery(book).unpark(2, 3) == 2
        assert await book.pending() == before[1:]
        assert (await Delivery(book).extent()).parked == ((1, "refused"),)


@pytest.mark.parametrize(
    ("span", "holes"),
    [
        ((1, 10), [(1, 2), (4, 4), (7, 7), (9, 10)]),
        ((3, 3), []),
        ((4, 4), [(4, 4)]),
        ((5, 8), [(7, 7)]),
        ((9, 9), [(9, 9)]),
    ],
)
async def test_what_will_not_come_is_told_span_by_span(
    path: Path, span: tuple[int, int], holes: list[tuple[int, int]]
) -> None:
    async with journal(path) as book:
        await book.append_many([draft(number) for number in range(8)])
        await book.park(7, "refused")
        # Two by retention, one by whatever may delete a row one day.
        await book.do(lambda store: store.sql.execute("DELETE FROM entry WHERE sequence IN (1, 2, 4)"))
        assert await Delivery(book).holes([span]) == holes


async def test_a_thousand_holes_are_told_in_part(path: Path) -> None:
    async with journal(path) as book:
        await book.append_many([draft(number) for number in range(300)])
        await book.do(lambda store: store.sql.execute("DELETE FROM entry WHERE sequence % 2 = 0"))
        holes = await Delivery(book).holes([(1, 100), (101, 299)])
    assert holes == [(row, row) for row in range(2, 130, 2)]


async def test_a_journal_that_is_closed_says_so(path: Path) -> None:
    async with journal(path) as book:
        pass
    with pytest.raises(JournalError):
        await Delivery(book).acknowledge(1)
