"""How much an hour of therapy writes to the disk: the real gateway and journal, on a real file system, in virtual time.

Thirty minutes of stimulation whose level is changed now and then, and six sets of ten sit-ups. The kernel counts the bytes.
"""

from __future__ import annotations

import asyncio
import os
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.clinic import CONFIG, Clinic, clinic

from benchmarks.processes import asked_bytes, written_bytes
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


@dataclass(frozen=True, slots=True)
class Wear:
    """Of one hour: `written` as the kernel counts it, in whole pages, `asked` as SQLite does; the file has `grown`."""

    records: int
    written: int
    asked: int
    grown: int


async def hour(folder: Path) -> Wear:
    pid = os.getpid()
    async with clinic(folder, config=CONFIG) as inside:
        written, asked, used = written_bytes(pid), asked_bytes(pid), (await inside.journal.fill()).used
        await therapy(inside)
        await inside.stop()
        grown = (await inside.journal.fill()).used - used
        return Wear(inside.journal.rows, written_bytes(pid) - written, asked_bytes(pid) - asked, grown)


async def run() -> None:
    # Virtual time needs a loop of its own kind, so this runs in a thread with one.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        wear = await asyncio.to_thread(lambda: virtual_time.run(hour(Path(folder))))
    each = wear.written / wear.records
    print(f"an hour of therapy: {wear.records} records; the journal grows by {wear.grown / 1024:.0f} KiB")
    print(
        f"SQLite writes {wear.asked / 1024:.0f} KiB of it, the kernel {wear.written / 1024:.0f} KiB ({each:.0f} bytes a record)"
    )
    hours, years = 2000 * 1024**2 / wear.grown, 10e12 / (wear.written * 3 * 365)
    print(f"journal.max_mb of 2000 is room for {hours:,.0f} such hours")
    print(f"at three hours a day and 10 TB of endurance, a card lasts {years:,.0f} years of this")
