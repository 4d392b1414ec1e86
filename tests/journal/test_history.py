"""The end of the journal is read backwards, and only the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.journal.scaffold import DAY_NS, NOON_NS, draft, journal

from ptdevice.journal.history import since

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.journal import Journal
    from ptdevice.journal.store import Counts
    from ptdevice.mqtt.topics import Draft, Entry

ALARM = ("dev.ptdevice.alarm.v1",)


class Watched:
    """A journal whose pages are counted."""

    def __init__(self, rows: Journal) -> None:
        self._rows, self.pages = rows, 0

    async def counts(self) -> Counts:
        return await self._rows.counts()

    async def read(self, after: int = 0, limit: int = 100) -> list[Entry]:
        self.pages += 1
        return await self._rows.read(after, limit)


async def numbers(path: Path, drafts: list[Draft], *, since_ns: int = NOON_NS, page: int = 3) -> tuple[list[int], int]:
    """Sequence numbers of what was found, and how many pages were read."""
    async with journal(path / "j.sqlite") as rows:
        if drafts:
            await rows.append_many(drafts)
        watched = Watched(rows)
        found = await since(watched, since_ns, ALARM, page=page)
    return [row.sequence for row in found], watched.pages


def aged(days: float, clock: str = "synced") -> Draft:
    return draft(time_ns=NOON_NS - round(days * DAY_NS), clock=clock)


async def test_rows_since_then_come_in_order(tmp_path: Path) -> None:
    drafts = [aged(9), aged(8), *[aged(0)] * 7]
    assert (await numbers(tmp_path, drafts))[0] == [3, 4, 5, 6, 7, 8, 9]


async def test_an_empty_journal_has_nothing(tmp_path: Path) -> None:
    assert await numbers(tmp_path, []) == ([], 0)


async def test_years_before_are_not_read(tmp_path: Path) -> None:
    found, pages = await numbers(tmp_path, [*[aged(300)] * 300, *[aged(0)] * 2])
    assert found == [301, 302]
    assert pages == 2


async def test_only_rows_of_these_types_are_given(tmp_path: Path) -> None:
    other = draft()
    assert (await numbers(tmp_path, [aged(0), other]))[0] == [1, 2]
    async with journal(tmp_path / "j.sqlite") as rows:
        assert await since(rows, NOON_NS, ("dev.ptdevice.gap.v1",)) == []


async def test_a_page_of_wrong_clocks_ends_nothing(tmp_path: Path) -> None:
    drafts = [aged(9), aged(0), *[aged(20_000, "unsynced")] * 5, aged(0)]
    assert (await numbers(tmp_path, drafts))[0] == [2, 3, 4, 5, 6, 7, 8]


async def test_what_retention_deleted_is_the_end(tmp_path: Path) -> None:
    async with journal(tmp_path / "j.sqlite") as rows:
        entries = await rows.append_many([*[aged(9)] * 20, *[aged(0)] * 2])
        rows.mark_sent([entry.sequence for entry in entries])
        await rows.purge(1, NOON_NS)
        watched = Watched(rows)
        found = await since(watched, NOON_NS - 30 * DAY_NS, ALARM, page=3)
    assert [row.sequence for row in found] == [21, 22]
    assert watched.pages <= 3
