"""What follows from the samples: a slope and how sure it is, middle and longest. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FEWEST = 10  # points of a line
LATE_S = 120.0  # from the end of a fault


@dataclass(frozen=True, slots=True)
class Slope:
    """Per hour, and its standard error."""

    per_h: float
    error: float

    def __str__(self) -> str:
        return f"{self.per_h:+.2f} ± {2 * self.error:.2f}"

    def exceeds(self, bound: float) -> bool:
        """Whether it is above the bound by more than chance (two standard errors)."""
        return self.per_h - 2 * self.error > bound


def slope(points: Sequence[tuple[float, float]]) -> Slope | None:
    """Least squares of (seconds, value); None with fewer than FEWEST points.

    What is left over of a process' memory hangs together from one sample to the next, so there are fewer independent samples
    than samples: n (1 - r) / (1 + r), with r their correlation from one to the next (Bayley and Hammersley 1946).
    """
    n = len(points)
    if n < FEWEST:
        return None
    mean_t, mean_v = fmean(t for t, _ in points), fmean(v for _, v in points)
    spread = sum((t - mean_t) ** 2 for t, _ in points)
    per_s = sum((t - mean_t) * (v - mean_v) for t, v in points) / spread
    left = [v - mean_v - per_s * (t - mean_t) for t, v in points]
    square = sum(each * each for each in left)
    r = sum(a * b for a, b in pairwise(left)) / square if square else 0.0
    r = min(max(r, 0.0), 0.99)
    independent = max(n * (1 - r) / (1 + r), 3.0)
    # The variance of what is left, by the independent ones; that of the slope is it over their share of the spread.
    variance = square / n * independent / (independent - 2)
    return Slope(per_s * 3600, math.sqrt(variance / (spread * independent / n)) * 3600)


@dataclass(slots=True)
class Recoveries:
    """How long it took from the end of a fault until a unit, or the gateway, was heard again; by kind of fault.

    One that is still waited for when the next fault strikes tells nothing, and is counted as overtaken; but if it was late
    already, it took at least so long.
    """

    took_s: dict[str, list[float]] = field(default_factory=dict)
    overtaken: dict[str, int] = field(default_factory=dict)
    _open: dict[str, tuple[str, float]] = field(default_factory=dict)

    def overtake(self, whom: Iterable[str], at: float) -> None:
        """A fault begins that touches these."""
        for one in whom:
            if one in self._open and at - self._open[one][1] > LATE_S:
                self.heard(one, at)
            elif one in self._open:
                kind, _ = self._open.pop(one)
                self.overtaken[kind] = self.overtaken.get(kind, 0) + 1

    def ended(self, kind: str, whom: Iterable[str], at: float) -> None:
        """A fault has ended; these are waited for."""
        for one in whom:
            self._open[one] = kind, at

    def heard(self, one: str, at: float) -> None:
        """It is back."""
        if one in self._open:
            kind, ended = self._open.pop(one)
            self.took_s.setdefault(kind, []).append(at - ended)

    def waiting(self) -> set[str]:
        """Who is not back yet."""
        return {*self._open}


def told(took_s: Sequence[float]) -> str:
    """Median and longest, for people."""
    return f"{median(took_s):6.1f} {max(took_s):8.1f}" if took_s else "     -        -"
