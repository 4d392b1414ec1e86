"""One of the two sensors, from its samples to the angle of its segment."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.pair.sagittal import plane
from ptdevice.motion.pair.taps import Jolts
from ptdevice.motion.stillness import Stillness
from ptdevice.motion.stream import Missing, Posture, PostureStream

if TYPE_CHECKING:
    from ptdevice.model import MotionSamples, Vector
    from ptdevice.motion.pair.sagittal import Plane

BEND_KEPT = 2048  # postures of a bend: fifty seconds of movement


class Side:
    """What is known of one sensor and its place on the body, by which it is named."""

    def __init__(self, name: str) -> None:
        self.stream = PostureStream()
        self.gaps = GapAccount(self.stream, name)
        self.jolts = Jolts()
        self.plane: Plane | None = None
        self.up: Vector | None = None
        self.still_s = 0.0
        self.shares_clock = False  # by its own word
        self.lost_at: float | None = None  # gateway seconds
        self.gyroscope = True
        self._stillness = Stillness()
        self._rest = [0.0, 0.0, 0.0, 0.0]  # sum of angular rates while it is still, and of how many
        self._standing: Vector | None = None
        self._bias: Vector | None = None
        self._bend: deque[Posture] = deque(maxlen=BEND_KEPT)

    def hear(self, event: MotionSamples, *, tapping: bool) -> list[Posture]:
        """Postures of one packet."""
        postures = []
        for item in self.stream.take(event):
            if isinstance(item, Missing):
                self.gaps.note(item)
            else:
                self._posture(item)
                postures.append(item)
        self.lost_at = None
        if tapping:
            self.jolts.add(self.stream.times, event.acceleration)
        return postures

    def lost(self, now: float) -> None:
        """The link is gone."""
        self.stream.clock.lost()
        self.shares_clock = False
        self.lost_at = now

    def stand(self) -> None:
        """This is how it is while the person stands; a bend follows."""
        count = self._rest[3]
        self._standing = self.up
        self._bias = (self._rest[0] / count, self._rest[1] / count, self._rest[2] / count) if count else None
        self._bend.clear()

    @property
    def standing(self) -> Vector | None:
        """Where up was while the person stood."""
        return self._standing

    def learn(self) -> Plane | None:
        """The plane of the bend since `stand`, not yet taken over."""
        return plane(self._standing, list(self._bend), self._bias) if self._standing and len(self._bend) > 1 else None

    def farthest_deg(self, seen: Plane) -> float:
        """How far it turned forwards during the bend since `stand`."""
        return max((seen.angle_deg(posture.up) for posture in self._bend), default=0.0)

    def angle_deg(self, up: Vector) -> float | None:
        """How far the segment is bent forwards, once the plane is known."""
        return self.plane.angle_deg(up) if self.plane else None

    def _posture(self, at: Posture) -> None:
        self.up = at.up
        self.gyroscope = at.spin is not None
        self.still_s = self._stillness.step(at.t, at.up)
        if self._standing is not None:
            self._bend.append(at)
        if at.spin is None or self.still_s == 0.0:
            self._rest = [0.0, 0.0, 0.0, 0.0]
        else:
            x, y, z = at.spin
            self._rest = [self._rest[0] + x, self._rest[1] + y, self._rest[2] + z, self._rest[3] + 1.0]
