from __future__ import annotations

from tests.motion.movement import Corner, after, measured, packets, repetitions

from ptdevice.motion.free import FreeCounter


def found(corners: list[Corner]) -> list[float]:
    """Turns of what is found, in seconds of the movement."""
    free = FreeCounter()
    return [swing.turn for event in packets(measured(corners)) for swing in free.feed(event)]


def test_an_exercise_is_found_from_its_fourth_repetition_on_with_the_first_three() -> None:
    assert found(repetitions(3)) == []
    assert len(found(repetitions(4))) == 4
    assert len(found(repetitions(9))) == 9


def test_small_movements_are_daily_life() -> None:
    assert found(repetitions(9, degrees=10.0)) == []


def test_swings_of_changing_range_are_daily_life() -> None:
    corners: list[Corner] = [(0.0, 0.0), (2.0, 0.0)]
    for degrees in (70, 20, 50, 15, 60, 25, 80, 18):
        corners = after(corners, [(1.2, degrees), (2.4, 0.0), (3.4, 0.0)])

    assert found(corners) == []


def test_swings_of_changing_pace_are_daily_life() -> None:
    corners: list[Corner] = [(0.0, 0.0), (2.0, 0.0)]
    for pause in (1.0, 12.0, 1.0, 15.0, 1.0, 12.0, 1.0, 15.0):
        corners = after(corners, [(1.2, 40.0), (2.4, 0.0), (2.4 + pause, 0.0)])

    assert found(corners) == []


def test_what_is_faster_than_an_exercise_is_walking() -> None:
    assert found(repetitions(20, degrees=20.0, out=0.3, hold=0.05, back=0.3, rest=0.05)) == []


def test_what_does_not_agree_closes_the_gate() -> None:
    corners = after(repetitions(5, tail=1.0), [(1.2, 130.0), (2.4, 0.0), (3.4, 0.0)])
    corners = after(corners, repetitions(3))

    assert len(found(corners)) == 5
