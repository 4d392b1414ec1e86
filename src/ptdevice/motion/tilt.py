"""Which way is up, in the axes of the sensor: the one thing that it knows which neither drifts nor depends on its mounting.

With a gyroscope: the direction turns with the sensor and is pulled towards the accelerometer with a time constant of 1 s, the
less the more the measured force differs from gravity (complementary filter). Bias of some degrees per second does no harm,
because the pull outweighs it; the heading, which would drift, is never formed.

Without, or while it is not heard: two one-pole low-passes in a row at 0.5 Hz. They tell slow turning from the jolts of moving,
at the price of a delay of about 0.64 s, which `lag_s` states so that times can be corrected for it.

No rate is assumed: every step is as long as the sample times say.
"""

from __future__ import annotations

from math import exp, pi, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

GRAVITY = 9.81
RADIANS = pi / 180
TAU_S = 1.0
DISTRUST = 1.0 / (0.25 * GRAVITY)  # a deviation from gravity of this inverse halves the accelerometer's pull
JUMP_S = 0.4  # after a gap this long the turned direction means nothing; the accelerometer's is taken
CORNER_HZ = 0.5
LAG_S = 1.0 / (pi * CORNER_HZ)  # two poles, 1 / (2 pi f) each
LONGEST_STEP_S = 0.5
LEAST, MOST = 0.5, 400.0  # m/s^2: less has no direction, more no accelerometer here measures; NaN is in neither
SPIN = 6000.0  # deg/s, more than a gyroscope measures


class Tilt:
    """The unit vector that points up. `step` takes one sample after the other."""

    def __init__(self) -> None:
        self.up: Vector | None = None
        self.lag_s = 0.0
        self._t = 0.0
        self._first: Vector = (0.0, 0.0, 0.0)
        self._second: Vector = (0.0, 0.0, 0.0)

    def step(self, t: float, force: Vector, spin: Vector | None) -> Vector | None:
        """Take in specific force (m/s^2) and angular rate (deg/s) at second `t`. None: the sample is no measurement."""
        x, y, z = force
        size = sqrt(x * x + y * y + z * z)
        if not LEAST <= size <= MOST:
            return None
        up = self.up
        dt = t - self._t
        self._t = t
        if spin is not None:
            self.lag_s = 0.0
            p, q, r = spin
            if not -SPIN <= p + q + r <= SPIN:
                p = q = r = 0.0  # no measurement
            if up is None or not 0.0 <= dt <= JUMP_S:
                self.up = up = (x / size, y / size, z / size)
                return up
            ux, uy, uz = up
            turn = dt * RADIANS
            p, q, r = p * turn, q * turn, r * turn
            deviation = (size - GRAVITY) * DISTRUST
            pull = dt / TAU_S / (1.0 + deviation * deviation)
            # The sensor turns by w dt, so a fixed direction turns by -w dt in its axes: u - w dt x u.
            keep, pull = 1.0 - pull, pull / size
            x = keep * (ux - q * uz + r * uy) + pull * x
            y = keep * (uy - r * ux + p * uz) + pull * y
            z = keep * (uz - p * uy + q * ux) + pull * z
            size = sqrt(x * x + y * y + z * z)
            self.up = up = (x / size, y / size, z / size)
            return up
        if up is None or not self.lag_s:  # the first sample, or the first one without a gyroscope that was heard before
            self.lag_s = LAG_S
            self._first = self._second = force if up is None else (up[0] * size, up[1] * size, up[2] * size)
        else:
            share = 1.0 - exp(-2.0 * pi * CORNER_HZ * min(max(dt, 0.0), LONGEST_STEP_S))
            fx, fy, fz = self._first
            fx, fy, fz = fx + share * (x - fx), fy + share * (y - fy), fz + share * (z - fz)
            self._first = (fx, fy, fz)
            sx, sy, sz = self._second
            x, y, z = sx + share * (fx - sx), sy + share * (fy - sy), sz + share * (fz - sz)
            self._second = (x, y, z)
            size = sqrt(x * x + y * y + z * z)
            if size < LEAST:
                return None
        self.up = (x / size, y / size, z / size)
        return self.up
