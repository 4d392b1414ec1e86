"""Rhythm and peaks of an evenly sampled signal, on plain lists."""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

COARSE = 8  # lags are an eighth of themselves apart
STRONG = 0.8  # of the highest correlation: the shortest lag that is as strong is the period, not a multiple of it


def low_pass(signal: Sequence[float], corner: float) -> list[float]:
    """Second-order Butterworth, forwards and backwards, so that nothing is shifted. `corner` is in cycles per sample."""
    if not signal:
        return []
    w = 2.0 * pi * corner
    alpha = sin(w) / sqrt(2.0)
    # Coefficients of the bilinear transform (Bristow-Johnson, Audio EQ Cookbook, LPF with Q = 1/sqrt 2).
    b0 = (1.0 - cos(w)) / 2.0 / (1.0 + alpha)
    a1, a2 = -2.0 * cos(w) / (1.0 + alpha), (1.0 - alpha) / (1.0 + alpha)

    def once(values: list[float]) -> list[float]:
        x1 = x2 = y1 = y2 = values[0]
        out = []
        for x in values:
            y = b0 * (x + 2.0 * x1 + x2) - a1 * y1 - a2 * y2
            x1, x2, y1, y2 = x, x1, y, y1
            out.append(y)
        return out

    pad = min(round(0.5 / corner), len(signal) - 1)
    # Odd reflection at both ends, as scipy's filtfilt does it: no transient where the signal begins and ends.
    head = [2.0 * signal[0] - signal[i] for i in range(pad, 0, -1)]
    tail = [2.0 * signal[-1] - signal[-1 - i] for i in range(1, pad + 1)]
    forth = once([*head, *signal, *tail])
    back = once(forth[::-1])[::-1]
    return back[pad : pad + len(signal)]


def principal(columns: Sequence[Sequence[float]]) -> list[float]:
    """Three columns, seen along the direction in which they vary most. Around their mean; the sign means nothing."""
    n = len(columns[0])
    centred = [[value - mean for value in column] for column in columns for mean in (sum(column) / n,)]
    x, y, z = centred
    xy, xz, yz = sum(map(mul, x, y)), sum(map(mul, x, z)), sum(map(mul, y, z))
    c = [[sum(map(mul, x, x)), xy, xz], [xy, sum(map(mul, y, y)), yz], [xz, yz, sum(map(mul, z, z))]]
    axis = [row[max(range(3), key=lambda i: c[i][i])] for row in c]
    for _ in range(30):  # power iteration
        axis = [sum(map(mul, row, axis)) for row in c]
        size = sqrt(sum(map(mul, axis, axis)))
        if size <= 0.0:
            return [0.0] * n
        axis = [a / size for a in axis]
    return [axis[0] * a + axis[1] * b + axis[2] * d for a, b, d in zip(x, y, z, strict=True)]


def period(signal: Sequence[float], shortest: int, longest: int) -> int | None:
    """The lag of the first strong peak of the unbiased autocorrelation, in samples. None: there is no rhythm."""
    n = len(signal)
    longest = min(longest, n // 2)
    if longest <= shortest:
        return None
    lags = [shortest]
    while lags[-1] < longest:  # a long lag need not be known to the sample
        lags.append(lags[-1] + max(lags[-1] // COARSE, 1))
    r: list[float] = [sum(map(mul, signal, signal[lag:])) / (n - lag) for lag in lags]
    tops = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] >= r[i + 1] and r[i] > 0.0]
    if not tops:
        return None
    highest = max(r[i] for i in tops)
    return lags[next(i for i in tops if r[i] >= STRONG * highest)]


def turns(signal: Sequence[float], prominence: float) -> tuple[list[int], list[int]]:
    """Where the signal turns, up and down by `prominence` at least: indices of the tops, and of the bottoms, between them.

    Tops that are not followed, or bottoms that are not preceded, by so great a change are none.
    """
    tops: list[int] = []
    bottoms: list[int] = []
    high = low = signal[0]
    high_at = low_at = 0
    rising: bool | None = None
    for i, value in enumerate(signal):
        if value > high:
            high, high_at = value, i
        elif value < low:
            low, low_at = value, i
        if rising is not False and high - value >= prominence:
            if rising:
                tops.append(high_at)
            rising, low, low_at = False, value, i
        elif rising is not True and value - low >= prominence:
            if rising is False:
                bottoms.append(low_at)
            rising, high, high_at = True, value, i
    return tops, bottoms


def spaced(places: Sequence[int], heights: Sequence[float], apart: float) -> int:
    """How many of these peaks remain when, from the highest on, each drives out those closer than `apart`."""
    kept: list[int] = []
    for i in sorted(places, key=lambda i: -heights[i]):
        if all(abs(i - other) >= apart for other in kept):
            kept.append(i)
    return len(kept)


def quantiles(signal: Sequence[float], *shares: float) -> list[float]:
    """Values below which these shares of the signal lie."""
    ranked = sorted(signal)
    return [ranked[round(share * (len(ranked) - 1))] for share in shares]
