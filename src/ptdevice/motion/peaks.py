"""Rhythm and peaks of an evenly sampled signal, on plain lists."""

from __future__ import annotations

from math import cos, pi, sin, sqrt
from operator import mul
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    c = [[sum(map(mul, a, b)) for b in centred] for a in centred]
    axis = [row[max(range(3), key=lambda i: c[i][i])] for row in c]
    for _ in range(30):  # power iteration
        axis = [sum(map(mul, row, axis)) for row in c]
        size = sqrt(sum(map(mul, axis, axis)))
        if size <= 0.0:
            return [0.0] * n
        axis = [a / size for a in axis]
    x, y, z = centred
    return [axis[0] * a + axis[1] * b + axis[2] * d for a, b, d in zip(x, y, z, strict=True)]


def period(signal: Sequence[float], shortest: int, longest: int) -> int | None:
    """The lag of the first strong peak of the unbiased autocorrelation, in samples. None: there is no rhythm."""
    n = len(signal)
    longest = min(longest, n // 2)
    r = [sum(map(mul, signal, signal[lag:])) / (n - lag) for lag in range(shortest, longest + 1)]
    tops = [i for i in range(1, len(r) - 1) if r[i - 1] < r[i] >= r[i + 1] and r[i] > 0.0]
    if not tops:
        return None
    highest = max(r[i] for i in tops)
    return shortest + next(i for i in tops if r[i] >= STRONG * highest)


def count_peaks(signal: Sequence[float], prominence: float, apart: float) -> int:
    """How many local maxima stand out by `prominence` and are `apart` samples from each other, the higher ones first."""
    tops = [i for i in range(1, len(signal) - 1) if signal[i - 1] < signal[i] >= signal[i + 1]]
    kept: list[int] = []
    for i in sorted(tops, key=lambda i: -signal[i]):
        if all(abs(i - other) >= apart for other in kept):
            kept.append(i)
    return sum(_prominence(signal, i) >= prominence for i in kept)


def _prominence(signal: Sequence[float], i: int) -> float:
    """Height above the higher of the two valleys that part this peak from a higher one."""
    height = signal[i]
    floors = []
    for way in (range(i - 1, -1, -1), range(i + 1, len(signal))):
        floor = height
        for j in way:
            if signal[j] > height:
                break
            floor = min(floor, signal[j])
        floors.append(floor)
    return height - max(floors)


def quantiles(signal: Sequence[float], *shares: float) -> list[float]:
    """Values below which these shares of the signal lie."""
    ranked = sorted(signal)
    return [ranked[round(share * (len(ranked) - 1))] for share in shares]
