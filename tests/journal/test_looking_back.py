"""Reading the journal backwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.journal.scaffold import DAY_NS, NOON_NS, draft, journal

from ptdevice.journal.looking_back import PAGES_AT_MOST, look_back
from ptdevice.journal.store import PAGE_ROWS, Page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


ALARM, PAIN = "dev.ptdevice.alarm.v1", "dev.ptdevice.pain.v1"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


async def test_rows_of_the_types_come_in_order_whatever_became_of_them(path: Path) -> None:
    async with journal(path) as book:
        await book.append_many([draft(1), replace(draft(2), type=PAIN), draft(3), replace(draft(4), type="other")])
        book.mark_sent([1])
        await book.park(3, "too large")
        found = await look_back(book, [ALARM, PAIN], 0)
    assert [row.draft.mono_us for row in found] == [1, 2, 3]


async def test_rows_of_many_pages_come_in_order(path: Path) -> None:
    count = 2 * PAGE_ROWS + 10
    async with journal(path) as book:
        await book.append_many([draft(number, time_ns=NOON_NS + number) for number in range(count)])
        found = await look_back(book, [ALARM], NOON_NS + 5)
    assert [row.draft.mono_us for row in found] == list(range(5, count))


async def test_an_empty_journal_has_nothing_to_tell(path: Path) -> None:
    async with journal(path) as book:
        assert await look_back(book, [ALARM], 0) == []


class Counted:
    """A journal whose pages are counted."""

    def __init__(self, book: object) -> None:
        self.book, self.pages = book, 0

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        self.pages += 1
        return await self.book.page(types, below)  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize(("clock", "pages"), [("synced", 2), ("unsynced", 4)])
async def test_it_stops_where_a_set_clock_says_that_all_is_older(path: Path, clock: str, pages: int) -> None:
    """Rows of an unset clock say nothing about their time, so they stop nothing."""
    async with journal(path) as book:
        old = [draft(n, time_ns=NOON_NS - 50 * DAY_NS, clock=clock) for n in range(3 * PAGE_ROWS)]
        await book.append_many([*old, draft(1)])
        counted = Counted(book)
        found = await look_back(counted, [ALARM], NOON_NS - DAY_NS)
    assert [row.draft.time_ns for row in found] == [NOON_NS]
    assert counted.pages == pages


async def test_rows_of_an_unset_clock_are_given_to_whoever_wants_them_whatever_it_said(path: Path) -> None:
    async with journal(path) as book:
        old = NOON_NS - 50 * DAY_NS
        await book.append_many([draft(1, time_ns=old, clock="unsynced"), draft(2, time_ns=old), draft(3)])
        found = await look_back(book, [ALARM], NOON_NS - DAY_NS, undated=True)
    assert [row.draft.mono_us for row in found] == [1, 3]


class Endless:
    """A journal that has always more."""

    def __init__(self) -> None:
        self.pages = 0

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        self.pages += 1
        return Page([], (below or 10**9) - 1, None)


async def test_it_looks_back_only_so_far_though_no_clock_says_that_it_is_enough() -> None:
    endless = Endless()
    assert await look_back(endless, [ALARM], 0) == []
    assert endless.pages == PAGES_AT_MOST
