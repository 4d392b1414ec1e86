"""The journal and the way to the broker, measured beside what they are made of, in one run.

    python -m benchmarks.outbox

- append: durable rows per second with 1, 10 and 100 producers, and the bytes that reach the disk for each;
- drain: journal → Mosquitto at QoS 1, against plain aiomqtt with 20 in flight and a raw socket writer, same broker, same
  messages, rounds shuffled;
- request → answer at QoS 1 over the broker.

It needs `mosquitto` on this machine and uses the loopback only.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import secrets
import socket
import statistics
import struct
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt

from benchmarks.processes import written_bytes
from ptdevice import model
from ptdevice.journal import Journal
from ptdevice.mqtt import topics
from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.commands import DONE, Command, Door, Outcome
from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.desk import Desk
from ptdevice_sim.demo.broker import embedded_broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

HOST = "127.0.0.1"
NAMES = topics.Names("clinic-a", "pi-1", simulated=True)
SET_ID = "018f0000-0000-7000-8000-000000000001"
ROWS = 5000
ROUNDS = 3
PINGS = 300
WINDOW = 20
NODELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


def stamp() -> topics.Stamp:
    return topics.Stamp(
        "018f0000-0000-7000-8000-000000000000", time.time_ns(), asyncio.get_running_loop().time(), synced=True
    )


def draft() -> topics.Draft:
    at = asyncio.get_running_loop().time()
    repetition = model.Repetition(
        "018f0000-0000-7000-8000-000000000001",
        "situp",
        7,
        at - 3,
        at - 1.5,
        at,
        62,
        (1.4, 0.3, 1.2),
        valid=True,
        confidence=0.9,
    )
    return topics.draft(repetition, unit="chest", subject="k3f7q", stamp=stamp())


def journal(directory: str) -> Journal:
    return Journal.open(Path(directory) / "journal.db", wall=time.time_ns, randbits=secrets.randbits)


async def measure_append() -> None:
    print("append (durable: fsync before the answer)   rows/s   us p50   us p99   bytes/row   rows/commit")
    for producers, rows in ((1, 1000), (10, ROWS), (100, 2 * ROWS)):
        # A directory on a real disk where there is one: /tmp may be memory.
        with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
            async with journal(directory) as book:
                took: list[float] = []

                async def produce(share: int, book: Journal = book, took: list[float] = took) -> None:
                    for _ in range(share):
                        began = time.perf_counter()
                        await book.append(draft())
                        took.append(time.perf_counter() - began)

                bytes_before, began = written_bytes(os.getpid()), time.perf_counter()
                await asyncio.gather(*(produce(rows // producers) for _ in range(producers)))
                seconds = time.perf_counter() - began
                took.sort()
                disk = (written_bytes(os.getpid()) - bytes_before) / rows
                print(
                    f"  {producers:3} producers {'':27} {rows / seconds:8.0f} {took[len(took) // 2] * 1e6:8.0f}"
                    f" {took[len(took) * 99 // 100] * 1e6:8.0f} {disk:11.0f} {rows / book.commits:13.1f}"
                )


async def drain_journal(port: int) -> float:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        async with journal(directory) as book, gateway(book, port, start=False) as courier:
            for _ in range(ROWS // 100):
                await book.append_many([draft() for _ in range(100)])
            task = asyncio.create_task(courier.run())
            began = time.perf_counter()
            await courier.drain()
            seconds = time.perf_counter() - began
            task.cancel()
            await asyncio.wait([task])
            return ROWS / seconds


def messages() -> list[topics.Message]:
    row = draft()
    return [topics.event(NAMES, topics.Entry(number, secrets.token_hex(16), "epoch", row)) for number in range(ROWS)]


async def drain_aiomqtt(port: int) -> float:
    todo = iter(messages())
    async with aiomqtt.Client(HOST, port, socket_options=NODELAY) as client:
        client.pending_calls_threshold = 1000

        async def carry() -> None:
            for message in todo:
                await client.publish(message.topic, message.payload, qos=1)

        began = time.perf_counter()
        await asyncio.gather(*(carry() for _ in range(WINDOW)))
        return ROWS / (time.perf_counter() - began)


async def drain_raw(port: int) -> float:
    """MQTT 3.1.1 by hand on a blocking socket: the least that any client could cost."""
    return await asyncio.to_thread(_drain_raw, port, messages())


def _drain_raw(port: int, todo: list[topics.Message]) -> float:
    def text(value: str) -> bytes:
        return struct.pack("!H", len(value)) + value.encode()

    def packet(kind: int, body: bytes) -> bytes:
        length, size = b"", len(body)
        while True:
            size, low = divmod(size, 128)
            length += bytes([low | (128 if size else 0)])
            if not size:
                return bytes([kind]) + length + body

    packets = [
        packet(0x32, text(message.topic) + struct.pack("!H", number % 65535 + 1) + message.payload)
        for number, message in enumerate(todo)
    ]
    with socket.create_connection((HOST, port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(packet(0x10, text("MQTT") + b"\x04\x02\x00\x3c" + text("raw")))
        sock.recv(4)
        began = time.perf_counter()
        sent = acknowledged = partial = 0
        while acknowledged < len(packets):
            more = packets[sent : acknowledged + WINDOW]
            sock.sendall(b"".join(more))
            sent += len(more)
            partial += len(sock.recv(4096))
            acknowledged, rest = acknowledged + partial // 4, partial % 4  # a PUBACK has four bytes
            partial = rest
        return len(packets) / (time.perf_counter() - began)


@contextlib.asynccontextmanager
async def gateway(book: Journal, port: int, *, start: bool = True) -> AsyncIterator[Courier]:
    async def execute(_command: Command) -> Outcome:
        return DONE

    status = topics.status(NAMES, "online", boot_id="b", version="bench")
    courier = Courier(
        lambda: connect(Broker(HOST, "pi-1", port)),
        book,
        say=lambda entry: topics.event(NAMES, entry),
        announce=lambda: [status],
        goodbye=lambda: status,
        listen=NAMES.command_filter,
        handle=Desk(Door(NAMES, []), execute, stamp).handle,
        rng=random.Random(),  # noqa: S311 - jitter, no secret
    )
    task = asyncio.create_task(courier.run()) if start else None
    try:
        yield courier
    finally:
        if task is not None:
            task.cancel()
            await asyncio.wait([task])


async def measure_drain(port: int) -> None:
    ways: dict[str, Callable[[int], Awaitable[float]]] = {
        "journal → courier → broker, marked": drain_journal,
        "plain aiomqtt, 20 in flight, no journal": drain_aiomqtt,
        "raw socket, 20 in flight, no journal": drain_raw,
    }
    results: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name in random.sample(list(ways), len(ways)):
            results[name].append(await ways[name](port))
    ours = statistics.median(results["journal → courier → broker, marked"])
    print(f"\ndrain {ROWS} records to Mosquitto, QoS 1 {'':10} median/s    (min - max)     times ours")
    for name, rates in results.items():
        median = statistics.median(rates)
        print(f"  {name:45} {median:8.0f}    ({min(rates):.0f} - {max(rates):.0f})    {median / ours:.2f}")


async def asked(client: aiomqtt.Client, topic: str) -> list[float]:
    """Ask PINGS times, one after the other; ms for each answer."""
    took = []
    for number in range(PINGS):
        began = time.perf_counter()
        await client.publish(topic, json.dumps({"id": f"p{number}", "requester": "bench"}), qos=1)
        await anext(client.messages)
        took.append((time.perf_counter() - began) * 1e3)
    return sorted(took)


async def echo(port: int) -> None:
    """What answers with aiomqtt alone."""
    async with aiomqtt.Client(HOST, port, socket_options=NODELAY) as client:
        await client.subscribe("echo/cmd", qos=1)
        async for message in client.messages:
            await client.publish("echo/res", message.payload, qos=1)


async def measure_requests(port: int) -> None:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        async with (
            journal(directory) as book,
            gateway(book, port) as courier,
            aiomqtt.Client(HOST, port, socket_options=NODELAY) as client,
            aiomqtt.Client(HOST, port, socket_options=NODELAY) as other,
        ):
            answering = asyncio.create_task(echo(port))
            await client.subscribe(f"{NAMES.prefix}/res/bench", qos=1)
            await other.subscribe("echo/res", qos=1)
            while not courier.progress.connected:  # noqa: ASYNC110 - once, at the start
                await asyncio.sleep(0.01)
            ours, plain = list[float](), list[float]()
            for _ in range(ROUNDS):  # by turns, so that both meet the same machine
                ours += await asked(client, f"{NAMES.prefix}/cmd/gateway/ping")
                plain += await asked(other, "echo/cmd")
            while not answering.done():  # aiomqtt waits by `wait_for`, which in Python 3.11 can forget a cancellation
                answering.cancel()
                await asyncio.wait([answering], timeout=1)
    print("\nrequest → answer, QoS 1 both ways, and all ends in this process:")
    for name, took in (("the gateway", sorted(ours)), ("an echo of aiomqtt's alone", sorted(plain))):
        print(f"  {name:30} p50 {took[len(took) // 2]:.2f} ms, p99 {took[len(took) * 99 // 100]:.2f} ms")


async def run() -> None:
    await measure_append()
    async with embedded_broker(engine="mosquitto") as broker:
        await measure_drain(broker.port)
        await measure_requests(broker.port)
