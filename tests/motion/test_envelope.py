"""The lower envelope of delays: its slope, its offset, and how well they are known."""

from __future__ import annotations

import pytest

from ptdevice.motion.envelope import Envelope

SLOPE = -40e-6


def fed(minutes: float, *, late_s: float = 0.0, slope: float = SLOPE) -> Envelope:
    """One packet a second, of which every seventh comes without delay."""
    envelope = Envelope()
    for second in range(round(minutes * 60)):
        envelope.add(float(second), 5.0 + slope * second + (late_s if second % 7 else 0.0))
    return envelope


def test_late_packets_do_not_move_the_line() -> None:
    envelope = fed(10, late_s=0.3)

    assert envelope.slope == pytest.approx(SLOPE, abs=1e-9)
    assert envelope.lag(600.0) == pytest.approx(5.0 + SLOPE * 600.0, abs=1e-6)


def test_the_more_the_least_delays_differ_the_less_the_slope_is_known() -> None:
    rough = Envelope()
    for block in range(60):
        rough.add(block * 10.0 + 1.0, 5.0 + (block % 3) * 0.01)

    assert rough.slope_error > 5 * fed(10).slope_error
    assert abs(rough.slope or 0.0) <= rough.slope_error


def test_a_slope_that_changes_is_followed_within_the_memory() -> None:
    envelope = fed(30, slope=25e-6)
    lag = envelope.lag(1800.0)
    for second in range(1800, 3700):
        envelope.add(float(second), lag + SLOPE * (second - 1800))

    assert envelope.slope == pytest.approx(SLOPE, abs=1e-6)


def test_a_restart_keeps_the_line_until_something_new_is_seen() -> None:
    envelope = fed(5)
    before = envelope.lag(300.0)
    envelope.restart()

    assert envelope.lag(300.0) == pytest.approx(before)
    envelope.add(301.0, 7.0)
    assert envelope.lag(301.0) == pytest.approx(7.0)
    assert envelope.slope == pytest.approx(SLOPE, abs=1e-9)


def test_nothing_seen_is_no_lag() -> None:
    envelope = Envelope()
    envelope.restart()

    assert envelope.lag(100.0) == 0.0
    assert envelope.spread_s == pytest.approx(0.012)
