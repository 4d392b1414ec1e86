from __future__ import annotations

from math import cos, pi, radians, sin

import pytest
from tests.motion.movement import Corner, angle_deg, repetitions

from ptdevice.motion.peaks import low_pass, period, principal, spaced, turns
from ptdevice.motion.recount import recount, verdict
from ptdevice.motion.trace import Trace


def traced(corners: list[Corner], *, gyro: bool = True, capacity: int = 16_384) -> Trace:
    trace = Trace(capacity)
    for k in range(int(corners[-1][0] * 16)):
        t = k / 16
        a = radians(angle_deg(corners, t))
        spin = (angle_deg(corners, t + 0.01) - angle_deg(corners, t - 0.01)) / 0.02
        trace.add(t, (0.0, sin(a), cos(a)), (spin, 0.0, 0.0) if gyro else None)
    return trace


@pytest.mark.parametrize("n", [3, 10, 25])
@pytest.mark.parametrize("hold", [0.1, 5.0])
def test_posture_and_gyroscope_count_the_same(n: int, hold: float) -> None:
    corners = repetitions(n, hold=hold)

    assert recount(traced(corners), 2.0, corners[-1][0] - 2.0) == [n, n]


def test_without_a_gyroscope_there_is_one_opinion() -> None:
    corners = repetitions(6)
    assert recount(traced(corners, gyro=False), 2.0, corners[-1][0] - 2.0) == [6]


def test_a_set_whose_beginning_is_no_longer_known_has_no_recount() -> None:
    corners = repetitions(40)
    assert recount(traced(corners, capacity=1000), 2.0, corners[-1][0]) == []


def test_two_seconds_are_too_short_for_a_rhythm() -> None:
    assert recount(traced(repetitions(1)), 3.0, 5.0) == []


def test_nothing_is_not_counted() -> None:
    assert recount(Trace(), 0.0, 10.0) == []


@pytest.mark.parametrize(
    ("live", "opinions", "recorded"),
    [(9, [10, 10], 10), (10, [10, 3], 10), (10, [9, 11], 10), (10, [9], 10), (4, [6], 6), (9, [5], 9)],
)
def test_the_verdict_is_the_middle_one(live: int, opinions: list[int], recorded: int) -> None:
    assert verdict(live, opinions) == recorded


def test_the_low_pass_leaves_what_is_slow_where_it_is() -> None:
    slow = [sin(2 * pi * 0.02 * i) for i in range(400)]
    fast = [sin(2 * pi * 0.4 * i) for i in range(400)]

    passed = low_pass([s + f for s, f in zip(slow, fast, strict=True)], 0.1)

    assert passed[50:350] == pytest.approx(slow[50:350], abs=0.05)
    assert low_pass([], 0.1) == []


def test_the_principal_direction_is_that_of_the_movement() -> None:
    wave = [sin(i / 5) for i in range(200)]
    columns = [[0.6 * w for w in wave], [0.8 * w for w in wave], [0.01 * (-1) ** i for i in range(200)]]

    seen = principal(columns)

    mean = sum(wave) / len(wave)
    assert [abs(value) for value in seen] == pytest.approx([abs(w - mean) for w in wave], abs=0.02)
    assert principal([[1.0] * 5, [2.0] * 5, [3.0] * 5]) == [0.0] * 5


@pytest.mark.parametrize("lag", [7, 20, 60])
def test_the_period_is_the_first_strong_lag(lag: int) -> None:
    found = period([sin(2 * pi * i / lag) for i in range(600)], 4, 75)

    assert found == pytest.approx(lag, rel=0.13)


def test_a_weak_echo_halfway_is_not_the_period() -> None:
    two_humps = [cos(2 * pi * i / 20) + 1.5 * cos(2 * pi * i / 10) for i in range(600)]

    assert period(two_humps, 4, 75) == pytest.approx(20, rel=0.13)


def test_what_only_rises_has_no_period() -> None:
    assert period([float(i) for i in range(100)], 4, 75) is None
    assert period([1.0, 2.0], 4, 75) is None


def test_turns_smaller_than_the_prominence_are_passed_over() -> None:
    tops, bottoms = turns([0.0, 5.0, 4.5, 6.0, 0.0, 0.4, 0.0, 7.0, 1.0, 2.0], 3.0)

    assert (tops, bottoms) == ([3, 7], [4])


def test_the_higher_peak_drives_out_its_neighbours() -> None:
    assert spaced([1, 3, 9], [0, 5, 0, 7, 0, 0, 0, 0, 0, 4], 3) == 2
