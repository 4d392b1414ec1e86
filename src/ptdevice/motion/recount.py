"""A second opinion, when the set is over: the whole of it at once, by its rhythm instead of by turning points.

Postures (and, where there is a gyroscope, angular rates) are low-passed without shift, seen along the direction in which
they vary most, and their peaks are counted: those that stand out, and are not closer together than the rhythm allows. Both
signs are counted and the larger number taken, because the first or last half of a movement may be cut off.

The live count fails where a single movement confuses it, the recount where there is no common rhythm. Where they differ, the
record says by how much.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from ptdevice.motion.peaks import low_pass, period, principal, quantiles, spaced, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.motion.trace import Trace

GRID_HZ = 5.0  # four times what the low-pass leaves
SHORTEST_S, LONGEST_S = 0.8, 15.0  # between repetitions
FEWEST = 15  # grid points
POSTURE = (
    0.8,
    0.4,
    0.5,
)  # corner in Hz, prominence as a share of the range (5th to 95th percentile), distance in periods
SPIN = (1.2, 0.35, 0.6)


def verdict(live: int, opinions: Sequence[int]) -> int:
    """What is recorded as the recount: the middle one of live count, posture and gyroscope.

    Without a gyroscope there is no middle. A difference of one is then decided for the live count, which is the better one
    at both ends of a set, and a greater one for more: both overlook repetitions rather than invent them.
    """
    if len(opinions) == 1:
        return live if abs(opinions[0] - live) <= 1 else max(live, *opinions)
    return sorted((live, *opinions))[1]


def recount(trace: Trace, start: float, end: float) -> list[int]:
    """Counts of the set from `start` to `end` by posture and, where there is one, by gyroscope. Empty: not possible."""
    if not trace.t or trace.dropped_to > start:
        return []
    start, end = max(start, trace.t[0]), min(end, trace.t[-1])
    steps = round((end - start) * GRID_HZ)
    if steps < FEWEST:
        return []
    edges = [bisect_left(trace.t, start + k / GRID_HZ) for k in range(steps + 1)]
    opinions = [_count([_means(column, edges) for column in trace.postures()], *POSTURE)]
    spins = trace.spins()
    if spins is not None:
        opinions.append(_count([_means(column, edges) for column in spins], *SPIN))
    return [opinion for opinion in opinions if opinion is not None]


def _means(column: Sequence[float], edges: list[int]) -> list[float]:
    """The mean between each two edges; where nothing is, the one before goes on."""
    sums = list(accumulate(column, initial=0.0))
    means = []
    mean = column[edges[0]]
    for i, j in pairwise(edges):
        if j > i:
            mean = (sums[j] - sums[i]) / (j - i)
        means.append(mean)
    return means


def _count(columns: list[list[float]], corner_hz: float, stand_out: float, apart: float) -> int | None:
    signal = low_pass(principal(columns), corner_hz / GRID_HZ)
    beat = period(signal, round(SHORTEST_S * GRID_HZ), round(LONGEST_S * GRID_HZ))
    if beat is None:
        return None
    low, high = quantiles(signal, 0.05, 0.95)
    tops, bottoms = turns(signal, stand_out * (high - low))
    upside_down = [-value for value in signal]
    return max(spaced(tops, signal, apart * beat), spaced(bottoms, upside_down, apart * beat))
