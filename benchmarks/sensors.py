"""The daemon beside a bare forwarder, with 1, 4 and 16 sensors at 100 Hz: CPU, memory, lost samples.

Both are processes of their own behind bleak's production backend (a private D-Bus) and publish to the same Mosquitto. Everybody
exercises all the time, which is the most that there is to count. The forwarder publishes the bytes of each notification and
nothing else; the daemon decodes, counts and records, and publishes what it means.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.gateway import HOST, all_online, subscribed
from benchmarks.processes import air, cpu_s, process, resident_mb, write_config
from ptdevice_sim.demo.broker import embedded_broker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from benchmarks.processes import Air

RATE_HZ = 100
SPAN_S = 20.0
SETTLE_S = 3.0
ROWS = ((1, 1), (4, 1), (16, 1), (1, 36), (4, 36), (16, 36))  # sensors, samples in each notification


@dataclass(frozen=True, slots=True)
class Used:
    """By one process: CPU s per 10 000 notifications and per second, and resident MiB."""

    per_notifications: float
    share: float
    memory_mib: float


async def watched(pid: int, notifications: Callable[[], Awaitable[float]]) -> Used:
    """What a process uses in SPAN_S."""
    await asyncio.sleep(SETTLE_S)
    before, cpu = await notifications(), cpu_s(pid)
    await asyncio.sleep(SPAN_S)
    used = cpu_s(pid) - cpu
    return Used(used / (await notifications() - before) * 1e4, used / SPAN_S, resident_mb(pid))


async def measure_daemon(port: int, sensors: int, frame_samples: int) -> tuple[Used, int, int]:
    """What the daemon uses; samples sent; samples lost."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        config = write_config(Path(folder), port, sensors)
        async with (
            air(sensors, frame_samples, exercising=True) as sky,
            subscribed(port) as subscriber,
            process("-m", "ptdevice.cli", "run", "-c", str(config), bus=sky.bus) as daemon,
        ):
            await all_online(subscriber, sensors)
            used = await watched(daemon.pid, lambda: sent_notifications(sky, frame_samples))
            sent = sum(await sky.sent(silence=True))
            await asyncio.sleep(1)
            counters = await subscriber.counters()
            heard = sum(int(counters[f"unit.sensor-{number}.samples"]) for number in range(sensors))
    return used, sent, sent - heard


async def measure_forwarder(port: int, sensors: int, frame_samples: int) -> Used:
    async with air(sensors, frame_samples, exercising=True) as sky:
        arguments = ("-m", "benchmarks.forwarder", HOST, str(port), str(sensors))
        async with process(*arguments, bus=sky.bus) as forwarder:
            assert forwarder.stdout
            await asyncio.wait_for(forwarder.stdout.readline(), 60)
            return await watched(forwarder.pid, lambda: sent_notifications(sky, frame_samples))


async def sent_notifications(sky: Air, frame_samples: int) -> float:
    return sum(await sky.sent()) / frame_samples


async def compare(port: int) -> None:
    print(
        f"{RATE_HZ} Hz acceleration, everybody exercises; CPU of the process in s per 10 000 notifications and in % of a core\n"
    )
    print(
        "| sensors | samples per notification | daemon | forwarder | daemon : forwarder | daemon, % of a core "
        "| of that each sensor | sent | lost | daemon MiB | forwarder MiB |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for sensors, frame_samples in ROWS:
        daemon, sent, lost = await measure_daemon(port, sensors, frame_samples)
        forwarder = await measure_forwarder(port, sensors, frame_samples)
        cells = (
            str(sensors),
            str(frame_samples),
            f"{daemon.per_notifications:.2f}",
            f"{forwarder.per_notifications:.2f}",
            f"{daemon.per_notifications / forwarder.per_notifications:.2f}",
            f"{100 * daemon.share:.1f} %",
            f"{100 * daemon.share / sensors:.1f} %",
            str(sent),
            str(lost),
            f"{daemon.memory_mib:.0f}",
            f"{forwarder.memory_mib:.0f}",
        )
        print(f"| {' | '.join(cells)} |", flush=True)


async def run() -> None:
    async with embedded_broker(engine="mosquitto") as broker:
        await compare(broker.port)
