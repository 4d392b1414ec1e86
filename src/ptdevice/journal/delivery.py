"""What became of rows on their way to the consumer, and rows to be sent once more. A view of a `Journal`.

A row is PENDING until the broker has it. Then it is SENT, which is final; or, where a consumer's word counts, TOLD until that
consumer has acknowledged it. TOLD rows are not deleted by age, and are not sent again by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.journal.store import SELECT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.journal.store import Store
    from ptdevice.journal.writer import Journal
    from ptdevice.mqtt.topics import Entry

    Span = tuple[int, int]

PARKED_TOLD = 20  # parked rows that are told with their reasons; each is somebody's work to look at
HOLES = 64  # spans of rows that are not there, found at once


@dataclass(frozen=True, slots=True)
class Extent:
    """From which row on the journal still has them (0: it has none), and what was parked, with the reasons; how many in all."""

    oldest: int
    parked: tuple[tuple[int, str], ...]
    parked_rows: int


class Delivery:
    """Every method raises JournalError."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def epoch(self) -> str:
        """The journal's."""
        return self._journal.epoch

    @property
    def newest(self) -> int:
        """The last row that was promised; 0 in a new journal."""
        return self._journal.newest

    async def acknowledge(self, through: int) -> int:
        """The consumer has everything up to here. Returns how many rows that was news for."""
        epoch = self._journal.epoch  # of which the word is; a damaged file may be replaced before it is written down
        return await self._journal.do(lambda store: _acknowledge(store, through) if store.epoch == epoch else 0)

    async def extent(self) -> Extent:
        """What is there."""
        return await self._journal.do(_extent)

    async def again(self, first: int, last: int, limit: int) -> list[Entry]:
        """Rows that the broker had once, in order: those to send again when asked."""
        return await self._journal.do(lambda store: _again(store, first, last, limit))

    async def unpark(self, first: int, last: int) -> int:
        """Make parked rows pending: somebody wants another try. Returns how many."""
        return await self._journal.do(lambda store: _unpark(store, first, last))

    async def holes(self, spans: Sequence[Span]) -> list[Span]:
        """Of these spans, what will not come: deleted, or parked. At most HOLES, the first ones."""
        return await self._journal.do(lambda store: _holes(store, spans))


# `state <> 1` repeats the partial index's own condition, without which SQLite does not use it.


def _acknowledge(store: Store, through: int) -> int:
    # Pending rows too: the broker had them, and a kill came before the mark.
    sql = "UPDATE entry SET state = 1 WHERE state IN (0, 3) AND state <> 1 AND sequence <= ?"
    store.sql.execute(sql, (through,))
    return _changed(store)


def _extent(store: Store) -> Extent:
    (oldest,) = store.sql.execute("SELECT coalesce(min(sequence), 0) FROM entry").fetchone()
    (parked,) = store.sql.execute("SELECT count(*) FROM entry WHERE state = 2 AND state <> 1").fetchone()
    return Extent(int(oldest), tuple(store.parked(PARKED_TOLD)), int(parked))


def _again(store: Store, first: int, last: int, limit: int) -> list[Entry]:
    where = " WHERE sequence BETWEEN ? AND ? AND state IN (1, 3) ORDER BY sequence LIMIT ?"
    return [store.entry(row) for row in store.sql.execute(SELECT + where, (first, last, limit))]


def _unpark(store: Store, first: int, last: int) -> int:
    sql = "UPDATE entry SET state = 0, reason = NULL WHERE state = 2 AND state <> 1 AND sequence BETWEEN ? AND ?"
    store.sql.execute(sql, (first, last))
    return _changed(store)


def _changed(store: Store) -> int:
    (rows,) = store.sql.execute("SELECT changes()").fetchone()
    return int(rows)


def _holes(store: Store, spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for first, last in spans:
        # Each row that is there tells which one is there next; what lies between is not.
        query = """SELECT at, next FROM (
                       SELECT at, lead(at, 1, ?) OVER (ORDER BY at) AS next FROM (
                           SELECT ? AS at UNION ALL
                           SELECT sequence FROM entry WHERE sequence BETWEEN ? AND ? AND state <> 2))
                   WHERE next > at + 1 ORDER BY at LIMIT ?"""
        rows = store.sql.execute(query, (last + 1, first - 1, first, last, HOLES - len(found)))
        found += [(at + 1, following - 1) for at, following in rows]
        if len(found) >= HOLES:
            break
    return found
