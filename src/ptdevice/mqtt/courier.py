"""Carries the journal and the live values to the broker, and requests from it. Knows no MQTT library and no disk.

Lanes over one connection, so that none starves another:

- *records* (`records`): journal rows in order, at most `window - RESERVE` unacknowledged; marked as sent when acknowledged;
- *retained* messages: the latest per topic wins while it waits; all are announced again on every connection;
- *live* messages at QoS 0: a bounded queue that drops the oldest; nothing is kept while there is no connection;
- *requests*: a bounded queue, carried out one at a time, answered in the reserved part of the window;
- wishes for *less* current: carried out where they arrive, before anything that waits, and answered in a lane of their own;
- *reports* and whatever else arrives on topics of its own: a bounded queue for each, so that none keeps a request waiting.

The broker may be absent at the start, or for an hour: `run` goes on trying, and nobody else notices.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import BrokerError, BrokerLostError, JournalError, PublishRefusedError
from ptdevice.mqtt.express import Express
from ptdevice.mqtt.records import Records

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from ptdevice.mqtt.again import Again
    from ptdevice.mqtt.express import Urgent
    from ptdevice.mqtt.records import Rows
    from ptdevice.mqtt.topics import Arrival, Entry, Message

    Handler = Callable[[Arrival], Awaitable[Message | None]]

log = logging.getLogger(__name__)

RESERVE = 4  # of the window, kept for retained messages and answers
LIVE = 64  # live messages waiting: seconds of them at four batches a second per stream, and old ones help nobody
REQUESTS = 16  # requests waiting for their turn
GOODBYE_S = 1.0  # Ctrl-C ends within two seconds, link or no link

BACKOFF_FIRST_S = 0.5
BACKOFF_MAX_S = 30.0
STEADY_S = 10.0  # a connection that held this long starts the back-off anew


class Session(Protocol):
    """An open connection: what the courier needs of `mqtt.client.Session`."""

    window: int
    largest_packet: int | None

    async def publish(self, message: Message) -> None:
        """Publish and return when acknowledged."""
        ...

    def send(self, message: Message) -> bool:
        """Hand over at QoS 0."""
        ...

    async def subscribe(self, topic_filter: str) -> None:
        """Subscribe."""
        ...

    def messages(self) -> AsyncIterator[Arrival]:
        """What arrives, until the link is lost."""
        ...


@dataclass(slots=True)
class Progress:
    """What was done so far, for health."""

    connected: bool = False
    connections: int = 0
    losses: int = 0
    confirmed: int = 0
    live_sent: int = 0
    live_dropped: int = 0
    requests: int = 0
    requests_dropped: int = 0
    last_error: str | None = None


class Courier:
    """One gateway's courier. `say` turns a row into a message; `announce` gives all retained messages, `status` included.

    `goodbye` is published before a deliberate end, because the broker drops the will then. `handle` takes what arrives on
    `listen` and gives back the answer to publish, if there is one. `also` handles what arrives on single topics beside that.
    `again` has the records to be sent once more. `urgent` is asked first, and carries out at once what may not wait.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractAsyncContextManager[Session]],
        rows: Rows,
        *,
        say: Callable[[Entry], Message],
        announce: Callable[[], Iterable[Message]],
        goodbye: Callable[[], Message],
        listen: str,
        handle: Handler,
        rng: random.Random,
        also: Mapping[str, Handler] | None = None,
        again: Again | None = None,
        urgent: Urgent | None = None,
    ) -> None:
        self.progress = Progress()
        self.records = Records(rows, say, again)
        self._connect, self._rows = connect, rows
        self._announce, self._goodbye = announce, goodbye
        self._handlers: dict[str, Handler] = {listen: handle, **(also or {})}
        self._listen, self._rng = listen, rng
        self._express = Express(urgent)
        self._live: deque[Message] = deque()
        self._retained: dict[str, Message] = {}  # waiting, by topic
        self._unwelcome: set[str] = set()  # topics refused for good; asking again may cost the connection
        self._told: str | None = None  # the trouble that the log has, until it is over
        self.turned_at = asyncio.get_running_loop().time()  # when something was last tried or done
        self._live_waits, self._retained_waits = asyncio.Event(), asyncio.Event()

    def live(self, message: Message) -> None:
        """Send at QoS 0, now or never."""
        if not self.progress.connected:
            self.progress.live_dropped += 1
            return
        if len(self._live) >= LIVE:
            self._live.popleft()
            self.progress.live_dropped += 1
        self._live.append(message)
        self._live_waits.set()

    def retain(self, message: Message) -> None:
        """Publish the latest of its topic. While there is no connection it is not kept: `announce` says it again."""
        if self.progress.connected:
            self._retained[message.topic] = message
            self._retained_waits.set()

    def counters(self) -> dict[str, float | None]:
        """Progress for health; `courier.last_published_s` is in gateway seconds."""
        progress, records = self.progress, self.records
        return {
            "courier.connected": int(progress.connected),
            "courier.connections": progress.connections,
            "courier.losses": progress.losses,
            "courier.published": records.published,
            "courier.repeated": records.repeated,
            "courier.parked": records.parked,
            "courier.last_published_s": records.last_published,
            "courier.confirmed": progress.confirmed,
            "courier.live_sent": progress.live_sent,
            "courier.live_dropped": progress.live_dropped,
            "courier.requests": progress.requests,
            "courier.requests_dropped": progress.requests_dropped,
        }

    async def drain(self) -> None:
        """Return when every record is acknowledged or parked. Give it a deadline: the broker may be away."""
        while True:
            self.records.settled.clear()
            # Asking the disk after every row would cost more than carrying it.
            if not self.records.under_way and not await self._rows.pending(0, 1):
                return
            await self.records.settled.wait()

    async def run(self) -> None:
        """Connect, carry, and begin again, until cancelled."""
        delay_s = BACKOFF_FIRST_S
        while True:
            began = self.turned_at = asyncio.get_running_loop().time()
            await self._attempt()
            if asyncio.get_running_loop().time() - began >= STEADY_S:
                delay_s = BACKOFF_FIRST_S
            # Jitter between half and all of it, so that a hundred gateways do not return to a restarted broker together.
            await asyncio.sleep(delay_s * self._rng.uniform(0.5, 1.0))
            delay_s = min(2 * delay_s, BACKOFF_MAX_S)

    async def _attempt(self) -> None:
        # A task of its own: a cancellation that meets a task group which is just ending with errors is lost in Python 3.11
        # and 3.12, and with it Ctrl-C. This wait cannot lose it.
        attempt = asyncio.create_task(self._once(), name="courier-connection")
        try:
            await asyncio.wait([attempt])
        except asyncio.CancelledError:
            attempt.cancel()
            await asyncio.wait([attempt])
            raise
        try:
            attempt.result()
        except (BrokerError, JournalError) as error:  # a disk in trouble is the writer's to report; here it costs time
            self._complain(str(error))

    async def _once(self) -> None:
        await self.records.settle()
        async with self._connect() as session:
            try:
                for topic in self._handlers:
                    await session.subscribe(topic)
                self._live.clear()
                self._retained.clear()
                # From here on changes queue up behind the announcement, so that the newest is said last.
                self.progress.connected = True
                for message in self._announce():
                    await self._confirm(session, message)
                self.progress.connections += 1
                log.info("connected to the broker")
                self._told = None
                await self._carry(session)
            except asyncio.CancelledError:
                await self._leave(session)
                raise
            except BrokerError:
                self.progress.losses += 1
                raise
            finally:
                self.progress.connected = False

    async def _carry(self, session: Session) -> None:
        queues: dict[str, asyncio.Queue[Arrival]] = {topic: asyncio.Queue(REQUESTS) for topic in self._handlers}
        window = max(1, session.window - RESERVE)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.records.carry(session, window), name="courier-records")
                tasks.create_task(self._carry_live(session), name="courier-live")
                tasks.create_task(self._carry_retained(session), name="courier-retained")
                tasks.create_task(self._take(session, queues), name="courier-arrivals")
                tasks.create_task(self._express.carry(partial(self._confirm, session)), name="courier-express")
                for topic, queue in queues.items():
                    tasks.create_task(self._serve(session, queue, self._handlers[topic]), name=f"courier {topic}")
        except* (BrokerError, JournalError) as errors:
            raise BrokerLostError(str(_first(errors))) from errors

    async def _leave(self, session: Session) -> None:
        with contextlib.suppress(BrokerError, TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                await session.publish(self._goodbye())

    async def _confirm(self, session: Session, message: Message) -> None:
        self.turned_at = asyncio.get_running_loop().time()
        if message.topic in self._unwelcome:
            return
        try:
            await session.publish(message)
            self.progress.confirmed += 1
        except PublishRefusedError as error:
            self._complain(str(error))
            if error.permanent:
                self._unwelcome.add(message.topic)

    def _complain(self, trouble: str) -> None:
        self.progress.last_error = trouble
        if trouble != self._told:  # once, and not at every try of a broker that is away for a week
            self._told = trouble
            log.warning("%s", trouble)

    async def _carry_live(self, session: Session) -> None:
        while True:
            await self._live_waits.wait()
            self._live_waits.clear()
            while self._live:
                if session.send(self._live.popleft()):
                    self.progress.live_sent += 1
                else:
                    self.progress.live_dropped += 1

    async def _carry_retained(self, session: Session) -> None:
        while True:
            await self._retained_waits.wait()
            self._retained_waits.clear()
            while self._retained:
                await self._confirm(session, self._retained.pop(next(iter(self._retained))))

    async def _take(self, session: Session, queues: Mapping[str, asyncio.Queue[Arrival]]) -> None:
        async for arrival in session.messages():
            try:
                if not self._express.take(arrival):
                    queues.get(arrival.topic, queues[self._listen]).put_nowait(arrival)
            except asyncio.QueueFull:
                self.progress.requests_dropped += 1

    async def _serve(self, session: Session, queue: asyncio.Queue[Arrival], handle: Handler) -> None:
        while True:
            arrival = await queue.get()
            self.progress.requests += 1
            if (answer := await handle(arrival)) is not None:
                await self._confirm(session, answer)


def _first(error: BaseException) -> BaseException:
    """The first plain error in a group, however deep."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
