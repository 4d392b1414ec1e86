"""From records to rows: written down at once, kept in order by one task, held in memory while the disk is in trouble.

`keep` never waits and never fails, so whatever happens to the disk, the units go on being heard. A full disk, a locked or a
stalled one are tried again until they mend; meanwhile the gateway says that it is degraded. What waits is bounded (WAITING
records, about a day of therapy); beyond it what says least goes (`journal.room`), and when nothing of that is left the newest
is refused, counted and logged, for what came first is the better record.
Decisions about stimulation have RESERVE places more, of their own: a stop must not go unrecorded because movements wait. And
nothing new may be started while they cannot be written (`down`): no log, no go.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import JournalError
from ptdevice.journal import audit
from ptdevice.journal.room import may_go
from ptdevice.model import Audit, Decision
from ptdevice.mqtt import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ptdevice.model import Record
    from ptdevice.wearers import Wearers

log = logging.getLogger(__name__)

WAITING = 20_000  # records; with 600 bytes each, 12 MB
RESERVE = 2_000  # audit rows
BATCH = 100  # records in one commit
RETRY_S = 2.0
OVERDUE_S = 5.0  # what waits longer than this has been told of nobody: nothing is started on it
STALLED_S = 30.0  # a worn SD card may take seconds for a commit; one that takes this long does not answer


class Rows(Protocol):
    """The journal, as far as it is seen from here."""

    async def append_many(self, drafts: Sequence[topics.Draft], *, deadline_s: float | None) -> Sequence[topics.Entry]:
        """Keep several records, all or none."""
        ...


class Recorder:
    """One gateway's recorder. `wearers` tells under whom a record is filed; `stamp` is now on both clocks."""

    def __init__(self, rows: Rows, wearers: Wearers, stamp: Callable[[], topics.Stamp]) -> None:
        self.trouble: str | None = None  # why records cannot be written at the moment
        self.kept = 0
        self.refused = 0
        self.malformed = 0
        self.audit_head: str | None = None  # of the audit on disk: number and link
        self._unaudited = 0  # decisions that were refused, and not yet told of
        self._waits_since: float | None = None
        self._rows, self._wearers, self._stamp = rows, wearers, stamp
        self._drafts: deque[topics.Draft] = deque()
        self._under_way = 0  # of them, the first ones: the disk has been asked to keep these
        self._may_go = 0  # of them, by the rules of the journal's room
        self._wake = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def keep(self, unit: str | None, records: Iterable[Record]) -> None:
        """Write these down and hand them to the disk, in order. `unit` None: the gateway itself."""
        for record in records:
            self._write_down(unit, self._wearers.of(unit, record) if unit is not None else None, record)

    def file(self, subject: str, unit: str | None, records: Iterable[Record]) -> None:
        """The same for what is about a person, whatever is worn: a day that is summed up, say."""
        for record in records:
            self._write_down(unit, subject, record)

    def _write_down(self, unit: str | None, subject: str | None, record: Record) -> None:
        full = len(self._drafts) >= WAITING + (RESERVE if isinstance(record, Audit) else 0)
        if full and not self._make_room():
            self._refuse(1)
            self._unaudited += isinstance(record, Audit)
            return
        try:
            draft = topics.draft(record, unit=unit, subject=subject, stamp=self._stamp())
        except ValueError:
            # Not finite, or of a wrong type: a bug of ours. One record must not take the others along.
            self.malformed += 1
            log.exception("a record of %s cannot be written down: %r", unit or "the gateway", record)
        else:
            self._drafts.append(draft)
            self._may_go += may_go(draft)
            if self._waits_since is None:
                self._waits_since = self._stamp().mono_s
            self._empty.clear()
            self._wake.set()

    def down(self) -> str | None:
        """Why nothing that must be on record may begin now; None: it may."""
        since = self._waits_since
        if self.trouble is None and since is not None and self._stamp().mono_s - since > OVERDUE_S:
            return f"records have waited for the disk for more than {OVERDUE_S:g} s"
        return self.trouble

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._drafts:
                batch = list(islice(self._drafts, BATCH))
                self._under_way = len(batch)
                try:
                    await self._append(batch)
                except JournalError as error:
                    self._say(str(error))
                    self._under_way = 0
                    await asyncio.sleep(RETRY_S)
                    continue
                self._say(None)
                for draft in batch:
                    self._drafts.popleft()
                    self._may_go -= may_go(draft)
                self._under_way = 0
                self.kept += len(batch)
                self._waits_since = self._stamp().mono_s if self._drafts else None
                self._own_up()
            self._empty.set()

    def _make_room(self) -> bool:
        """Forget what may go of what waits. Whether there was any."""
        if not self._may_go:
            return False
        under_way = list(islice(self._drafts, self._under_way))
        left = [draft for draft in islice(self._drafts, self._under_way, None) if not may_go(draft)]
        gone = len(self._drafts) - len(under_way) - len(left)
        self._drafts = deque(under_way + left)
        self._may_go = sum(map(may_go, under_way))
        self._refuse(gone)
        return gone > 0

    def _refuse(self, records: int) -> None:
        if self.refused // 1000 < (self.refused + records) // 1000 or not self.refused:
            log.critical("%d records wait for the disk; records are being lost now: %s", WAITING, self.trouble)
        self.refused += records

    async def settled(self) -> None:
        """Return when nothing waits. Give it a deadline: the disk may be in trouble."""
        await self._empty.wait()

    def counters(self) -> dict[str, float | None]:
        """Progress for health."""
        return {
            "recorder.kept": self.kept,
            "recorder.waiting": len(self._drafts),
            "recorder.refused": self.refused,
            "recorder.malformed": self.malformed,
        }

    async def _append(self, batch: list[topics.Draft]) -> None:
        # A commit that takes too long may still succeed, and asking again would keep it twice: tell, and go on waiting.
        append = asyncio.create_task(_appended(self._rows, batch), name="recorder-append")
        try:
            done, _ = await asyncio.wait({append}, timeout=STALLED_S)
            if not done:
                self._say(f"the disk has not answered for {STALLED_S:.0f} s")
            self.audit_head = audit.head_of(await append) or self.audit_head
        finally:
            append.cancel()

    def _own_up(self) -> None:
        # A hole in the audit is told in the audit, as soon as there is room.
        if self._unaudited:
            lost, self._unaudited = self._unaudited, 0
            reasons = (f"{lost} decisions",)
            self.keep(
                None, [Audit(self._stamp().mono_s, "system", "system", "lost", Decision.DENIED, "no_room", reasons)]
            )

    def _say(self, trouble: str | None) -> None:
        if trouble != self.trouble:
            if trouble:
                log.error("records wait in memory: %s", trouble)
            else:
                log.warning("records are written again")
            self.trouble = trouble


async def _appended(rows: Rows, batch: list[topics.Draft]) -> Sequence[topics.Entry]:
    return await rows.append_many(batch, deadline_s=None)
