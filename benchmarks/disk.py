"""How much an hour of therapy writes to the disk: the real gateway and journal, on a real file system, in virtual time.

Thirty minutes of stimulation whose level is changed now and then, and six sets of ten sit-ups. The kernel counts the bytes.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from pathlib import Path

from tests.clinic import CONFIG, Clinic, clinic

from benchmarks.processes import written_bytes
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody

HOUR_S = 3600.0


async def therapy(inside: Clinic) -> None:
    """One hour."""
    loop = asyncio.get_running_loop()
    inside.polar.body = SyntheticBody(random.Random(2), sets=(10,) * 6, start=loop.time() + 10, pause_s=120.0)  # noqa: S311 - reproducible, not secret
    await asyncio.sleep(10)
    for _ in range(5):
        inside.press_up()
        await asyncio.sleep(60)
    await asyncio.sleep(HOUR_S - 310)


async def hour(folder: Path) -> tuple[int, int]:
    """Bytes written, and records."""
    async with clinic(folder, config=CONFIG) as inside:
        before = written_bytes(os.getpid())
        await therapy(inside)
        await inside.stop()
        return written_bytes(os.getpid()) - before, inside.journal.rows


async def run() -> None:
    # Virtual time needs a loop of its own kind, so this runs in a thread with one.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        written, records = await asyncio.to_thread(lambda: virtual_time.run(hour(Path(folder))))
    print(
        f"an hour of therapy: {records} records, {written / 1024:.0f} KiB written ({written / records:.0f} bytes a record)"
    )
    print(f"at three hours a day and 10 TB of endurance, a card lasts {10e12 / (written * 3 * 365):,.0f} years of this")
