"""Counting when nobody said that a set begins: only what repeats itself, several times in a row, in every respect.

Daily life is full of swings: bending down, sitting up, leaning. What it lacks is four of the same one after the other. So
swings are held back until RUN in a row agree in range, in pace, and in both postures; from then on each that agrees with
the one before it counts at once. What does not agree closes the gate again.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.stillness import Stillness
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice.motion.swing import SwingReturn

if TYPE_CHECKING:
    from ptdevice.model import MotionSamples
    from ptdevice.motion.swing import Swing

RUN = 4
SMALLEST_DEG = 12.0
HOLD_S = 12.0
PACE_RATIO = 2.2
FASTEST_S = 1.2  # from one turn to the next
SLOWEST_S = 40.0
POSTURES_AGREE = 0.5  # of the smallest range; so no range is more than twice another


class FreeCounter:
    """Repetitions found in a stream of which nothing is known."""

    def __init__(self, stream: PostureStream | None = None) -> None:
        self._stream = PostureStream() if stream is None else stream
        self._stillness = Stillness()
        self._machine = SwingReturn(SMALLEST_DEG, HOLD_S)
        self._run: list[Swing] = []  # the last swings, each of which agrees with the one before it
        self._open = False
        self.openings = 0  # how often the gate has opened

    def feed(self, event: MotionSamples) -> list[Swing]:
        """Take in samples; give back swings that are repetitions by now, in stream time."""
        found: list[Swing] = []
        for item in self._stream.take(event):
            if not isinstance(item, Missing):
                swing = self._machine.step(item.t, item.up, self._stillness.step(item.t, item.up))
                if swing is not None and not swing.settled:
                    found += self._judge(swing)
        return found

    def _judge(self, swing: Swing) -> list[Swing]:
        if self._run and not _alike([*self._run[-RUN + 1 :], swing]):
            self._run.clear()
            self._open = False
        self._run = [*self._run, swing][-RUN:]
        if self._open:
            return [swing]
        if len(self._run) < RUN:
            return []
        self._open = True
        self.openings += 1
        return list(self._run)


def _alike(run: list[Swing]) -> bool:
    """Whether these swings, in order, are repetitions of one movement."""
    least = min(swing.range_deg for swing in run)
    paces = [later.turn - earlier.turn for earlier, later in pairwise(run)]
    if not all(FASTEST_S <= pace <= SLOWEST_S for pace in paces) or max(paces) > PACE_RATIO * min(paces):
        return False
    newest = run[-1]
    return all(
        angle_deg(swing.far, newest.far) <= POSTURES_AGREE * least
        and angle_deg(swing.rest, newest.rest) <= POSTURES_AGREE * least
        for swing in run[:-1]
    )
