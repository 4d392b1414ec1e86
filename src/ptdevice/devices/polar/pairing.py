"""Acceleration and angular rate on one time line.

The unit samples both by one clock, yet at instants of their own, and sends each in frames of its own. So acceleration keeps its
times, and gets the angular rate that the gyroscope had then: on the line between the two samples around it, where these are
not more than GAP periods apart. Where they are (a frame was lost, the gyroscope began later), acceleration goes on without.

Acceleration waits for the gyroscope's next frame, and no longer than WAIT_S: then it is told as it is.
"""

from __future__ import annotations

from collections import deque
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.model import MotionSamples, Vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAP = 1.5  # periods; more between two samples of the gyroscope means that some are missing
WAIT_S = 2.5  # a frame of 50 samples at 52 Hz comes every second; once it may be late by another
HELD_MAX = 1024  # samples of either kind; 20 s at 52 Hz


class _Sample(NamedTuple):
    at: float  # when it arrived, gateway seconds
    rate_hz: float
    ns: int
    force: Vector
    line: int  # its time line: the unit's clock may be set back
    spin: Vector | None = None


class Pairing:
    """One connection's worth."""

    def __init__(self) -> None:
        self._forces: deque[_Sample] = deque()
        self._spins: deque[tuple[int, Vector]] = deque(maxlen=HELD_MAX)
        self._period_ns = 0.0
        self._line, self._newest_ns = 0, 0

    def turned(self, rate_hz: float, times: Sequence[int], spins: Sequence[Vector]) -> None:
        """Angular rates (deg/s) of one frame, at these times (ns)."""
        self._period_ns = 1e9 / rate_hz
        if self._spins and times[0] <= self._spins[-1][0]:
            self._spins.clear()  # the unit's clock was set back: what was before belongs to another time line
        self._spins += zip(times, spins, strict=True)

    def pushed(self, at: float, rate_hz: float, times: Sequence[int], forces: Sequence[Vector]) -> None:
        """Acceleration (m/s^2) of one frame that arrived at gateway second `at`."""
        self._line += times[0] < self._newest_ns
        self._newest_ns = times[-1]
        line = self._line
        self._forces += [_Sample(at, rate_hz, ns, force, line) for ns, force in zip(times, forces, strict=True)]

    def take(self, now: float, *, waiting: bool) -> Iterator[MotionSamples]:
        """What is settled by now, oldest first. `waiting`: the gyroscope runs, so its samples are to be expected."""
        settled = []
        newest = self._spins[-1][0] if self._spins else None
        while self._forces:
            sample = self._forces[0]
            expected = waiting and now - sample.at < WAIT_S and len(self._forces) <= HELD_MAX
            if expected and (newest is None or sample.ns > newest):
                break
            settled.append(self._forces.popleft()._replace(spin=self._spin(sample.ns)))
        for (at, rate_hz, _, paired), group in groupby(
            settled, lambda sample: (sample.at, sample.rate_hz, sample.line, sample.spin is not None)
        ):
            run = list(group)
            spins = tuple([sample.spin for sample in run if sample.spin is not None]) if paired else ()
            yield MotionSamples(at, rate_hz, tuple([s.ns for s in run]), tuple([s.force for s in run]), spins)

    def _spin(self, ns: int) -> Vector | None:
        """The angular rate at this time, or None where it is not known. Forgets what was before."""
        spins = self._spins
        while len(spins) > 1 and spins[1][0] <= ns:
            spins.popleft()
        if not spins or spins[0][0] > ns:
            return None
        before, (x, y, z) = spins[0]
        if before == ns:
            return (x, y, z)
        if len(spins) < 2 or spins[1][0] - before > GAP * self._period_ns:
            return None
        after, (p, q, r) = spins[1]
        share = (ns - before) / (after - before)
        return (x + share * (p - x), y + share * (q - y), z + share * (r - z))
