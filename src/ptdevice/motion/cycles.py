"""Exercises to both sides: one repetition is a full cycle, however the person goes about it.

Who goes from side to side without stopping makes one swing of each cycle: from one side to the other and back. Who rests in
the middle makes two, to one side and to the other. The second is told by where the swings turn: on opposite sides of rest,
as far apart as their ranges together. Two such swings are joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.swing import Swing

if TYPE_CHECKING:
    from collections import deque

    from ptdevice.model import Vector

OPPOSITE = 0.7  # of the sum of both ranges, between the far postures; on the same side it is next to nothing


def opposite(one: Swing, other: Swing) -> bool:
    """Whether two swings from the middle went to opposite sides."""
    return angle_deg(one.far, other.far) >= OPPOSITE * (one.range_deg + other.range_deg)


def joined(one: Swing, other: Swing) -> Swing:
    """Both as one: from the rest before the first to the rest after the second; its range is from side to side."""
    return Swing(
        start=one.start,
        turn=other.turn,
        counted=other.counted,
        end=other.end,
        rest=one.rest,
        far=other.far,
        back=other.back,
        range_deg=angle_deg(one.far, other.far),
        settled=one.settled and other.settled,
    )


class Cycles:
    """Takes swings that count, in order, and gives whole cycles: one swing, or two that belong together."""

    def __init__(self) -> None:
        self._seen: Swing | None = None
        self._alternate = False  # whether the last two swings went to opposite sides
        self._joined: bool | None = None  # whether the last cycle was made of two

    def seen(self, swing: Swing) -> None:
        """The machine takes this for a swing."""
        self._alternate = self._seen is not None and opposite(self._seen, swing)
        self._seen = swing

    def clear(self) -> None:
        """The next set."""
        self._seen, self._alternate, self._joined = None, False, None

    def whole(self, swings: int) -> int:
        """How many cycles so many swings are, as far as can be told by now."""
        return swings // 2 if self._alternate else swings

    def take(self, waiting: deque[tuple[Swing, float]], *, over: bool) -> tuple[Swing, Swing | None, float] | None:
        """The next cycle: a swing, the other one if it has two, and the distance of the first from its companions.

        None: it is not known yet. `over`: nothing more comes; half a cycle at the end is none, and is left where it is.
        """
        head, nearest = waiting[0]
        if not (over or head.settled):
            return None
        if len(waiting) > 1 and opposite(head, waiting[1][0]):
            other = waiting[1][0]
            if not (over or other.settled):
                return None
            waiting.popleft()
            waiting.popleft()
            self._joined = True
            return head, other, nearest
        if len(waiting) == 1 and (self._joined if over else self._joined is not False):
            return None
        waiting.popleft()
        self._joined = False
        return head, None, nearest


def sides_deg(centre: Vector, one: Swing, other: Swing | None) -> tuple[float, float]:
    """Ranges to both sides of where the set began: to the side that was gone to first, and to the other one."""
    return angle_deg(centre, one.far), angle_deg(centre, other.far if other else one.rest)
