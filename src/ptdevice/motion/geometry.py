"""Directions in the sensor's axes, and angles between them."""

from __future__ import annotations

from math import acos, atan2, degrees, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

DEGREES = degrees(1.0)
STEEP = 0.999  # between the cosines of 2.6 and 177.4 degrees the arc cosine is exact to 1e-12 degrees


def angle_deg(u: Vector, v: Vector) -> float:
    """Angle between two vectors, 0..180. Well conditioned for small angles, unlike the arc cosine."""
    ux, uy, uz = u
    vx, vy, vz = v
    x = uy * vz - uz * vy
    y = uz * vx - ux * vz
    z = ux * vy - uy * vx
    return atan2(sqrt(x * x + y * y + z * z), ux * vx + uy * vy + uz * vz) * DEGREES


def turned_deg(u: Vector, v: Vector) -> float:
    """Angle between two *unit* vectors, 0..180: as `angle_deg`, at half its price, for what is asked with every posture."""
    ux, uy, uz = u
    vx, vy, vz = v
    cosine = ux * vx + uy * vy + uz * vz
    return acos(cosine) * DEGREES if -STEEP < cosine < STEEP else angle_deg(u, v)
