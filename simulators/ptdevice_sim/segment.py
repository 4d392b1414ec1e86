"""One segment of a body that turns about one axis, holds still as well as people can, and wears a sensor. Pure.

Where `SyntheticBody` does sit-ups, this does what is asked of it: a plan of postures to be reached and held, with interruptions
and sway that are known. So it is the truth for what no recording of people has: holds, pelvic tilts at the sacrum, and
hyperextensions on a bench. `Body` is what both are to a simulated unit.

Sway is a sum of slow sines about both horizontal axes, with frequencies that share no period within a hold; its root mean
square is what was asked for. It comes and goes within a quarter of a second, as one does not sway while moving on purpose.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice_sim.body import GRAVITY, STEP_S, TrueRepetition, rotation, smooth

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from ptdevice.model import Vector

SWAY_HZ = ((0.11, 0.29, 0.47), (0.17, 0.37))  # about the axis of the movement, and across it
FADE_S = 0.25
BREATH_S = 3.7


@dataclass(frozen=True, slots=True)
class Step:
    """Go to `angle_deg` within `move_s`, and stay for `stay_s`, swaying or not."""

    angle_deg: float
    move_s: float
    stay_s: float
    sways: bool = False


@dataclass(frozen=True, slots=True)
class TrueHold:
    """A hold as it really was: from reaching the posture to leaving it for good, and its interruptions."""

    start: float
    end: float
    breaks: tuple[tuple[float, float], ...] = ()  # from leaving the posture to being back

    @property
    def held_s(self) -> float:
        """Without the interruptions."""
        return self.end - self.start - sum(end - start for start, end in self.breaks)


class SegmentBody:
    """Follows a plan from `base_deg`, the angle of the segment above the level at rest.

    `lever_m` is how far the sensor is from the joint. `sway_deg` is the root mean square of the angle from the middle posture
    in a hold. `mounting` rotates the sensor on the segment (roll, pitch and yaw in degrees).
    """

    def __init__(
        self,
        rng: random.Random,
        plan: Sequence[Step],
        *,
        start: float = 3.0,
        base_deg: float = 0.0,
        lever_m: float = 0.3,
        sway_deg: float = 0.0,
        breath_mps2: float = 0.08,
        noise: float = 0.05,
        spin_noise: float = 0.1,
        mounting: Vector = (8.0, -5.0, 12.0),
        resting_bpm: float = 68.0,
    ) -> None:
        self._rng = rng
        self._base, self._lever, self._breath = base_deg, lever_m, breath_mps2
        self._noise, self._spin_noise = noise, spin_noise
        self._mounting = rotation(*mounting)
        self._bpm = resting_bpm
        waves = sum(len(hz) for hz in SWAY_HZ)
        self._amplitude = sway_deg * math.sqrt(2.0 / waves)
        self._phases = tuple(tuple(rng.uniform(0.0, 2.0 * math.pi) for _ in hz) for hz in SWAY_HZ)
        self._corners: list[tuple[float, float]] = [(0.0, 0.0), (start, 0.0)]
        self._swaying: list[tuple[float, float]] = []
        at = start
        for step in plan:
            at += step.move_s
            self._corners.append((at, step.angle_deg))
            if step.sways:
                self._swaying.append((at, at + step.stay_s))
            at += step.stay_s
            self._corners.append((at, step.angle_deg))
        self._times = [t for t, _ in self._corners]
        self.end = at

    def angle_deg(self, now: float) -> float:
        """Angle of the segment from rest, without sway."""
        i = bisect.bisect_right(self._times, now)
        if i >= len(self._corners):
            return self._corners[-1][1]
        (t0, a0), (t1, a1) = self._corners[max(i - 1, 0)], self._corners[i]
        return a0 + (a1 - a0) * smooth(max(now - t0, 0.0) / (t1 - t0)) if t1 > t0 else a1

    def sway(self, now: float) -> tuple[float, float]:
        """Degrees about the axis of the movement, and across it."""
        share = max((self._fade(now, start, end) for start, end in self._swaying), default=0.0)
        if share <= 0.0:
            return 0.0, 0.0
        about, across = (
            share
            * self._amplitude
            * sum(math.sin(2.0 * math.pi * f * now + p) for f, p in zip(hz, phases, strict=True))
            for hz, phases in zip(SWAY_HZ, self._phases, strict=True)
        )
        return about, across

    def acceleration(self, now: float) -> Vector:
        """Specific force in the sensor's axes, m/s^2."""
        h = STEP_S
        before, here, after = (math.radians(self._pitch(now + d)) for d in (-h, 0.0, h))
        rate, turn = (after - before) / (2 * h), (after - 2 * here + before) / (h * h)
        roll = math.radians(self.sway(now)[1])
        # x along the segment away from the joint, z out of it: level, it lies on its back.
        along = GRAVITY * math.sin(here) - self._lever * rate * rate
        out = GRAVITY * math.cos(here) * math.cos(roll) + self._lever * turn
        out += self._breath * math.sin(2.0 * math.pi * now / BREATH_S)
        across = GRAVITY * math.cos(here) * math.sin(roll)
        gauss = self._rng.gauss
        return self._felt((along + gauss(0, self._noise), across + gauss(0, self._noise), out + gauss(0, self._noise)))

    def angular_rate(self, now: float) -> Vector:
        """The segment's turning as a gyroscope on it feels it, deg/s."""
        h = STEP_S
        pitch = (self._pitch(now + h) - self._pitch(now - h)) / (2 * h)
        roll = (self.sway(now + h)[1] - self.sway(now - h)[1]) / (2 * h)
        gauss = self._rng.gauss
        return self._felt((gauss(roll, self._spin_noise), gauss(-pitch, self._spin_noise), gauss(0, self._spin_noise)))

    def heart_rate(self, now: float) -> float:
        """At rest: what is done here is done slowly."""
        return self._bpm + 2.0 * math.sin(now / 7)

    def _pitch(self, now: float) -> float:
        return self._base + self.angle_deg(now) + self.sway(now)[0]

    def _fade(self, now: float, start: float, end: float) -> float:
        return min(max(min(now - start, end - now) / FADE_S, 0.0), 1.0)

    def _felt(self, true: Vector) -> Vector:
        (x, y, z), m = true, self._mounting
        return (
            m[0][0] * x + m[0][1] * y + m[0][2] * z,
            m[1][0] * x + m[1][1] * y + m[1][2] * z,
            m[2][0] * x + m[2][1] * y + m[2][2] * z,
        )


def holding(
    rng: random.Random,
    holds: Sequence[Sequence[float]],
    *,
    angle_deg: float = 25.0,
    rest_s: float = 4.0,
    break_s: float = 1.5,
    break_deg: float = 14.0,
    sway_deg: float = 1.0,
    noise: float = 0.05,
) -> tuple[SegmentBody, list[TrueHold]]:
    """Holds at `angle_deg` from rest, each told by its stretches in seconds, between which it sags by `break_deg`."""
    plan: list[Step] = []
    truth: list[TrueHold] = []
    at = 3.0
    for stretches in holds:
        at += 1.5
        start, breaks = at, list[tuple[float, float]]()
        for i, stretch in enumerate(stretches):
            if i:
                plan += [Step(angle_deg - break_deg, 0.5, break_s - 1.0)]
                breaks.append((at, at + break_s))
                at += break_s
            plan.append(Step(angle_deg, 0.5 if i else 1.5, stretch, sways=True))
            at += stretch
        truth.append(TrueHold(start, at, tuple(breaks)))
        plan.append(Step(0.0, 1.5, rest_s))
        at += 1.5 + rest_s
    return SegmentBody(rng, plan, sway_deg=sway_deg, noise=noise), truth


def pelvic_tilts(
    rng: random.Random, count: int, *, range_deg: float = 9.0, hold_s: float = 6.0
) -> tuple[SegmentBody, list[TrueRepetition]]:
    """A sensor on the sacrum, lying on the back: small and slow, held, with the breath in it."""
    return _repeated(rng, count, range_deg, (1.5, hold_s, 1.5, 2.0), lever_m=0.08, breath_mps2=0.12)


def hyperextensions(
    rng: random.Random, count: int, *, range_deg: float = 60.0
) -> tuple[SegmentBody, list[TrueRepetition]]:
    """A sensor between the shoulder blades, face down over a bench: from hanging to straight and down again."""
    return _repeated(rng, count, range_deg, (1.8, 1.0, 2.0, 1.0), lever_m=0.5, base_deg=120.0)


def _repeated(
    rng: random.Random,
    count: int,
    range_deg: float,
    tempo_s: tuple[float, float, float, float],
    *,
    lever_m: float,
    breath_mps2: float = 0.08,
    base_deg: float = 0.0,
) -> tuple[SegmentBody, list[TrueRepetition]]:
    plan: list[Step] = []
    truth: list[TrueRepetition] = []
    at = 3.0
    for _ in range(count):
        out, hold, back, rest = (seconds * min(max(rng.gauss(1.0, 0.08), 0.7), 1.3) for seconds in tempo_s)
        reach = range_deg * min(max(rng.gauss(1.0, 0.06), 0.8), 1.2)
        plan += [Step(reach, out, hold, sways=True), Step(0.0, back, rest)]
        truth.append(TrueRepetition(at, at + out, at + out + hold, at + out + hold + back, reach))
        at += out + hold + back + rest
    body = SegmentBody(
        rng, plan, base_deg=base_deg, lever_m=lever_m, sway_deg=0.3, breath_mps2=breath_mps2, mounting=(5.0, 20.0, -8.0)
    )
    return body, truth
