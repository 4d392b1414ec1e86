"""Records of gateways from a broker, each in its turn and once, for as long as somebody asks for the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import uuid
from typing import TYPE_CHECKING, Literal

from ptdevice.client.line import Line
from ptdevice.client.peer import Peer
from ptdevice.client.record import parse
from ptdevice.errors import BrokerError, CursorError, PublishRefusedError
from ptdevice.mqtt import contract, topics
from ptdevice.mqtt.client import Broker, connect

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Self

    from ptdevice.client.cursor import Cursor
    from ptdevice.client.record import Record
    from ptdevice.mqtt.client import Session

log = logging.getLogger(__name__)

INCOMING = 4000  # messages that wait to be read; above it they are dropped, and asked for again
PEERS = 1000  # gateways; more than these below one filter are nonsense, or somebody's joke
REPORT_S = 0.5  # between reports, while there is something new to say
REPORT_ROWS = 200  # records done, after which a report does not wait for that
CALM_S = 5.0  # between looks whether something is to be said, while nothing is new
LAST_WORD_S = 1.0
BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
STEADY_S = 10.0  # a connection that held this long starts the back-off anew


class Subscription:
    """An asynchronous iterator of records. Made by `subscribe`, which says what the arguments mean."""

    def __init__(
        self,
        broker: Broker,
        *,
        name: str,
        cursor: Cursor,
        gateways: str,
        start: Literal["oldest", "now"],
        patience_s: float | None,
    ) -> None:
        self.connected = asyncio.Event()
        self._broker, self._name, self._cursor = broker, name, cursor
        self._gateways, self._start, self._patience_s = gateways, start, patience_s
        self._peers: dict[str, Peer] = {}
        self._news = asyncio.Event()  # there may be a next one
        self._due = asyncio.Event()  # there is something to report
        self._done_since = 0
        self._told: str | None = None
        self._kept = False
        self._iterator: AsyncGenerator[Record, None] | None = None
        self._rng = random.Random()  # noqa: S311 - jitter, no secret

    async def __aenter__(self) -> Self:
        """For whoever goes on after the loop: at the end of the block it has let go of the broker and the cursor."""
        self._kept = True
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._iterator is not None:
            await self._iterator.aclose()

    def __aiter__(self) -> AsyncGenerator[Record, None]:
        records = self._records()
        if self._kept:  # else nothing must hold it: once the loop lets go of it, asyncio closes it
            self._iterator = records
        return records

    async def _records(self) -> AsyncGenerator[Record, None]:
        running = asyncio.create_task(self._run(), name=f"client {self._name}")
        running.add_done_callback(lambda _: self._news.set())
        try:
            while True:
                line, record = await self._next(running)
                try:
                    yield record
                    # Whoever asks for the next one is done with this one.
                    await self._finish(line, record)
                finally:
                    if line.out == record.sequence:
                        line.back()
        finally:
            while (
                not running.done()
            ):  # a cancellation that meets the end of a connection can be lost in Python 3.11 and 3.12
                running.cancel()
                await asyncio.wait([running], timeout=LAST_WORD_S)
            await self._cursor.close()

    async def _next(self, running: asyncio.Task[None]) -> tuple[Line[Record], Record]:
        while True:
            self._news.clear()
            for peer in self._peers.values():
                for line in peer.lines.values():
                    if (found := line.next()) is not None:
                        return line, self._handed_out(line, found[1])
            if running.done():
                running.result()  # raises what ended it
            await self._news.wait()

    def _handed_out(self, line: Line[Record], record: Record) -> Record:
        late = line.through is not None and record.sequence <= line.through

        async def done() -> None:
            await self._finish(line, record)

        return record.handed_out(done, late=late)

    async def _finish(self, line: Line[Record], record: Record) -> None:
        if line.out != record.sequence:
            return  # said already
        line.done()
        await self._cursor.save(record.gateway, record.epoch, line.position())
        line.safe = line.through or 0
        self._done_since += 1
        if self._done_since >= REPORT_ROWS:
            self._done_since = 0
            self._due.set()
            await asyncio.sleep(0)  # whoever never waits for anything lets the others work now and then

    # --- the connection ---

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        delay_s = BACKOFF_FIRST_S
        while True:
            began = loop.time()
            try:
                await self._once()
            except BrokerError as error:
                if str(error) != self._told:
                    self._told = str(error)
                    log.warning("%s", error)
            finally:
                self.connected.clear()
            if loop.time() - began >= STEADY_S:
                delay_s = BACKOFF_FIRST_S
            await asyncio.sleep(delay_s * self._rng.uniform(0.5, 1.0))
            delay_s = min(2 * delay_s, BACKOFF_MAX_S)

    async def _once(self) -> None:
        async with connect(self._broker) as session:
            try:
                await self._converse(session)
            except asyncio.CancelledError:
                await self._leave(session)
                raise

    async def _converse(self, session: Session) -> None:
        for peer in self._peers.values():
            peer.connected()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(session), name="client-arrivals")
                tasks.create_task(self._speak(session), name="client-reports")
        except ExceptionGroup as errors:
            # Which of the two noticed first is nobody's business; whatever is no trouble with the broker ends all.
            others = errors.split(BrokerError)[1]
            raise _first(others or errors) from errors

    async def _leave(self, session: Session) -> None:
        with contextlib.suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(LAST_WORD_S):
                for peer in self._peers.values():
                    if (message := peer.last_word()) is not None:
                        await session.publish(message)

    async def _listen(self, session: Session) -> None:
        async for arrival in session.messages():
            *levels, below = arrival.topic.split("/", 4)
            gateway = "/".join(levels)
            if len(levels) != 4 or (gateway not in self._peers and len(self._peers) >= PEERS):
                continue
            if below == "delivery":
                await self._hear(gateway, arrival)
            elif below.startswith("evt/") and (record := parse(gateway, arrival.payload)) is not None:
                line = await self._line(gateway, record.epoch)
                if line is not None and line.take(record.sequence, record):
                    if line.through is None:
                        self._peers[gateway].settle(record.epoch)
                    self._news.set()

    async def _hear(self, gateway: str, arrival: topics.Arrival) -> None:
        try:
            delivery = contract.Delivery.model_validate_json(arrival.payload)
        except ValueError:
            return
        if (line := await self._line(gateway, delivery.epoch)) is None:
            return
        if delivery.newest < line.safe and not arrival.retain:
            log.error("%s has fewer records than it had: was an old copy of its disk put back?", gateway)
        self._peers[gateway].hear(delivery)
        self._news.set()
        self._due.set()

    async def _line(self, gateway: str, epoch: str) -> Line[Record] | None:
        peer = self._peers.get(gateway)
        if peer is None:
            peer = self._peers[gateway] = Peer(gateway, self._name, self._start, lambda: uuid.uuid4().hex)
        if epoch not in peer.lines and not peer.make_room():
            return None
        if epoch not in peer.lines:
            stored = await self._cursor.load(gateway, epoch)
            try:
                peer.lines[epoch] = Line() if stored is None else Line.at(stored)
            except ValueError as error:
                raise CursorError(f"What the cursor has for {gateway} is no position: {stored!r:.80}.") from error
            peer.settle(epoch)
        return peer.lines[epoch]

    async def _speak(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        await session.subscribe(f"{self._gateways}/delivery", retained=True)
        await session.subscribe(f"{self._gateways}/evt/#")
        self.connected.set()
        self._told = None
        log.info("connected to the broker")
        while True:
            for peer in self._peers.values():
                for first, last in peer.give_up(loop.time(), self._patience_s):
                    log.warning("%s: records %d to %d do not come; those after them go on", peer.gateway, first, last)
                    self._news.set()
                if (message := peer.ask(loop.time())) is not None:
                    await self._say(session, message)
            restless = any(peer.restless() for peer in self._peers.values())
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REPORT_S if restless else CALM_S):
                    await self._due.wait()
            self._due.clear()

    async def _say(self, session: Session, message: topics.Message) -> None:
        try:
            await session.publish(message)
        except PublishRefusedError as error:
            if str(error) != self._told:
                self._told = str(error)
                log.warning("%s", error)


def _first(error: BaseException) -> BaseException:
    """The first plain error in a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
