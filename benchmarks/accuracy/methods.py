"""Other ways to count, each as its literature describes it, fed with the same signals in the same run.

`threshold`        the usual hobby design: the size of the acceleration, smoothed, rises above a level
`autocorrelation`  live, as many watches count: the period of the last half minute is found again and again, and the time
                   since the first movement divided by it is the count (uLift weighs it, 2024, doi 10.1109/ACCESS.2024.3363437)
`pca_peaks`        the whole set at once: band-pass, first principal component, peaks that stand out and are no closer than
                   the rhythm allows (after RecoFit: Morris et al. 2014, doi 10.1145/2556288.2557116)

Numbers that a description leaves open are the best of a handful that were tried on these very recordings: nobody should lose
the comparison by a badly chosen level.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise
from math import exp, pi, sqrt
from operator import mul
from statistics import fmean, pstdev
from typing import TYPE_CHECKING

from ptdevice.motion.peaks import low_pass, principal, quantiles, spaced, turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.recordings import Signal
    from ptdevice.model import Vector

GRID_HZ = 10.0
SHORTEST_S, LONGEST_S = 0.8, 8.0  # of a repetition

# threshold
SMOOTH_S = 0.3
ABOVE = 0.6  # m/s^2 above the mean so far; half of it re-arms
PAUSE_S = 0.6

# autocorrelation
CORNER_HZ = 0.7
WINDOW_S, LOOK_S, LATELY_S = 30.0, 0.5, 1.0
MOVING = 0.3  # m/s^2: the standard deviation of the last second below which nothing happens
PERIODIC = 0.3  # of the correlation at no lag
STRONG = 0.8  # of the best peak: the shortest such lag is the period

# pca_peaks
BAND_HZ = (0.03, 0.8)
STAND_OUT = 0.4  # of the range from the 5th to the 95th percentile
APART = 0.5  # of the period


def threshold(s: Signal) -> int:
    """By |a|: smoothed causally, compared with its own mean so far."""
    count, armed, last = 0, True, s.t[0] - PAUSE_S
    smooth = mean = _size(s.acc[0])
    for k, ((before, now), force) in enumerate(zip(pairwise(s.t), s.acc[1:], strict=True), 2):
        smooth += (1.0 - exp(-(now - before) / SMOOTH_S)) * (_size(force) - smooth)
        mean += (smooth - mean) / k
        if armed and smooth - mean > ABOVE and now - last >= PAUSE_S:
            count, armed, last = count + 1, False, now
        elif smooth - mean < ABOVE / 2:
            armed = True
    return count


def autocorrelation(s: Signal) -> int:
    """By time over period: what a display would show at the end."""
    columns = [_causal(column) for column in _grid(s.t, s.acc)]
    lately, window = round(LATELY_S * GRID_HZ), round(WINDOW_S * GRID_HZ)
    first = last = 0
    beat: int | None = None
    for now in range(2 * lately, len(columns[0]) + 1, round(LOOK_S * GRID_HZ)):
        if sqrt(sum(pstdev(column[now - lately : now]) ** 2 for column in columns)) > MOVING:
            first, last = (first or now - lately), now
        if last - first >= 2 * lately:
            beat = _beat([column[max(first, last - window) : last] for column in columns]) or beat
    return round((last - first) / beat) if beat else 0


def pca_peaks(s: Signal, *, gyroscope: bool = False) -> int:
    """By peaks of the whole set, of the acceleration or of the angular rate, on the side that has more of them."""
    low, high = BAND_HZ
    columns = []
    for column in _grid(s.t, s.gyr if gyroscope and s.gyr else s.acc):
        smooth = low_pass(column, high / GRID_HZ)
        columns.append([a - b for a, b in zip(smooth, low_pass(smooth, low / GRID_HZ), strict=True)])
    signal = principal(columns)
    apart = APART * (_beat([signal]) or SHORTEST_S * GRID_HZ)
    lowest, highest = quantiles(signal, 0.05, 0.95)
    if highest <= lowest:
        return 0
    tops, bottoms = turns(signal, STAND_OUT * (highest - lowest))
    return max(spaced(tops, signal, apart), spaced(bottoms, [-value for value in signal], apart))


def _grid(t: Sequence[float], vectors: Sequence[Vector]) -> list[list[float]]:
    """Means over tenths of a second, as three columns; where nothing is, the one before goes on."""
    edges = [bisect_left(t, t[0] + k / GRID_HZ) for k in range(round((t[-1] - t[0]) * GRID_HZ) + 1)]
    rows, mean = [], vectors[0]
    for i, j in pairwise(edges):
        if j > i:
            x, y, z = (fmean(column) for column in zip(*vectors[i:j], strict=True))
            mean = (x, y, z)
        rows.append(mean)
    return [list(column) for column in zip(*rows, strict=True)]


def _causal(column: list[float]) -> list[float]:
    """Two one-pole low-passes."""
    share = 1.0 - exp(-2.0 * pi * CORNER_HZ / GRID_HZ)
    for _ in range(2):
        value, smooth = column[0], []
        for x in column:
            value += share * (x - value)
            smooth.append(value)
        column = smooth
    return column


def _beat(columns: Sequence[Sequence[float]]) -> int | None:
    """The period in grid steps, or None where there is none: the unbiased autocorrelation, summed over the axes."""
    n = len(columns[0])
    centred = [[value - mean for value in column] for column in columns for mean in (fmean(column),)]
    power = sum(sum(map(mul, column, column)) for column in centred) / n
    if power <= 0.0:
        return None
    lags = range(round(SHORTEST_S * GRID_HZ) - 1, min(round(LONGEST_S * GRID_HZ), n // 2) + 1)
    r = [sum(sum(map(mul, column, column[lag:])) for column in centred) / (n - lag) / power for lag in lags]
    tops = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] >= r[i + 1] and r[i] >= PERIODIC]
    if not tops:
        return None
    best = max(r[i] for i in tops)
    return lags[next(i for i in tops if r[i] >= STRONG * best)]


def _size(v: Vector) -> float:
    return sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2])
