"""What may happen to a signal on its way to the counter. Each makes a new signal; random ones have their own seed."""

from __future__ import annotations

import random
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING

from benchmarks.accuracy.scores import SEED
from benchmarks.recordings import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Vector

    Disturbance = Callable[[Signal], Signal]

AS_RECORDED = "as recorded"
GOALS = ("any mounting", "20 % of samples lost", "10 ms jitter", "gyroscope bias 3 deg/s", "all four together")
GAP = "gaps of 1 s every 15 s"
OF_GYROSCOPES = frozenset({"gyroscope bias 3 deg/s", "gyroscope bias 10 deg/s", "all four together", "no gyroscope"})


def disturbances() -> dict[str, Disturbance]:
    """All of them, by name, as if for the first time."""
    together = random.Random(SEED)  # noqa: S311 - a disturbance, not a secret

    def all_four(s: Signal) -> Signal:
        return biased(jittered(lossy(mounted(s, together), together, 0.2), together), 3.0)

    return {
        AS_RECORDED: lambda s: s,
        "any mounting": _with(mounted),
        "5 % of samples lost": _with(lossy, 0.05),
        "20 % of samples lost": _with(lossy, 0.20),
        "40 % of samples lost": _with(lossy, 0.40),
        "10 ms jitter": _with(jittered),
        "gyroscope bias 3 deg/s": lambda s: biased(s, 3.0),
        "gyroscope bias 10 deg/s": lambda s: biased(s, 10.0),
        "all four together": all_four,
        "accelerometer scale +8 %": lambda s: scaled(s, 1.08),
        "gaps of 0.5 s every 10 s": lambda s: gaps(s, 0.5, 10.0),
        GAP: lambda s: gaps(s, 1.0, 15.0),
        "gaps of 3 s every 30 s": lambda s: gaps(s, 3.0, 30.0),
        "12.5 samples a second": lambda s: slower(s, 12.5),
        "8.3 samples a second": lambda s: slower(s, 25.0 / 3),
        "no gyroscope": lambda s: Signal(s.t, s.acc, None, s.rate_hz),
    }


def _with(disturb: Callable[..., Signal], *arguments: float) -> Disturbance:
    rng = random.Random(SEED)  # noqa: S311
    return lambda s: disturb(s, rng, *arguments)


def mounted(s: Signal, rng: random.Random) -> Signal:
    """Worn another way round."""
    m = _rotation(rng)
    return Signal(s.t, [_turn(m, v) for v in s.acc], [_turn(m, v) for v in s.gyr] if s.gyr else None, s.rate_hz)


def lossy(s: Signal, rng: random.Random, share: float) -> Signal:
    """Without some samples, each lost for itself."""
    return _keep(s, [i for i in range(len(s.t)) if rng.random() >= share])


def jittered(s: Signal, rng: random.Random) -> Signal:
    """Stamped wrongly by 10 ms (standard deviation)."""
    return Signal(sorted(t + rng.gauss(0.0, 0.010) for t in s.t), s.acc, s.gyr, s.rate_hz)


def biased(s: Signal, dps: float) -> Signal:
    """A gyroscope that reads so much about all three axes while it rests."""
    gyr = [(x + dps, y + dps, z + dps) for x, y, z in s.gyr] if s.gyr else None
    return Signal(s.t, s.acc, gyr, s.rate_hz)


def scaled(s: Signal, scale: float) -> Signal:
    """An accelerometer that reads too much."""
    return Signal(s.t, [(scale * x, scale * y, scale * z) for x, y, z in s.acc], s.gyr, s.rate_hz)


def gaps(s: Signal, length_s: float, every_s: float) -> Signal:
    """Nothing at the end of each stretch of `every_s`."""
    return _keep(s, [i for i, t in enumerate(s.t) if (t - s.t[0]) % every_s < every_s - length_s])


def slower(s: Signal, rate_hz: float) -> Signal:
    """Fewer samples, at the times of samples; what is at that rate already stays as it is."""
    if s.rate_hz <= rate_hz:
        return s
    kept, due = [], s.t[0]
    for i, t in enumerate(s.t):
        if t >= due - 0.5 / s.rate_hz:
            kept.append(i)
            due += 1.0 / rate_hz
    part = _keep(s, kept)
    return Signal(part.t, part.acc, part.gyr, rate_hz)


def _keep(s: Signal, at: list[int]) -> Signal:
    return Signal([s.t[i] for i in at], [s.acc[i] for i in at], [s.gyr[i] for i in at] if s.gyr else None, s.rate_hz)


def _rotation(rng: random.Random) -> tuple[Vector, Vector, Vector]:
    """A random one, all equally likely (Shoemake 1992)."""
    a, b, c = rng.random(), 2 * pi * rng.random(), 2 * pi * rng.random()
    x, y, z, w = sqrt(1 - a) * sin(b), sqrt(1 - a) * cos(b), sqrt(a) * sin(c), sqrt(a) * cos(c)
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def _turn(m: tuple[Vector, Vector, Vector], v: Vector) -> Vector:
    x, y, z = (row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in m)
    return (x, y, z)
