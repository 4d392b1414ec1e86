"""The rows that tell who wears which unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.journal.store import SELECT

if TYPE_CHECKING:
    from ptdevice.journal.store import Store
    from ptdevice.mqtt.topics import Entry

ASSIGNMENT = "dev.ptdevice.assignment.v1"
ASSIGNMENTS = 10_000  # read at the start: a busy clinic's year


def assignments(store: Store) -> list[Entry]:
    """The newest of them, in order."""
    where = f" WHERE type = '{ASSIGNMENT}' ORDER BY sequence DESC LIMIT ?"  # as the index has it, word by word
    return [store.entry(row) for row in store.sql.execute(SELECT + where, (ASSIGNMENTS,))][::-1]
