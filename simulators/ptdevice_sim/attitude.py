"""How a unit that fuses its sensors would see itself: from gravity alone, with a heading of zero.

Axes of the earth: x east, y north, z up. Angles are roll, pitch and yaw in degrees, turned in the order yaw, pitch, roll.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

GRAVITY = 9.80665  # m/s^2


def euler(force: Vector) -> Vector:
    """Angles of the sensor that feels this force."""
    x, y, z = force
    return (math.degrees(math.atan2(y, z)), math.degrees(math.atan2(-x, math.hypot(y, z))), 0.0)


def quaternion(force: Vector) -> tuple[float, float, float, float]:
    """The same as w, x, y, z."""
    roll, pitch, _ = (math.radians(angle / 2) for angle in euler(force))
    return (
        math.cos(roll) * math.cos(pitch),
        math.sin(roll) * math.cos(pitch),
        math.cos(roll) * math.sin(pitch),
        -math.sin(roll) * math.sin(pitch),
    )


def free(force: Vector) -> Vector:
    """What is left of the force without gravity, in the earth's axes."""
    return (0.0, 0.0, math.hypot(*force) - GRAVITY)
