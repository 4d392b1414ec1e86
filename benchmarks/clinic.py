"""Virtual seconds per real second: a gateway with one unit and with sixteen, in use, and one whose units are off; then a week.

A chest strap sends 100 samples a second and a stimulator is asked once a second; half of the sixteen are of each kind.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import TYPE_CHECKING

from ptdevice_sim.clinic.engine import run_scenario
from ptdevice_sim.clinic.loading import find, load, loads

if TYPE_CHECKING:
    from ptdevice_sim.clinic.scenario import Scenario

SENSOR = """\
[people.p{i}]
exercises = [{{ time = "00:00:10", sets = [10, 10, 10], every = "3m" }}]
[units.chest-{i}]
device = "polar"
worn_by = "p{i}"
exercise = "sit_up"
starts_off = {off}
"""
STIMULATOR = """\
[units.back-{i}]
device = "beurer_em70"
starts_off = {off}
[[at]]
time = "00:00:05"
press = "back-{i}"
times = 4
"""


async def run() -> None:
    print("| gateway | virtual time | real s | CPU s | virtual s per real s |\n|---|---|---|---|---|")
    for title, sensors, stimulators, off, duration in (
        ("1 sensor, exercising", 1, 0, "false", "10m"),
        ("1 stimulator, on", 0, 1, "false", "10m"),
        ("16 units, all in use", 8, 8, "false", "10m"),
        ("2 units, off", 1, 1, "true", "12h"),
    ):
        text = f'title = "{title}"\nduration = "{duration}"\n'
        text += "".join(SENSOR.format(i=i, off=off) for i in range(sensors))
        text += "".join(STIMULATOR.format(i=i, off=off) for i in range(stimulators))
        await measured(title, loads(text))
    for name in ("first_appointment", "home_week"):
        await measured(f"`{name}`", load(find(name)))
    print(f"\nmemory at the most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


async def measured(title: str, scenario: Scenario) -> None:
    real, cpu = time.perf_counter(), time.process_time()
    await asyncio.to_thread(run_scenario, scenario)  # it has a loop of its own
    real, cpu = time.perf_counter() - real, time.process_time() - cpu
    print(
        f"| {title} | {scenario.duration:.0f} s | {real:.1f} | {cpu:.1f} | {scenario.duration / real:.0f} |", flush=True
    )
