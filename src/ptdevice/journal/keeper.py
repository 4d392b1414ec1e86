"""The file in the hands of the journal's thread: opened, kept below its ceiling, and replaced when it turns out to be damaged.

Nothing here is silent. A damaged file is renamed, never overwritten, whether the damage shows at the start or in the middle of
the work; what had to go for want of room is told by class and number. What a person should know waits in `notices`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ptdevice.errors import JournalCorruptError, JournalFullError
from ptdevice.journal.damage import set_aside
from ptdevice.journal.room import MIB

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ptdevice.journal.job import Job
    from ptdevice.journal.store import Store

NOTICES = 100  # that nobody has taken yet; beyond them the oldest is forgotten


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that a person should know of. `code` is stable."""

    code: str
    text: str


class Keeper:
    """Used by one thread, after its making. `open_store` opens the file at `path`; `wall` is now, in ns since 1970."""

    def __init__(self, open_store: Callable[[], Store], path: Path, wall: Callable[[], int]) -> None:
        self.notices: deque[Notice] = deque(maxlen=NOTICES)
        self.epoch = ""
        self.newest_at_start = 0
        self._open_store, self._path, self._wall = open_store, path, wall
        self._store: Store | None = None
        self._nothing_left = False  # that may go for want of room, as far as is known

    def open(self) -> None:
        """Open the file, or begin a new one where there is none or where it is damaged. Raises JournalError."""
        try:
            self._store = self._opened()
        except JournalCorruptError as error:
            self._replace(error)

    def close(self) -> None:
        """Give up the file."""
        if self._store is not None:
            self._store.close()

    def carry_out(self, jobs: list[Job[Any]]) -> Iterator[tuple[list[Job[Any]], list[Any] | Exception]]:
        """Do these in one transaction, or each in its own where one of them fails; gives back what became of them."""
        try:
            yield jobs, self._commit(jobs)
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the job, not to a thread
            if len(jobs) == 1:
                yield jobs, error
                return
            # One request must not fail its neighbours.
            for job in jobs:
                yield from self.carry_out([job])

    def _commit(self, jobs: list[Job[Any]]) -> list[Any]:
        try:
            results = self._once(jobs)
        except JournalFullError:
            if not self._made_room():
                raise
            results = self._once(jobs)
        except JournalCorruptError as error:
            self._replace(error)
            results = self._once(jobs)
        else:
            self._nothing_left = False
        return results

    def _once(self, jobs: list[Job[Any]]) -> list[Any]:
        if self._store is None:
            self._store = self._opened()  # it could not be replaced a while ago
        with self._store.transaction():
            return [job.work(self._store) for job in jobs]

    def _opened(self) -> Store:
        store = self._open_store()
        self.epoch, self.newest_at_start = store.epoch, store.newest_at_start
        return store

    def _replace(self, damage: JournalCorruptError) -> None:
        self.close()
        self._store = None
        kept = set_aside(self._path, self._wall())
        self.notices.append(
            Notice(
                "journal_set_aside",
                f"{damage} It was set aside as {kept} and a new journal begun. Keep that file: it has the record, and "
                "`ptdevice export --journal` reads what can be read of it.",
            )
        )
        self._store = self._opened()

    def _made_room(self) -> bool:
        """Whether something could go. Raises JournalFullError where the ceiling is reached and nothing may."""
        assert self._store is not None
        if not self._nothing_left:
            self._nothing_left = True  # a disk on which not even this goes is not asked again at every try
            with self._store.transaction():
                dropped = self._store.make_room()
            if dropped:
                what = "; ".join(map(str, dropped))
                self.notices.append(Notice("journal_dropped", f"There was no room for more records. Deleted: {what}."))
                self._nothing_left = False
                return True
        ceiling_mb = self._store.max_mb
        if ceiling_mb is not None and self._store.fill().used >= (ceiling_mb - 1) * MIB:
            raise JournalFullError(
                f"The journal {self._path} has grown to journal.max_mb, {ceiling_mb} MiB, and nothing is left in "
                "it that may be dropped. Raise it, or lower journal.retention_days; nothing recorded is lost."
            )
        return False
