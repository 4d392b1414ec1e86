from __future__ import annotations

import math

import pytest

from ptdevice.model import Unmeasured
from ptdevice.motion.smoothness import on_grid, smoothness, sparc, speed_dps, velocity_peaks
from ptdevice.motion.stream import Posture

RATE = 25.0


def bell(seconds: float) -> list[float]:
    """The speed of a minimum-jerk movement (Flash and Hogan 1985), without unit."""
    n = round(seconds * RATE)
    return [30 * (k / n) ** 2 * (1 - k / n) ** 2 for k in range(n + 1)]


# Computed with numpy 2.4 by the formula and the settings of the authors (10 Hz, 0.05, padding by 2^4).
@pytest.mark.parametrize(
    ("speeds", "expected"),
    [
        (bell(2.0), -1.4058299702292802),
        ([*bell(1.2), *bell(1.2)], -2.259611539675832),
        ([*bell(1.2), *[0.0] * 50, *bell(1.2)], -5.215592876852013),
        (
            [v * (1 + 0.5 * math.sin(2 * math.pi * 4 * k / RATE)) for k, v in enumerate(bell(3.0)[:75])],
            -2.2013084894100428,
        ),
    ],
    ids=["smooth", "two halves", "held in the middle", "shaking"],
)
def test_the_spectral_arc_length_is_that_of_its_authors(speeds: list[float], expected: float) -> None:
    assert sparc(speeds, RATE) == pytest.approx(expected, abs=1e-9)


def test_neither_size_nor_pace_of_a_movement_matters_to_it() -> None:
    assert sparc([7.0 * v for v in bell(2.0)], RATE) == pytest.approx(sparc(bell(2.0), RATE))
    assert sparc(bell(4.0), RATE) == pytest.approx(sparc(bell(2.0), RATE), abs=0.05)


def postures(seconds: float, rate_hz: float, *, gyro: bool = True) -> list[Posture]:
    return [
        Posture(
            k / rate_hz, (0.0, 0.0, 1.0), (50.0 * math.sin(math.pi * k / rate_hz / seconds), 0.0, 0.0) if gyro else None
        )
        for k in range(round(seconds * rate_hz) + 1)
    ]


def test_below_twenty_samples_a_second_there_is_none() -> None:
    assert smoothness(postures(2.0, 19.0), 0.0, 2.0, 19.0) == (None, Unmeasured.RATE)
    assert smoothness(postures(2.0, 20.0), 0.0, 2.0, 20.0)[1] is None


def test_without_a_gyroscope_there_is_none() -> None:
    assert smoothness(postures(2.0, 50.0, gyro=False), 0.0, 2.0, 50.0) == (None, Unmeasured.NO_GYROSCOPE)


@pytest.mark.parametrize(("kept", "end"), [(postures(2.0, 50.0)[10:], 2.0), (postures(2.0, 50.0), 0.1), ([], 2.0)])
def test_what_is_no_longer_kept_or_too_short_has_none(kept: list[Posture], end: float) -> None:
    assert smoothness(kept, 0.0, end, 50.0) == (None, Unmeasured.LENGTH)


def test_a_sensor_that_does_not_turn_has_no_spectrum() -> None:
    still = [Posture(k / 50.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0)) for k in range(100)]
    assert smoothness(still, 0.0, 1.5, 50.0) == (None, Unmeasured.LENGTH)


def test_the_rate_of_the_sensor_hardly_matters() -> None:
    slow, fast = (smoothness(postures(3.0, rate), 0.0, 3.0, rate)[0] for rate in (26.0, 100.0))
    assert slow is not None
    assert slow == pytest.approx(fast, abs=0.05)


def test_turning_about_up_moves_nothing() -> None:
    assert speed_dps((0.0, 0.0, 1.0), (0.0, 0.0, 90.0)) == 0.0
    assert speed_dps((0.0, 0.0, 1.0), (30.0, 40.0, 90.0)) == pytest.approx(50.0)


def test_between_two_steps_it_goes_straight_and_beyond_them_it_stays() -> None:
    assert on_grid([(0.04, 1.0), (0.12, 5.0)], 0.0, 0.161) == pytest.approx([1.0, 1.0, 3.0, 5.0, 5.0])


@pytest.mark.parametrize(
    ("speeds", "peaks"),
    [
        (bell(2.0), 1),
        ([*bell(1.0), *bell(1.0)], 2),
        ([v + 0.1 * (k % 2) for k, v in enumerate(bell(2.0))], 1),
        ([0.0, 0.0], 0),
        ([], 0),
        ([3.0, 1.0], 1),
    ],
    ids=["one", "two", "noise is none", "rest", "nothing", "cut off at its top"],
)
def test_peaks_of_speed_are_counted(speeds: list[float], peaks: int) -> None:
    assert velocity_peaks(speeds) == peaks
