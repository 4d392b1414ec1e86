from __future__ import annotations

import math
import random

import pytest

from ptdevice_sim.body import GRAVITY
from ptdevice_sim.clinic.bodies import Mover, body_of
from ptdevice_sim.clinic.scenario import Exercises, Person

BEGAN = 1000.0


def mover(*bouts: tuple[float, Exercises], person: Person | None = None, seed: int = 1) -> Mover:
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    body = body_of(person or Person(), list(bouts), rng, began=BEGAN, mounting=(0.0, 0.0, 0.0))
    assert isinstance(body, Mover)
    return body


def bout(**style: object) -> Exercises:
    return Exercises.model_validate({"time": "00:00:00", "sets": [5], "sloppiness": 0.0, **style})


def test_repetitions_begin_when_the_scenario_says_on_the_loops_clock() -> None:
    first, *_, last = mover((10.0, bout()), (100.0, bout())).repetitions
    assert first.start == pytest.approx(BEGAN + 10.6)
    assert last.end == pytest.approx(BEGAN + 100.0 + 5 * 3.4)


def test_pace_and_range_are_those_of_the_bout() -> None:
    slow, fast = (next(iter(mover((0.0, bout(pace=pace, range_deg=40.0))).repetitions)) for pace in (1.0, 2.0))
    assert slow.end - slow.start == pytest.approx(2.8)
    assert fast.end - fast.start == pytest.approx(1.4)
    assert slow.range_deg == 40.0


def test_sloppiness_makes_repetitions_differ() -> None:
    even, uneven = (list(mover((0.0, bout(sloppiness=sloppiness))).repetitions) for sloppiness in (0.0, 0.3))
    assert len({rep.range_deg for rep in even}) == 1
    assert len({rep.range_deg for rep in uneven}) == 5


def test_between_bouts_a_body_lies_still_and_moves_again_in_the_next() -> None:
    body = mover((10.0, bout()), (100.0, bout()))
    reps = list(body.repetitions)
    lying, sitting = body.acceleration(BEGAN + 60.0), body.acceleration(reps[5].turn + 0.1)
    assert lying[2] == pytest.approx(GRAVITY, abs=0.5)
    assert sitting[0] > GRAVITY * math.sin(math.radians(50))


def test_nobody_who_does_not_exercise_moves_and_the_heart_is_at_rest() -> None:
    body = mover(person=Person(resting_bpm=55.0))
    assert list(body.repetitions) == []
    assert all(abs(body.acceleration(BEGAN + t)[0]) < 0.5 for t in range(100))
    assert all(52 <= body.heart_rate(BEGAN + t) <= 58 for t in range(100))


def test_a_heart_beats_faster_after_work() -> None:
    body = mover((10.0, bout(sets=[10])), person=Person(resting_bpm=60.0))
    assert body.heart_rate(BEGAN + 50.0) > body.heart_rate(BEGAN + 5.0) + 15


def test_two_sensors_on_one_person_see_the_same_repetitions() -> None:
    assert list(mover((10.0, bout(sloppiness=0.2))).repetitions) == list(
        mover((10.0, bout(sloppiness=0.2))).repetitions
    )
