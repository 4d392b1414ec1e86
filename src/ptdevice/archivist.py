"""Looks after the journal while the gateway runs: retention, the ceiling, and an alarm for whatever a person should know of it.

The alarms are records: they are kept in order with the others, and where the disk is in trouble they wait in memory like those.
The gateway's status tells the same at once.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import JournalError
from ptdevice.journal.retention import AUDIT
from ptdevice.model import Alarm, Audit, Decision
from ptdevice.mqtt import topics

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.journal.keeper import Notice
    from ptdevice.journal.room import Fill
    from ptdevice.mqtt.topics import Draft, Stamp
    from ptdevice.recorder import Recorder

log = logging.getLogger(__name__)

ROUND_S = 3600.0
NEARLY_FULL = 0.8  # of the ceiling; at the pace of a busy clinic there are months left then
TROUBLE_AGAIN_S = 3600.0  # a disk that comes and goes is one alarm an hour


class Archive(Protocol):
    """The journal, as far as it is seen from here."""

    async def purge(self, days: float | Mapping[str, float], now_ns: int) -> int:
        """Delete what is old and delivered."""
        ...

    async def fill(self) -> Fill:
        """How full it is."""
        ...

    def take_notices(self) -> list[Notice]:
        """What happened to it."""
        ...


class Trail(Protocol):
    """Its audit, as far as it is seen from here."""

    async def purge(self, days: float, now_ns: int, draft: Draft) -> int:
        """Delete what is old, and sign it off with what `draft` says."""
        ...


class Archivist:
    """Of one gateway. `stamp` is now on both clocks."""

    def __init__(
        self,
        archive: Archive,
        recorder: Recorder,
        retention_days: float | Mapping[str, float],
        stamp: Callable[[], Stamp],
        trail: Trail,
    ) -> None:
        self.on_deleted: Callable[[], None] = lambda: None
        self._archive, self._recorder, self._stamp, self._trail = archive, recorder, stamp, trail
        self._retention_days = retention_days
        self._told_full = False
        self._told_trouble: float | None = None  # gateway seconds

    def tick(self, now: float) -> None:
        """Every second: an alarm for what happened to the file, and for records that wait."""
        for notice in self._archive.take_notices():
            log.error("%s", notice.text)
            self._alarm(now, notice.code, notice.text)
        trouble = self._recorder.trouble
        if trouble is not None and (self._told_trouble is None or now - self._told_trouble >= TROUBLE_AGAIN_S):
            self._told_trouble = now
            self._alarm(now, "journal_trouble", f"Records wait in memory and would not survive a power cut: {trouble}")

    async def run(self) -> None:
        """Until cancelled: at the start and every hour, look how full it is and delete what is old."""
        while True:
            try:
                await self._round()
            except JournalError as error:
                log.warning("the journal could not be looked after: %s", error)
            await asyncio.sleep(ROUND_S)

    async def _round(self) -> None:
        stamp = self._stamp()
        if stamp.synced:
            if await self._archive.purge(self._retention_days, stamp.wall_ns):
                self.on_deleted()
            signed = Audit(stamp.mono_s, "system", "system", "purge", Decision.ALLOWED, "retention")
            draft = topics.draft(signed, unit=None, subject=None, stamp=stamp)
            days = self._retention_days
            trail_days = days if isinstance(days, float | int) else days[AUDIT]
            await self._trail.purge(trail_days, stamp.wall_ns, draft)
        fill = await self._archive.fill()
        full = fill.limit is not None and fill.used >= NEARLY_FULL * fill.limit
        if full and not self._told_full and fill.limit is not None:
            self._alarm(
                asyncio.get_running_loop().time(),
                "journal_nearly_full",
                f"The journal has {100 * fill.used / fill.limit:.0f} % of journal.max_mb. Raise it, or lower "
                "journal.retention_days, before records have to wait in memory.",
            )
        self._told_full = full

    def _alarm(self, now: float, code: str, text: str) -> None:
        self._recorder.keep(None, [Alarm(now, code, text)])
