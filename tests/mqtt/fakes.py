"""A broker and a journal that are played, so that the courier can be watched for an hour in a moment."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.errors import BrokerLostError, PublishRefusedError
from ptdevice.mqtt.topics import Arrival, Draft, Entry, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable


@dataclass(slots=True)
class Shelf:
    """Journal rows in memory."""

    rows: dict[int, str] = field(default_factory=dict)
    state: dict[int, str] = field(default_factory=dict)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    epoch: str = "epoch"
    takes_s: float = 0.0  # to read

    def add(self, *texts: str) -> None:
        for text in texts:
            sequence = len(self.rows) + 1
            self.rows[sequence], self.state[sequence] = text, "pending"
        self.news.set()

    def replace(self) -> None:
        """The file was damaged, and is a new one."""
        self.rows.clear()
        self.state.clear()
        self.epoch += "+"
        self.news.set()

    async def pending(self, after: int, limit: int) -> list[Entry]:
        rows = [row for row in await self.all() if self.state[row.sequence] == "pending" and row.sequence > after]
        return rows[:limit]

    async def all(self) -> list[Entry]:
        await asyncio.sleep(self.takes_s)
        return [
            Entry(
                sequence,
                f"id-{sequence}",
                self.epoch,
                Draft("type", None, None, 0, 0, "boot", "synced", self.rows[sequence]),
            )
            for sequence in sorted(self.rows)
        ]

    def mark_sent(self, sequences: Iterable[int], epoch: str) -> None:
        for sequence in sequences:
            self.state[sequence] = "sent"

    async def park(self, sequence: int, reason: str, epoch: str) -> None:
        await asyncio.sleep(0)
        self.state[sequence] = f"parked: {reason}"


@dataclass(slots=True)
class FakeBroker:
    """What arrived at the broker, in order, and how it behaves."""

    up: bool = True
    latency_s: float = 0.01
    window: int = 20
    largest_packet: int | None = None
    refused: dict[str, int] = field(default_factory=dict)  # payload or topic → reason code
    hangs_up_on: set[str] = field(default_factory=set)  # payloads
    hangs_up_below: str = ""  # topics that begin like this
    heard: list[Message] = field(default_factory=list)
    attempts: list[float] = field(default_factory=list)  # when somebody tried to connect
    most_under_way: int = 0
    session: FakeSession | None = None
    connected: asyncio.Event = field(default_factory=asyncio.Event)

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[FakeSession]:
        self.attempts.append(asyncio.get_running_loop().time())
        if not self.up:
            raise BrokerLostError("nobody there")
        self.session = FakeSession(self)
        self.connected.set()
        try:
            yield self.session
        finally:
            self.session.lose()
            self.session = None
            self.connected.clear()

    def payloads(self) -> list[str]:
        return [message.payload.decode() for message in self.heard]

    def lose(self) -> None:
        if self.session is not None:
            self.session.lose()

    def ask(self, arrival: Arrival) -> None:
        assert self.session is not None
        self.session.arrivals.put_nowait(arrival)


class FakeSession:
    """One connection to the fake broker."""

    def __init__(self, broker: FakeBroker) -> None:
        self.window = broker.window
        self.largest_packet = broker.largest_packet
        self.broker = broker
        self.lost = asyncio.get_running_loop().create_future()
        self.arrivals: asyncio.Queue[Arrival | None] = asyncio.Queue()
        self.under_way = 0
        self.topics: list[str] = []

    def lose(self) -> None:
        if not self.lost.done():
            self.lost.set_result(None)
            self.arrivals.put_nowait(None)

    async def publish(self, message: Message) -> None:
        broker, text = self.broker, message.payload.decode()
        if self.lost.done():
            raise BrokerLostError("gone")
        self.under_way += 1
        broker.most_under_way = max(broker.most_under_way, self.under_way)
        if text in broker.hangs_up_on or (broker.hangs_up_below and message.topic.startswith(broker.hangs_up_below)):
            self.lose()
        reason = broker.refused.get(text) or broker.refused.get(message.topic)
        if not self.lost.done() and not reason:
            broker.heard.append(message)  # it has arrived; whether we learn of it is another matter
        await asyncio.wait([self.lost], timeout=broker.latency_s)
        self.under_way -= 1
        if self.lost.done():
            raise BrokerLostError("gone")
        if reason:
            raise PublishRefusedError("no", reason, permanent=reason == 135)

    def send(self, message: Message) -> bool:
        self.broker.heard.append(message)
        return True

    async def subscribe(self, topic_filter: str) -> None:
        self.topics.append(topic_filter)

    async def messages(self) -> AsyncIterator[Arrival]:
        while (arrival := await self.arrivals.get()) is not None:
            yield arrival
        raise BrokerLostError("gone")
