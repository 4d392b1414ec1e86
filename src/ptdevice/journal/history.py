"""The end of the journal, read backwards: what was recorded of late. Years of rows before that cost nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ptdevice.journal.store import Counts
    from ptdevice.mqtt.topics import Entry

PAGE = 500  # rows at once: whoever appends meanwhile waits for one page at most


class Rows(Protocol):
    """The journal, as far as it is seen from here."""

    async def counts(self) -> Counts:
        """Rows by fate, and the newest number."""
        ...

    async def read(self, after: int = 0, limit: int = 100) -> Sequence[Entry]:
        """Rows above `after`, in order."""
        ...


async def since(rows: Rows, since_ns: int, types: Collection[str], *, page: int = PAGE) -> list[Entry]:
    """Rows of these types since a wall time, in order, whatever became of them. Raises JournalError.

    It stops at a page whose synchronised times are all older, or that was deleted by retention. Rows whose clock could not be
    trusted are taken as they stand between those that could.
    """
    found: list[list[Entry]] = []
    top = (await rows.counts()).newest
    while top > 0:
        below = max(top - page, 0)
        part = [row for row in await rows.read(below, page) if row.sequence <= top]
        dated = [row.draft.time_ns for row in part if row.draft.clock == "synced"]
        if not part or (dated and max(dated) < since_ns):
            break
        found.append([row for row in part if row.draft.clock != "synced" or row.draft.time_ns >= since_ns])
        top = below
    return [row for part in reversed(found) for row in part if row.draft.type in types]
