"""Ceilings, rings and curves: what they are, and what is none."""

from __future__ import annotations

import math
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.stimulation.limits import ELECTRICAL, HARD, SOURCES, Curve, Limits

NAMES = [field.name for field in fields(Limits)]
NO_CEILINGS = [math.nan, math.inf, -math.inf, -1, True, "5", 10**400]
some_limits = st.builds(
    Limits,
    level=st.none() | st.integers(0, 300),
    rate_hz=st.none() | st.floats(0, 400),
    density_ma_cm2=st.none() | st.floats(0, 10),
    session_s=st.none() | st.floats(0, 7200),
)


def curve(*points: tuple[int, float], phases: int = 2, pulse_us: float = 300, rate_hz: float = 150) -> Curve:
    return Curve(points or ((0, 0.0), (100, 100.0)), phases, pulse_us, rate_hz, "of the tests")


def test_the_compiled_ceilings_are_these() -> None:
    assert HARD.limits == Limits(
        peak_ma=100,
        rms_ma=50,
        density_ma_cm2=2,
        power_w_cm2=0.25,
        pulse_mj=300,
        pulse_us=500,
        rate_hz=200,
        session_s=60 * 60,
        sessions_per_day=6,
    )


def test_every_compiled_ceiling_has_its_source() -> None:
    assert set(SOURCES) == {name for name in NAMES if getattr(HARD.limits, name) is not None}


@given(some_limits, some_limits)
def test_two_limits_together_are_the_stricter_of_each(a: Limits, b: Limits) -> None:
    for name in NAMES:
        said = [getattr(one, name) for one in (a, b) if getattr(one, name) is not None]
        assert getattr(a & b, name) == (min(said) if said else None)


@pytest.mark.parametrize("value", NO_CEILINGS)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_ceiling_is_refused_where_it_is_written(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["level", "sessions_per_day"])
def test_half_a_level_and_half_a_session_are_no_ceilings(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Limits(**{name: 2.5})  # type: ignore[arg-type]


def test_between_two_declared_points_a_curve_is_straight() -> None:
    bent = curve((0, 0), (10, 5.0), (20, 45.0))
    assert [bent.peak_ma(level) for level in (0, 5, 10, 15, 20)] == [0, 2.5, 5, 25, 45]
    assert bent.top == 20


@pytest.mark.parametrize(
    "points",
    [
        ((0, 0.0),),
        ((0, 1.0), (10, 5.0)),
        ((1, 0.0), (10, 5.0)),
        ((0, 0.0), (10, 5.0), (20, 4.0)),
        ((0, 0.0), (10, 5.0), (10, 6.0)),
        ((0, 0.0), (10, math.nan)),
        ((0, 0.0), (10, math.inf)),
        ((0, 0.0), (10, 1e200)),
        ((0, 0.0), (10, 1000.1)),
        ((0, 0.0), (10.5, 5.0)),
    ],
)
def test_what_does_not_rise_from_zero_in_numbers_is_no_curve(points: tuple[tuple[int, float], ...]) -> None:
    with pytest.raises(ValueError, match="curve"):
        Curve(points, 2, 300, 150, "of the tests")


@pytest.mark.parametrize("wrong", [{"phases": 3}, {"phases": 0}, {"pulse_us": 0}, {"rate_hz": math.nan}])
def test_a_curve_says_what_pulses_it_is_of(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="curve"):
        curve(**wrong)  # type: ignore[arg-type]


# I mA, w us, f Hz, A cm2 -> mA rms, mA/cm2, uC, mJ, W/cm2; two phases, 500 Ohm: worked by hand, see test_electrical.py
@pytest.mark.parametrize(
    ("ma", "us", "hz", "cm2", "expected"),
    [
        (20, 180, 80, 25, (20, 3.394, 0.136, 0.00023, 0.072, 3.6)),
        (50, 250, 50, 25, (50, 7.906, 0.316, 0.00125, 0.625, 12.5)),
        (80, 300, 150, 25, (80, 24.0, 0.960, 0.0115, 1.92, 24)),
        (80, 300, 150, 4, (80, 24.0, 6.0, 0.072, 1.92, 24)),
        (200, 450, 25, 20.25, (200, 30.0, 1.481, 0.0222, 18, 90)),
        (200, 450, 25, 10.125, (200, 30.0, 2.963, 0.0444, 18, 90)),
    ],
)
def test_a_level_makes_what_was_worked_by_hand(
    ma: int, us: float, hz: float, cm2: float, expected: tuple[float, ...]
) -> None:
    made = curve((0, 0.0), (200, 200.0)).quantities(ma, hz, us, cm2)
    assert tuple(made) == ELECTRICAL
    assert list(made.values()) == [pytest.approx(value, rel=0.02, abs=5e-4) for value in expected]
