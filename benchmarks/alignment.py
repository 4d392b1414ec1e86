"""Two simulated DOTs on one back whose clocks are 40 ppm apart, over an hour: how well is the skew known, how far apart is one
moment in the two streams, and what does that leave of the lumbar angle.

The tap and arrivals are measured on the core, with a radio that delivers at its connection events (30 ms apart, by the clock of
the central) and repeats one packet in fifty. Synchronising is measured through the daemon's own path: radio, connection, codec;
what it leaves is what the vendor admits, 4 ppm.
"""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import AlignmentMethod, BendDirection, LumbarMovement, MotionSamples, StreamChanged
from ptdevice.motion.pair.machine import PairedMotion
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.spine import Bending, Spine
from ptdevice_sim.unit import UnitClock
from ptdevice_sim.units.movella_dot import MovellaDot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.connection import LinkReport
    from ptdevice.model import Event
    from ptdevice_sim.body import Body

RATE_HZ = 60.0
PPM = (20.0, -20.0)
INTERVAL_S, REPEATED = 0.03, 0.02
LEAST_S = (0.010, 0.014)
MINUTES = (1, 2, 5, 10, 30, 60)
HOUR_S, SHORT_S = 3600.0, 600.0
CALIBRATION = Bending(12.0, 75.0, 30.0)
EVERY_S = 12.0
RESIDUAL_PPM = 4.0


@dataclass
class Line:
    """What was seen after so many minutes. Seconds and ppm, with what was stated."""

    minute: int
    skew_ppm: float
    skew_stated_ppm: float
    apart_s: float
    stated_s: float
    arrival_s: float = 0.0  # apart, had there been no tap


@dataclass
class Hour:
    """One run."""

    lines: list[Line] = field(default_factory=list)
    angle_deg: list[float] = field(default_factory=list)
    range_deg: list[float] = field(default_factory=list)
    stated_deg: list[int] = field(default_factory=list)


def spine() -> Spine:
    """Taps and a bend for the calibration; then a bend every twelve seconds, every third backwards."""
    rng = random.Random(3)  # noqa: S311 - reproducible, not secret
    bendings = [CALIBRATION]
    for k in range(int((HOUR_S - 40.0) / EVERY_S)):
        out_s, size = 0.9 + rng.random(), 0.6 + 0.6 * rng.random()
        trunk, pelvis = (-22.0, -6.0) if k % 3 == 2 else (75.0, 32.0)
        bendings.append(Bending(30.0 + EVERY_S * k, trunk * size, pelvis * size, out_s, 0.4, out_s))
    return Spine(rng, bendings, taps=(2.0, 2.4, 2.9))


def arrivals(body: Body, side: int, seconds: float) -> Iterator[tuple[float, int, MotionSamples, float]]:
    """One unit's packets as they arrive, and when their sample was really taken."""
    rng = random.Random(side)  # noqa: S311 - reproducible, not secret
    at = phase = rng.random() * INTERVAL_S
    for k in range(round(seconds * RATE_HZ)):
        t = (k + 0.3 + 0.4 * side) / RATE_HZ / (1 + PPM[side] * 1e-6)
        event = math.ceil((t + LEAST_S[side] - phase) / INTERVAL_S)
        while rng.random() < REPEATED:
            event += 1
        at = max(at, phase + event * INTERVAL_S + rng.expovariate(1 / 0.001))
        ns = 10**9 * (7 - 5 * side) + round(t * (1e9 + PPM[side] * 1e3))
        yield at, side, MotionSamples(at, RATE_HZ, (ns,), (body.acceleration(t),), (body.angular_rate(t),)), t


def truth_deg(back: Spine, seen: LumbarMovement) -> float:
    """The greatest lumbar angle, that way, while this movement lasted."""
    sign = 1.0 if seen.direction is BendDirection.FLEXION else -1.0
    steps = int((seen.end - seen.start) * 100)
    return max(sign * back.lumbar_deg(seen.start + k / 100) for k in range(steps + 1))


def hour(method: AlignmentMethod, seconds: float = HOUR_S) -> Hour:
    """On the core. Stream time 0 is each unit's first sample."""
    back, found = spine(), Hour()
    pair = PairedMotion(lambda: "m", method)
    pair.calibrate(0.0)
    zero = [(0.3 + 0.4 * side) / RATE_HZ / (1 + PPM[side] * 1e-6) for side in (0, 1)]
    streams = [arrivals(body, side, seconds) for side, body in enumerate((back.trunk, back.pelvis))]
    minutes = list(MINUTES)
    begun = False
    for at, side, event, true in heapq.merge(*streams, key=lambda sent: sent[0]):
        if pair.calibrated and not begun and at > 25.0:
            begun = pair.begin_range(at)
        before = pair.latest
        for record in pair.hear(side, event):
            if isinstance(record, LumbarMovement):
                found.range_deg.append(record.range_deg - truth_deg(back, record))
                found.stated_deg.append(record.uncertainty_deg)
        if pair.latest is not before and pair.latest.trunk_deg is not None and pair.latest.pelvis_deg is not None:
            then = pair.latest.t / (1 + PPM[0] * 1e-6) + zero[0]
            found.angle_deg.append(pair.latest.trunk_deg - pair.latest.pelvis_deg - back.lumbar_deg(then))
        if side == 1 and minutes and true >= 60.0 * minutes[0] - 1.0:
            newest = pair.sides[1].stream.clock.newest
            slope, slope_error = pair.alignment.slope
            then = pair.alignment.pair_time(newest) / (1 + PPM[0] * 1e-6) + zero[0]
            found.lines.append(
                Line(
                    minutes.pop(0),
                    slope * 1e6 - (PPM[0] - PPM[1]),
                    slope_error * 1e6,
                    then - true,
                    pair.alignment.error_s(newest),
                    pair.alignment.by_arrival(newest) / (1 + PPM[0] * 1e-6) + zero[0] - true,
                )
            )
    return found


async def synchronised(seconds: float) -> list[Line]:
    """Two DOTs in one room, through the daemon's own path: how far their time stamps are from one time."""
    back, room = spine(), DotRoom(residual_ppm=RESIDUAL_PPM)
    address = ("D4:22:CD:00:00:01", "D4:22:CD:00:00:02")
    profile = CATALOGUE["movella_dot"]
    assert profile.sharing is not None
    pair = PairedMotion(lambda: "m", AlignmentMethod.DEVICE, profile.turn_ns)
    units = [
        MovellaDot(_Marked(body), address=address[side], room=room, clock=UnitClock((7 - 5 * side) * 10**9, PPM[side]))
        for side, body in enumerate((back.trunk, back.pelvis))
    ]

    def hear(side: int, event: Event) -> None:
        if isinstance(event, MotionSamples | StreamChanged):
            pair.hear(side, event)

    def reach(side: int, report: LinkReport) -> None:
        if report.availability == "unknown":
            pair.lost(side, report.at)

    lines = []
    loop = asyncio.get_running_loop()
    async with InProcessAir() as air:
        radio_on = Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)
        async with radio_on as radio, asyncio.TaskGroup() as tasks:
            running = []
            for side, (unit, codec) in enumerate(zip(units, profile.sharing(address), strict=True)):
                air.publish(unit)
                connection = Connection(
                    address[side],
                    replace(profile, codec=codec),
                    Selector(unit.address),
                    radio.open,
                    simulated=True,
                    hear=partial(hear, side),
                    report=partial(reach, side),
                    rng=random.Random(side),  # noqa: S311 - a seed, no secret
                )
                running.append(tasks.create_task(connection.run()))
            for minute in MINUTES:
                if 60.0 * minute > seconds:
                    break
                await asyncio.sleep(60.0 * minute - loop.time())
                clocks = [side.stream.clock for side in pair.sides]
                # By each unit's own clock, of which the truth is known: what pair time makes of it.
                then = clocks[0].device_ns(pair.alignment.pair_time(clocks[1].newest))
                marked = [unit.body for unit in units]
                assert all(isinstance(body, _Marked) for body in marked)
                true = marked[1].newest if isinstance(marked[1], _Marked) else 0.0
                apart = (then - units[0].clock.ns(true)) * 1e-9
                assert pair.alignment.method is AlignmentMethod.DEVICE
                lines.append(Line(minute, 0.0, 0.0, apart, pair.alignment.error_s(clocks[1].newest)))
            for task in running:
                task.cancel()
    return lines


class _Marked:
    """A body that remembers when it was last looked at."""

    def __init__(self, body: Body) -> None:
        self._body, self.newest = body, 0.0

    def acceleration(self, now: float) -> tuple[float, float, float]:
        self.newest = now
        return self._body.acceleration(now)

    def angular_rate(self, now: float) -> tuple[float, float, float]:
        return self._body.angular_rate(now)

    def heart_rate(self, now: float) -> float:
        return self._body.heart_rate(now)


async def run() -> None:
    """Print the tables."""
    tapped = hour(AlignmentMethod.TAP)
    print("after | skew error, stated | apart by a tap, stated | by arrival")
    for line in tapped.lines:
        print(
            f"{line.minute:3} min | {line.skew_ppm:+6.2f}, {line.skew_stated_ppm:6.2f} ppm | {line.apart_s * 1e3:+6.2f}, "
            f"{line.stated_s * 1e3:5.2f} ms      | {line.arrival_s * 1e3:+6.2f} ms"
        )
    print("\nby synchronising over the air, through radio, connection and codec:")
    for line in await asyncio.to_thread(lambda: virtual_time.run(synchronised(SHORT_S))):
        print(f"{line.minute:3} min | apart {line.apart_s * 1e3:.3f} ms, stated {line.stated_s * 1e3:.2f} ms")
    print("\nlumbar angle against the truth:")
    for name, found in (("tap", tapped), ("arrival", hour(AlignmentMethod.ARRIVAL, SHORT_S))):
        rms = math.sqrt(fmean(error * error for error in found.angle_deg))
        off = [abs(error) for error in found.range_deg]
        print(
            f"{name:7} | RMS {rms:.2f} deg at {len(found.angle_deg)} moments | range of {len(off)} movements off by "
            f"{fmean(off):.2f} deg, at most {max(off):.1f}; stated {max(found.stated_deg)}"
        )
