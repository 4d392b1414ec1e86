"""Exercises to both sides: one repetition is a full cycle, however the person goes about it.

Who goes from side to side without stopping makes one swing of each cycle: from one side to the other and back. Who rests in
the middle makes two, to one side and to the other. The second is told by where the swings turn: on opposite sides of rest,
as far apart as their ranges together. Two such swings are joined.
"""

from __future__ import annotations

from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.swing import Swing

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


def sides_deg(centre: tuple[float, float, float], one: Swing, other: Swing | None) -> tuple[float, float]:
    """Ranges to both sides of where the set began: to the side that was gone to first, and to the other one."""
    return angle_deg(centre, one.far), angle_deg(centre, other.far if other else one.rest)
