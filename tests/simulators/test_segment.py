"""A segment does what is asked of it, and its sensor feels that."""

from __future__ import annotations

import math
import random

import pytest

from ptdevice_sim.segment import SegmentBody, Step, holding, hyperextensions, pelvic_tilts


def rng(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a movement, not a secret


def test_a_plan_is_followed() -> None:
    body = SegmentBody(rng(), [Step(30.0, 2.0, 4.0), Step(-10.0, 1.0, 1.0)], start=1.0)
    assert [body.angle_deg(t) for t in (0.5, 3.0, 5.0, 8.0, 8.5, 60.0)] == pytest.approx([0, 30, 30, -10, -10, -10])
    assert body.angle_deg(2.0) == pytest.approx(15.0)
    assert body.end == 9.0


@pytest.mark.parametrize("asked", [0.5, 2.0])
def test_sway_has_the_root_mean_square_that_was_asked_for(asked: float) -> None:
    body = SegmentBody(rng(), [Step(0.0, 1.0, 300.0, sways=True)], sway_deg=asked)
    squares = [sum(axis**2 for axis in body.sway(10.0 + k * 0.05)) for k in range(5000)]
    assert math.sqrt(sum(squares) / len(squares)) == pytest.approx(asked, rel=0.03)


def test_nobody_sways_while_moving() -> None:
    body = SegmentBody(rng(), [Step(30.0, 2.0, 4.0, sways=True), Step(0.0, 2.0, 2.0)], start=1.0, sway_deg=3.0)
    assert body.sway(2.0) == body.sway(8.0) == (0.0, 0.0)
    assert body.sway(5.0) != (0.0, 0.0)


def test_at_rest_the_sensor_feels_gravity_where_it_is() -> None:
    body = SegmentBody(rng(), [Step(90.0, 1.0, 5.0)], noise=0.0, breath_mps2=0.0, mounting=(0.0, 0.0, 0.0))
    assert body.acceleration(1.0) == pytest.approx((0.0, 0.0, 9.80665))
    assert body.acceleration(6.0) == pytest.approx((9.80665, 0.0, 0.0), abs=1e-6)


def test_the_gyroscope_feels_what_the_angle_does() -> None:
    body = SegmentBody(rng(), [Step(40.0, 2.0, 1.0)], spin_noise=0.0, mounting=(0.0, 0.0, 0.0))
    turned = sum(body.angular_rate(k * 0.01)[1] * 0.01 for k in range(700))
    assert turned == pytest.approx(-40.0, abs=0.1)  # up about the left-hand axis is a negative turn


def test_mounting_changes_axes_and_no_size() -> None:
    one, other = (SegmentBody(rng(), [], noise=0.0, mounting=m) for m in ((0.0, 0.0, 0.0), (30.0, -50.0, 100.0)))
    assert math.hypot(*one.acceleration(1.0)) == pytest.approx(math.hypot(*other.acceleration(1.0)))


def test_the_truth_of_holds_is_that_of_the_plan() -> None:
    body, (first, second) = holding(rng(), [[5.0], [4.0, 3.0]], angle_deg=20.0, break_deg=10.0)
    for true in (first, second):
        assert body.angle_deg(true.start) == body.angle_deg(true.end) == pytest.approx(20.0)
        assert body.angle_deg(true.end + 1.6) == pytest.approx(0.0)
    ((left, back),) = second.breaks
    assert body.angle_deg((left + back) / 2) == pytest.approx(10.0)
    assert (first.held_s, second.held_s) == pytest.approx((5.0, 7.0))


@pytest.mark.parametrize("made", [pelvic_tilts, hyperextensions])
def test_the_truth_of_repetitions_is_that_of_the_plan(made: type) -> None:
    body, truth = made(rng(), 4)
    assert len(truth) == 4
    for true in truth:
        assert [body.angle_deg(t) for t in (true.turn, true.hold_end)] == pytest.approx([true.range_deg] * 2)
        assert [body.angle_deg(t) for t in (true.start, true.end)] == pytest.approx([0.0] * 2, abs=1e-6)
    assert body.heart_rate(3.0) == pytest.approx(68.0, abs=3.0)
