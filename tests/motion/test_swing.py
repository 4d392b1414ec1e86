from __future__ import annotations

from math import cos, radians, sin

import pytest
from tests.motion.movement import Corner, after, angle_deg, repetitions

from ptdevice.motion.stillness import Stillness
from ptdevice.motion.swing import Swing, SwingReturn


def swings(
    corners: list[Corner], *, smallest_deg: float = 2.0, hold_s: float = 12.0
) -> tuple[list[Swing], SwingReturn]:
    """Swings of a path that is known exactly, 25 postures a second."""
    machine, stillness = SwingReturn(smallest_deg, hold_s), Stillness()
    found: list[Swing] = []
    for k in range(int(corners[-1][0] * 25)):
        a = radians(angle_deg(corners, k / 25))
        up = (0.0, sin(a), cos(a))
        swing = machine.step(k / 25, up, stillness.step(k / 25, up))
        if swing is not None and not swing.settled:
            found.append(swing)
    return found, machine


@pytest.mark.parametrize("degrees", [2.5, 8.0, 60.0, 140.0])
@pytest.mark.parametrize("seconds", [0.5, 1.2, 6.0])
def test_swings_of_any_size_and_pace_count(degrees: float, seconds: float) -> None:
    found, _ = swings(repetitions(5, degrees=degrees, out=seconds, back=seconds))

    assert [swing.range_deg for swing in found] == pytest.approx([degrees] * 5, rel=0.02, abs=0.1)


def test_less_than_the_least_range_does_not_count() -> None:
    assert swings(repetitions(5, degrees=5.0), smallest_deg=6.0)[0] == []


def test_a_swing_counts_before_it_is_over_and_is_settled_after() -> None:
    found, _ = swings(repetitions(1, tail=5.0))

    (swing,) = found
    assert swing.start < swing.turn < swing.counted < 3.0 + 1.2 + 0.4 + 1.3
    assert swing.settled
    assert swing.end == pytest.approx(3.0 + 1.2 + 0.4 + 1.3, abs=0.3)


def test_far_less_than_usual_is_no_repetition() -> None:
    corners = after(repetitions(4, degrees=60.0), repetitions(3, degrees=20.0))

    assert len(swings(corners)[0]) == 4


def test_one_who_tires_is_still_counted() -> None:
    corners = repetitions(1, degrees=60.0)
    for degrees in (52, 46, 40, 35, 31, 28):
        corners = after(corners, repetitions(1, degrees=degrees, lead=0.5, tail=0.5))

    assert len(swings(corners)[0]) == 7


def test_a_dip_in_the_middle_is_one_swing() -> None:
    dip: list[Corner] = [(3.0, 0.0), (4.0, 60.0), (5.0, 36.0), (6.0, 60.0), (7.0, 0.0), (9.0, 0.0)]

    assert len(swings([(0.0, 0.0), *dip])[0]) == 1


def test_who_comes_back_to_another_posture_than_that_of_rest_is_counted_from_the_first_repetition_on() -> None:
    machine, stillness = SwingReturn(2.0, 12.0), Stillness()
    forward = repetitions(4, degrees=30.0, lead=3.0)
    sideways: list[Corner] = [(0.0, 0.0), (3.0, 0.0), (4.2, 0.0), (4.5, 21.1), (60.0, 21.1)]  # and stays there
    counted = 0
    for k in range(int(forward[-1][0] * 25)):
        out = radians(angle_deg(forward, k / 25))
        aside = radians(angle_deg(sideways, k / 25)) * (1.0 - angle_deg(forward, k / 25) / 30.0)
        up = (sin(aside), cos(aside) * sin(out), cos(aside) * cos(out))
        swing = machine.step(k / 25, up, stillness.step(k / 25, up))
        counted += swing is not None and not swing.settled

    assert counted == 4  # on the way back it comes no nearer to rest than 17 of 30 degrees


def test_staying_out_is_a_new_posture() -> None:
    found, machine = swings([(0.0, 0.0), (3.0, 0.0), (4.0, 60.0), (30.0, 60.0)])

    assert found == []
    assert not machine.out
    assert machine.rest == pytest.approx((0.0, sin(radians(60)), cos(radians(60))), abs=0.01)


def test_from_the_new_posture_swings_count_the_other_way() -> None:
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0), (4.0, 60.0), (20.0, 60.0)]
    for _ in range(4):
        corners = after(corners, [(1.2, 0.0), (1.6, 0.0), (2.9, 60.0), (3.7, 60.0)])

    assert len(swings(corners)[0]) == 4


def test_a_small_swing_that_runs_into_a_large_one_does_not_turn_the_count_upside_down() -> None:
    start: list[Corner] = [(0.0, 0.0), (3.0, 0.0), (3.8, -8.0)]
    for _ in range(4):
        start = after(start, [(1.5, 60.0), (1.9, 60.0), (3.4, -2.0), (4.0, -2.0)])
    found, _ = swings(start)

    large = [swing for swing in found if swing.range_deg > 30]
    assert len(large) == 4
    assert all(abs(swing.rest[1]) < 0.3 < swing.far[1] for swing in large)


def test_rest_may_wander_during_a_set() -> None:
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0)]
    for k in range(8):
        corners = after(corners, [(1.2, 50.0 + 3 * k), (2.4, 4.0 * k), (3.2, 4.0 * k)])

    assert len(swings(corners)[0]) == 8
