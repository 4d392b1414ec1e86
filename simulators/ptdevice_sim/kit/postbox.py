"""A real broker on a free port of the loopback, and the gateway's place at it, on a thread of their own in real time.

What the virtual gateway says is posted here in its order and really published; what the application under test publishes for
the gateway is kept until it is collected. `settled` returns when the broker has acknowledged everything, and `collect` first
sends a letter to itself: when that is back, whatever the broker took before has arrived too.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections import deque
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from ptdevice.errors import BrokerError
from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.topics import Message
from ptdevice_sim.demo.broker import embedded_broker
from ptdevice_sim.kit.errors import ClinicError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from ptdevice.mqtt.topics import Arrival

HOST = "127.0.0.1"
START_S = 20.0  # amqtt is imported within it, on a machine that may have other things to do
END_S = 10.0
ANSWER_S = 10.0  # a broker on the loopback answers in milliseconds
BACKLOG = 2000  # messages that wait for the broker; then the virtual gateway waits, and loses nothing
FULL_S = 0.002
WINDOW = 16  # unacknowledged at once; less than the session's own, so that what is handed over is sent in order
# Topics that begin with $ are matched by no wildcard of an application (MQTT 5.0, 4.7.2). amqtt takes none from clients.
FENCES = {"5": "$ptdevice-clinic", "3.1.1": "ptdevice-clinic/fence"}


class Postbox:
    """Opened by making it; `close` ends the broker. For one virtual gateway, whose topics are below `prefix`."""

    def __init__(self, prefix: str, *, engine: str | None = None) -> None:
        self.host, self.port, self.engine = HOST, _free_port(), ""
        self._prefix, self._wanted = prefix, engine
        self._requests: deque[Arrival] = deque()
        self._requested = threading.Event()
        self.posted = self.delivered = 0  # letters so far, and how many of them the broker has taken
        self._fences = itertools.count(1)
        self._passed: dict[bytes, asyncio.Event] = {}
        self._room = threading.Semaphore(BACKLOG)
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="ptdevice-clinic broker", daemon=True)
        self._thread.start()
        if not self._ready.wait(START_S):
            self._error = ClinicError(f"the broker did not start within {START_S:g} s")
        if self._error is not None:
            self.close()
            self._check()

    # --- for the test's thread, and the virtual gateway's ---

    def post(self, message: Message) -> None:
        """Publish this after everything posted before. Waits where the broker is BACKLOG behind. Raises ClinicError."""
        self._check()
        if not self._room.acquire(timeout=ANSWER_S):
            raise ClinicError(f"the broker has taken nothing for {ANSWER_S:g} s")
        self.posted += 1
        self._loop.call_soon_threadsafe(self._letters.put_nowait, message)

    def settled(self) -> None:
        """Return when the broker has acknowledged everything that was posted. Raises ClinicError."""
        self._in_loop(self._all_delivered(), "the broker did not acknowledge everything", BACKLOG / 100)

    def collect(self) -> list[Arrival]:
        """What was published for the gateway since the last time. Raises ClinicError."""
        self._in_loop(self._fence(), "a message to ourselves did not come back")
        found = [self._requests.popleft() for _ in range(len(self._requests))]
        self._requested.clear()
        return found

    def wait_for_request(self, within_s: float) -> None:
        """Return when something waits to be collected. Raises ClinicError."""
        if not self._requests and not self._requested.wait(within_s):
            self._check()
            raise ClinicError(f"nothing was published on {self._prefix}/cmd/ within {within_s:g} s")

    def close(self) -> None:
        """End the connection and the broker. Raises ClinicError where that takes too long."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it ended by itself just now
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(END_S)
            if self._thread.is_alive():
                raise ClinicError(f"the broker did not end within {END_S:g} s")

    def _check(self) -> None:
        if self._error is not None:
            raise ClinicError(f"the clinic's broker is gone: {self._error}") from self._error

    def _in_loop(self, work: Coroutine[Any, Any, None], what: str, within_s: float = ANSWER_S) -> None:
        if self._error is not None or not self._thread.is_alive():
            work.close()
            self._check()
            raise ClinicError("the clinic is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            future.result(within_s)
        except BrokerError as error:
            raise ClinicError(f"the clinic's broker is gone: {error}") from error
        except (TimeoutError, CancelledError):
            future.cancel()
            self._check()
            raise ClinicError(f"{what} within {within_s:g} s") from None

    # --- in the broker's thread ---

    def _serve(self) -> None:
        # A selector loop on every system: the MQTT library asks it to watch the socket.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            self._loop = runner.get_loop()
            try:
                runner.run(self._main())
            except Exception as error:  # noqa: BLE001 - the test's thread raises it, whatever it is
                self._error = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
            finally:
                self._ready.set()

    async def _main(self) -> None:
        self._stop = asyncio.Event()
        self._letters: asyncio.Queue[Message] = asyncio.Queue()  # bounded by _room
        async with embedded_broker(self.port, engine=self._wanted) as running:
            self.engine = running.engine
            self._own = FENCES[running.protocol]
            us = Broker(HOST, f"ptdevice-clinic-{self.port}", self.port, protocol=5 if running.protocol == "5" else 4)
            async with connect(us) as self._session:
                await self._session.subscribe(f"{self._prefix}/cmd/+/+")
                await self._session.subscribe(self._own)
                async with asyncio.TaskGroup() as group:
                    tasks = [group.create_task(self._read()), group.create_task(self._carry(group))]
                    self._ready.set()
                    await self._stop.wait()
                    for task in tasks:
                        task.cancel()

    async def _read(self) -> None:
        async for arrival in self._session.messages():
            if self._session.incoming_dropped:
                raise ClinicError("more requests at once than a gateway's connection takes in")
            if arrival.topic != self._own:
                self._requests.append(arrival)
                self._requested.set()
            elif (passed := self._passed.pop(arrival.payload, None)) is not None:
                passed.set()

    async def _carry(self, group: asyncio.TaskGroup) -> None:
        window = asyncio.Semaphore(WINDOW)
        while True:
            message = await self._letters.get()
            if message.qos:
                await window.acquire()
                group.create_task(self._publish(message, window))
                await asyncio.sleep(0)  # it is handed over now, before the next one
                continue
            while not self._session.send(message):  # noqa: ASYNC110 - nobody tells when the socket has room
                await asyncio.sleep(FULL_S)  # the socket is behind; a live value is not dropped here
            self._delivered()

    async def _publish(self, message: Message, window: asyncio.Semaphore) -> None:
        try:
            await self._session.publish(message)
        finally:
            window.release()
            self._delivered()

    def _delivered(self) -> None:
        self.delivered += 1
        self._letters.task_done()
        self._room.release()

    async def _all_delivered(self) -> None:
        await self._letters.join()
        await self._fence()  # live values are not acknowledged, but they were taken before this is

    async def _fence(self) -> None:
        number = str(next(self._fences)).encode()
        passed = self._passed[number] = asyncio.Event()
        await self._session.publish(Message(self._own, number, qos=1))
        await passed.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
