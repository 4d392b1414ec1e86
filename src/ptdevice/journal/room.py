"""The ceiling of the journal, and what goes first when it is reached. SQL, inside the caller's transaction.

Only what says little goes, and what the broker has goes before what it has not: first of what was delivered, then of what was
not, each class in the order of EXPENDABLE, the oldest rows first. What a person did, felt or was given (doses, sessions,
segments, sets, repetitions, ratings, assessments) never goes for want of room, and neither do alarms: retention alone deletes
those. A gap in a stimulation is part of its dose and stays, too.

SQLite itself keeps the ceiling (`max_page_count`): an insert beyond it fails like one on a full disk, and pages that become
free are used again, so the file never grows beyond it. The WAL beside it takes about 1 MiB more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.mqtt.topics import kind_of, type_of

if TYPE_CHECKING:
    from ptdevice.journal.store import Sql
    from ptdevice.mqtt.topics import Draft

MIB = 1024 * 1024
ENOUGH = MIB  # bytes to make free at once: about 1500 records, hours of a busy clinic
ROWS = 5000  # deleted in one transaction, so that an append never waits long

# What may go, the least worth first, as the middle of `type`.
EXPENDABLE = ("gateway.watch", "exercise.suggested_set", "exercise.rejected", "gap")

_STIMULATION = '"stream":"stimulation'  # in the data of a gap
_MAY_GO = (
    f"type IN ({', '.join(repr(type_of(kind)) for kind in EXPENDABLE)})"  # noqa: S608 - words of ours
    f" AND NOT (type = '{type_of('gap')}' AND data LIKE '%{_STIMULATION}%')"
    " AND sequence < (SELECT max(sequence) FROM entry)"  # the newest row gives the next its number
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows of one class that had to go, delivered or not, from the sequence number `first` to `last`."""

    kind: str
    delivered: bool
    rows: int
    first: int
    last: int

    def __str__(self) -> str:
        delivered = "delivered" if self.delivered else "that the broker never had"
        return f"{self.rows} of {self.kind} {delivered}, sequence {self.first} to {self.last}"


@dataclass(frozen=True, slots=True)
class Fill:
    """Bytes that rows take, and the most they may take; None where there is no ceiling."""

    used: int
    limit: int | None


def may_go(draft: Draft) -> bool:
    """Whether this may go for want of room."""
    kind = kind_of(draft.type)
    return kind in EXPENDABLE and not (kind == "gap" and _STIMULATION in draft.data)


def set_ceiling(sql: Sql, max_bytes: int) -> None:
    """Let the file grow to so many bytes. One that is larger already keeps its size and grows no more."""
    sql.execute(f"PRAGMA max_page_count = {max(max_bytes // _pragma(sql, 'page_size'), 1)}").fetchone()


def fill(sql: Sql) -> Fill:
    """How full it is. Rows that were deleted count no more, though the file keeps its size."""
    page, limit = _pragma(sql, "page_size"), _pragma(sql, "max_page_count")
    used = (_pragma(sql, "page_count") - _pragma(sql, "freelist_count")) * page
    return Fill(used, limit * page if limit < 2**31 else None)  # SQLite's own limit is 2^32 - 2 pages


def make_room(sql: Sql) -> list[Dropped]:
    """Delete up to ROWS rows, or until ENOUGH bytes are free; nothing where nothing may go. Returns what went."""
    classes = {
        (str(type_), bool(delivered)): rows
        for type_, delivered, rows in sql.execute(
            f"SELECT type, state = 1, count(*) FROM entry WHERE {_MAY_GO} GROUP BY 1, 2"  # noqa: S608 - see above
        )
    }
    order = [(delivered, EXPENDABLE.index(kind_of(type_)), type_) for type_, delivered in classes]
    dropped: list[Dropped] = []
    left = ROWS
    for delivered, _, type_ in sorted(order, key=lambda each: (not each[0], each[1])):
        if left <= 0 or _pragma(sql, "freelist_count") * _pragma(sql, "page_size") >= ENOUGH:
            break
        dropped.append(_drop(sql, type_, delivered=delivered, limit=left))
        left -= dropped[-1].rows
    return dropped


def _drop(sql: Sql, type_: str, *, delivered: bool, limit: int) -> Dropped:
    query = f"SELECT sequence FROM entry WHERE {_MAY_GO} AND type = ? AND (state = 1) = ? ORDER BY sequence LIMIT ?"  # noqa: S608
    sequences = [sequence for (sequence,) in sql.execute(query, (type_, int(delivered), limit))]
    sql.executemany("DELETE FROM entry WHERE sequence = ?", [(sequence,) for sequence in sequences])
    return Dropped(kind_of(type_), delivered, len(sequences), sequences[0], sequences[-1])


def _pragma(sql: Sql, name: str) -> int:
    return int(sql.execute(f"PRAGMA {name}").fetchone()[0])
