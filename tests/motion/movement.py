"""Movements with a known truth, and what a sensor on the moving part would send of them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING

from ptdevice.model import ExerciseSet, MotionSamples, Repetition, SetEnd
from ptdevice.motion.exercises import EXERCISES, Exercise
from ptdevice.motion.sets import SetCounter

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterable, Sequence

    from ptdevice.model import Record, Vector

GRAVITY = 9.81
START = 100.0  # gateway seconds of the first sample
BOOT_NS = 5_000_000_000_000  # the sensor's own clock at that moment

Corner = tuple[float, float]  # (second, degrees): the path goes smoothly from corner to corner


@dataclass(frozen=True, slots=True)
class Samples:
    """What a sensor measured: seconds since the beginning, m/s^2, deg/s."""

    t: list[float]
    force: list[Vector]
    spin: list[Vector]
    rate_hz: float

    def keep(self, wanted: Callable[[float], bool]) -> Samples:
        """Without some samples."""
        at = [i for i, t in enumerate(self.t) if wanted(t)]
        return Samples([self.t[i] for i in at], [self.force[i] for i in at], [self.spin[i] for i in at], self.rate_hz)

    def mounted(self, m: tuple[Vector, Vector, Vector]) -> Samples:
        """On another place of the same limb."""

        def turned(v: Vector) -> Vector:
            x, y, z = (row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in m)
            return (x, y, z)

        return Samples(self.t, [turned(v) for v in self.force], [turned(v) for v in self.spin], self.rate_hz)


def repetitions(
    n: int, *, degrees: float = 60.0, out: float = 1.2, hold: float = 0.4, back: float = 1.3, rest: float = 0.8,
    lead: float = 3.0, tail: float = 3.0,
) -> list[Corner]:  # fmt: skip
    """Corners of `n` repetitions, at rest for `lead` before and `tail` after them."""
    corners: list[Corner] = [(0.0, 0.0), (lead, 0.0)]
    at = lead
    for _ in range(n):
        for seconds, angle in ((out, degrees), (hold, degrees), (back, 0.0), (rest, 0.0)):
            at += seconds
            corners.append((at, angle))
    return [*corners, (at + tail, 0.0)]


def after(corners: list[Corner], more: Iterable[Corner]) -> list[Corner]:
    """One movement after another; `more` begins at second 0."""
    end = corners[-1][0]
    return [*corners, *((end + t, angle) for t, angle in more)]


def angle_deg(corners: Sequence[Corner], t: float) -> float:
    """Where the path is: minimum jerk between corners (Flash and Hogan 1985)."""
    for (t0, a0), (t1, a1) in itertools.pairwise(corners):
        if t < t1:
            share = max(t - t0, 0.0) / (t1 - t0)
            return a0 + (a1 - a0) * share**3 * (10 - 15 * share + 6 * share * share)
    return corners[-1][1]


def measured(
    corners: Sequence[Corner], rate_hz: float = 25.0, *, noise: float = 0.0, rng: random.Random | None = None,
    direction: float = 0.0,
) -> Samples:  # fmt: skip
    """A sensor on a limb that turns about its x axis (rolled by `direction` degrees about z)."""
    h = 1e-3
    c, s = cos(radians(direction)), sin(radians(direction))
    samples = Samples([], [], [], rate_hz)
    for k in range(int(corners[-1][0] * rate_hz)):
        t = k / rate_hz
        a = radians(angle_deg(corners, t))
        rate = (angle_deg(corners, t + h) - angle_deg(corners, t - h)) / (2 * h)
        jolt = [rng.gauss(0.0, noise) if rng else 0.0 for _ in range(3)]
        y = GRAVITY * sin(a)
        samples.t.append(t)
        samples.force.append((-s * y + jolt[0], c * y + jolt[1], GRAVITY * cos(a) + jolt[2]))
        samples.spin.append((c * rate, s * rate, 0.0))
    return samples


def packets(
    samples: Samples, *, gyro: bool = True, sizes: Iterable[int] = (), late: Callable[[float], float] = lambda _: 0.0,
    shift_s: float = 0.0,
) -> list[MotionSamples]:  # fmt: skip
    """As the sensor sends them: in packets of these sizes (then of 10), each arriving `late(t)` after its last sample."""
    events: list[MotionSamples] = []
    i = 0
    for size in itertools.chain(sizes, itertools.repeat(10)):
        if i >= len(samples.t):
            return events
        part = slice(i, i + size)
        t = samples.t[part]
        events.append(
            MotionSamples(
                at=START + shift_s + t[-1] + late(t[-1]),
                rate_hz=samples.rate_hz,
                device_ns=tuple(BOOT_NS + round((shift_s + second) * 1e9) for second in t),
                acceleration=tuple(samples.force[part]),
                angular_rate=tuple(samples.spin[part]) if gyro else (),
            )
        )
        i += size
    return events


def counter(exercise: str | Exercise = "any", target: int | None = None, *, asked: bool = False) -> SetCounter:
    """A counter whose sets are called set-1, set-2, ..."""
    ids = itertools.count(1)
    known = EXERCISES[exercise] if isinstance(exercise, str) else exercise
    return SetCounter(known, lambda: f"set-{next(ids)}", target, asked=asked)


def counted(
    events: Sequence[MotionSamples], *, exercise: str | Exercise = "any", target: int | None = None
) -> list[Record]:
    """All records of a session that somebody ends with the last packet."""
    sets = counter(exercise, target)
    records = [record for event in events for record in sets.feed(event)]
    return records + sets.finish(events[-1].at, SetEnd.ENDED)


def reps_of(records: Iterable[Record]) -> list[Repetition]:
    """The repetitions among records."""
    return [record for record in records if isinstance(record, Repetition)]


def sets_of(records: Iterable[Record]) -> list[ExerciseSet]:
    """The sets among records."""
    return [record for record in records if isinstance(record, ExerciseSet)]
