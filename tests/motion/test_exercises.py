from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.motion.movement import counted, measured, packets, repetitions, reps_of

from ptdevice.motion.exercises import EXERCISES, Axis, Exercise, Kind, Placement, Posture, unseen

REPEATED = [each for each in EXERCISES.values() if each.kind is Kind.REPETITIONS]
NAMED = {
    "sit_up", "crunch", "curl_up", "leg_raise", "hyperextension", "bridge", "pelvic_tilt", "bird_dog", "side_bridge",
    "dead_bug", "knee_rolling", "repeated_extension_in_lying", "flexion_range", "extension_range", "stretch_hold",
    "walking_bouts", "knee_extension", "trunk_flexion", "superman", "squat", "any",
}  # fmt: skip


def test_what_a_back_needs_comes_along() -> None:
    assert set(EXERCISES) >= NAMED


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)
def test_an_exercise_says_where_the_sensor_belongs_and_what_counts(exercise: Exercise) -> None:
    assert EXERCISES[exercise.name] is exercise
    assert re.fullmatch(r"[a-z0-9_-]{1,32}", exercise.name)
    assert exercise.placement
    assert exercise.repetition
    assert exercise.evidence in {"recordings", "simulation"}


@pytest.mark.parametrize("exercise", REPEATED, ids=lambda each: str(each.name))
def test_just_more_than_the_least_range_counts_and_just_less_does_not(exercise: Exercise) -> None:
    def count(degrees: float) -> int:
        return len(reps_of(counted(packets(measured(repetitions(6, degrees=degrees))), exercise=exercise.name)))

    assert 2.0 <= exercise.smallest_deg <= 45.0
    assert count(exercise.smallest_deg * 1.2) == 6
    assert count(exercise.smallest_deg * 0.8) == 0


def test_a_sensor_that_cannot_see_the_movement_is_told_where_it_belongs() -> None:
    assert unseen(EXERCISES["leg_raise"], Placement.CHEST) == (
        "leg_raise cannot be seen by a sensor on the breastbone; "
        "wear it on the front of the thigh or on the front of the shin"
    )


@pytest.mark.parametrize("placement", [Placement.THIGH, Placement.SHIN, None])
def test_a_sensor_that_can_see_it_is_not_refused(placement: Placement | None) -> None:
    assert unseen(EXERCISES["leg_raise"], placement) is None


def test_what_is_counted_on_any_segment_is_seen_from_all() -> None:
    assert [unseen(EXERCISES["any"], placement) for placement in Placement] == [None] * len(Placement)


def test_a_turn_about_the_vertical_is_refused_wherever_the_sensor_is() -> None:
    turning = replace(EXERCISES["any"], name="turn", axis=Axis.LONGITUDINAL, posture=Posture.UPRIGHT)
    assert "turn turns about the vertical" in (unseen(turning, None) or "")
    assert unseen(replace(turning, posture=Posture.LYING), None) is None
    assert unseen(replace(turning, axis=Axis.MEDIOLATERAL), None) is None
