"""Reading the journal backwards, for what was recorded of late: years of rows before that cost nothing."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.journal.store import Page
    from ptdevice.mqtt.topics import Entry


PAGES_AT_MOST = (
    100  # 200 000 rows: six weeks of a busy clinic, and a bound where a clock that is not set asks for everything
)


class Pages(Protocol):
    """The journal, as far as it is seen from here."""

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        """Some rows of these types."""
        ...


async def look_back(journal: Pages, types: Sequence[str], since_ns: int, *, undated: bool = False) -> list[Entry]:
    """Rows of these types since a wall time, in order, whatever became of them. Raises JournalError.

    `undated`: also those whose clock could not be trusted, whatever it said.
    It stops at a page whose synchronised times are all older, or after PAGES_AT_MOST; whoever appends meanwhile waits for one
    page at most.
    """
    pages: list[list[Entry]] = []
    below: int | None = None
    while below != 0 and len(pages) < PAGES_AT_MOST:
        page = await journal.page(types, below)
        below = page.below
        pages.append([row for row in page.rows if _wanted(row, since_ns, undated=undated)])
        if page.newest_ns is not None and page.newest_ns < since_ns:
            break
    return [row for rows in reversed(pages) for row in rows]


def _wanted(row: Entry, since_ns: int, *, undated: bool) -> bool:
    return row.draft.time_ns >= since_ns or (undated and row.draft.clock != "synced")


def wall_ns(text: str) -> int:
    """Nanoseconds since 1970 of a time as a record has it. Raises ValueError."""
    return round(datetime.fromisoformat(text).timestamp() * 1e9)
