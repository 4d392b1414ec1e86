"""A back that bends, worn by two units with clocks of their own: what arrives at a gateway, in order, and the truth."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.model import MotionSamples
from ptdevice_sim.spine import Bending, Spine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ptdevice.model import Record
    from ptdevice.motion.pair.machine import PairedMotion

AT = 1000.0  # gateway seconds at true second 0
CALIBRATING = Bending(start=12.0, trunk_deg=75.0, pelvis_deg=30.0)
TAPS = (2.0, 2.4, 2.8)


@dataclass
class Worn:
    """One unit: how fast it samples, by how much its clock is fast, and how its packets travel."""

    skew_ppm: float = 0.0
    zero_ns: int = 0
    rate_hz: float = 60.0
    least_s: float = 0.012
    jitter_s: float = 0.006
    gyro: bool = True
    lost: Callable[[float], bool] = field(default=lambda _t: False)


TRUNK, PELVIS = Worn(20.0, 7_000_000_000), Worn(-20.0, 900_000_000, least_s=0.015)


def arrivals(
    spine: Spine, seconds: float, *, worn: tuple[Worn, Worn] = (TRUNK, PELVIS), seed: int = 1, begin: float = 0.0
) -> Iterator[tuple[int, MotionSamples]]:
    """Samples of both units as they arrive, with the side that sent them."""
    rng = random.Random(seed)  # noqa: S311 - jitter, not a secret
    streams = [
        _sent(side, unit, (spine.trunk, spine.pelvis)[side], begin, seconds, rng) for side, unit in enumerate(worn)
    ]
    for _, side, event in heapq.merge(*streams, key=lambda sent: sent[0]):
        yield side, event


def _sent(
    side: int, unit: Worn, body: object, begin: float, seconds: float, rng: random.Random
) -> Iterator[tuple[float, int, MotionSamples]]:
    at = 0.0
    for k in range(round(begin * unit.rate_hz), round(seconds * unit.rate_hz)):
        t = (k + 0.3 + 0.4 * side) / unit.rate_hz / (1 + unit.skew_ppm * 1e-6)
        if unit.lost(t):
            continue
        at = max(at, AT + t + unit.least_s + rng.expovariate(1 / unit.jitter_s))  # packets do not overtake each other
        ns = unit.zero_ns + round(t * (1e9 + unit.skew_ppm * 1e3))
        force = body.acceleration(t)  # type: ignore[attr-defined]
        spin = (body.angular_rate(t),) if unit.gyro else ()  # type: ignore[attr-defined]
        yield at, side, MotionSamples(at, unit.rate_hz, (ns,), (force,), spin)


def back(*bendings: Bending, seed: int = 5, taps: tuple[float, ...] = TAPS, noise: float = 0.05) -> Spine:
    """Somebody who taps, stands, bends forward once for the calibration, and then moves like this."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return Spine(rng, [CALIBRATING, *bendings], taps=taps, noise=noise)


def told(pair: PairedMotion, heard: Iterator[tuple[int, MotionSamples]]) -> list[Record]:
    """Everything that comes of it."""
    return [record for side, event in heard for record in pair.hear(side, event)]
