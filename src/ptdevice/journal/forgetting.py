"""Deleting one person's rows for good. Synchronous, inside transactions that the caller opens.

A row that is deleted leaves a row in its place that says so and nothing else, so that the sequence has no hole that nobody can
explain, and a new row tells at the end which ones they were, so that whoever has copies can delete them. Both come with the
deletion in one transaction: a crash leaves some rows deleted and told, and the rest to be asked for again.

Deleted bytes are overwritten (secure_delete), and the WAL, which still has them, is emptied after the transaction.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.journal import audit
from ptdevice.journal.damage import translated
from ptdevice.journal.worn import assignments

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ptdevice.journal.store import Store
    from ptdevice.mqtt.topics import Draft, Entry

    Ranges = tuple[tuple[int, int], ...]

STEP = (
    2000  # rows looked at in one transaction, so that an append never waits long, and a message about them stays small
)


@dataclass(frozen=True, slots=True)
class Words:
    """How it is written down: that rows were deleted, that nobody wears a unit any more, and what signs off decisions.

    `new_id` makes ids of rows.
    """

    forgotten: Callable[[int, Ranges], Draft]
    unworn: Callable[[str], Draft]
    audited: Callable[[], Draft]
    new_id: Callable[[], str]


def count(store: Store, subject: str) -> int:
    """How many rows this person has."""
    (rows,) = store.sql.execute("SELECT count(*) FROM entry WHERE subject = ?", (subject,)).fetchone()
    return int(rows)


def units_of(store: Store, subject: str) -> list[str]:
    """The units of which this person has rows."""
    query = "SELECT DISTINCT unit FROM entry WHERE subject = ? AND unit IS NOT NULL ORDER BY unit"
    return [str(unit) for (unit,) in store.sql.execute(query, (subject,))]


def prepare(store: Store, subject: str, words: Words) -> list[Entry]:
    """Before rows are deleted: the trail of decisions is erased and signed off, and no unit falls back to an older word."""
    newest = store.newest()
    if audit.forget(store, subject, words.audited(), words.new_id()):
        store.stained = True
    latest = {entry.draft.unit: entry.draft.subject for entry in assignments(store)}
    units = sorted(unit for unit, whose in latest.items() if whose == subject and unit is not None)
    store.append([words.unworn(unit) for unit in units], words.new_id)
    return store.read(newest, len(units) + 1)


def forget_some(store: Store, subject: str, after: int, words: Words) -> tuple[int, list[Entry]]:
    """Look at STEP rows above `after`. Gives back how many were deleted, and the row that tells of them."""
    query = "SELECT sequence FROM entry WHERE sequence > ? AND sequence <= ? AND subject = ? ORDER BY sequence"
    numbers = [int(number) for (number,) in store.sql.execute(query, (after, after + STEP, subject))]
    if not numbers:
        return 0, []
    # A parked row was parked for what it said: what takes its place can be sent.
    update = """UPDATE entry SET id = ?, type = ?, unit = NULL, subject = NULL, time_ns = ?, mono_us = ?, boot_id = ?,
                clock = ?, data = ?, reason = NULL, state = CASE state WHEN 2 THEN 0 ELSE state END WHERE sequence = ?"""
    for number in numbers:
        d = words.forgotten(1, ((number, number),))
        store.sql.execute(update, (words.new_id(), d.type, d.time_ns, d.mono_us, d.boot_id, d.clock, d.data, number))
    store.stained = True
    return len(numbers), store.append([words.forgotten(len(numbers), ranges_of(numbers))], words.new_id)


def rewrite(store: Store, path: Path) -> None:
    """Outside of a transaction: write the file anew, so that nothing of what was ever deleted is left in it. Takes a while.

    Raises JournalError; the rows are deleted all the same.
    """
    try:
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            store.sql.execute(statement)
    except sqlite3.Error as error:
        raise translated(error, path, "written anew, though the records are deleted") from error


def ranges_of(numbers: Sequence[int]) -> Ranges:
    """Ascending numbers as the first and the last of each run."""
    ranges: list[tuple[int, int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = ranges[-1][0], number
        else:
            ranges.append((number, number))
    return tuple(ranges)
