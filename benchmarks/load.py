"""What the daemon costs beside a bare forwarder, by turns in one run: idle, and with 1, 4 and 8 sensors.

Both are processes of their own behind bleak's production backend (a private D-Bus) and publish to the same Mosquitto. Idle is
what most of the night is: four sensors are looked for, and none is there. Otherwise everybody exercises, with 36 samples at
100 Hz per notification as an H10 sends them; `python -m benchmarks sensors` has one sample per notification too.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gateway import HOST, all_online, subscribed
from benchmarks.processes import air, cpu_s, process, proportional_mb, resident_mb, write_config
from ptdevice_sim.demo.broker import embedded_broker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SPAN_S = 30.0
SETTLE_S = 5.0
SOUGHT = 4  # sensors that idle looks for
FRAME_SAMPLES = 36
ROWS = (0, 1, 4, 8)


@dataclass(frozen=True, slots=True)
class Used:
    """By one process: its share of a core, resident MiB, and its proportional share of memory in MiB."""

    share: float
    resident_mib: float
    proportional_mib: float

    def __str__(self) -> str:
        return f"{100 * self.share:.2f} % | {self.resident_mib:.0f} | {self.proportional_mib:.0f}"


async def used(pid: int) -> Used:
    """In SPAN_S, once settled."""
    await asyncio.sleep(SETTLE_S)
    before = cpu_s(pid)
    await asyncio.sleep(SPAN_S)
    return Used((cpu_s(pid) - before) / SPAN_S, resident_mb(pid), proportional_mb(pid))


@contextlib.asynccontextmanager
async def daemon(port: int, bus: str, sensors: int) -> AsyncIterator[int]:
    """Its pid, once all sensors are online."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        config = write_config(Path(folder), port, sensors or SOUGHT, stimulator=False)
        async with (
            subscribed(port) as subscriber,
            process("-m", "ptdevice.cli", "run", "-c", str(config), bus=bus) as child,
        ):
            await all_online(subscriber, sensors)
            yield child.pid


@contextlib.asynccontextmanager
async def forwarder(port: int, bus: str, sensors: int) -> AsyncIterator[int]:
    """Its pid, once it forwards, or looks for what is not there."""
    arguments = ("-m", "benchmarks.forwarder", HOST, str(port), str(sensors or SOUGHT))
    async with process(*arguments, bus=bus) as child:
        assert child.stdout
        if sensors:
            await asyncio.wait_for(child.stdout.readline(), 60)
        yield child.pid


async def run() -> None:
    print("| sensors | daemon, % of a core | RSS MiB | PSS MiB | forwarder, % of a core | RSS MiB | PSS MiB |")
    print("|---|---|---|---|---|---|---|")
    async with embedded_broker(engine="mosquitto") as broker:
        for sensors in ROWS:
            cells = []
            for start in (daemon, forwarder):
                async with (
                    air(sensors, FRAME_SAMPLES, exercising=True) as sky,
                    start(broker.port, sky.bus, sensors) as pid,
                ):
                    cells.append(str(await used(pid)))
            print(f"| {sensors or f'idle: {SOUGHT} looked for'} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    asyncio.run(run())
