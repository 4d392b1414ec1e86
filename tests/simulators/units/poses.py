"""A body that does nothing: one force, one spin, for as long as is asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

G = 9.80665  # m/s^2


@dataclass
class Pose:
    """Force in g, spin in deg/s; both may be changed. It notes when it was asked for its force."""

    force_g: Vector = (0.0, 0.0, 1.0)
    spin: Vector = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self.asked_at: list[float] = []

    def acceleration(self, now: float) -> Vector:
        self.asked_at.append(now)
        x, y, z = self.force_g
        return (x * G, y * G, z * G)

    def angular_rate(self, now: float) -> Vector:
        return self.spin

    def heart_rate(self, now: float) -> float:
        return 60.0
