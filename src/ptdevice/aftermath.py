"""What the daemon found of the one before it: told as records, and taken off the file once these are on disk."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from ptdevice.orphans import Outcome, on_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.model import Record
    from ptdevice.orphans import Report
    from ptdevice.outstanding import Outstanding

log = logging.getLogger(__name__)


class Recorder(Protocol):
    """The recorder, as far as it is seen from here."""

    def keep(self, unit: str | None, records: Iterable[Record]) -> None:
        """Write these down."""
        ...

    async def settled(self) -> None:
        """Return when nothing waits for the disk."""
        ...


class Aftermath:
    """Of one start. Nothing to tell where there were no orphans."""

    def __init__(self, reports: Sequence[Report], outstanding: Outstanding | None, recorder: Recorder) -> None:
        self._reports, self._outstanding, self._recorder = reports, outstanding, recorder

    def tell(self, now: float) -> None:
        """One decision for each, and an alarm where a person has to do something."""
        for report in self._reports:
            if report.advice is not None:
                log.critical("%s: %s: %s. %s", report.unit.alias, report.outcome.value, report.why, report.advice)
            self._recorder.keep(report.unit.alias, on_record(report, now))

    async def settle(self) -> None:
        """Those whose zero was read back are outstanding no more; the others stay, for the next start and for stop-all."""
        await self._recorder.settled()
        for report in self._reports:
            if report.outcome is Outcome.STOPPED and self._outstanding is not None:
                try:
                    await asyncio.to_thread(self._outstanding.zero, report.unit.alias)
                except OSError as error:
                    log.warning("%s: is at zero, and that could not be noted: %s", report.unit.alias, error)
