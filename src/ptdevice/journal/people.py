"""Whose rows there are, and who was said to wear which unit. A view of a `Journal`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ptdevice.journal import forgetting
from ptdevice.journal.worn import assignments

if TYPE_CHECKING:
    from ptdevice.journal.forgetting import Words
    from ptdevice.journal.store import Store
    from ptdevice.journal.writer import Journal
    from ptdevice.mqtt.topics import Entry


class People:
    """Every method raises JournalError."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    async def assignments(self) -> list[Entry]:
        """The newest rows that tell who wears which unit, in order."""
        return await self._journal.do(assignments)

    async def count(self, subject: str) -> int:
        """How many rows this person has."""
        return await self._journal.do(lambda store: forgetting.count(store, subject))

    async def forget(self, subject: str, words: Words) -> int:
        """Delete them for good. Returns how many."""
        self._journal.promised(await self._journal.do(lambda store: forgetting.prepare(store, subject, words)))
        rows, after, last = 0, 0, self._journal.newest
        while after < last:
            some, told = await self._journal.do(partial(_forget_some, subject=subject, after=after, words=words))
            self._journal.promised(told)
            rows, after = rows + some, after + forgetting.STEP
        return rows


def _forget_some(store: Store, *, subject: str, after: int, words: Words) -> tuple[int, list[Entry]]:
    return forgetting.forget_some(store, subject, after, words)
