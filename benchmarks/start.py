"""How long a start takes, beside the least that a program on bleak and aiomqtt needs, by turns in one run.

The imports alone; then from the start of the process to the first motion of a sensor at a subscriber. The bare program is
`benchmarks.forwarder`: it finds the sensor, starts its stream and passes its octets on. CPU time is what other machines can be
compared by: the time by the clock also has in it what else this machine did.
"""

from __future__ import annotations

import asyncio
import resource
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

import aiomqtt

from benchmarks.gateway import HOST
from benchmarks.processes import air, cpu_s, process, write_config
from ptdevice_sim.demo.broker import embedded_broker

if TYPE_CHECKING:
    from collections.abc import Sequence

IMPORTS = {
    "nothing": "pass",
    "bleak and aiomqtt": "import bleak, aiomqtt",
    "bleak, aiomqtt and pydantic": "import bleak, aiomqtt, pydantic",
    "the daemon": "import ptdevice.cli, ptdevice.daemon",
}
TIMES = 7
FRAME_SAMPLES = 36  # a notification each 0.36 s
DAEMON_TOPICS = "ptdevice-sim/+/+/+/unit/+/telemetry/motion"
FIRST_S = 60.0


class Took(NamedTuple):
    """Seconds by the clock, and of CPU time."""

    clock: float
    cpu: float


async def import_s(code: str) -> Took:
    """A Python that imports this, from its start to its end."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    async with process("-c", code) as child:
        await child.wait()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.perf_counter() - began, cpu)


async def first_s(port: int, topics: str, bus: str, arguments: Sequence[str]) -> Took:
    """From the start of the process to its first message on these topics."""
    async with aiomqtt.Client(HOST, port) as client:
        await client.subscribe(topics)
        began = time.perf_counter()
        async with process(*arguments, bus=bus) as child, asyncio.timeout(FIRST_S):
            await anext(client.messages)
            return Took(time.perf_counter() - began, cpu_s(child.pid))


async def daemon_s(port: int) -> Took:
    """Motion is not published live unless it is wanted; here it is, since the forwarder has nothing else."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        config = write_config(Path(folder), port, 1, stimulator=False, motion=True)
        async with air(1, FRAME_SAMPLES, exercising=True) as sky:
            return await first_s(port, DAEMON_TOPICS, sky.bus, ("-m", "ptdevice.cli", "run", "-c", str(config)))


async def forwarder_s(port: int) -> Took:
    async with air(1, FRAME_SAMPLES, exercising=True) as sky:
        return await first_s(port, "raw/#", sky.bus, ("-m", "benchmarks.forwarder", HOST, str(port), "1"))


async def run() -> None:
    took: dict[str, list[Took]] = {name: [] for name in IMPORTS}
    for _ in range(TIMES):
        for name, code in IMPORTS.items():
            took[name].append(await import_s(code))
    for name, each in took.items():
        print(f"Python that imports {name}: {told(each)}")
    first: dict[str, list[Took]] = {"the daemon": [], "the bare forwarder": []}
    async with embedded_broker(engine="mosquitto") as broker:
        for _ in range(TIMES):
            first["the daemon"].append(await daemon_s(broker.port))
            first["the bare forwarder"].append(await forwarder_s(broker.port))
    for name, each in first.items():
        print(f"start of {name} to the first motion at a subscriber: {told(each)}")


def told(took: Sequence[Took]) -> str:
    clock, cpu = ([getattr(each, name) for each in took] for name in Took._fields)
    by_clock = f"least {min(clock):.2f}, median {median(clock):.2f}, longest {max(clock):.2f} s"
    return f"CPU median {median(cpu):.2f} s; by the clock {by_clock}"


if __name__ == "__main__":
    asyncio.run(run())
