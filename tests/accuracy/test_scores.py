from __future__ import annotations

import pytest
from benchmarks.accuracy.scores import by_person, per_hour, score, wilson


def of(person: str, *errors: int) -> list[tuple[str, int]]:
    return [(person, error) for error in errors]


def test_scores_are_shares_of_sets_and_a_mean() -> None:
    found = score([*of("a", 0, 0, 1), *of("b", -2)])

    assert (found.sets, found.people, found.exact, found.within1, found.mae) == (4, 2, 50.0, 75.0, 0.75)


@pytest.mark.parametrize(
    ("hits", "n", "interval"),
    [
        # Newcombe 1998 (Stat Med 17:857), table I, method 3
        (81, 263, (25.53, 36.62)),
        (15, 148, (6.24, 16.05)),
        (0, 20, (0.0, 16.11)),
        (1, 29, (0.61, 17.18)),
    ],
)
def test_the_interval_of_a_share_is_wilsons(hits: int, n: int, interval: tuple[float, float]) -> None:
    assert wilson(hits, n) == pytest.approx(interval, abs=0.006)


@pytest.mark.parametrize(
    ("events", "interval"),
    [(0, (0.0, 3.689)), (1, (0.0253, 5.572)), (10, (4.795, 18.39))],  # Garwood 1936, as in tables since
)
def test_the_interval_of_a_rate_is_garwoods(events: int, interval: tuple[float, float]) -> None:
    assert per_hour(events, 1.0) == pytest.approx(interval, rel=1e-3)
    assert per_hour(events, 2.0) == pytest.approx([limit / 2 for limit in interval], rel=1e-3)


def test_people_are_drawn_whole() -> None:
    exact, mae = by_person([*of("right", *[0] * 50), *of("wrong", *[2] * 50)])

    assert (exact, mae) == ((0.0, 100.0), (0.0, 2.0))  # sets drawn one by one would stay near 50 and 1


def test_one_person_has_no_interval_and_the_same_people_have_the_same_one() -> None:
    errors = [error for k in range(40) for error in of(f"person {k}", *range(k % 7), *[0] * (k % 5))]

    assert by_person(of("a", 0, 1)) == (None, None)
    assert by_person(errors) == by_person(errors)
