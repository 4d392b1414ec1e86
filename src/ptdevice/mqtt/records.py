"""The lane of the records: journal rows to the broker, in order, until each is acknowledged or parked.

A row that no broker takes must not stop those behind it. It is parked, with the reason, when the broker refuses it for good,
when it is larger than the broker allows, or when the broker hung up POISON_LOSSES times while it was alone in flight (some
brokers hang up on what they do not like). To find it, rows that were in flight at a loss are sent one at a time next.

Rows that are to be sent once more (`again`) go in small portions between those that have not been sent yet.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import BrokerLostError, JournalError, PublishRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ptdevice.mqtt.again import Again
    from ptdevice.mqtt.topics import Entry, Message

log = logging.getLogger(__name__)

BATCH = 250  # rows read from the journal at once, a quarter of a megabyte; the next are read while these are under way
PORTION = 20  # of rows to be sent once more, after each such batch
POISON_LOSSES = 3
HANG_UP_S = 2.0  # a broker that dislikes a message hangs up at once; a later loss is the network's and proves nothing
REFUSALS = 5  # a row that the broker refuses "for now" this often is parked too


class Publisher(Protocol):
    """The part of a session that records need."""

    largest_packet: int | None

    async def publish(self, message: Message) -> None:
        """Publish and return when acknowledged."""
        ...


class Rows(Protocol):
    """The journal, as far as it is seen from here."""

    news: asyncio.Event
    epoch: str

    async def pending(self, after: int, limit: int) -> list[Entry]:
        """Rows not sent."""
        ...

    def mark_sent(self, sequences: Iterable[int], epoch: str) -> None:
        """The broker has them, of this epoch."""
        ...

    async def park(self, sequence: int, reason: str, epoch: str) -> None:
        """Nobody will take it."""
        ...


@dataclass(slots=True)
class _Flight:
    """Rows under way on one connection: when each left, and whether one travels alone on purpose."""

    window: int
    left: dict[int, float] = field(default_factory=dict)
    alone: int | None = None
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    async def board(self, sequence: int, *, alone: bool) -> None:
        """Wait for a place, or for the whole plane, and take it."""
        while self.left and (alone or self.alone is not None or len(self.left) >= self.window):
            self.moved.clear()
            await self.moved.wait()
        self.alone = sequence if alone else None
        self.left[sequence] = asyncio.get_running_loop().time()

    def land(self, sequence: int) -> None:
        """It is settled what becomes of this row."""
        self.left.pop(sequence, None)
        self.moved.set()


class Records:
    """The state of the lane over all connections."""

    def __init__(self, rows: Rows, say: Callable[[Entry], Message], again: Again | None = None) -> None:
        self.published = 0  # for the first time, as far as this run knows
        self.repeated = 0
        self.parked = 0
        self.on_parked: Callable[[], None] = lambda: None
        self.last_published: float | None = None  # gateway seconds
        self.settled = asyncio.Event()  # set whenever it is known what becomes of a row
        self.under_way: Mapping[int, float] = {}  # rows that the broker has not answered yet, and when each left
        self._rows = rows
        self._say = say
        self._again = again
        self._epoch = ""  # of which all below is told
        self._cursor = 0  # rows up to here are sent, parked, or in flight
        self._ahead: asyncio.Task[list[Entry]] | None = None  # the rows after those that are being sent
        self._back_to: int | None = None  # look again from here: rows behind the cursor were made pending
        self._suspects: set[int] = set()  # were in flight at a loss: one of them may be poisoned
        self._losses: tuple[int, int] = (0, 0)  # (row, how often the broker hung up on it alone)
        self._refusals: dict[int, int] = {}
        self._guilty: dict[int, str] = {}  # to be parked, and why; survives a loss that comes in between

    def rewind(self, sequence: int) -> None:
        """Look again at rows from here on: some were parked, and get another try."""
        self._back_to = sequence - 1 if self._back_to is None else min(self._back_to, sequence - 1)
        self._rows.news.set()

    async def carry(self, session: Publisher, window: int) -> None:
        """Carry rows for as long as the connection holds. Raises BrokerLostError (perhaps in a group)."""
        self._cursor, self._ahead = 0, None
        self._meet(self._rows.epoch)
        flight = _Flight(window)
        self.under_way = flight.left
        if self._again is not None:
            self._again.restart()
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    rows = await self._next(tasks)
                    old = await self._again.take(PORTION) if self._again is not None else []
                    for number, row in enumerate((*rows, *old)):
                        if row.sequence in flight.left:
                            continue  # asked for again while it is under way
                        await flight.board(row.sequence, alone=row.sequence in self._suspects)
                        carrying = self._carry_row(session, row, flight, again=number >= len(rows))
                        tasks.create_task(carrying, name="courier-row")
                    if rows:
                        self._cursor = rows[-1].sequence
                    if not rows and not old:
                        await self._rows.news.wait()
        finally:
            self.under_way = {}
            self._judge(flight)

    async def _next(self, tasks: asyncio.TaskGroup) -> list[Entry]:
        """The rows behind the cursor. Those behind them are read ahead, so that the broker never waits for the disk."""
        ahead, self._ahead = self._ahead, None
        if self._back_to is not None or ahead is None:
            self._rows.news.clear()
            if self._back_to is not None:
                self._cursor, self._back_to = min(self._cursor, self._back_to), None
            rows = await self._rows.pending(self._cursor, BATCH)
        else:
            rows = await ahead
        if self._rows.epoch != self._epoch:
            raise JournalError("the journal was replaced; its records begin anew")
        if len(rows) == BATCH:
            self._ahead = tasks.create_task(self._rows.pending(rows[-1].sequence, BATCH), name="courier-ahead")
        return rows

    def _meet(self, epoch: str) -> None:
        """In another journal the same numbers are other rows."""
        if epoch != self._epoch:
            self._epoch, self._losses = epoch, (0, 0)
            self._suspects.clear()
            self._refusals.clear()
            self._guilty.clear()
            if self._again is not None:
                self._again.forget()

    async def settle(self) -> None:
        """Park what was found guilty. To be called before every connection, when nothing else goes on."""
        for sequence in list(self._guilty):
            await self._park(sequence)

    async def _park(self, sequence: int) -> None:
        reason = self._guilty[sequence]
        await self._rows.park(sequence, reason, self._epoch)
        if self._guilty.pop(sequence, None) is not None:
            log.error("record %d will not be published, it stays in the journal: %s", sequence, reason)
            self._refusals.pop(sequence, None)
            self.parked += 1
            self._landed(sequence)
            self.on_parked()

    async def _carry_row(self, session: Publisher, row: Entry, flight: _Flight, *, again: bool) -> None:
        message = self._say(row)
        try:
            if session.largest_packet is not None and message.size > session.largest_packet:
                self._guilty[row.sequence] = f"{message.size} bytes are more than the broker's {session.largest_packet}"
            else:
                await session.publish(message)
        except PublishRefusedError as error:
            self._refused(row, error)
        if row.sequence in self._guilty:
            await self._park(row.sequence)
        else:
            self._rows.mark_sent([row.sequence], row.epoch)
            if again:
                self.repeated += 1
            else:
                self.published += 1
            self._landed(row.sequence)
            self.last_published = asyncio.get_running_loop().time()
        flight.land(row.sequence)

    def _landed(self, sequence: int) -> None:
        """It is known what becomes of it."""
        self._suspects.discard(sequence)
        if self._again is not None:
            self._again.landed(sequence)
        self.settled.set()

    def _refused(self, row: Entry, error: PublishRefusedError) -> None:
        refusals = self._refusals[row.sequence] = self._refusals.get(row.sequence, 0) + 1
        if not error.permanent and refusals < REFUSALS:
            # Not now, says the broker (a quota, perhaps): a new connection after the back-off asks again, in order.
            raise BrokerLostError(str(error)) from error
        self._guilty[row.sequence] = f"refused by the broker with reason {error.reason_code}"

    def _judge(self, flight: _Flight) -> None:
        """The connection ended: note what was under way, and whether that looks like the row's fault."""
        under_way = [row for row in flight.left if row not in self._guilty]
        if not under_way:
            return
        self._suspects.update(under_way)
        row = flight.alone
        if row is None or row not in under_way or row in self._refusals:
            return
        if asyncio.get_running_loop().time() - flight.left[row] > HANG_UP_S:
            return
        losses = self._losses[1] + 1 if self._losses[0] == row else 1
        self._losses = row, losses
        if losses >= POISON_LOSSES:
            self._guilty[row] = f"the broker hung up {losses} times while only this was under way"
