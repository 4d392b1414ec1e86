"""Two angles that were seen at different times, told at the same ones."""

from __future__ import annotations

import pytest

from ptdevice.motion.pair.resampling import Both, Resampler


def filled(*, hole: tuple[float, float] = (9.0, 9.0)) -> list[Both]:
    """The trunk turns by 10 degrees a second and is seen every 25 ms, the pelvis by 4 and every 60 ms."""
    resampler, told = Resampler(), []
    for k in range(400):
        t = k * 0.005
        if k % 5 == 0:
            resampler.add(0, t, 10 * t)
        if k % 12 == 0 and not hole[0] <= t < hole[1]:
            resampler.add(1, t + 0.003, 4 * (t + 0.003))
        told += resampler.take()
    return told


def test_both_are_told_on_one_grid_as_they_were_then() -> None:
    told = filled()
    assert len(told) > 40
    for k, both in enumerate(told, 1):
        assert both.t == pytest.approx(0.04 * k)
        assert both.trunk_deg == pytest.approx(10 * both.t)
        assert both.pelvis_deg == pytest.approx(4 * both.t)


def test_nothing_is_told_before_both_are_there() -> None:
    resampler = Resampler()
    assert resampler.take() == []
    for k in range(100):
        resampler.add(0, k * 0.1, 0.0)
    assert resampler.take() == []
    resampler.add(1, 5.0, 1.0)
    assert resampler.take() == []
    resampler.add(1, 5.1, 1.0)
    assert [both.t for both in resampler.take()] == pytest.approx([5.04, 5.08])


def test_where_one_side_is_missing_it_is_unknown_and_not_a_straight_line() -> None:
    unknown = [both.t for both in filled(hole=(0.7, 1.5)) if both.pelvis_deg is None]
    assert unknown
    assert min(unknown) == pytest.approx(0.68, abs=0.05)
    assert max(unknown) == pytest.approx(1.48, abs=0.05)
    assert all(both.trunk_deg is not None for both in filled(hole=(0.7, 1.5)))


def test_a_side_that_stays_silent_does_not_fill_the_memory_and_comes_back() -> None:
    resampler = Resampler()
    resampler.add(1, 0.0, 1.0)
    resampler.add(1, 0.1, 1.0)
    for k in range(10_000):
        resampler.add(0, k * 0.025, 2.0)
    resampler.take()
    resampler.add(1, 249.0, 1.0)
    resampler.add(1, 249.1, 1.0)
    last = resampler.take()[-1]
    assert (last.trunk_deg, last.pelvis_deg) == (2.0, 1.0)


def test_a_time_that_goes_back_is_left_out() -> None:
    resampler = Resampler()
    for t, angle in ((0.0, 0.0), (0.1, 1.0), (0.095, 50.0), (0.2, 2.0)):
        resampler.add(0, t, angle)
        resampler.add(1, t, angle)
    assert [both.trunk_deg for both in resampler.take()] == pytest.approx([0.4, 0.8, 1.2, 1.6, 2.0])
