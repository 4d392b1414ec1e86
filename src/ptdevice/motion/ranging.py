"""The range of a repetition once it is over: by the gyroscope, closed at both ends.

While it lasts, up is pulled towards the accelerometer within a second, and with it come the accelerations of the movement and
the accelerometer's own errors, which differ from posture to posture. Afterwards it is known how the movement ended. So the
posture in which it began is turned by the angular rates alone, and what is then missing to the posture in which it ended is
taken to have crept in evenly: a gyroscope's bias does (zero-phase, as a filter run forwards and backwards is). Of the
accelerometer only the two postures at rest remain, which are nearly the same, so that its errors cancel. What is known of the
bias, from the rates while the sensor is held still, is taken off before.

Against offline VQF (Laidig and Seel, Information Fusion 91:187, 2023) on recordings of people this takes a third of the
difference off; no constant below was tuned for that. docs/counting.md has the numbers.
"""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice.motion.stream import Posture

RADIANS = pi / 180
LEAST_HZ = 20.0  # a movement of a second turns by a quarter of its range between samples at less
FEWEST = 5
BIAS_DPS = 10.0  # data sheets of small gyroscopes give as much; a greater rate at rest is a turn about the vertical
FORGET = 0.02  # the weight of the newest rate at rest, once there are many: some ten seconds at five postures a second
HOLE_S = 0.35  # between postures; at rest they come every 0.19 s
CREPT_DEG = 60.0  # what is missing at the end beyond this did not creep in


class Bias:
    """What the gyroscope says at rest, in deg/s."""

    def __init__(self) -> None:
        self.dps: Vector = (0.0, 0.0, 0.0)
        self._seen = 0

    def rest(self, spin: Vector) -> None:
        """The sensor is held still, and this is its rate."""
        x, y, z = spin
        if not x * x + y * y + z * z <= BIAS_DPS * BIAS_DPS:
            return
        self._seen += 1
        share = max(1.0 / self._seen, FORGET)
        a, b, c = self.dps
        self.dps = (a + share * (x - a), b + share * (y - b), c + share * (z - c))


def closed_range_deg(postures: Sequence[Posture], rate_hz: float, bias_dps: Vector = (0.0, 0.0, 0.0)) -> float | None:
    """The greatest angle from the first posture; None where the rates do not tell. The last posture is the one at the end."""
    if rate_hz < LEAST_HZ or len(postures) < FEWEST:
        return None
    path = turned(postures, bias_dps)
    if path is None:
        return None
    rest, end, arrived = postures[0].up, postures[-1].up, path[-1]
    x, y, z = _cross(arrived, end)
    size = sqrt(x * x + y * y + z * z)
    crept = atan2(size, arrived[0] * end[0] + arrived[1] * end[1] + arrived[2] * end[2])
    if crept > CREPT_DEG * RADIANS:
        return None
    axis = (x / size, y / size, z / size) if size > 0.0 else (0.0, 0.0, 0.0)
    # Where it is farthest from rest, to first order; there, exactly.
    a, b, c = rest
    p, q, r = (crept * part for part in _cross(rest, axis))
    begin, span = postures[0].t, postures[-1].t - postures[0].t
    shares = [(at.t - begin) / span for at in postures]
    cosines = [a * u + b * v + c * w + s * (p * u + q * v + r * w) for (u, v, w), s in zip(path, shares, strict=True)]
    far = min(range(len(path)), key=cosines.__getitem__)
    return angle_deg(rest, _rotated(path[far], axis, crept * shares[far]))


def turned(postures: Sequence[Posture], bias_dps: Vector = (0.0, 0.0, 0.0)) -> list[Vector] | None:
    """Up at each of these times, from the first on by the angular rates alone. None: not all have one, or some are missing."""
    before, (u, v, w), spun = postures[0]
    i, j, k = (2.0 * part for part in bias_dps)
    path = [(u, v, w)]
    for t, _, spin in postures[1:]:
        if spun is None or spin is None or t - before > HOLE_S:
            return None
        half = (t - before) * RADIANS / 2.0
        (a, b, c), (d, e, f) = spun, spin
        p, q, r = (a + d - i) * half, (b + e - j) * half, (c + f - k) * half
        # Rodrigues' formula for -w dt, with sine and cosine to the fourth power of an angle of some degrees.
        square = p * p + q * q + r * r
        one, two = 1.0 - square / 6.0, 0.5 - square / 24.0
        x, y, z = q * w - r * v, r * u - p * w, p * v - q * u
        u, v, w = (
            u - one * x + two * (q * z - r * y),
            v - one * y + two * (r * x - p * z),
            w - one * z + two * (p * y - q * x),
        )
        path.append((u, v, w))
        before, spun = t, spin
    return path


def _cross(u: Vector, v: Vector) -> Vector:
    return (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0])


def _rotated(u: Vector, axis: Vector, angle: float) -> Vector:
    """`u` turned about a unit axis by an angle in radians."""
    c, s = cos(angle), sin(angle)
    x, y, z = _cross(axis, u)
    along = (axis[0] * u[0] + axis[1] * u[1] + axis[2] * u[2]) * (1.0 - c)
    return (u[0] * c + x * s + axis[0] * along, u[1] * c + y * s + axis[1] * along, u[2] * c + z * s + axis[2] * along)
