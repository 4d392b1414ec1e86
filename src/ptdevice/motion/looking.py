"""A swing that is over, looked at as a whole while what it looked like is still there: its times, range and smoothness."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ptdevice.model import Unmeasured
from ptdevice.motion.geometry import turned_deg
from ptdevice.motion.measuring import Measured, measure
from ptdevice.motion.ranging import Bias, closed_range_deg
from ptdevice.motion.smoothness import LEAST_HZ, smoothness, speed_dps, velocity_peaks

if TYPE_CHECKING:
    from ptdevice.motion.stream import Posture
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

REST_S = 1.0  # a slow movement passes for rest for a shorter time
BEFORE_S = 5.0  # a slow movement takes that long to leave the neighbourhood of rest
NEAR_DEG, SAME_DEG = 90.0, 0.25  # nearer to rest by less than that is the same
KEPT = 1000  # postures: 25 s of steady movement at 40 a second, and longer where there are holds; 0.4 MB


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a swing, in stream time."""

    measured: Measured
    range_deg: float
    smoothness: float | None
    unmeasured: Unmeasured | None
    velocity_peaks: int | None


class Looker:
    """Remembers the last postures, and what was seen of swings until they are recorded."""

    def __init__(self, trace: Trace, *, compared: bool) -> None:
        """`compared`: whether repetitions are all of one exercise, so that their smoothness means something."""
        self.recent: deque[Posture] = deque(maxlen=KEPT)
        self.rate_hz = 0.0
        self._trace = trace
        self._compared = compared
        self.bias = Bias()  # told by whoever knows that the sensor is at rest
        self._looks: dict[float, Look] = {}  # by the time at which the swing was counted

    def look(self, swing: Swing) -> None:
        """This swing is settled."""
        self._looks[swing.counted] = self._seen(swing)

    def take(self, swing: Swing) -> Look:
        """What was seen of a swing; those before it are forgotten."""
        look = self._looks.pop(swing.counted, None) or self._seen(swing)
        for t in [t for t in self._looks if t < swing.counted]:
            del self._looks[t]
        return look

    def clear(self) -> None:
        """The next set."""
        self._looks.clear()

    def _seen(self, swing: Swing) -> Look:
        measured = measure(swing, self._trace)
        postures = self._between(self._rested(swing), max(swing.end, swing.counted))
        if self._compared:
            smooth, why = smoothness(postures, measured.start, measured.end, self.rate_hz)
        else:
            smooth, why = None, Unmeasured.RATE if self.rate_hz < LEAST_HZ else Unmeasured.EXERCISE
        range_deg = closed_range_deg(postures, self.rate_hz, self.bias.dps) or swing.range_deg
        return Look(measured, range_deg, smooth, why, self._peaks(swing, postures, measured))

    def _rested(self, swing: Swing) -> float:
        """When it was last in the posture of rest. A swing's start is when it had left the neighbourhood of that."""
        nearest, when = NEAR_DEG, swing.start
        for at in reversed(self.recent):
            if at.t < swing.start - BEFORE_S:
                break
            if at.t <= swing.start:
                off = turned_deg(swing.rest, at.up)
                if off < nearest - SAME_DEG:
                    nearest, when = off, at.t
        return when

    def _between(self, start: float, end: float) -> list[Posture]:
        """Postures from `start` to `end`; none where the first of them is no longer kept."""
        if not self.recent or self.recent[0].t > start:
            return []
        postures = []
        for at in reversed(self.recent):
            if at.t < start:
                break
            if at.t <= end:
                postures.append(at)
        postures.reverse()
        return postures

    def _peaks(self, swing: Swing, postures: list[Posture], measured: Measured) -> int | None:
        """By the gyroscope where there is one, else by the angle from the posture of rest."""
        start, end = measured.start, measured.end
        speeds = [speed_dps(at.up, at.spin) for at in postures if at.spin and start <= at.t <= end]
        if not speeds:
            span = self._trace.span(start, end)
            angles = self._trace.angles(span, swing.rest)
            times = [self._trace.t[i] for i in span]
            pairs = zip(pairwise(times), pairwise(angles), strict=True)
            speeds = [abs(b - a) / (u - t) for (t, u), (a, b) in pairs if u > t]
        return velocity_peaks(speeds) if speeds else None
