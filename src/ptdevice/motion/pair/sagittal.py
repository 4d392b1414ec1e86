"""The plane in which a person bends forwards, as one sensor sees it, and how far it has turned within that plane.

While somebody stands still the sensor learns where up is. During one forward bend it turns about an axis from side to side,
which is the first principal direction of the angular rate; without a gyroscope, that of the turns between up-vectors. From then
on the angle of the up-vector about this axis is how far the segment is bent: forwards positive, 0 at standing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import atan2, sqrt
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import DEGREES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice.model import Vector
    from ptdevice.motion.stream import Posture

ROUNDS = 60  # of the power iteration; with the second direction at half the first it is exact after 50
LEVEL = 0.5  # an axis of bending lies flat: its share along standing-up must stay below this


@dataclass(frozen=True, slots=True)
class Plane:
    """`planarity` is the share of all turning, during the bend, that was about `axis`."""

    standing: Vector
    axis: Vector
    planarity: float

    def angle_deg(self, up: Vector) -> float:
        """How far the segment is bent forwards, -180 to 180."""
        # The segment turns by +a about the axis, so in its own axes the world turns by -a.
        u, n = self.standing, self.axis
        return -atan2(dot(n, cross(u, up)), dot(u, up) - dot(n, u) * dot(n, up)) * DEGREES


def plane(standing: Vector, bend: Sequence[Posture], bias: Vector | None) -> Plane | None:
    """From a forward bend that begins and ends at standing. `bias` is the angular rate at rest. None: it shows no plane."""
    spins = [posture.spin for posture in bend]
    if bias is not None and all(spin is not None for spin in spins):
        turns = [
            _times(_less(spin, bias), after.t - before.t)
            for (before, after), spin in zip(pairwise(bend), spins[1:], strict=True)
            if spin is not None
        ]
    else:
        turns = [_times(cross(after.up, before.up), DEGREES) for before, after in pairwise(bend)]
    found = principal(turns)
    if found is None:
        return None
    axis, planarity = found
    along = dot(axis, standing)
    if abs(along) > LEVEL:
        return None
    flat = unit(_less(axis, _times(standing, along)))
    farthest = max(bend, key=lambda posture: -dot(posture.up, standing)).up
    if Plane(standing, flat, planarity).angle_deg(farthest) < 0.0:
        flat = _times(flat, -1.0)
    return Plane(standing, flat, planarity)


def principal(vectors: Iterable[Vector]) -> tuple[Vector, float] | None:
    """The direction along which vectors are longest, and its share of the sum of their squares. None: all are nothing."""
    xx = yy = zz = xy = xz = yz = 0.0
    for x, y, z in vectors:
        xx, yy, zz = xx + x * x, yy + y * y, zz + z * z
        xy, xz, yz = xy + x * y, xz + x * z, yz + y * z
    whole = xx + yy + zz
    if not 0.0 < whole < float("inf"):
        return None
    rows = ((xx, xy, xz), (xy, yy, yz), (xz, yz, zz))
    # The longest column is never square to the first direction.
    axis = unit(max(rows, key=lambda row: dot(row, row)))
    for _ in range(ROUNDS):
        axis = unit((dot(rows[0], axis), dot(rows[1], axis), dot(rows[2], axis)))
    return axis, dot(axis, (dot(rows[0], axis), dot(rows[1], axis), dot(rows[2], axis))) / whole


def cross(a: Vector, b: Vector) -> Vector:
    """The vector product."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def dot(a: Vector, b: Vector) -> float:
    """The scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def unit(v: Vector) -> Vector:
    """Of length 1; `v` is not nothing."""
    return _times(v, 1.0 / sqrt(dot(v, v)))


def _times(v: Vector, k: float) -> Vector:
    return (v[0] * k, v[1] * k, v[2] * k)


def _less(a: Vector, b: Vector) -> Vector:
    return (a[0] - b[0], a[1] - b[1], a[2] - b[2])
