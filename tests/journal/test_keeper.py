"""Damage that shows while the journal is at work, and disks that really have no room."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import NOON_NS, draft, journal

from ptdevice.errors import JournalCorruptError, JournalError
from ptdevice.journal.delivery import Delivery
from ptdevice.mqtt.topics import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.journal import Journal
    from ptdevice.mqtt.topics import Entry


class Rotten(sqlite3.Connection):
    """A file whose damage shows when it is next written."""

    rotten = False

    def executemany(self, sql: str, rows: object, /) -> sqlite3.Cursor:
        if self.rotten and sql.startswith("INSERT INTO entry"):
            error = sqlite3.DatabaseError("database disk image is malformed")
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        return super().executemany(sql, rows)  # type: ignore[arg-type]


def rotting(path: Path) -> tuple[Journal, list[Rotten]]:
    opened: list[Rotten] = []

    def connect(at: Path) -> sqlite3.Connection:
        opened.append(sqlite3.connect(at, isolation_level=None, check_same_thread=False, factory=Rotten))
        return opened[-1]

    return journal(path, connect=connect), opened


def spoil(path: Path) -> None:
    """Overwrite every page of rows, as a card does that forgets; the first page, which says what it is, stays."""
    content = bytearray(path.read_bytes())
    content[8192:] = b"\xa5" * (len(content) - 8192)
    path.write_bytes(content)


def set_aside_as(path: Path) -> Path:
    return path.with_name("journal.db.corrupt-" + rfc3339(NOON_NS).replace(":", "").replace("-", ""))


async def test_damage_that_shows_while_it_runs_is_set_aside_and_no_record_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    book, opened = rotting(path)
    async with book:
        kept = [await book.append(draft(number)) for number in range(3)]
        epoch, opened[0].rotten = book.epoch, True
        after = await book.append(draft(3))
        assert (after.sequence, after.epoch) == (1, book.epoch)
        assert book.epoch != epoch
        (notice,) = book.take_notices()
        assert notice.code == "journal_set_aside"
        assert [row.id for row in await book.read()] == [after.id]
    aside = set_aside_as(path)
    assert str(aside) in notice.text
    with contextlib.closing(sqlite3.connect(aside)) as sql:
        assert [row for (row,) in sql.execute("SELECT id FROM entry")] == [row.id for row in kept]


async def test_a_card_that_forgets_pages_under_a_running_journal_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    async with journal(path) as book:
        await book.append_many([draft(number, data="x" * 600) for number in range(3000)])
        epoch = book.epoch
    async with journal(path) as book:
        assert book.epoch == epoch
        await book.append(draft())
        spoil(path)
        rows = await book.read(limit=5000)  # the pages are read again, for the cache does not hold them
        assert rows == []
        assert book.epoch != epoch
        assert [notice.code for notice in book.take_notices()] == ["journal_set_aside"]


async def test_marks_for_the_old_file_do_not_count_for_the_new_one(tmp_path: Path) -> None:
    book, opened = rotting(tmp_path / "journal.db")
    async with book:
        old = await book.append(draft(1))
        opened[0].rotten = True
        book.mark_sent([old.sequence], old.epoch)  # written with the next commit, which finds the damage
        new = await book.append(draft(2))
        book.mark_sent([old.sequence], old.epoch)
        await book.park(old.sequence, "refused", old.epoch)
        assert new.sequence == old.sequence
        assert await book.pending() == [new]


async def test_marks_that_are_on_their_way_when_the_file_is_replaced_do_not_count_either(tmp_path: Path) -> None:
    book, opened = rotting(tmp_path / "journal.db")
    async with book:
        old = await book.append(draft(1))
        opened[0].rotten = True
        appending = asyncio.create_task(book.append(draft(2)))
        await asyncio.sleep(0)  # it is asked for; that the file is another one nobody knows yet
        book.mark_sent([old.sequence], old.epoch)
        await book.counts()
        assert await book.pending() == [await appending]


async def test_a_consumer_s_word_about_the_old_file_does_not_count_for_the_new_one(tmp_path: Path) -> None:
    book, opened = rotting(tmp_path / "journal.db")
    async with book:
        await book.append(draft(1))
        opened[0].rotten = True
        appending = asyncio.create_task(book.append(draft(2)))
        await asyncio.sleep(0)
        await Delivery(book).acknowledge(100)
        assert await book.pending() == [await appending]


async def test_a_damaged_file_that_cannot_be_set_aside_is_told_until_it_can(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    book, opened = rotting(path)
    async with book:
        await book.append(draft(1))
        opened[0].rotten = True
        in_the_way = set_aside_as(path)
        in_the_way.write_bytes(b"older evidence")
        with pytest.raises(JournalCorruptError, match="by hand"):
            await book.append(draft(2))
        assert in_the_way.read_bytes() == b"older evidence"
        in_the_way.unlink()
        entry = await book.append(draft(2))
        assert entry in await book.read()


# --- no room, really ---------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def files_of_at_most(octets: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow beyond it: EFBIG, in the middle of whatever is being written."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_when_the_kernel_gives_no_more_room_nothing_that_was_promised_is_lost(tmp_path: Path) -> None:
    kept: list[Entry] = []
    async with journal(tmp_path / "journal.db") as book:
        refused = 0
        with files_of_at_most(200 * 1024):
            while refused < 5:
                try:
                    kept += await book.append_many([draft(len(kept) + n, data="x" * 600) for n in range(7)])
                except JournalError:
                    refused += 1
        assert len(kept) > 50
        kept.append(await book.append(draft(999)))  # and it goes on as soon as there is room
        assert await book.read(limit=10_000) == kept
    async with journal(tmp_path / "journal.db") as book:
        assert book.take_notices() == []
        assert await book.read(limit=10_000) == kept
        assert [row.sequence for row in kept] == list(range(1, len(kept) + 1))
