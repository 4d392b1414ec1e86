from __future__ import annotations

import re

import pytest
from tests.motion.movement import counted, measured, packets, repetitions, reps_of

from ptdevice.motion.exercises import EXERCISES, Exercise


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_says_where_the_sensor_belongs_and_what_counts(exercise: Exercise) -> None:
    assert EXERCISES[exercise.name] is exercise
    assert re.fullmatch(r"[a-z0-9_-]{1,32}", exercise.name)
    assert exercise.placement
    assert exercise.repetition
    assert 2.0 <= exercise.smallest_deg <= 45.0
    assert exercise.evidence in {"recordings", "simulation"}


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_just_more_than_the_least_range_counts_and_just_less_does_not(exercise: Exercise) -> None:
    def count(degrees: float) -> int:
        return len(reps_of(counted(packets(measured(repetitions(6, degrees=degrees))), exercise=exercise.name)))

    assert count(exercise.smallest_deg * 1.2) == 6
    assert count(exercise.smallest_deg * 0.8) == 0
