from __future__ import annotations

from dataclasses import replace
from math import cos, radians, sin

from ptdevice.motion.agreement import Agreement
from ptdevice.motion.swing import Swing


def swing(k: int, degrees: float = 60.0, *, towards: float = 0.0) -> Swing:
    """A swing from lying, `degrees` far in this direction."""
    a, b = radians(degrees), radians(towards)
    far = (sin(a) * sin(b), sin(a) * cos(b), cos(a))
    rest = (0.0, 0.0, 1.0)
    return Swing(4.0 * k, 4.0 * k + 1, 4.0 * k + 2, 4.0 * k + 3, rest, far, rest, degrees, settled=True)


def decided(agreement: Agreement, swings: list[Swing]) -> list[int]:
    """Which of the swings, by their number, are decided to count, without the end of the set."""
    return [int(one.start // 4) for each in swings for one, _ in agreement.add(each)]


def test_swings_to_the_same_posture_count_as_they_come() -> None:
    agreement = Agreement()
    assert decided(agreement, [swing(0)]) == []
    assert decided(agreement, [swing(1), swing(2)]) == [0, 1, 2]


def test_a_stranger_at_the_beginning_is_taken_back() -> None:
    agreement = Agreement()
    decided(agreement, [swing(0, towards=120.0)])
    assert agreement.undecided == 1
    assert decided(agreement, [swing(1), swing(2), swing(3)]) == [1, 2, 3]
    assert agreement.undecided == 0


def test_a_stranger_later_on_does_not_show() -> None:
    agreement = Agreement()
    decided(agreement, [swing(0), swing(1), swing(2), swing(3, towards=120.0)])
    assert agreement.undecided == 0
    assert agreement.close() == []


def test_a_stranger_with_a_companion_is_an_exercise_that_changed_sides() -> None:
    agreement = Agreement()
    swings = [swing(0), swing(1), swing(2), swing(3, towards=120.0), swing(4, towards=120.0)]
    assert decided(agreement, swings) == [0, 1, 2, 3, 4]


def test_sides_may_alternate() -> None:
    agreement = Agreement()
    first = decided(agreement, [swing(k, towards=180.0 * (k % 2)) for k in range(8)])
    assert [*first, *(int(one.start // 4) for one, _ in agreement.close())] == list(range(8))


def test_two_small_swings_resemble_each_other_by_chance() -> None:
    agreement = Agreement()
    assert decided(agreement, [swing(0, 3.0), swing(1, 3.0), *(swing(k) for k in range(2, 6))]) == [2, 3, 4, 5]


def test_four_small_swings_are_an_exercise() -> None:
    agreement = Agreement()
    assert decided(agreement, [swing(k, 3.0) for k in range(4)]) == [0, 1, 2, 3]


def test_a_swing_that_comes_from_elsewhere_to_the_same_posture_does_not_compare() -> None:
    agreement = Agreement()
    assert decided(agreement, [replace(swing(0), range_deg=15.0), swing(1), swing(2)]) == [1, 2]


def test_a_single_swing_has_the_benefit_of_the_doubt() -> None:
    agreement = Agreement()
    agreement.add(swing(0))
    ((one, _),) = agreement.close()
    assert one.start == 0.0


def test_but_not_when_the_set_before_knew_better() -> None:
    agreement = Agreement()
    decided(agreement, [swing(k) for k in range(4)])
    agreement.close()
    agreement.add(swing(4, towards=120.0))
    assert agreement.close() == []


def test_the_nearer_the_companion_the_smaller_the_distance() -> None:
    agreement = Agreement()
    agreement.add(swing(0))
    (_, near), _ = agreement.add(swing(1, towards=2.0))
    ((_, far),) = agreement.add(swing(2, towards=30.0))
    assert 0.0 < near < far < 0.6
