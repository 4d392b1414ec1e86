"""Movements from an angle over time."""

from __future__ import annotations

import itertools

import pytest

from ptdevice.model import BendDirection
from ptdevice.motion.pair.bends import Bend, Bends
from ptdevice.motion.pair.resampling import Both

Corner = tuple[float, float]


def bends(*corners: Corner, unknown: tuple[float, float] = (0.0, 0.0)) -> list[Bend]:
    """The lumbar angle goes straight from corner to corner; the pelvis does a third of it, the trunk the rest."""
    found, machine = [], Bends()
    for (t0, a0), (t1, a1) in itertools.pairwise(corners):
        for k in range(round((t1 - t0) * 25)):
            t, lumbar = t0 + k / 25, a0 + (a1 - a0) * k / round((t1 - t0) * 25)
            known = not unknown[0] <= t < unknown[1]
            bend = machine.step(Both(t, 1.5 * lumbar if known else None, 0.5 * lumbar if known else None))
            found += [bend] if bend else []
    return found


def test_out_and_back_is_one_movement_with_its_range_and_its_times() -> None:
    (one,) = bends((0, 0), (1, 0), (3, 40), (4, 40), (6, 0), (8, 0))
    assert one.direction is BendDirection.FLEXION
    assert one.range_deg == pytest.approx(40.0)
    assert (one.trunk_deg, one.pelvis_deg) == pytest.approx((60.0, 20.0))
    assert one.start == pytest.approx(1.5, abs=0.05)
    assert one.turn == pytest.approx(3.0, abs=0.05)
    assert one.end == pytest.approx(5.5, abs=0.05)
    assert one.pelvis_rate == pytest.approx(10.0, rel=0.01)
    assert not one.gap


def test_backwards_is_an_extension() -> None:
    (one,) = bends((0, 0), (1, 0), (2, -18), (3, 0), (5, 0))
    assert one.direction is BendDirection.EXTENSION
    assert one.range_deg == pytest.approx(18.0)


def test_through_standing_to_the_other_side_is_two() -> None:
    found = bends((0, 0), (1, 0), (3, 40), (6, -20), (7, 0), (8, 0))
    assert [bend.direction for bend in found] == [BendDirection.FLEXION, BendDirection.EXTENSION]
    assert [bend.range_deg for bend in found] == pytest.approx([40.0, 20.0])
    assert found[1].start > found[0].end - 0.05


def test_two_humps_without_coming_back_are_one() -> None:
    (one,) = bends((0, 0), (1, 0), (2, 35), (3, 15), (4, 45), (6, 0), (7, 0))
    assert one.range_deg == pytest.approx(45.0)


def test_small_movements_are_none() -> None:
    assert bends((0, 0), (1, 9.5), (2, 0), (3, -9.5), (4, 0), (5, 0)) == []


def test_who_comes_back_to_nearly_the_same_standing_has_come_back() -> None:
    found = bends((0, 1), (1, 2), (2, 15), (3, 3.9), (5, 3.9), (6, 14), (7, 3), (8, 3))
    assert len(found) == 2


def test_who_stays_out_for_more_than_a_minute_has_sat_down() -> None:
    assert bends((0, 0), (1, 0), (2, 30), (70, 30), (71, 0), (72, 0)) == []
    assert len(bends((0, 0), (1, 0), (2, 30), (50, 30), (51, 0), (52, 0))) == 1


def test_what_was_not_seen_marks_the_movement_in_which_it_was() -> None:
    corners: list[Corner] = [(0, 0), (1, 0), (3, 40), (5, 0), (7, 0), (9, 40), (11, 0), (12, 0)]
    assert [bend.gap for bend in bends(*corners, unknown=(3.5, 4.0))] == [True, False]
    assert [bend.gap for bend in bends(*corners, unknown=(6.0, 6.5))] == [False, False]
    assert [bend.gap for bend in bends(*corners, unknown=(8.0, 8.5))] == [False, True]
