from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import threading
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from tests.journal.scaffold import DAY_NS, NOON_NS, damage, draft, journal

from ptdevice.errors import JournalCorruptError, JournalError, JournalFullError
from ptdevice.journal import writer
from ptdevice.journal.migrations import APPLICATION_ID, MIGRATIONS
from ptdevice.journal.store import Store
from ptdevice.mqtt.topics import rfc3339

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.journal import Journal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


def set_aside_as(path: Path) -> Path:
    return path.with_name("journal.db.corrupt-" + rfc3339(NOON_NS).replace(":", "").replace("-", ""))


async def fill(book: Journal, rows: int) -> list[int]:
    return [(await book.append(draft(number))).sequence for number in range(rows)]


async def test_a_row_that_was_promised_is_there_after_reopening(path: Path) -> None:
    async with journal(path) as book:
        entry = await book.append(draft(7))
    async with journal(path) as book:
        assert await book.pending() == [entry]


async def test_whoever_is_cancelled_while_opening_leaves_a_closed_file_behind(path: Path) -> None:
    opening = asyncio.create_task(journal(path).__aenter__())
    await asyncio.sleep(0)
    opening.cancel()
    await asyncio.wait({opening})
    assert opening.cancelled()
    with contextlib.closing(sqlite3.connect(path, timeout=0)) as sql:
        assert sql.execute("SELECT count(*) FROM entry").fetchone() == (0,)


async def test_sequence_numbers_have_no_holes_even_when_many_append_at_once(path: Path) -> None:
    async with journal(path) as book:
        entries = await asyncio.gather(*(book.append(draft(number)) for number in range(300)))
        assert sorted(entry.sequence for entry in entries) == list(range(1, 301))
        assert [entry.sequence for entry in await book.pending(limit=1000)] == list(range(1, 301))


async def test_appends_that_wait_together_share_one_commit(path: Path) -> None:
    async with journal(path) as book:
        await asyncio.gather(*(book.append(draft(number)) for number in range(100)))
        assert book.commits < 20


async def test_rows_appended_together_are_neighbours(path: Path) -> None:
    async with journal(path) as book:
        together, alone = await asyncio.gather(book.append_many([draft(1), draft(2)]), book.append(draft(3)))
        assert together[1].sequence == together[0].sequence + 1
        assert alone.sequence not in {entry.sequence for entry in together}


async def test_an_id_is_a_version_7_uuid_of_its_time(path: Path) -> None:
    async with journal(path) as book:
        made = uuid.UUID((await book.append(draft())).id)
    assert (made.version, made.variant, made.int >> 80) == (7, uuid.RFC_4122, NOON_NS // 1_000_000)


async def test_numbers_and_epoch_go_on_after_reopening(path: Path) -> None:
    async with journal(path) as book:
        await fill(book, 3)
        epoch = book.epoch
    async with journal(path, seed=2) as book:
        assert (await book.append(draft())).sequence == 4
        assert book.epoch == epoch


async def test_a_new_file_is_a_new_epoch(path: Path, tmp_path: Path) -> None:
    async with journal(path, seed=1) as one, journal(tmp_path / "other.db", seed=2) as two:
        assert one.epoch != two.epoch


async def test_sent_rows_are_pending_no_more_and_stay(path: Path) -> None:
    async with journal(path) as book:
        await fill(book, 3)
        book.mark_sent([1, 3])
        assert [entry.sequence for entry in await book.pending()] == [2]
        assert [entry.sequence for entry in await book.read()] == [1, 2, 3]


async def test_marks_are_kept_when_the_journal_closes(path: Path) -> None:
    async with journal(path) as book:
        await fill(book, 2)
        book.mark_sent([1])
    async with journal(path) as book:
        assert [entry.sequence for entry in await book.pending()] == [2]


async def test_a_parked_row_is_not_pending_and_tells_why(path: Path) -> None:
    async with journal(path) as book:
        await fill(book, 2)
        await book.park(1, "refused")
        book.mark_sent([1])  # too late: parked stays parked
        assert [entry.sequence for entry in await book.pending()] == [2]
        assert await book.parked() == [(1, "refused")]


async def test_counts_tell_the_fate_of_every_row(path: Path) -> None:
    async with journal(path) as book:
        await fill(book, 5)
        book.mark_sent([1, 2])
        await book.park(3, "refused")
        counts = await book.counts()
    assert (counts.pending, counts.sent, counts.parked, counts.newest) == (2, 2, 1, 5)


async def test_a_request_that_fails_does_not_fail_its_neighbours(path: Path) -> None:
    async with journal(path) as book:
        unspeakable = draft(data="\ud800")  # half a surrogate pair has no UTF-8
        outcomes = await asyncio.gather(
            book.append(draft(1)), book.append(unspeakable), book.append(draft(2)), return_exceptions=True
        )
        assert isinstance(outcomes[1], UnicodeEncodeError)
        assert [entry.sequence for entry in await book.pending()] == [1, 2]


async def test_whoever_appends_faster_than_the_disk_waits(path: Path) -> None:
    free = threading.Event()

    def connect(at: Path) -> sqlite3.Connection:
        sql = sqlite3.connect(at, isolation_level=None, check_same_thread=False)
        sql.set_trace_callback(lambda statement: statement.startswith("INSERT INTO entry") and free.wait())
        return sql

    async with journal(path, connect=connect) as book:
        appending = [asyncio.create_task(book.append(draft(number))) for number in range(3 * writer.QUEUE)]
        await asyncio.sleep(0.05)  # long enough for every task to have asked
        standing = book.queued
        free.set()
        await asyncio.gather(*appending)
        assert standing == writer.QUEUE


async def test_it_tells_that_it_is_busy_until_the_promise_is_kept(path: Path) -> None:
    async with journal(path) as book:
        appending = asyncio.create_task(book.append(draft()))
        await asyncio.sleep(0)
        assert book.busy()
        await appending
        assert not book.busy()


async def test_a_cancelled_append_disturbs_nobody(path: Path) -> None:
    async with journal(path) as book:
        appending = asyncio.create_task(book.append(draft(1)))
        await asyncio.sleep(0)
        appending.cancel()
        await asyncio.wait([appending])
        await book.append(draft(2))
        sequences = [entry.sequence for entry in await book.read()]
        assert sequences == list(range(1, len(sequences) + 1))


async def test_a_closed_journal_says_so(path: Path) -> None:
    async with journal(path) as book:
        pass
    with pytest.raises(JournalError, match="closed"):
        await book.append(draft())


async def test_news_is_told_when_a_row_is_kept(path: Path) -> None:
    async with journal(path) as book:
        assert not book.news.is_set()
        await book.append(draft())
        assert book.news.is_set()


# --- bad days --------------------------------------------------------------------------------------------------------------


async def test_a_full_disk_is_told_and_loses_nothing_and_is_over_when_there_is_room(path: Path) -> None:
    opened: list[sqlite3.Connection] = []

    def connect(at: Path) -> sqlite3.Connection:
        opened.append(sqlite3.connect(at, isolation_level=None, check_same_thread=False))
        return opened[0]

    async with journal(path, connect=connect) as book:
        kept = [await book.append(draft(0))]
        opened[0].execute("PRAGMA max_page_count = 20").fetchone()
        full: JournalFullError | None = None
        while full is None and len(kept) < 200:
            try:
                kept.append(await book.append(draft(len(kept))))
            except JournalFullError as error:
                full = error
        assert "no space left" in str(full)
        with pytest.raises(JournalFullError):
            await book.append(draft(data="x" * 5000))
        opened[0].execute("PRAGMA max_page_count = 10000").fetchone()
        kept.append(await book.append(draft(999)))
    async with journal(path) as book:
        assert await book.read(limit=1000) == kept
        assert [entry.sequence for entry in kept] == list(range(1, len(kept) + 1))


async def test_marks_that_found_no_room_are_written_later(path: Path) -> None:
    refusing = True

    class Refusing:
        def __init__(self, at: Path) -> None:
            self._sql = sqlite3.connect(at, isolation_level=None, check_same_thread=False)

        def executemany(self, sql: str, rows: Any) -> Any:
            if refusing and sql.startswith("UPDATE"):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return self._sql.executemany(sql, rows)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._sql, name)

    async with journal(path, connect=Refusing) as book:
        await fill(book, 2)
        book.mark_sent([1])
        assert [entry.sequence for entry in await book.pending()] == [1, 2]
        refusing = False
        assert [entry.sequence for entry in await book.pending()] == [2]


async def test_a_second_daemon_on_the_same_file_is_refused(path: Path) -> None:
    async with journal(path) as book:
        await book.append(draft())
        began = asyncio.get_running_loop().time()
        with pytest.raises(JournalError, match="in use by another process"):
            async with journal(path):
                pass
        assert asyncio.get_running_loop().time() - began < 5.0
        await book.append(draft())


async def test_a_file_that_another_process_locks_is_told(path: Path) -> None:
    async with journal(path) as book:
        await book.append(draft())
    locking = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "held.execute('PRAGMA locking_mode=EXCLUSIVE'); held.execute('BEGIN IMMEDIATE'); print('locked', flush=True);"
        "sys.stdin.read()"
    )
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", locking, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    await child.stdout.readline()
    with pytest.raises(JournalError, match="in use by another process"):
        async with journal(path):
            pass
    child.kill()
    await child.wait()
    async with journal(path) as book:
        assert (await book.append(draft())).sequence == 2


@pytest.mark.parametrize("how", ["garbage", "torn"])
async def test_a_damaged_file_is_set_aside_with_its_bytes_and_a_new_epoch_begins(path: Path, how: str) -> None:
    async with journal(path) as book:
        await fill(book, 50)
        epoch = book.epoch
    content = damage(path, how)
    async with journal(path, seed=2) as book:
        assert book.epoch != epoch
        assert (await book.append(draft())).sequence == 1
        (notice,) = book.take_notices()
        assert str(set_aside_as(path)) in notice.text
    assert await asyncio.to_thread(set_aside_as(path).read_bytes) == content


async def test_a_damaged_file_that_cannot_be_set_aside_is_not_overwritten(path: Path) -> None:
    content = damage(path, "garbage")
    older = damage(set_aside_as(path), "garbage")
    with pytest.raises(JournalCorruptError, match="by hand"):
        async with journal(path):
            pass
    assert await asyncio.to_thread(path.read_bytes) == content
    assert await asyncio.to_thread(set_aside_as(path).read_bytes) == older


async def test_somebody_else_s_database_is_left_alone(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE precious (x)")
        other.commit()
    with pytest.raises(JournalError, match="no journal of ptdevice"):
        async with journal(path):
            pass
    with contextlib.closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_schema").fetchall() == [("precious",)]


async def test_a_journal_of_a_newer_version_is_left_alone(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as newer:
        newer.execute("CREATE TABLE entry (sequence)")
        newer.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        newer.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        newer.commit()
    with pytest.raises(JournalError, match="newer ptdevice"):
        async with journal(path):
            pass


async def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="absent"):
        async with journal(tmp_path / "absent" / "journal.db"):
            pass


async def test_only_its_owner_may_read_the_record(path: Path) -> None:
    async with journal(path) as book:
        await book.append(draft())
        assert {file.stat().st_mode & 0o777 for file in path.parent.iterdir()} == {0o600}


# --- retention -----------------------------------------------------------------------------------------------------------


async def test_old_rows_go_when_they_were_sent_and_only_then(path: Path) -> None:
    async with journal(path) as book:
        await book.append_many([draft(n, time_ns=NOON_NS + n * DAY_NS) for n in range(10)])
        book.mark_sent([1, 2, 4, 9])
        assert await book.purge(5, NOON_NS + 9 * DAY_NS) == 3
        assert [entry.sequence for entry in await book.read()] == [3, 5, 6, 7, 8, 9, 10]


async def test_numbers_are_never_used_twice_even_when_everything_is_old(path: Path) -> None:
    async with journal(path) as book:
        book.mark_sent(await fill(book, 3))
        await book.purge(1, NOON_NS + 100 * DAY_NS)
    async with journal(path) as book:
        assert (await book.append(draft())).sequence == 4


async def test_a_clock_that_jumps_a_day_or_a_year_ahead_deletes_nothing_young(path: Path) -> None:
    async with journal(path) as book:
        book.mark_sent(await fill(book, 3))
        assert await book.purge(30, NOON_NS + 365 * DAY_NS) == 0
        assert [entry.sequence for entry in await book.read()] == [1, 2, 3]


async def test_a_row_from_a_wrong_clock_goes_with_its_neighbours(path: Path) -> None:
    async with journal(path) as book:
        await book.append_many(
            [
                draft(1, time_ns=0, clock="unsynced"),  # a Pi without a clock battery, before the network was there
                draft(2, time_ns=NOON_NS + 3650 * DAY_NS),  # a clock that was ten years ahead for a moment
                draft(3, time_ns=NOON_NS),
                draft(4, time_ns=NOON_NS + 9 * DAY_NS),
                draft(5, time_ns=0, clock="unsynced"),
            ]
        )
        book.mark_sent([1, 2, 3, 4, 5])
        assert await book.purge(5, NOON_NS + 9 * DAY_NS) == 3
        assert [entry.sequence for entry in await book.read()] == [4, 5]


async def test_a_clock_that_jumps_back_a_day_keeps_the_order_and_the_numbers(path: Path) -> None:
    now = NOON_NS

    def wall() -> int:
        return now

    async with journal(path, wall=wall) as book:
        first = await book.append(draft(1, time_ns=now))
        now -= DAY_NS
        second = await book.append(draft(2, time_ns=now))
        assert await book.pending() == [first, second]
        assert first.id != second.id


def test_the_store_syncs_every_commit(path: Path) -> None:
    store = Store(path, lambda: "epoch")
    with contextlib.closing(store):
        pragma = {name: store.sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")}
    assert pragma == {"synchronous": 2, "journal_mode": "wal"}  # 2 is FULL
