"""What is physically true: a body that moves, seen by a sensor strapped to it. Pure; time is an argument.

`SyntheticBody` lies on a mat and does sit-ups. The trunk pitches from lying to nearly sitting on a smooth path; the sensor on
the sternum feels gravity in its own axes, the centripetal and tangential acceleration of the swing, breathing, and noise; its
gyroscope feels the trunk turn. The truth is in `repetitions`. A recorded person is in `recording.py`; both answer the same
questions.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random

    from ptdevice.model import Vector

GRAVITY = 9.80665  # m/s^2
STEP_S = 0.01  # of differences in time; the path is smooth on this scale
HIP_TO_STERNUM_M = 0.45  # about half the sitting height of an adult, less the head


class Body(Protocol):
    """Someone wearing a sensor."""

    def acceleration(self, now: float) -> Vector:
        """Specific force in the sensor's axes, m/s^2, at simulation second `now`."""
        ...

    def angular_rate(self, now: float) -> Vector:
        """Angular rate in the sensor's axes, deg/s."""
        ...

    def heart_rate(self, now: float) -> float:
        """Beats per minute."""
        ...


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody moves: seconds out, held and back, rest between repetitions, degrees of range, and their spread."""

    out_s: float = 1.2
    hold_s: float = 0.3
    back_s: float = 1.3
    rest_s: float = 0.6
    range_deg: float = 65.0
    spread: float = 0.08  # coefficient of variation of each of the above
    noise: float = 0.05  # m/s^2, standard deviation per axis
    spin_noise: float = 0.1  # deg/s, likewise; what a small gyroscope has at rest at 50 Hz


@dataclass(frozen=True, slots=True)
class TrueRepetition:
    """One repetition as it really was, in simulation seconds and degrees."""

    start: float
    turn: float
    hold_end: float
    end: float
    range_deg: float


class SyntheticBody:
    """Sets of sit-ups: `sets` repetitions each, from `start`, with `pause_s` of lying still between them.

    `mounting` rotates the sensor on the body (roll, pitch, yaw in degrees): nothing may depend on it.
    """

    def __init__(
        self,
        rng: random.Random,
        *,
        sets: tuple[int, ...] = (10,),
        start: float = 3.0,
        pause_s: float = 25.0,
        style: Style | None = None,
        mounting: tuple[float, float, float] = (8.0, -5.0, 12.0),
        resting_bpm: float = 68.0,
    ) -> None:
        self._rng = rng
        self._style = style or Style()
        self._mounting = rotation(*mounting)
        self._resting_bpm = resting_bpm
        self.repetitions: list[TrueRepetition] = []
        at = start
        for count in sets:
            for _ in range(count):
                at = self._plan(at)
            at += pause_s
        self._starts = [rep.start for rep in self.repetitions]

    def pitch_deg(self, now: float) -> float:
        """Trunk angle above the mat."""
        i = bisect.bisect_right(self._starts, now) - 1
        if i < 0:
            return 0.0
        rep = self.repetitions[i]
        if now < rep.turn:
            return rep.range_deg * smooth((now - rep.start) / (rep.turn - rep.start))
        if now < rep.hold_end:
            return rep.range_deg
        if now < rep.end:
            return rep.range_deg * (1 - smooth((now - rep.hold_end) / (rep.end - rep.hold_end)))
        return 0.0

    def acceleration(self, now: float) -> Vector:
        """Specific force of a sensor on the sternum, m/s^2."""
        h = STEP_S
        before, here, after = (math.radians(self.pitch_deg(now + d)) for d in (-h, 0.0, h))
        rate = (after - before) / (2 * h)
        turn = (after - 2 * here + before) / (h * h)
        # x along the trunk towards the head, z out of the chest; lying on the back gravity is felt along +z.
        along = GRAVITY * math.sin(here) - HIP_TO_STERNUM_M * rate * rate
        out = GRAVITY * math.cos(here) + HIP_TO_STERNUM_M * turn
        breath = 0.08 * math.sin(2 * math.pi * now / 3.7)
        noise = self._style.noise
        true = (
            along + self._rng.gauss(0, noise),
            self._rng.gauss(0, noise),
            out + breath + self._rng.gauss(0, noise),
        )
        return self._felt(true)

    def angular_rate(self, now: float) -> Vector:
        """The trunk's turning as a gyroscope on the sternum feels it, deg/s."""
        rate = (self.pitch_deg(now + STEP_S) - self.pitch_deg(now - STEP_S)) / (2 * STEP_S)
        noise = self._style.spin_noise
        # y is to the left; the right-hand rule makes getting up a turn about -y.
        return self._felt((self._rng.gauss(0, noise), self._rng.gauss(-rate, noise), self._rng.gauss(0, noise)))

    def heart_rate(self, now: float) -> float:
        """Rises with the work done lately, from rest to about 50 more."""
        recent = sum(1 for rep in self.repetitions if now - 60 < rep.end <= now)
        return self._resting_bpm + 2.6 * recent + 2 * math.sin(now / 7)

    def _felt(self, true: Vector) -> Vector:
        """A vector of the trunk in the sensor's axes."""
        (x, y, z), m = true, self._mounting
        return (
            m[0][0] * x + m[0][1] * y + m[0][2] * z,
            m[1][0] * x + m[1][1] * y + m[1][2] * z,
            m[2][0] * x + m[2][1] * y + m[2][2] * z,
        )

    def _plan(self, at: float) -> float:
        style, vary = self._style, self._vary
        start = at + vary(style.rest_s)
        turn = start + vary(style.out_s)
        held = turn + vary(style.hold_s)
        end = held + vary(style.back_s)
        self.repetitions.append(TrueRepetition(start, turn, held, end, vary(style.range_deg)))
        return end

    def _vary(self, mean: float) -> float:
        return mean * min(max(self._rng.gauss(1, self._style.spread), 0.6), 1.4)


def smooth(share: float) -> float:
    """Minimum-jerk path from 0 to 1 (Flash and Hogan 1985): how people move a limb from rest to rest."""
    return share**3 * (10 - 15 * share + 6 * share * share)


def rotation(roll: float, pitch: float, yaw: float) -> tuple[Vector, Vector, Vector]:
    """Rotation matrix of roll, pitch and yaw in degrees (z-y-x order)."""
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(a), math.cos(a)) for a in map(math.radians, (roll, pitch, yaw)))
    return (
        (cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr),
        (sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr),
        (-sp, cp * sr, cp * cr),
    )
