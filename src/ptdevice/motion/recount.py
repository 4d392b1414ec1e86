"""A second opinion, when the set is over: the whole of it at once, by its rhythm instead of by turning points.

Postures (and, where there is a gyroscope, angular rates) are low-passed without shift, seen along the direction in which
they vary most, and their peaks are counted: those that stand out, and are not closer together than the rhythm allows. Both
signs are counted and the larger number taken, because the first or last half of a movement may be cut off.

The live count fails where a single movement confuses it, the recount where there is no common rhythm. Where they differ, the
record says by how much.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from ptdevice.motion.peaks import count_peaks, low_pass, period, principal, quantiles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.motion.trace import Trace

GRID_HZ = 10.0  # four times what the low-pass leaves
SHORTEST_S, LONGEST_S = 0.8, 15.0  # between repetitions
FEWEST = 30  # grid points
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
    places = _places(trace, start, steps)
    opinions = [_count([_at(column, places) for column in trace.up], *POSTURE)]
    if trace.has_spin:
        opinions.append(_count([_at(column, places) for column in trace.spin], *SPIN))
    return [opinion for opinion in opinions if opinion is not None]


def _places(trace: Trace, start: float, steps: int) -> list[tuple[int, float]]:
    """For every point of an even grid: the trace's step before it, and the share of the way to the next."""
    t = trace.t
    places = []
    for k in range(steps):
        at = start + k / GRID_HZ
        i = min(max(bisect_right(t, at) - 1, 0), len(t) - 2)
        places.append((i, min(max((at - t[i]) / (t[i + 1] - t[i]), 0.0), 1.0)))
    return places


def _at(column: Sequence[float], places: list[tuple[int, float]]) -> list[float]:
    return [column[i] + share * (column[i + 1] - column[i]) for i, share in places]


def _count(columns: list[list[float]], corner_hz: float, stand_out: float, apart: float) -> int | None:
    signal = principal([low_pass(column, corner_hz / GRID_HZ) for column in columns])
    beat = period(signal, round(SHORTEST_S * GRID_HZ), round(LONGEST_S * GRID_HZ))
    if beat is None:
        return None
    low, high = quantiles(signal, 0.05, 0.95)
    prominence = stand_out * (high - low)
    return max(
        count_peaks(signal, prominence, apart * beat),
        count_peaks([-value for value in signal], prominence, apart * beat),
    )
