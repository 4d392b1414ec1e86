"""Directions in the sensor's axes, and angles between them."""

from __future__ import annotations

from math import atan2, degrees, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

DEGREES = degrees(1.0)


def angle_deg(u: Vector, v: Vector) -> float:
    """Angle between two vectors, 0..180. Well conditioned for small angles, unlike the arc cosine."""
    ux, uy, uz = u
    vx, vy, vz = v
    x = uy * vz - uz * vy
    y = uz * vx - ux * vz
    z = ux * vy - uy * vx
    return atan2(sqrt(x * x + y * y + z * z), ux * vx + uy * vy + uz * vz) * DEGREES
