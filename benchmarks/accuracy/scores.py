"""How counts compare with the truth, and how sure that is.

Two intervals, both of 95 %, because they answer two questions. *Wilson*'s is about shares of sets, as if each set were drawn
for itself (Wilson 1927, J Am Stat Assoc 22:209). The *bootstrap by person* draws whole people again and again (cluster
bootstrap, Field and Welsh 2007, J R Stat Soc B 69:369): somebody's sets resemble each other, so it is the people who count.
Of three or six people it says little, and of one nothing. Its seed is fixed: the same recordings give the same table.
"""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass
from math import exp, inf, lgamma, log, sqrt
from statistics import fmean
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEED = 20240611
RESAMPLES = 2000
Z = 1.959964  # 97.5 % of the normal distribution
Interval = tuple[float, float]
Error = tuple[str, int]  # whose set, and count minus truth


@dataclass(frozen=True, slots=True)
class Score:
    """Of some sets of some people: in percent of sets, and the mean absolute error."""

    sets: int
    people: int
    exact: float
    within1: float
    mae: float
    exact_wilson: Interval
    within1_wilson: Interval
    exact_people: Interval | None  # None: there is only one
    mae_people: Interval | None


def score(errors: Sequence[Error]) -> Score:
    """Score some sets. `errors` is not empty."""
    n = len(errors)
    right = sum(error == 0 for _, error in errors)
    near = sum(abs(error) <= 1 for _, error in errors)
    exact_people, mae_people = by_person(errors)
    return Score(
        sets=n,
        people=len({person for person, _ in errors}),
        exact=100.0 * right / n,
        within1=100.0 * near / n,
        mae=fmean(abs(error) for _, error in errors),
        exact_wilson=wilson(right, n),
        within1_wilson=wilson(near, n),
        exact_people=exact_people,
        mae_people=mae_people,
    )


def wilson(hits: int, n: int) -> Interval:
    """The interval of a share, in percent."""
    share = hits / n
    middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    return (100.0 * max(middle - half, 0.0), 100.0 * min(middle + half, 1.0))


def by_person(errors: Sequence[Error]) -> tuple[Interval | None, Interval | None]:
    """The intervals of exactness, in percent, and of the mean absolute error, when people are drawn with replacement."""
    sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for person, error in errors:
        for i, value in enumerate((1, error == 0, abs(error))):
            sums[person][i] += value
    if len(sums) < 2:
        return None, None
    people = list(sums.values())
    rng = random.Random(SEED)  # noqa: S311 - a resampling, not a secret
    draws = [[*map(sum, zip(*rng.choices(people, k=len(people)), strict=True))] for _ in range(RESAMPLES)]
    return _middle([100.0 * exact / n for n, exact, _ in draws]), _middle([error / n for n, _, error in draws])


def _middle(found: list[float]) -> Interval:
    """What leaves 2.5 % out on either side."""
    found.sort()
    return (found[round(0.025 * (len(found) - 1))], found[round(0.975 * (len(found) - 1))])


def per_hour(events: int, hours: float) -> Interval:
    """The exact interval of a rate (Garwood 1936, Biometrika 28:437)."""
    low = 0.0 if events == 0 else _where(lambda mean: 1.0 - _poisson(events - 1, mean), 0.025)
    high = _where(lambda mean: 1.0 - _poisson(events, mean), 0.975)
    return (low / hours, high / hours)


def _poisson(most: int, mean: float) -> float:
    """The probability of so many events or fewer."""
    return sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(most + 1))


def _where(rising: Callable[[float], float], wanted: float) -> float:
    """The mean at which a rising function of it is as wanted: by halving, to a millionth."""
    low, high = 1e-9, 1.0
    while rising(high) < wanted and high < inf:
        low, high = high, 2.0 * high
    while high - low > 1e-6 * high:
        middle = (low + high) / 2.0
        low, high = (middle, high) if rising(middle) < wanted else (low, middle)
    return high
