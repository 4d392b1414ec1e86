"""When a record counts as delivered, and which are sent once more: the policy, a consumer's reports, requests for a range.

Nothing is sent again by a timer alone: a report tells what is missing, or somebody asks. A report is believed only as far as it
can be true: one that cannot be (another consumer or epoch, the future, gaps out of order) changes nothing, and each costs a
bounded amount of work. Whoever may publish on `ack` can claim to have what he has not: that is for the broker's rules.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import TYPE_CHECKING, Literal, Protocol

from ptdevice.errors import JournalError
from ptdevice.mqtt import contract, topics
from ptdevice.mqtt.commands import DONE, Command, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from ptdevice.journal import Extent
    from ptdevice.mqtt.again import Again

    Span = tuple[int, int]

log = logging.getLogger(__name__)

LARGEST = 4096  # bytes of a report; 64 gaps are under 2500
AHEAD = 500  # rows sent again for one report: what is asked for moves on with the reports, not ahead of the consumer
EVERY_S = 0.5  # how often a report may say that all that was on its way is lost, or be told which epoch this is
GONE = 64  # spans that will not come, told at once


class Rows(Protocol):
    """The journal's view of deliveries, as far as it is seen from here."""

    @property
    def epoch(self) -> str:
        """The journal's."""
        ...

    @property
    def newest(self) -> int:
        """The last row that was promised."""
        ...

    async def acknowledge(self, through: int) -> int:
        """The consumer has everything up to here."""
        ...

    async def extent(self) -> Extent:
        """What is there, and what is parked."""
        ...

    async def unpark(self, first: int, last: int) -> int:
        """Make parked rows pending."""
        ...

    async def holes(self, spans: Sequence[Span]) -> list[Span]:
        """Of these spans, what will not come."""
        ...


class Deliveries:
    """`consumer`: whose reports count; None: the broker's word does. `say` publishes what is retained."""

    def __init__(
        self,
        names: topics.Names,
        rows: Rows,
        again: Again,
        stamp: Callable[[], topics.Stamp],
        consumer: str | None = None,
    ) -> None:
        self.policy: Literal["broker", "end-to-end"] = "broker" if consumer is None else "end-to-end"
        self.parked = 0  # rows that are parked now
        self.ignored: Counter[str] = Counter()  # reports without effect, by rule
        self.reports = 0
        self.acknowledged: int | None = None  # as of the last report since the start
        self.retain: Callable[[topics.Message], None] = lambda _: None
        self.retry: Callable[[int], None] = lambda _: None  # rows from here on were made pending
        self._names, self._rows, self._again, self._stamp, self._consumer = names, rows, again, stamp, consumer
        self._epoch = ""  # of which the next two are told, and `acknowledged`
        self._extent: Extent | None = None
        self._gone: list[Span] = []
        self._stale = asyncio.Event()
        self._lost_at = self._told_at = float("-inf")  # gateway seconds

    def stale(self) -> None:
        """Rows were deleted or parked: look, and tell."""
        self._stale.set()

    async def refresh(self) -> None:
        """Look at what there is."""
        self._stale.clear()
        self._meet()
        self._extent = await self._rows.extent()
        self.parked = self._extent.parked_rows

    async def run(self) -> None:
        """Tell what has changed, until cancelled."""
        while True:
            await self._stale.wait()
            await self.refresh()
            self.retain(self.message())

    def message(self) -> topics.Message:
        """What is told to those who read records."""
        self._meet()
        extent = self._extent
        return topics.delivery(
            self._names,
            contract.Delivery(
                policy=self.policy,
                consumer=self._consumer,
                epoch=self._rows.epoch,
                oldest=(extent.oldest if extent else 0) or min(self._rows.newest, 1),
                newest=self._rows.newest,
                acknowledged=self.acknowledged,
                gone=list(self._gone),
                parked=[contract.ParkedRecord(sequence=row, reason=why) for row, why in extent.parked]
                if extent
                else [],
                parked_records=extent.parked_rows if extent else 0,
                simulated=self._names.simulated,
                time=self._stamp().rfc3339(),
            ),
        )

    def counters(self) -> dict[str, float | None]:
        """Progress for health."""
        return {
            "delivery.reports": self.reports,
            "delivery.reports_ignored": self.ignored.total(),
            "delivery.acknowledged": self.acknowledged,
            "delivery.waiting_again": self._again.waiting,
            "delivery.parked": self.parked,
        }

    def _meet(self) -> None:
        """A damaged journal is replaced while the gateway runs: in another one the same numbers are other records."""
        if self._epoch != self._rows.epoch:
            self._epoch, self._extent, self._gone, self.acknowledged = self._rows.epoch, None, [], None
            self._stale.set()

    # --- a consumer's report ---

    def handlers(self) -> dict[str, Callable[[topics.Arrival], Awaitable[topics.Message | None]]]:
        """What to listen to, and who takes it: nothing, where the broker's word is all that is waited for."""
        return {self._names.ack: self.hear} if self._consumer is not None else {}

    async def hear(self, arrival: topics.Arrival) -> topics.Message | None:
        """Take a report. What is to be told back, if anything."""
        report = self._read(arrival)
        if isinstance(report, str):
            self.ignored[report] += 1
            # Whoever counts in another epoch must learn which one this is.
            return self._this_epoch() if report == "epoch" else None
        try:
            return await self._take(report)
        except JournalError:  # the disk's trouble is the recorder's to tell; the consumer reports again
            self.ignored["journal"] += 1
            return None

    async def _take(self, report: contract.Ack) -> topics.Message | None:
        self.reports += 1
        self._meet()
        if report.again:
            # Later, not never: the consumer would wait for what it says is lost.
            await asyncio.sleep(max(0.0, self._lost_at + EVERY_S - asyncio.get_running_loop().time()))
            self._lost_at = asyncio.get_running_loop().time()
            self._again.lost()
        if self.acknowledged is None or report.sequence > self.acknowledged:
            await self._rows.acknowledge(report.sequence)
        self.acknowledged = report.sequence
        missing = _first_rows((*report.gaps, (report.highest + 1, self._rows.newest)), AHEAD)
        self._again.report(missing)
        return await self._tell_gone(missing)

    def _read(self, arrival: topics.Arrival) -> contract.Ack | str:
        """The report, or the rule by which it has no effect."""
        if self._consumer is None:
            return "policy"
        if arrival.retain:
            return "retained"
        if len(arrival.payload) > LARGEST:
            return "too_large"
        try:
            report = contract.Ack.model_validate_json(arrival.payload)
        except ValueError:
            return "malformed"
        if report.consumer != self._consumer:
            return "consumer"
        if report.epoch != self._rows.epoch:
            return "epoch"
        return _objection(report, self._rows.newest) or report

    def _this_epoch(self) -> topics.Message | None:
        now = asyncio.get_running_loop().time()
        if now - self._told_at < EVERY_S:
            return None
        self._told_at = now
        return self.message()

    async def _tell_gone(self, spans: Sequence[Span]) -> topics.Message | None:
        """The word that some of these will not come, unless it was said already."""
        known = self._gone
        new = [span for span in await self._rows.holes(spans) if not _within(span, known)] if spans else []
        if not new:
            return None
        self._gone = [*new, *(span for span in known if span not in new)][:GONE]
        return self.message()

    # --- a request for a range ---

    async def resend(self, command: Command) -> Outcome:
        """Send a range again, as far as it is there."""
        request = command.request
        assert isinstance(request, contract.Resend)
        self._meet()
        first, last = request.first, min(request.last, self._rows.newest)
        if request.epoch != self._rows.epoch:
            return Outcome("refused", "wrong_epoch", f"The journal's epoch is {self._rows.epoch}.")
        if first > request.last:
            return Outcome("refused", "malformed", "`from` is after `to`.")
        if first > last:
            return Outcome("refused", "not_there", f"The newest record is {self._rows.newest}.")
        if not self._again.request(first, last):
            return Outcome("refused", "busy", "Several ranges are being sent again already; ask later.")
        if await self._rows.unpark(first, last):
            self._gone = [span for span in self._gone if not _overlap(span, (first, last))]
            self.retry(first)
            self.stale()
        await self._tell_gone([(first, last)])
        self.retain(self.message())  # in any case: it tells how far the records go
        return DONE


def _objection(report: contract.Ack, newest: int) -> str | None:
    """Why a report cannot be true."""
    if not report.sequence <= report.highest <= newest:
        return "future"
    before = report.sequence
    for first, last in report.gaps:
        # Between two gaps there is something that was heard, and so above the last one.
        if not before < first <= last < report.highest:
            return "gaps"
        before = last + 1
    return None


def _first_rows(spans: Iterable[Span], rows: int) -> list[Span]:
    """The first rows of these spans."""
    found: list[Span] = []
    for first, last in spans:
        if first <= last and rows > 0:
            found.append((first, min(last, first + rows - 1)))
            rows -= found[-1][1] - first + 1
    return found


def _within(span: Span, spans: Iterable[Span]) -> bool:
    return any(first <= span[0] and span[1] <= last for first, last in spans)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]
