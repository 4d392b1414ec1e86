"""A broker that is played: it takes every message, acknowledges after a moment, and keeps the gateway's will.

What arrives is told in the order of arrival. Out of reach means for both sides that the connection ends: the gateway notices
at once, and the broker says the gateway's last will to everybody else, as brokers do.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Literal

from ptdevice.errors import BrokerLostError, BrokerRefusedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ptdevice.mqtt.topics import Arrival, Message

LATENCY_S = 0.01  # a broker in the same house
WINDOW = 20  # unacknowledged messages; MQTT clients of brokers in practice keep 10 to 20


class PlayedBroker:
    """One broker. `hear` gets every message that it takes."""

    def __init__(self, hear: Callable[[Message], None]) -> None:
        self.state: Literal["up", "down", "refuses"] = "up"
        self.hear = hear
        self._session: PlayedSession | None = None

    @contextlib.asynccontextmanager
    async def connect(self, will: Message) -> AsyncIterator[PlayedSession]:
        """A connection, as the courier wants it. Raises BrokerLostError, BrokerRefusedError."""
        await asyncio.sleep(LATENCY_S)
        if self.state == "down":
            raise BrokerLostError("the broker cannot be reached")
        if self.state == "refuses":
            raise BrokerRefusedError("the broker refused the connection: not authorised")
        session = self._session = PlayedSession(self, will)
        try:
            yield session
        finally:
            session.leave()
            if self._session is session:
                self._session = None

    def go(self, state: Literal["up", "down", "refuses"]) -> None:
        """From now on. Anything but "up" ends the open connection."""
        self.state = state
        if state != "up":
            self.lose()

    def lose(self) -> None:
        """The open connection breaks."""
        if self._session is not None:
            self._session.lose()

    def ask(self, arrival: Arrival) -> bool:
        """Somebody publishes what the gateway listens to. False: the gateway is not connected, so nobody heard it."""
        if self._session is None:
            return False
        self._session.arrived(arrival)
        return True


class PlayedSession:
    """One connection to it (`mqtt.courier.Session`)."""

    window = WINDOW
    largest_packet: int | None = None

    def __init__(self, broker: PlayedBroker, will: Message) -> None:
        self._broker, self._will = broker, will
        self._open = True
        self._loop = asyncio.get_running_loop()
        self._unacknowledged: dict[asyncio.Future[bool], None] = {}  # in order; a set's order is nobody's
        self._arrivals: asyncio.Queue[Arrival | None] = asyncio.Queue()  # bounded by what a scenario asks

    def lose(self) -> None:
        """The network breaks: what was not acknowledged fails, and the broker says the will."""
        if self._open:
            self.leave()
            self._broker.hear(self._will)

    def leave(self) -> None:
        """The end, with a good-bye: no will."""
        self._open = False
        for waiting in self._unacknowledged:
            if not waiting.done():
                waiting.set_result(False)
        self._unacknowledged.clear()
        self._arrivals.put_nowait(None)

    def arrived(self, arrival: Arrival) -> None:
        """Something for the gateway."""
        self._arrivals.put_nowait(arrival)

    async def publish(self, message: Message) -> None:
        """Take it, and acknowledge after LATENCY_S. Raises BrokerLostError."""
        if not self._open:
            raise BrokerLostError("the connection to the broker is gone")
        self._broker.hear(message)
        acknowledged = self._loop.create_future()
        self._unacknowledged[acknowledged] = None
        timer = self._loop.call_later(LATENCY_S, _acknowledge, acknowledged)
        try:
            if not await acknowledged:
                raise BrokerLostError("the connection to the broker is gone")
        finally:
            timer.cancel()
            self._unacknowledged.pop(acknowledged, None)

    def send(self, message: Message) -> bool:
        """Take it at QoS 0."""
        if self._open:
            self._broker.hear(message)
        return self._open

    async def subscribe(self, topic_filter: str) -> None:
        """Every request that a scenario makes is meant for the gateway, so there is nothing to choose."""

    async def messages(self) -> AsyncIterator[Arrival]:
        """What was asked, until the connection ends. Raises BrokerLostError."""
        while (arrival := await self._arrivals.get()) is not None:
            yield arrival
        raise BrokerLostError("the connection to the broker is gone")


def _acknowledge(waiting: asyncio.Future[bool]) -> None:
    if not waiting.done():
        waiting.set_result(True)
