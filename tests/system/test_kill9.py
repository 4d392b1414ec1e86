"""kill -9 at any moment: what was promised is on disk, reaches the broker, and is doubled at most under its own id."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import secrets
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.mqtt.mosquitto import HOST, mosquitto

from ptdevice.journal import Journal
from ptdevice.mqtt import topics
from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.courier import Courier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# PTDEVICE_KILLS=100 is the long run.
KILLS = int(os.environ.get("PTDEVICE_KILLS", "4"))
NAMES = topics.Names("clinic-a", "pi-1", simulated=True)
CHILD = Path(__file__).with_name("crashing.py")
WINDOW = 20
DEADLINE_S = 30.0


@contextlib.asynccontextmanager
async def subscriber(port: int, more: asyncio.Event) -> AsyncIterator[Counter[tuple[str, int]]]:
    """Counts what arrives, by id and sequence; sets `more` at each."""
    heard: Counter[tuple[str, int]] = Counter()

    async def listen() -> None:
        # The production client drops what a person would never send; a subscriber that must see all uses its own.
        import aiomqtt  # noqa: PLC0415 - only here

        async with aiomqtt.Client(HOST, port) as client:
            await client.subscribe(f"{NAMES.prefix}/evt/#", qos=1)
            ready.set()
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                body = json.loads(message.payload)
                heard[body["id"], int(body["sequence"])] += 1
                more.set()

    ready = asyncio.Event()
    task = asyncio.create_task(listen())
    await ready.wait()
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])


async def live_and_die(path: Path, port: int, rng: random.Random) -> list[tuple[str, int]]:
    """Let the child work for a moment, kill it, and give back what it had promised."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(CHILD), str(path), str(port), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    first = await child.stdout.readline()
    await asyncio.sleep(rng.uniform(0.0, 0.3))
    child.kill()
    lines = [first, *(await child.stdout.read()).splitlines(keepends=True)]
    await child.wait()
    whole = [line.split() for line in lines if line.endswith(b"\n")]
    return [(name.decode(), int(sequence)) for name, sequence in whole]


async def drain(path: Path, port: int) -> list[tuple[str, int]]:
    """Send what is left, in this process, and give back every row of the journal."""

    async def refuse(_arrival: topics.Arrival) -> None:
        return None

    async with Journal.open(path, wall=time.time_ns, randbits=secrets.randbits) as journal:
        courier = Courier(
            lambda: connect(Broker(HOST, "pi-1", port)),
            journal,
            say=lambda entry: topics.event(NAMES, entry),
            announce=list,
            goodbye=lambda: topics.status(NAMES, "offline", boot_id="b", version="test"),
            listen=NAMES.command_filter,
            handle=refuse,
            rng=random.Random(),  # noqa: S311 - jitter, no secret
        )
        task = asyncio.create_task(courier.run())
        async with asyncio.timeout(DEADLINE_S):
            await courier.drain()
        task.cancel()
        await asyncio.wait([task])
        counts = await journal.counts()
        assert counts.pending == counts.parked == 0
        return [(entry.id, entry.sequence) for entry in await journal.read(limit=10_000_000)]


@pytest.mark.timeout(60 + 3 * KILLS)
@pytest.mark.parametrize("broker_dies_too", [False, True], ids=["daemon killed", "daemon and broker killed"])
async def test_kill_9_loses_no_promised_record(tmp_path: Path, broker_dies_too: bool) -> None:  # noqa: FBT001 - a parameter
    path = tmp_path / "journal.db"
    rng = random.Random(9)  # noqa: S311 - a seed, no secret
    promised: list[tuple[str, int]] = []
    async with mosquitto() as broker, contextlib.AsyncExitStack() as stack:
        heard: Counter[tuple[str, int]] = Counter()
        more = asyncio.Event()
        if not broker_dies_too:
            heard = await stack.enter_async_context(subscriber(broker.port, more))
        for _ in range(KILLS):
            promised += await live_and_die(path, broker.port, rng)
            if broker_dies_too and rng.random() < 0.5:
                await broker.kill()
                promised += await live_and_die(path, broker.port, rng)
                await broker.start()
        kept = await drain(path, broker.port)

        assert len(promised) > KILLS
        assert set(promised) <= set(kept), "a promised record is not in the journal"
        assert [sequence for _, sequence in kept] == list(range(1, len(kept) + 1)), "a hole in the sequence"
        assert len({name for name, _ in kept}) == len(kept)
        if not broker_dies_too:
            async with asyncio.timeout(DEADLINE_S):
                while not set(kept) <= set(heard):
                    more.clear()
                    await more.wait()
            assert set(heard) == set(kept), "something was published that is not in the journal"
            # At most what was in flight, or acknowledged and not yet marked, when the process died.
            doubled = sum(heard.values()) - len(heard)
            assert max(heard.values()) <= KILLS + 1
            print(f"{KILLS} kills, {len(promised)} promised, {len(kept)} kept, {doubled} doubled")  # noqa: T201 - the long run's report
