"""Whether a posture is being held."""

from __future__ import annotations

from math import cos, radians
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import Vector

WITHIN_DEG = 0.75  # quiet breathing and a tremor stay below it for a second, a slow leg lift does not
_COSINE = cos(radians(WITHIN_DEG))


class Stillness:
    """For how long the up-vector has stayed within WITHIN_DEG of where it was."""

    def __init__(self) -> None:
        self._anchor: Vector = (0.0, 0.0, 0.0)
        self._since = 0.0

    def step(self, t: float, up: Vector) -> float:
        """Seconds of stillness up to and including second `t`."""
        x, y, z = self._anchor
        if x * up[0] + y * up[1] + z * up[2] < _COSINE:
            self._anchor, self._since = up, t
        return t - self._since
