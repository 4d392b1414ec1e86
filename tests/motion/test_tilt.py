from __future__ import annotations

import math

import pytest
from tests.motion.movement import angle_deg as path
from tests.motion.movement import measured, repetitions

from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.tilt import Tilt

CORNERS = repetitions(4, degrees=90.0, out=1.0, back=1.0)


def errors(*, gyro: bool, bias: float = 0.0) -> list[float]:
    """Degrees between the tilt and the truth, sample by sample; times of the slow filter are put right by its lag."""
    tilt, samples = Tilt(), measured(CORNERS, 50.0)
    off = []
    for t, force, spin in zip(samples.t, samples.force, samples.spin, strict=True):
        x, y, z = spin
        up = tilt.step(t, force, (x + bias, y + bias, z + bias) if gyro else None)
        assert up is not None
        true = math.radians(path(CORNERS, t - tilt.lag_s))
        off.append(angle_deg(up, (0.0, math.sin(true), math.cos(true))))
    return off


def test_with_a_gyroscope_it_follows_within_two_degrees() -> None:
    assert max(errors(gyro=True)) < 2.0


def test_three_degrees_per_second_of_bias_cost_no_more_than_the_pull_lets_them() -> None:
    assert max(errors(gyro=True, bias=3.0)) < 3.0 * math.sqrt(3.0) + 1.0


def test_without_it_follows_late_and_says_by_how_much() -> None:
    tilt = Tilt()
    tilt.step(0.0, (0.0, 0.0, 9.81), None)

    assert tilt.lag_s == pytest.approx(0.637, abs=0.001)
    assert sorted(errors(gyro=False))[len(CORNERS) // 2] < 15.0


def test_a_jolt_along_the_movement_hardly_moves_it() -> None:
    tilt = Tilt()
    for k in range(100):
        tilt.step(k / 50, (0.0, 0.0, 9.81), (0.0, 0.0, 0.0))
    up = tilt.up
    for k in range(100, 110):  # a fifth of a second of 2 g sideways
        up = tilt.step(k / 50, (19.6, 0.0, 9.81), (0.0, 0.0, 0.0))
    assert up is not None
    assert angle_deg(up, (0.0, 0.0, 1.0)) < 2.0


def test_after_a_gap_the_accelerometer_is_believed() -> None:
    tilt = Tilt()
    tilt.step(0.0, (0.0, 0.0, 9.81), (0.0, 0.0, 0.0))
    up = tilt.step(0.6, (0.0, 9.81, 0.0), (0.0, 0.0, 0.0))

    assert up == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(
    "force",
    [(math.nan, 0.0, 9.8), (math.inf, 0.0, 0.0), (0.0, 0.0, 0.0), (1e200, 0.0, 0.0), (0.0, -math.inf, math.inf)],
)
@pytest.mark.parametrize("spin", [None, (0.0, 0.0, 0.0)])
def test_what_is_no_measurement_changes_nothing(
    force: tuple[float, float, float], spin: tuple[float, float, float] | None
) -> None:
    tilt = Tilt()
    before = tilt.step(0.0, (0.0, 0.0, 9.81), spin)

    assert tilt.step(0.1, force, spin) is None
    assert tilt.up == before


def test_a_broken_gyroscope_leaves_the_accelerometer() -> None:
    tilt = Tilt()
    up = tilt.up
    for k in range(500):
        up = tilt.step(k / 50, (0.0, 9.81, 0.0) if k else (0.0, 0.0, 9.81), (math.nan, math.inf, 0.0))
    assert up is not None
    assert angle_deg(up, (0.0, 1.0, 0.0)) < 1.0


def test_a_gyroscope_that_is_not_heard_any_more_leaves_the_slow_filter_where_it_was() -> None:
    tilt = Tilt()
    for k in range(100):
        tilt.step(k / 50, (0.0, 9.81, 0.0), (0.0, 0.0, 0.0))
    ups = [tilt.step(k / 50, (0.0, 9.81, 0.0), None) for k in range(100, 200)]
    assert all(up is not None and angle_deg(up, (0.0, 1.0, 0.0)) < 0.1 for up in ups)
    assert tilt.lag_s == pytest.approx(0.637, abs=0.001)


def test_a_gyroscope_that_is_heard_later_takes_the_delay_away() -> None:
    tilt = Tilt()
    for k in range(100):
        tilt.step(k / 50, (0.0, 9.81, 0.0), None)
    up = tilt.step(2.0, (0.0, 9.81, 0.0), (0.0, 0.0, 0.0))
    assert up is not None
    assert angle_deg(up, (0.0, 1.0, 0.0)) < 0.1
    assert tilt.lag_s == 0.0


def test_small_angles_are_told_apart() -> None:
    tiny = 1e-7
    assert angle_deg((1.0, 0.0, 0.0), (math.cos(tiny), math.sin(tiny), 0.0)) == pytest.approx(
        math.degrees(tiny), rel=1e-3
    )
    assert angle_deg((1.0, 0.0, 0.0), (-1.0, 0.0, 0.0)) == pytest.approx(180.0)
