"""The daemon as a process: start, memory, and how late a record is.

Simulated units are behind bleak's production backend (a private D-Bus) and a Mosquitto of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiomqtt

from benchmarks.processes import air, process, resident_mb, write_config
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.demo.broker import embedded_broker
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HOST = "127.0.0.1"
PRESSES = 200
FLOOR = "import asyncio, time, sys, bleak, aiomqtt, pydantic; print(); sys.stdout.flush(); time.sleep(30)"


class Subscriber:
    """The latest of each topic below the gateway, and a wake-up for each message."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.latest: dict[str, Any] = {}
        self.events: asyncio.Queue[tuple[float, Any]] = asyncio.Queue(10_000)
        self._client, self._more = client, asyncio.Event()

    async def run(self) -> None:
        async for message in self._client.messages:
            if message.retain:
                continue  # what an earlier gateway left behind
            assert isinstance(message.payload, bytes)
            topic = str(message.topic).split("/", 4)[-1]
            self.latest[topic] = json.loads(message.payload)
            if topic.startswith("evt/"):
                self.events.put_nowait((time.perf_counter(), self.latest[topic]))
            self._more.set()

    async def until(self, topic: str, **wanted: Any) -> None:
        async with asyncio.timeout(60):
            while not wanted.items() <= self.latest.get(topic, {}).items():
                self._more.clear()
                await self._more.wait()

    async def counters(self) -> dict[str, float]:
        """The next health message's."""
        self.latest.pop("diag/health", None)
        async with asyncio.timeout(30):
            while "diag/health" not in self.latest:
                self._more.clear()
                await self._more.wait()
        counters: dict[str, float] = self.latest["diag/health"]["counters"]
        return counters


@contextlib.asynccontextmanager
async def subscribed(port: int) -> AsyncIterator[Subscriber]:
    async with aiomqtt.Client(HOST, port) as client:
        await client.subscribe("ptdevice-sim/#", qos=1)
        subscriber = Subscriber(client)
        task = asyncio.create_task(subscriber.run())
        try:
            yield subscriber
        finally:
            task.cancel()
            await asyncio.wait([task])


async def all_online(subscriber: Subscriber, sensors: int) -> None:
    for number in range(sensors):
        await subscriber.until(f"unit/sensor-{number}/availability", availability="online")


async def measure_start(port: int) -> None:
    took = []
    for _ in range(5):
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            config = write_config(Path(folder), port, 1)
            async with air(1, 36) as sky, subscribed(port) as subscriber:
                began = time.perf_counter()
                async with process("-m", "ptdevice.cli", "run", "-c", str(config), bus=sky.bus):
                    await subscriber.until("unit/sensor-0/availability", availability="online")
                    took.append(time.perf_counter() - began)
    took.sort()
    what = "start of `ptdevice run` to the first word of a sensor, at a subscriber"
    print(f"\n{what}: median {took[2]:.2f} s, worst {took[-1]:.2f} s")


async def measure_floor() -> None:
    async with process("-c", FLOOR) as floor:
        assert floor.stdout
        await floor.stdout.readline()
        print(
            f"resident after importing bleak, aiomqtt and pydantic, and nothing else: {resident_mb(floor.pid):.0f} MiB"
        )


async def measure_latency(port: int) -> None:
    """A key on the stimulator ends a segment: from its notification to the record at a subscriber."""
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        config = write_config(Path(folder), port, 0)
        async with BluezAir() as sky, subscribed(port) as subscriber:
            unit = BeurerEm70()
            host = sky.publish(unit)
            async with process("-m", "ptdevice.cli", "run", "-c", str(config)):
                await subscriber.until("unit/back/availability", availability="online")
                unit.press_up(loop.time())
                host.poke()
                await subscriber.until("unit/back/telemetry/stimulation", output="on")
                took = []
                for number in range(PRESSES):
                    await asyncio.sleep(random.uniform(0.02, 0.06))  # noqa: S311 - so that nothing falls in step
                    began = time.perf_counter()
                    (unit.press_up if number % 2 == 0 else unit.press_down)(loop.time())
                    host.poke()
                    while True:
                        at, event = await asyncio.wait_for(subscriber.events.get(), 10)
                        if event["type"] == "dev.ptdevice.stimulation.segment.v1":
                            break
                    took.append((at - began) * 1e3)
    took.sort()
    print(
        "\nnotification → record fsynced, acknowledged by the broker and at a subscriber: "
        f"p50 {took[PRESSES // 2]:.1f} ms, p99 {took[PRESSES * 99 // 100]:.1f} ms"
    )


async def run() -> None:
    async with embedded_broker(engine="mosquitto") as broker:
        await measure_floor()
        await measure_start(broker.port)
        await measure_latency(broker.port)


def main() -> None:
    asyncio.run(run())


if __name__ == "__main__":
    main()
