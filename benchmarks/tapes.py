"""How long a tape an hour makes, plain and compressed, and how fast one is written, read and played; in virtual time.

What is recorded: an H10 that streams 100 samples a second, worn by somebody who exercises, with heart rate once a second; a
Verity Sense, whose frames are compressed; an EM 70 whose state is asked for once a second, in use for half an hour of the hour.
"""

from __future__ import annotations

import asyncio
import gzip
import io
import lzma
import random
import time
import tracemalloc
from typing import TYPE_CHECKING

from tests.simulators.tapes.studio import em70, take

from ptdevice.devices import CATALOGUE
from ptdevice.tape.reading import Tape
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.tapes.playing import Playing
from ptdevice_sim.tapes.survey import survey
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

HOUR_S = 3600.0
KIB, MIB = 1024, 1024 * 1024


async def hour(host: Host) -> None:
    """Sets of sit-ups for a sensor; half an hour of stimulation, which its own timer ends."""
    if isinstance(host.unit, BeurerEm70):
        await asyncio.sleep(10)
        for _ in range(5):
            host.unit.press_up(asyncio.get_running_loop().time())
            host.poke()
            await asyncio.sleep(60)
        await asyncio.sleep(HOUR_S - 310)
    else:
        await asyncio.sleep(HOUR_S)


def sensor(model: str) -> PolarSensor:
    body = SyntheticBody(random.Random(1), sets=(10,) * 12, start=10.0, pause_s=240.0)  # noqa: S311 - reproducible, not secret
    return PolarSensor(body, model=model)


async def run() -> None:
    print(
        "| an hour of | lines | tape | per line | gzip | xz | read, lines per s, memory | to the codec, virtual s per real s |"
    )
    print("|---|---|---|---|---|---|---|---|")
    units: dict[str, Unit] = {"H10": sensor("H10"), "Verity Sense": sensor("Sense"), "EM 70": em70()}
    for name, unit in units.items():
        await asyncio.to_thread(measure, name, unit)  # virtual time has a loop of its own


def measure(name: str, unit: Unit) -> None:
    made = take(unit, hour)
    octets = made.octets
    began = time.perf_counter()
    lines = survey(made.tape()).entries
    reading = time.perf_counter() - began
    began = time.perf_counter()
    events = sum(1 for _ in Playing(made.tape(), CATALOGUE[made.device]))
    playing = time.perf_counter() - began
    assert 0 <= events - len(made.events) <= 2  # what arrived at the very end was not taken any more
    print(
        f"| {name} | {lines} | {len(octets) / MIB:.2f} MiB | {len(octets) / lines:.0f} octets "
        f"| {len(gzip.compress(octets)) / KIB:.0f} KiB | {len(lzma.compress(octets)) / KIB:.0f} KiB "
        f"| {lines / reading:,.0f} in {memory(octets) / KIB:.0f} KiB | {HOUR_S / playing:,.0f} |"
    )


def memory(octets: bytes) -> int:
    """Most octets held at a time while a tape is read."""
    file = io.BytesIO(octets)
    tracemalloc.start()
    for _ in Tape(file, "tape"):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak
