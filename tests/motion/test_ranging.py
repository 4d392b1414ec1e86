"""Ranges by the gyroscope, on movements with a known truth."""

from __future__ import annotations

import random
from math import cos, radians, sin

import pytest
from tests.motion.movement import Samples, angle_deg, counted, measured, packets, repetitions, reps_of

from ptdevice.motion import geometry
from ptdevice.motion.ranging import Bias, closed_range_deg, turned
from ptdevice.motion.stream import Posture


def out_and_back(
    *, degrees: float = 60.0, bias: float = 0.0, hold: float = 4.0, rate_hz: float = 25.0
) -> list[Posture]:
    """Postures of one repetition by a sensor that knows where up is at both ends, and is wrong in between."""
    corners = repetitions(1, degrees=degrees, hold=hold, lead=0.5, tail=0.0)
    samples = measured(corners, rate_hz)
    last = len(samples.t) - 1
    return [
        Posture(t, (0.0, sin(at), cos(at)), (p + bias, q + bias, r - bias))
        for k, (t, (p, q, r)) in enumerate(zip(samples.t, samples.spin, strict=True))
        for at in (radians(angle_deg(corners, t) if k in {0, last} else 20.0),)
    ]


def test_the_range_is_that_of_the_rates() -> None:
    assert closed_range_deg(out_and_back(), 25.0) == pytest.approx(60.0, abs=0.3)


@pytest.mark.parametrize("bias", [-3.0, 3.0])
def test_a_bias_creeps_in_and_is_taken_out(bias: float) -> None:
    postures = out_and_back(bias=bias)
    raw = turned(postures)
    assert raw is not None
    assert abs(max(geometry.angle_deg(postures[0].up, up) for up in raw) - 60.0) > 3.0
    assert closed_range_deg(postures, 25.0) == pytest.approx(60.0, abs=1.5)


def test_a_turn_of_any_speed_is_followed() -> None:
    """About the axis x by 100 degrees and about the diagonal by 170, at 400 degrees a second and 25 samples."""
    for spin, seconds, end in (
        ((400.0, 0.0, 0.0), 0.25, (0.0, sin(radians(100.0)), cos(radians(100.0)))),
        ((0.0, 0.0, 400.0), 0.25, (0.0, 0.0, 1.0)),
    ):
        n = round(seconds * 100)
        path = turned([Posture(k / 100, (0.0, 0.0, 1.0), spin) for k in range(n + 1)])
        assert path is not None
        assert path[-1] == pytest.approx(end, abs=2e-3)


def test_a_cone_is_turned_as_a_cone() -> None:
    diagonal = (400.0 / 3**0.5, 400.0 / 3**0.5, 400.0 / 3**0.5)
    path = turned([Posture(k / 25, (0.0, 0.0, 1.0), diagonal) for k in range(round(25 * 120 / 400) + 1)])
    assert path is not None
    for up in path:
        assert sum(up) == pytest.approx(1.0, abs=2e-3)  # as far from the axis as before
        assert sum(part * part for part in up) == pytest.approx(1.0, abs=2e-3)


@pytest.mark.parametrize(
    "postures",
    [
        [Posture(at.t, at.up, None) for at in out_and_back()],
        [at for at in out_and_back() if not 1.0 <= at.t < 1.5],
        out_and_back()[:4],
        [*out_and_back(), Posture(out_and_back()[-1].t + 0.04, (0.0, 0.99, 0.14), (0.0, 0.0, 0.0))],
    ],
    ids=["no gyroscope", "a hole", "too short", "ends where it did not get to"],
)
def test_where_the_rates_do_not_tell_there_is_none(postures: list[Posture]) -> None:
    assert closed_range_deg(postures, 25.0) is None


def test_at_a_low_rate_there_is_none() -> None:
    assert closed_range_deg(out_and_back(rate_hz=12.5), 12.5) is None


@pytest.mark.parametrize(("bias", "close_deg"), [(0.0, 2), (3.0, 4)])
def test_accelerations_of_the_movement_do_not_change_the_range(bias: float, close_deg: int) -> None:
    """A thigh of half a metre, moved briskly: its own acceleration tilts what the accelerometer takes for gravity."""
    corners = repetitions(6, degrees=60.0, out=0.7, hold=0.1, back=0.7, rest=0.4)
    still = measured(corners, 50.0)
    force = []
    for t, (x, y, z) in zip(still.t, still.force, strict=True):
        h = 0.02
        before, here, after = (radians(angle_deg(corners, t + d)) for d in (-h, 0.0, h))
        turn, rate = (after - 2 * here + before) / (h * h), (after - before) / (2 * h)
        force.append((x, y - 0.5 * rate * rate, z + 0.5 * turn))
    felt = Samples(still.t, force, [(p + bias, q, r + bias) for p, q, r in still.spin], 50.0)
    ranges = [rep.range_deg for rep in reps_of(counted(packets(felt)))]
    assert len(ranges) == 6
    assert ranges == pytest.approx([60] * 6, abs=close_deg)


def test_what_the_gyroscope_says_at_rest_is_its_bias() -> None:
    bias = Bias()
    for _ in range(20):
        bias.rest((3.0, -1.0, 0.5))
        bias.rest((2.0, -1.0, 0.5))
    assert bias.dps == pytest.approx((2.5, -1.0, 0.5))
    bias.rest((0.0, 0.0, 40.0))  # somebody turns about the vertical
    bias.rest((float("nan"), 0.0, 0.0))
    assert bias.dps == pytest.approx((2.5, -1.0, 0.5))


def test_a_bias_that_is_known_need_not_creep_in() -> None:
    postures = out_and_back(bias=8.0, hold=12.0)
    assert closed_range_deg(postures, 25.0) is None  # more is missing at the end than can have crept in
    assert closed_range_deg(postures, 25.0, (8.0, 8.0, -8.0)) == pytest.approx(60.0, abs=0.3)


@pytest.mark.parametrize("dps", [0.0, 5.0])
def test_bias_is_learnt_where_somebody_rests(dps: float) -> None:
    """Across the axis of the movement, and so not in proportion to time: closing alone is wrong by 24 degrees."""
    corners = repetitions(5, degrees=90.0, out=1.5, hold=3.0, back=1.0, rest=1.5, lead=8.0)
    true = measured(corners, 50.0)
    felt = Samples(true.t, true.force, [(p, q + dps, r) for p, q, r in true.spin], 50.0)
    assert [rep.range_deg for rep in reps_of(counted(packets(felt)))] == pytest.approx([90] * 5, abs=2)


def test_errors_of_the_accelerometer_do_not_change_the_range() -> None:
    """One that feels 1.5 m/s^2 too much along an axis says 53 degrees, and so does a filter that is pulled to it for 5 s."""
    true = measured(repetitions(5, degrees=60.0, hold=5.0, rest=2.0), 50.0)
    felt = Samples(true.t, [(x, y, z + 1.5) for x, y, z in true.force], true.spin, 50.0)
    assert [rep.range_deg for rep in reps_of(counted(packets(felt)))] == pytest.approx([60] * 5, abs=2)


def test_a_slow_beginning_belongs_to_the_range() -> None:
    """With a least range of 30 degrees a movement is noticed only when a third of that is behind."""
    rng = random.Random(3)  # noqa: S311 - a movement, not a secret
    events = packets(measured(repetitions(4, degrees=40.0, out=4.0, back=4.0, rest=1.0), 50.0, noise=0.05, rng=rng))
    for rep in reps_of(counted(events, exercise="sit_up")):
        assert rep.range_deg == pytest.approx(40, abs=1)
