from __future__ import annotations

import random

import pytest
from benchmarks.soak.figures import FEWEST, LATE_S, Recoveries, slope

T = [float(10 * i) for i in range(10)]


def test_a_straight_line_has_its_slope_and_no_error() -> None:
    found = slope([(t, 50 + t / 3600) for t in T])
    assert found is not None
    assert found.per_h == pytest.approx(1.0)
    assert found.error == pytest.approx(0.0, abs=1e-6)


def test_too_few_points_are_no_line() -> None:
    assert slope([(t, 1.0) for t in T[: FEWEST - 1]]) is None


def test_noise_alone_rarely_exceeds_a_bound_of_nothing() -> None:
    rng = random.Random(1)  # noqa: S311 - reproducible, not secret
    exceeded = 0
    for _ in range(400):
        found = slope([(10.0 * i, rng.gauss(0, 1)) for i in range(100)])
        assert found is not None
        exceeded += found.exceeds(0.0)
    assert 0 < exceeded < 400 * 0.05  # two standard errors, one side: about 2.3 %


def test_a_walk_at_random_is_taken_for_a_trend_less_often_than_its_points_are_many() -> None:
    rng = random.Random(2)  # noqa: S311 - reproducible, not secret
    exceeded = 0
    for _ in range(200):
        at, walk = 0.0, []
        for i in range(200):
            at = 0.8 * at + rng.gauss(0, 1)
            walk.append((10.0 * i, at))
        found = slope(walk)
        assert found is not None
        exceeded += found.exceeds(0.0)
    assert exceeded < 200 * 0.08


def test_a_leak_in_noise_is_found() -> None:
    rng = random.Random(3)  # noqa: S311 - reproducible, not secret
    found = slope([(10.0 * i, 60 + 5 * i / 360 + rng.gauss(0, 0.3)) for i in range(600)])
    assert found is not None
    assert found.exceeds(4.0)
    assert not found.exceeds(5.5)


def test_a_recovery_is_counted_from_the_end_of_its_fault() -> None:
    recoveries = Recoveries()
    recoveries.ended("link lost", ["chest", "back"], 10.0)
    recoveries.heard("chest", 12.5)
    recoveries.heard("chest", 99.0)
    assert recoveries.took_s == {"link lost": [2.5]}
    assert recoveries.waiting() == {"back"}


def test_one_that_is_overtaken_tells_nothing() -> None:
    recoveries = Recoveries()
    recoveries.ended("link lost", ["chest"], 10.0)
    recoveries.overtake(["chest", "back"], 11.0)
    recoveries.heard("chest", 12.0)
    assert recoveries.took_s == {}
    assert recoveries.overtaken == {"link lost": 1}


def test_one_that_was_late_already_when_it_was_overtaken_is_not_let_off() -> None:
    recoveries = Recoveries()
    recoveries.ended("link lost", ["chest"], 10.0)
    recoveries.overtake(["chest"], 11.0 + LATE_S)
    assert recoveries.took_s == {"link lost": [1.0 + LATE_S]}
    assert recoveries.overtaken == {}
