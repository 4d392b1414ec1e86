"""Which swings are repetitions of one exercise.

Getting into position, getting up, pulling at a strap: these are swings too, and large ones. What they lack is a companion.
The repetitions of a set all turn at about the same far posture; a movement that serves something else turns elsewhere. In
the recordings, far postures of true repetitions lie within 0.35 of the range of the usual one (99 of 100), those of
movements before and after a set 0.8 to 1.8 of it away.

So a swing counts when its far posture agrees with that of one of the four before it or the two after it. One companion is
enough, because in some exercises sides alternate. The first swings of a set are judged in the light of what follows: they
show in the live count at once, and are taken back should they turn out to stand alone. A lone swing later on does not show
until a companion comes. Small swings need three companions: two of them resemble each other by chance, four do not.

The postures are remembered from set to set, as long as the sensor is worn.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from ptdevice.motion.swing import Swing

AGREE = 0.6  # of the greater range; 0.5 and 0.7 do as well on the recordings
COMPARABLE = 1 / 3  # of the greater range; a set that tires ends at half of what it began with
BEFORE, AFTER = 4, 3
SMALL_DEG = 6.0
FEW, MANY = 1, 3  # companions that a swing needs, and those that a small one needs
UNQUESTIONED = 2  # that few swings have nobody to ask


def distance(one: Swing, other: Swing) -> float:
    """How far apart the far postures are, as a share of the greater range; infinite where the ranges do not compare."""
    less, more = sorted((one.range_deg, other.range_deg))
    return angle_deg(one.far, other.far) / more if less >= COMPARABLE * more else float("inf")


class Agreement:
    """Takes swings in order, and gives back in the same order those that count, once that is certain."""

    def __init__(self) -> None:
        self._before: deque[Swing] = deque(maxlen=BEFORE)
        self._open: deque[Swing] = deque()  # undecided; at most AFTER + 1
        self._asked_nobody = True  # whether _before was empty when this set began
        self._seen = 0

    @property
    def undecided(self) -> int:
        """How many swings that are not decided count as far as can be told by now."""
        if self._seen <= UNQUESTIONED:
            return len(self._open)
        return sum(self._nearest(i) < AGREE for i in range(len(self._open)))

    def add(self, swing: Swing) -> list[tuple[Swing, float]]:
        """Take in a swing; give back those that now count, each with its distance from the nearest companion."""
        self._open.append(swing)
        self._seen += 1
        decided: list[tuple[Swing, float]] = []
        while self._open:
            nearest = self._nearest(0)
            after = AFTER if self._open[0].range_deg < SMALL_DEG else AFTER - 1
            if nearest >= AGREE and len(self._open) <= after:
                break
            head = self._next()
            if nearest < AGREE:
                decided.append((head, nearest))
        return decided

    def close(self) -> list[tuple[Swing, float]]:
        """The set is over: decide on what is known."""
        decided: list[tuple[Swing, float]] = []
        benefit = self._asked_nobody and self._seen <= UNQUESTIONED
        while self._open:
            nearest = self._nearest(0)
            head = self._next()
            if nearest < AGREE or benefit:
                decided.append((head, min(nearest, AGREE)))
        self._seen = 0
        self._asked_nobody = not self._before
        return decided

    def restart(self) -> None:
        """Forget this set's swings, as if they had not been."""
        self._open.clear()
        self._seen = 0

    def _next(self) -> Swing:
        head = self._open.popleft()
        self._before.append(head)
        return head

    def _nearest(self, i: int) -> float:
        """Distance of undecided swing `i` from its nearest companion, or infinite where it has not enough of them."""
        swing = self._open[i]
        small = swing.range_deg < SMALL_DEG
        after = AFTER if small else AFTER - 1
        others = [*self._before, *(other for j, other in enumerate(self._open) if j != i and j - i <= after)]
        near = sorted(distance(swing, other) for other in others)
        needed = MANY if small else FEW
        return near[0] if len(near) >= needed and near[needed - 1] < AGREE else float("inf")
