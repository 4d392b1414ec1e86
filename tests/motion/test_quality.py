"""How well repetitions and sets were done, on movements with a known truth."""

from __future__ import annotations

import random
from dataclasses import replace
from math import cos, radians, sin
from typing import TYPE_CHECKING

import pytest
from tests.motion.movement import (
    START,
    Corner,
    after,
    counted,
    counter,
    measured,
    packets,
    repetitions,
    reps_of,
    sets_of,
)

from ptdevice.model import RejectedMovement, Rejection, SetEnd, Unmeasured
from ptdevice.motion.exercises import EXERCISES, Axis, Exercise, Kind, Placement
from ptdevice.motion.quality import SharedAxis, rejection, symmetry_pct, tempo_cv
from ptdevice.motion.swing import Swing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Record

LIFT = Exercise("lift", (Placement.THIGH,), "up and down", smallest_deg=20.0, axis=Axis.MEDIOLATERAL)


def rejected(records: Iterable[Record]) -> list[RejectedMovement]:
    return [record for record in records if isinstance(record, RejectedMovement)]


def several(*degrees: float, **how: float) -> list[Corner]:
    """Repetitions of these ranges one after the other."""
    corners = repetitions(0, lead=3.0, tail=0.0)
    for each in degrees:
        corners = after(corners, repetitions(1, degrees=each, lead=0.3, tail=0.0, **how)[1:])
    return after(corners, [(3.0, 0.0)])


# --- a repetition ---


def test_what_is_as_it_should_be_is_correct() -> None:
    records = counted(packets(measured(repetitions(6))), exercise=LIFT)
    assert [rep.rejected for rep in reps_of(records)] == [None] * 6
    (one,) = sets_of(records)
    assert (one.correct, one.incorrect, rejected(records)) == (6, 0, [])


def test_beyond_the_limit_is_incorrect_and_counts() -> None:
    records = counted(packets(measured(several(60, 60, 80, 60, 60))), exercise=replace(LIFT, limit_deg=70.0))
    assert [rep.rejected for rep in reps_of(records)] == [None, None, Rejection.OVER_LIMIT, None, None]
    (one,) = sets_of(records)
    assert (one.repetitions, one.correct, one.incorrect) == (5, 4, 1)


def test_the_target_range_is_not_needed() -> None:
    records = counted(packets(measured(repetitions(5))), exercise=replace(LIFT, target_deg=90.0))
    assert [rep.rejected for rep in reps_of(records)] == [None] * 5


def test_too_fast_is_incorrect() -> None:
    fast = replace(LIFT, fastest_s=2.0)
    assert {rep.rejected for rep in reps_of(counted(packets(measured(repetitions(5))), exercise=fast))} == {None}
    hasty = repetitions(5, out=0.6, hold=0.05, back=0.6)
    assert {rep.rejected for rep in reps_of(counted(packets(measured(hasty)), exercise=fast))} == {Rejection.TOO_FAST}


def test_not_held_for_long_enough_is_incorrect() -> None:
    held = replace(LIFT, least_hold_s=5.0)
    long, short = (counted(packets(measured(repetitions(4, hold=s))), exercise=held) for s in (5.5, 2.0))
    assert {rep.rejected for rep in reps_of(long)} == {None}
    assert {rep.rejected for rep in reps_of(short)} == {Rejection.HOLD_SHORT}


def test_what_was_hardly_received_is_an_artifact_and_nobodys_mistake() -> None:
    samples = measured(repetitions(6)).keep(lambda t: not 11.3 <= t < 12.6)
    records = counted(packets(samples), exercise=LIFT)
    assert [rep.rejected for rep in reps_of(records)].count(Rejection.ARTIFACT) == 1
    assert [rep.valid for rep in reps_of(records)].count(False) == 1
    (one,) = sets_of(records)
    assert (one.repetitions, one.correct, one.incorrect) == (6, 5, 0)


GOOD = {"range_deg": 40.0, "duration_s": 3.0, "hold_s": 5.0, "off_axis_deg": 5.0, "missing": 0.0}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ({}, None),
        ({"missing": 0.25}, Rejection.ARTIFACT),
        ({"range_deg": 51.0}, Rejection.OVER_LIMIT),
        ({"off_axis_deg": 46.0}, Rejection.WRONG_AXIS),
        ({"duration_s": 0.9}, Rejection.TOO_FAST),
        ({"hold_s": 3.9}, Rejection.HOLD_SHORT),
        ({"hold_s": 4.1}, None),
        ({"range_deg": 51.0, "duration_s": 0.9}, Rejection.OVER_LIMIT),
    ],
)
def test_each_rule_has_its_reason(seen: dict[str, float], expected: Rejection | None) -> None:
    strict = replace(LIFT, limit_deg=50.0, fastest_s=1.0, least_hold_s=5.0)
    assert rejection(strict, **{**GOOD, **seen}) is expected


def test_where_nothing_is_asked_for_nothing_is_incorrect() -> None:
    seen = {"range_deg": 170.0, "duration_s": 0.1, "hold_s": 0.0, "off_axis_deg": 90.0, "missing": 0.0}
    assert rejection(EXERCISES["any"], **seen) is None


# --- movements that do not count ---


def test_a_try_that_was_too_small_is_told_where_it_happened() -> None:
    records = counted(packets(measured(several(60, 60, 60, 18, 60, 60))), exercise=LIFT)
    assert len(reps_of(records)) == 5
    (short,) = rejected(records)
    assert (short.rejected, short.set_id, short.exercise) == (Rejection.SHORT_ROM, "set-1", "lift")
    assert short.range_deg == pytest.approx(18, abs=2)
    third, fourth = reps_of(records)[2:4]
    assert third.end <= short.start < short.turn < short.end <= fourth.start
    (one,) = sets_of(records)
    assert (one.repetitions, one.correct, one.incorrect) == (5, 5, 1)


def test_tries_of_somebody_who_tires_are_told_when_the_set_ends() -> None:
    records = counted(packets(measured(several(60, 60, 60, 60, 20, 18))), exercise=LIFT)
    assert [each.rejected for each in rejected(records)] == [Rejection.SHORT_ROM] * 2
    assert isinstance(records[-1], type(sets_of(records)[0]))
    assert sets_of(records)[0].incorrect == 2


def test_fidgeting_is_no_try() -> None:
    assert rejected(counted(packets(measured(several(60, 60, 60, 12, 60, 60))), exercise=LIFT)) == []


def test_a_movement_about_another_axis_is_not_counted_and_told() -> None:
    lead, tail = repetitions(4, tail=1.0), repetitions(3, lead=1.0)
    sideways = repetitions(1, degrees=60.0, lead=0.5, tail=0.5)
    events = packets(measured(lead))
    at = lead[-1][0]
    events += packets(measured(sideways, direction=90.0), shift_s=at)
    events += packets(measured(tail), shift_s=at + sideways[-1][0])
    records = counted(events, exercise=LIFT)
    assert len(reps_of(records)) == 7
    (other,) = rejected(records)
    assert other.rejected is Rejection.WRONG_AXIS
    assert sets_of(records)[0].incorrect == 1


def test_getting_into_and_out_of_position_is_no_mistake() -> None:
    rising = measured([(0.0, 0.0), (0.5, 0.0), (2.0, 80.0), (2.5, 80.0), (4.5, 0.0), (7.0, 0.0)], direction=120.0)
    corners = repetitions(6, degrees=40.0, tail=2.0)
    records = counted([*packets(measured(corners)), *packets(rising, shift_s=corners[-1][0])], exercise=LIFT)
    assert rejected(records) == []


# --- smoothness ---


def test_a_smooth_movement_has_a_smoothness_and_two_peaks_of_speed() -> None:
    for rep in reps_of(counted(packets(measured(repetitions(4, hold=0.1), 50.0)), exercise=LIFT)):
        assert rep.smoothness == pytest.approx(-2.8, abs=0.3)
        assert (rep.unmeasured, rep.velocity_peaks) == (None, 2)


def test_who_goes_in_steps_is_less_smooth() -> None:
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0)]
    for _ in range(4):
        corners = after(
            corners, [(0.6, 20.0), (1.2, 20.0), (1.8, 40.0), (2.4, 40.0), (3.0, 60.0), (4.4, 0.0), (5.2, 0.0)]
        )
    steps = reps_of(counted(packets(measured(after(corners, [(3.0, 0.0)]), 50.0)), exercise=LIFT))
    smooth = reps_of(counted(packets(measured(repetitions(4, hold=0.1), 50.0)), exercise=LIFT))
    assert len(steps) == 4
    for rough, even in zip(steps, smooth, strict=True):
        assert rough.smoothness is not None
        assert even.smoothness is not None
        assert rough.smoothness < even.smoothness - 0.7
        assert rough.velocity_peaks == 4


@pytest.mark.parametrize(
    ("rate_hz", "gyro", "exercise", "why"),
    [
        (12.5, True, LIFT, Unmeasured.RATE),
        (25.0, False, LIFT, Unmeasured.NO_GYROSCOPE),
        (25.0, True, EXERCISES["any"], Unmeasured.EXERCISE),
    ],
)
def test_where_smoothness_means_nothing_it_is_unknown_and_says_why(
    rate_hz: float, exercise: Exercise, why: Unmeasured, *, gyro: bool
) -> None:
    for rep in reps_of(counted(packets(measured(repetitions(4), rate_hz), gyro=gyro), exercise=exercise)):
        assert (rep.smoothness, rep.unmeasured) == (None, why)
        assert rep.velocity_peaks == 2


def test_a_repetition_with_many_holes_has_no_smoothness() -> None:
    samples = measured(repetitions(4)).keep(lambda t: not 3.5 <= t < 4.1)
    first, *others = reps_of(counted(packets(samples), exercise=LIFT))
    assert (first.smoothness, first.unmeasured, first.gap) == (None, Unmeasured.GAP, True)
    assert [rep.unmeasured for rep in others] == [None] * 3


# --- a set ---


def test_an_even_pace_varies_little_and_an_uneven_one_much() -> None:
    rng = random.Random(4)  # noqa: S311 - a movement, not a secret
    even = sets_of(counted(packets(measured(repetitions(8)))))[0].tempo_cv
    corners = repetitions(0, tail=0.0)
    for _ in range(8):
        corners = after(
            corners, repetitions(1, out=rng.uniform(0.8, 3), back=rng.uniform(0.8, 3), lead=0.1, tail=0.1)[1:]
        )
    uneven = sets_of(counted(packets(measured(after(corners, [(3.0, 0.0)])))))[0].tempo_cv
    assert even is not None
    assert uneven is not None
    assert even < 0.05
    assert uneven > 0.15


def test_variation_is_the_standard_deviation_by_the_mean() -> None:
    assert tempo_cv([2.0, 4.0, 6.0]) == 0.5
    assert tempo_cv([2.0, 4.0]) is None
    assert tempo_cv([0.0, 0.0, 0.0]) is None


def test_losses_within_the_set_are_told_with_it() -> None:
    samples = measured(repetitions(6)).keep(lambda t: not (10.0 <= t < 10.4 or 14.0 <= t < 15.0))
    (one,) = sets_of(counted(packets(samples)))
    assert one.gaps == 2
    assert one.gap_s == pytest.approx(1.4, abs=0.1)


def test_losses_before_the_set_are_not_its_own() -> None:
    samples = measured(repetitions(6, lead=9.0)).keep(lambda t: not 2.0 <= t < 3.0)
    (one,) = sets_of(counted(packets(samples)))
    assert (one.gaps, one.gap_s, one.completeness) == (0, 0.0, 1.0)


def swung(rest_deg: float, far_deg: float) -> Swing:
    rest, far = ((0.0, sin(radians(a)), cos(radians(a))) for a in (rest_deg, far_deg))
    return Swing(0.0, 1.0, 2.0, 2.0, rest, far, rest, abs(far_deg - rest_deg))


def test_swings_to_and_fro_share_an_axis() -> None:
    axis = SharedAxis()
    assert axis.off_deg(swung(0.0, 40.0)) == 0.0  # nothing is known
    for far in (40.0, -40.0):
        axis.learn(swung(0.0, far))
    assert axis.off_deg(swung(0.0, 30.0)) == axis.off_deg(swung(0.0, -30.0)) == pytest.approx(0.0, abs=1e-6)
    sideways = replace(swung(0.0, 40.0), far=(sin(radians(40.0)), 0.0, cos(radians(40.0))))
    assert axis.off_deg(sideways) == pytest.approx(90.0)


# --- both sides ---

ROLL = replace(LIFT, name="roll", bilateral=True, axis=Axis.LONGITUDINAL)


def rolling(cycles: int, first: float, second: float, *, middle_s: float) -> list[Corner]:
    """From the middle to one side, to the other and back to the middle, where one rests for a while or not at all."""
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0)]
    for _ in range(cycles):
        for side in (first, -second):
            corners = after(corners, [(1.2, side), (1.5, side)])
            corners = after(corners, [(1.2, 0.0), (1.2 + middle_s, 0.0)] if middle_s else [])
    return after(corners, [(1.2, 0.0), (4.0, 0.0)])


@pytest.mark.parametrize("middle_s", [0.0, 0.5, 2.5])
def test_a_repetition_to_both_sides_is_a_full_cycle_however_long_one_rests_in_the_middle(middle_s: float) -> None:
    records = counted(packets(measured(rolling(6, 40.0, 40.0, middle_s=middle_s))), exercise=ROLL)
    assert len(reps_of(records)) == 6
    (one,) = sets_of(records)
    assert one.repetitions == 6
    assert one.symmetry_pct == pytest.approx(0.0, abs=5.0)
    assert rejected(records) == []


@pytest.mark.parametrize("middle_s", [0.0, 2.5])
def test_the_weaker_side_shows(middle_s: float) -> None:
    (one,) = sets_of(counted(packets(measured(rolling(6, 45.0, 30.0, middle_s=middle_s))), exercise=ROLL))
    assert one.symmetry_pct == pytest.approx(200 * 15 / 75, abs=6.0)


def test_half_a_cycle_at_the_end_is_none() -> None:
    corners = rolling(4, 40.0, 40.0, middle_s=2.5)
    half = after(corners, [(1.2, 40.0), (1.5, 40.0), (2.7, 0.0), (5.0, 0.0)])
    assert len(reps_of(counted(packets(measured(half)), exercise=ROLL))) == 4


def test_the_live_count_is_of_whole_cycles() -> None:
    sets = counter(ROLL)
    shown = []
    for event in packets(measured(rolling(4, 40.0, 40.0, middle_s=2.5))):
        sets.feed(event)
        shown.append(sets.progress.repetitions)
    assert max(shown) == shown[-1] == 4
    assert sets.finish(START + 60.0, SetEnd.ENDED)


def test_a_set_that_begins_on_one_side_has_no_symmetry() -> None:
    (one,) = sets_of(counted(packets(measured(repetitions(6))), exercise=ROLL))
    assert (one.repetitions, one.symmetry_pct) == (6, None)


def test_symmetry_is_of_the_medians() -> None:
    assert symmetry_pct([(40.0, 40.0), (44.0, 36.0), (90.0, 5.0)]) == 20.0
    assert symmetry_pct([]) is None
    assert symmetry_pct([(40.0, 7.0)]) is None


@pytest.mark.parametrize(
    "exercise", [each for each in EXERCISES.values() if each.kind is Kind.REPETITIONS], ids=lambda each: str(each.name)
)
def test_two_humps_are_one_repetition_of_every_exercise(exercise: Exercise) -> None:
    top = max(exercise.smallest_deg * 1.6, 20.0)
    top = min(top, 38.0) if exercise.limit_deg == 40.0 else top
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0)]
    for _ in range(6):
        corners = after(corners, [(1.0, top), (1.8, 0.6 * top), (2.6, 0.95 * top), (3.8, 0.0), (4.6, 0.0)])
    assert len(reps_of(counted(packets(measured(after(corners, [(3.0, 0.0)]))), exercise=exercise))) == 6
