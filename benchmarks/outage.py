"""A week without a broker, and the draining of it while live values go on; beside publishing with aiomqtt directly, in one run.

    python -m benchmarks outage

The week passes in virtual time, through the real journal and courier: a record every RECORD_EVERY_S, day and night, which is
more than four persons in therapy for eight hours a day make. Then the same file meets a Mosquitto in real time. While it is
drained, live messages are sent every LIVE_EVERY_S, and a subscriber tells how late each arrives; after that, the same
without a backlog.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import statistics
import struct
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt

from benchmarks.outbox import HOST, NAMES, NODELAY, WINDOW, draft, drain_aiomqtt, gateway, journal
from ptdevice.errors import BrokerLostError
from ptdevice.mqtt import topics
from ptdevice.mqtt.courier import Courier
from ptdevice_sim import virtual_time
from ptdevice_sim.demo.broker import embedded_broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.mqtt.courier import Session

WEEK_S = 7 * 86_400
RECORD_EVERY_S = 20.0
LIVE_EVERY_S = 0.02
BARE_S = 5.0
LIVE = f"{NAMES.prefix}/unit/chest/telemetry/motion"


@contextlib.asynccontextmanager
async def nobody() -> AsyncIterator[Session]:
    raise BrokerLostError("nobody there")
    yield  # it is a generator all the same


async def week(folder: str) -> int:
    """Records of a week, none of them sent; how often the broker was looked for."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, virtual_time.VirtualTimeLoop)
    book, tries = journal(folder), 0

    def connect() -> contextlib.AbstractAsyncContextManager[Session]:
        nonlocal tries
        tries += 1
        return nobody()

    async def ignore(_: topics.Arrival) -> None:
        return None

    loop.hold_while(book.busy)
    async with book:
        goodbye = topics.status(NAMES, "offline", boot_id="b", version="bench")
        courier = Courier(
            connect, book, say=lambda entry: topics.event(NAMES, entry), announce=list, goodbye=lambda: goodbye,
            listen=NAMES.command_filter, handle=ignore, rng=random.Random(1),  # noqa: S311 - jitter, no secret
        )  # fmt: skip
        running = asyncio.create_task(courier.run())
        while loop.time() < WEEK_S:
            await asyncio.sleep(10 * RECORD_EVERY_S)
            await book.append_many([draft() for _ in range(10)])
        running.cancel()
        await asyncio.wait([running])
        counts = await book.counts()
        assert counts.sent == 0
    return tries


class Listener:
    """How late live messages are, in ms."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.late_ms: list[float] = []
        self._client = client

    async def run(self) -> None:
        async for message in self._client.messages:
            assert isinstance(message.payload, bytes)
            if message.topic.matches(LIVE):
                (sent,) = struct.unpack("d", message.payload)
                self.late_ms.append((time.perf_counter() - sent) * 1e3)

    def told(self) -> str:
        late = sorted(self.late_ms)
        p50, p99 = late[len(late) // 2], late[len(late) * 99 // 100]
        return f"{len(late)} messages, p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {late[-1]:.1f} ms"


async def speak(courier: Courier) -> None:
    while True:
        courier.live(topics.Message(LIVE, struct.pack("d", time.perf_counter()), qos=0))
        await asyncio.sleep(LIVE_EVERY_S)


async def carried(port: int, folder: str) -> tuple[float, str]:
    """Drain what there is, or wait BARE_S where there is nothing. Records per second, and how late live messages were."""
    async with aiomqtt.Client(HOST, port, socket_options=NODELAY) as client, journal(folder) as book:
        listener = Listener(client)
        await client.subscribe(LIVE)
        rows = (await book.counts()).pending
        async with gateway(book, port) as courier:
            while not courier.progress.connected:  # noqa: ASYNC110 - once, at the start
                await asyncio.sleep(0)
            began = time.perf_counter()
            tasks = [asyncio.create_task(listener.run()), asyncio.create_task(speak(courier))]
            await (courier.drain() if rows else asyncio.sleep(BARE_S))
            took = time.perf_counter() - began
            await asyncio.sleep(0.2)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            return rows / took, f"{listener.told()}, {courier.progress.live_dropped} dropped"


async def run() -> None:
    async with embedded_broker(engine="mosquitto") as broker:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            began = time.perf_counter()
            tries = await asyncio.to_thread(lambda: virtual_time.run(week(folder)))
            size = (Path(folder) / "journal.db").stat().st_size / 2**20
            print(
                f"a week in {time.perf_counter() - began:.0f} s: {size:.0f} MiB of journal, {tries} tries to reach the broker"
            )
            plain = [await drain_aiomqtt(broker.port) for _ in range(3)]
            rate, busy = await carried(broker.port, folder)
            plain += [await drain_aiomqtt(broker.port) for _ in range(3)]
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            _, bare = await carried(broker.port, folder)
    median = statistics.median(plain)
    print(f"plain aiomqtt, {WINDOW} in flight, before and after: {median:.0f}/s ({min(plain):.0f} - {max(plain):.0f})")
    print(f"the week was drained at {rate:.0f} records/s: {rate / median:.2f} times that")
    print(f"live while it drains:   {busy}")
    print(f"live without a backlog: {bare}")
