"""Movements within a set that were not counted, and why.

Some the machine never takes for a swing, because their range is too small: they are looked for on the trace, between one
repetition and the next. Others are swings, but not like the set's own: about another axis, or a movement of another kind
(scratching, turning over). What happens before the first repetition is positioning and of no interest, and so is what comes
after the last one, but for tries that came out too small.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.model import Rejection
from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.peaks import turns
from ptdevice.motion.quality import OFF_AXIS_DEG
from ptdevice.motion.swing import Swing

if TYPE_CHECKING:
    from ptdevice.motion.quality import SharedAxis
    from ptdevice.motion.trace import Trace

NOISE_DEG = 2.0
SMALL = 0.5  # of the usual range: the machine's own measure of a swing that is none
TRIED = 0.5  # of that or of the least range, whichever is more: what is less was no try
EDGE = 0.1  # of its range: where a try begins and ends
KEPT = 64  # swings in one go that do not count: somebody does something else


class Strays:
    """Keeps every swing until it is known whether it counts."""

    def __init__(self, smallest_deg: float) -> None:
        self._smallest = smallest_deg
        self._waiting: deque[Swing] = deque(maxlen=KEPT)

    def seen(self, swing: Swing) -> None:
        """The machine takes this for a swing."""
        self._waiting.append(swing)

    def clear(self) -> None:
        """Whatever there was is of no interest."""
        self._waiting.clear()

    def before(self, swing: Swing) -> list[Swing]:
        """A swing counts: those before it that do not."""
        found = []
        while self._waiting and self._waiting[0].turn <= swing.turn:
            stray = self._waiting.popleft()
            if stray is not swing:
                found.append(stray)
        return found

    def tries(self, trace: Trace, last: Swing, until: float, usual_deg: float) -> list[Swing]:
        """Movements from `last` until then that were too small to be swings, from the rest after it."""
        least = max(self._smallest, SMALL * usual_deg)
        prominence = max(TRIED * least, NOISE_DEG)
        steps = trace.span(last.end, until)
        if len(steps) < 3 or prominence >= least:
            return []
        angles = trace.angles(steps, last.back)
        tops, _ = turns(angles, prominence)
        found = []
        for top in tops:
            if angles[top] >= least:
                continue
            first = next((i for i in range(top, -1, -1) if angles[i] <= EDGE * angles[top]), 0)
            after = (i for i in range(top, len(angles)) if angles[i] <= EDGE * angles[top])
            end = next(after, len(angles) - 1)
            at = [trace.t[steps.start + i] for i in (first, top, end)]
            far = trace.posture(steps.start + top)
            rest, back = trace.posture(steps.start + first), trace.posture(steps.start + end)
            found.append(Swing(at[0], at[1], at[2], at[2], rest, far, back, angle_deg(rest, far), settled=True))
        return found


def reason(stray: Swing, axis: SharedAxis) -> Rejection:
    """Why a swing that is not like those of the set does not count."""
    return Rejection.WRONG_AXIS if axis.off_deg(stray) > OFF_AXIS_DEG else Rejection.ARTIFACT
