"""Somebody who stands and bends: two segments, trunk and pelvis, each with a sensor on its back. The truth is `lumbar_deg`.

Each segment turns in the sagittal plane about the hips, forwards positive, on smooth paths; both feel gravity, the swing,
noise, and now and then a tap on both at once. Pure; time is an argument.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice_sim.body import GRAVITY, STEP_S, rotation, smooth

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from ptdevice.model import Vector

TRUNK_M, PELVIS_M = 0.35, 0.10  # from the hips to the lowest ribs, and to the sacrum
TAP = 60.0  # m/s^2: a knuckle on plastic, after the sensor's own low-pass
TAP_X, TAP_Z = 0.6, 0.8  # nobody taps square to gravity
TAP_DECAY_S, TAP_HZ = 0.03, 12.0


@dataclass(frozen=True, slots=True)
class Bending:
    """One movement, from standing to standing: each segment's angle at its end, in degrees, and how long it takes."""

    start: float
    trunk_deg: float
    pelvis_deg: float
    out_s: float = 1.5
    hold_s: float = 0.5
    back_s: float = 1.5
    lag_s: float = 0.2  # by which the pelvis follows the trunk (lumbopelvic rhythm)

    def share(self, now: float) -> float:
        """How far out it is, 0 to 1."""
        t = now - self.start
        if t < self.out_s:
            return smooth(max(t, 0.0) / self.out_s)
        t -= self.out_s + self.hold_s
        return 1.0 if t < 0.0 else 1.0 - smooth(min(t / self.back_s, 1.0))


class Spine:
    """`trunk` and `pelvis` are bodies for simulated units."""

    def __init__(
        self,
        rng: random.Random,
        bendings: Sequence[Bending],
        *,
        taps: Sequence[float] = (),
        noise: float = 0.05,
        spin_noise: float = 0.1,
        mountings: tuple[tuple[float, float, float], tuple[float, float, float]] = (
            (4.0, -8.0, 10.0),
            (-12.0, 15.0, -7.0),
        ),
    ) -> None:
        self.bendings = sorted(bendings, key=lambda bending: bending.start)
        self._starts = [bending.start for bending in self.bendings]
        self._taps = sorted(taps)
        self.trunk = Segment(self, rng, TRUNK_M, mountings[0], noise, spin_noise, is_trunk=True)
        self.pelvis = Segment(self, rng, PELVIS_M, mountings[1], noise, spin_noise, is_trunk=False)

    def segments_deg(self, now: float) -> tuple[float, float]:
        """How far trunk and pelvis are bent forwards."""
        i = bisect.bisect_right(self._starts, now) - 1
        if i < 0:
            return 0.0, 0.0
        bending = self.bendings[i]
        return bending.trunk_deg * bending.share(now), bending.pelvis_deg * bending.share(now - bending.lag_s)

    def lumbar_deg(self, now: float) -> float:
        """The true angle between them."""
        trunk, pelvis = self.segments_deg(now)
        return trunk - pelvis

    def farthest_deg(self, bending: Bending) -> float:
        """The greatest lumbar angle of one movement."""
        span = bending.out_s + bending.hold_s + bending.back_s + bending.lag_s
        return max((self.lumbar_deg(bending.start + k * STEP_S) for k in range(int(span / STEP_S))), key=abs)

    def jolt(self, now: float) -> float:
        """Of the newest tap, m/s^2."""
        i = bisect.bisect_right(self._taps, now) - 1
        t = now - self._taps[i] if i >= 0 else math.inf
        return TAP * math.exp(-t / TAP_DECAY_S) * math.sin(2 * math.pi * TAP_HZ * t) if t < 10 * TAP_DECAY_S else 0.0


class Segment:
    """One of the two, wearing a sensor: x up along it, y to the left, z backwards, and then `mounting`."""

    def __init__(
        self,
        spine: Spine,
        rng: random.Random,
        from_hips_m: float,
        mounting: tuple[float, float, float],
        noise: float,
        spin_noise: float,
        *,
        is_trunk: bool,
    ) -> None:
        self._spine, self._rng = spine, rng
        self._arm_m, self._mounting = from_hips_m, rotation(*mounting)
        self._noise, self._spin_noise = noise, spin_noise
        self._which = 0 if is_trunk else 1

    def acceleration(self, now: float) -> Vector:
        """Specific force, m/s^2."""
        h = STEP_S
        before, here, after = (math.radians(self._spine.segments_deg(now + d)[self._which]) for d in (-h, 0.0, h))
        rate = (after - before) / (2 * h)
        turn = (after - 2 * here + before) / (h * h)
        noise, jolt = self._noise, self._spine.jolt(now)
        return self._felt(
            (
                GRAVITY * math.cos(here) - self._arm_m * rate * rate + TAP_X * jolt + self._rng.gauss(0, noise),
                self._rng.gauss(0, noise),
                GRAVITY * math.sin(here) - self._arm_m * turn + TAP_Z * jolt + self._rng.gauss(0, noise),
            )
        )

    def angular_rate(self, now: float) -> Vector:
        """Deg/s. Bending forwards is a turn about +y."""
        before, after = (self._spine.segments_deg(now + d)[self._which] for d in (-STEP_S, STEP_S))
        noise = self._spin_noise
        rate = (after - before) / (2 * STEP_S)
        return self._felt((self._rng.gauss(0, noise), self._rng.gauss(rate, noise), self._rng.gauss(0, noise)))

    def heart_rate(self, now: float) -> float:  # noqa: ARG002 - Body's shape
        """Of somebody who stands."""
        return 75.0

    def _felt(self, true: Vector) -> Vector:
        m = self._mounting
        x, y, z = (row[0] * true[0] + row[1] * true[1] + row[2] * true[2] for row in m)
        return (x, y, z)
