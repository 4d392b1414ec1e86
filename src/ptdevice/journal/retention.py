"""Which records are deleted for their age, class by class. SQL, inside the caller's transaction.

A row counts as old when a row after it is, by a synchronised clock, not yet old; so a wrong clock neither deletes anything by
itself nor keeps anything for ever. What the broker, or the consumer whose word counts, has not acknowledged is not deleted.
What tells who wears a unit now is never old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ptdevice.journal.worn import ASSIGNMENT
from ptdevice.mqtt.kinds import KINDS
from ptdevice.mqtt.topics import type_of

if TYPE_CHECKING:
    from ptdevice.journal.store import Store

ROWS = 500  # per transaction, so that an append never waits long behind a purge
AUDIT = "audit"  # and whatever is in no other class
BULK = frozenset({"exercise.rejected", "exercise.suggested_set"})
ASSESSMENT = frozenset({"pain", "assessment", "modality"})
EXERCISE = frozenset({"gap", "remote.press"})  # and all that begins with exercise or lumbar
FORGOTTEN = type_of("forgotten")


def class_of(kind: str) -> str:
    """The class of a kind of record."""
    if kind in BULK:
        return "bulk"
    if kind in ASSESSMENT:
        return "assessment"
    if kind in EXERCISE or kind.startswith(("exercise.", "lumbar.")):
        return "exercise"
    return "stimulation" if kind.startswith("stimulation.") else AUDIT


CLASSES = ("bulk", "exercise", "stimulation", "assessment", AUDIT)
_TYPES = {name: tuple(type_of(kind) for kind in KINDS.values() if class_of(kind) == name) for name in CLASSES}
_ELSEWHERE = tuple(each for name in CLASSES if name != AUDIT for each in _TYPES[name])


def limits(days: float | Mapping[str, float], now_ns: int) -> dict[str, int]:
    """Before which wall time each class is old, where it is kept for so many days."""
    each = days if isinstance(days, Mapping) else dict.fromkeys(CLASSES, days)
    return {name: now_ns - round(each[name] * 86_400e9) for name in CLASSES}


def purge(store: Store, name: str, before_ns: int, now_ns: int, limit: int = ROWS) -> int:
    """Delete up to `limit` rows of this class older than `before_ns`. Returns how many.

    What was looked at once is not looked at again: bulk is young, and a journal of years would be read through every hour.
    """
    done = store.purged.get(name, 0)
    # The rows in place of those that were forgotten have a new time and an old number.
    query = f"""SELECT min(sequence) FROM entry WHERE sequence > ? AND clock = 'synced' AND type <> '{FORGOTTEN}'
                AND time_ns BETWEEN ? AND ?"""  # noqa: S608 - a word of ours
    (keep,) = store.sql.execute(query, (done, before_ns, now_ns)).fetchone()
    if keep is None:
        return 0
    types, whether = (_ELSEWHERE, "NOT IN") if name == AUDIT else (_TYPES[name], "IN")
    marks = ", ".join("?" for _ in types)
    query = f"""SELECT sequence FROM entry WHERE sequence > ? AND sequence < ? AND state = 1 AND type {whether} ({marks})
                AND sequence NOT IN (SELECT max(sequence) FROM entry WHERE type = '{ASSIGNMENT}' GROUP BY unit)
                ORDER BY sequence LIMIT ?"""  # noqa: S608 - words of ours
    old = [int(row) for (row,) in store.sql.execute(query, (done, keep, *types, limit))]
    store.sql.executemany("DELETE FROM entry WHERE sequence = ?", [(sequence,) for sequence in old])
    if len(old) < limit:
        (unsent,) = store.sql.execute("SELECT min(sequence) FROM entry WHERE state <> 1").fetchone()
        store.purged[name] = min(keep, keep if unsent is None else unsent) - 1
    return len(old)
