"""A swing that is over, looked at as a whole while what it looked like is still there: its times, tempo and smoothness."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ptdevice.model import Unmeasured
from ptdevice.motion.measuring import Measured, measure
from ptdevice.motion.smoothness import LEAST_HZ, on_grid, smoothness, speed_dps, velocity_peaks

if TYPE_CHECKING:
    from ptdevice.motion.stream import Posture
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

KEPT = 1000  # postures: 25 s of steady movement at 40 a second, and longer where there are holds; 0.4 MB
PEAKS_HZ = 10.0  # of the trace, where there is no gyroscope


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a swing, in stream time."""

    measured: Measured
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
        start, end = measured.start, measured.end
        if self._compared:
            smooth, why = smoothness(self.recent, start, end, self.rate_hz)
        else:
            smooth, why = None, Unmeasured.RATE if self.rate_hz < LEAST_HZ else Unmeasured.EXERCISE
        return Look(measured, smooth, why, self._peaks(swing, start, end))

    def _peaks(self, swing: Swing, start: float, end: float) -> int | None:
        """By the gyroscope where there is one, else by the angle from the posture of rest."""
        steps = [(at.t, speed_dps(at.up, at.spin)) for at in self.recent if at.spin and start <= at.t <= end]
        if not steps or self.recent[0].t > start:
            span = self._trace.span(start, end)
            angles = self._trace.angles(span, swing.rest)
            times = [self._trace.t[i] for i in span]
            pairs = zip(pairwise(times), pairwise(angles), strict=True)
            steps = [((t + u) / 2, abs(b - a) / (u - t)) for (t, u), (a, b) in pairs if u > t]
        return velocity_peaks(on_grid(steps, start, end)) if steps else None
