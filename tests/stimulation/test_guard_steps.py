"""Random wishes, waits, faults, restarts and stops: nothing leaves the limits, as somebody else says them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from benchmarks.guard_model import Declared, Rules
from benchmarks.guard_steps import walk

if TYPE_CHECKING:
    from collections import Counter


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return walk(100_000, 20_261_128)


def test_in_a_hundred_thousand_random_steps_nothing_leaves_the_limits(seen: Counter[str]) -> None:
    assert seen["sent"] > 1000
    assert seen["sessions"] > 100


@pytest.mark.parametrize(
    "what",
    [
        *(f"refused: {rule}" for rule in ("malformed", "expired", "over_limit", "no_curve", "pads_not_confirmed")),
        *(f"refused: {rule}" for rule in ("not_begun", "session_over", "per_day")),
        *(f"over_limit {name}" for name in ("level", "rate_hz", "pulse_us", "timer_s", "peak_ma", "rms_ma")),
        *(f"over_limit {name}" for name in ("density_ma_cm2", "power_w_cm2", "pulse_mj", "charge_uc")),
        *(f"ended: {state}" for state in ("completed", "aborted", "faulted", "ended_unverified")),
        *("restarts", "waits", "too late to be sent", "ceilings tried level by level"),
    ],
)
def test_the_steps_go_everywhere(seen: Counter[str], what: str) -> None:
    assert seen[what] > 0


def test_the_model_knows_by_itself_what_was_worked_by_hand() -> None:
    """80 mA, 300 us, 150 Hz, two phases, 4 cm2: 24 mA rms, 6 mA/cm2, 24 uC, 1.92 mJ, 0.072 W/cm2."""
    curve = Declared([(0, 0.0), (100, 100.0)], 2, 300.0, 150.0)
    made = Rules([], {None: 4.0}, curve).makes(80, None, None, None)
    assert made == {
        "level": 80.0,
        "rate_hz": 150.0,
        "pulse_us": pytest.approx(300e-6),
        "peak_ma": pytest.approx(0.080),
        "rms_ma": pytest.approx(0.024),
        "density_ma_cm2": pytest.approx(60.0),
        "power_w_cm2": pytest.approx(720.0),
        "pulse_mj": pytest.approx(1.92e-3),
        "charge_uc": pytest.approx(24e-6),
    }


def test_the_model_finds_that_6_ma_per_cm2_are_three_times_too_much() -> None:
    rules = Rules([("profile", None, {"level": 100})], {None: 4.0}, Declared([(0, 0.0), (100, 100.0)], 2, 300.0, 150.0))
    assert rules.over(80, None, None, None) == {"hard:density_ma_cm2": pytest.approx(3.0)}
    assert rules.permits(80, None, None, None) is False
    assert rules.over(101, None, None, None) == {"curve:level": math.inf}
    assert rules.highest(None, None, None) == (26, 26)
