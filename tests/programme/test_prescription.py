"""Which sets are due on which day, and which rating stops one."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ptdevice.motion.exercises import EXERCISES
from ptdevice.programme.prescription import Days, Dose, PainRule, Prescribed, Programme, Weekday

FIRST, LAST = date(2026, 12, 1), date(2026, 12, 31)  # a Tuesday, a Thursday
SIT_UPS = Prescribed(EXERCISES["sit_up"], Dose(repetitions=10), sets=2, rest_s=60)
PLANK = Prescribed(EXERCISES["plank"], Dose(hold_s=30), rest_s=30, days=Days(frozenset({Weekday.TUESDAY})))


def programme(*prescribed: Prescribed, days: Days | None = None) -> Programme:
    return Programme("core", 1, "k3f7q", FIRST, LAST, prescribed, days=days or Days())


def test_a_day_s_plan_is_set_after_set_with_the_rest_after_each() -> None:
    plan = programme(SIT_UPS, PLANK).plan(FIRST)
    assert [(slot.number, slot.exercise.name, slot.set_index, slot.sets, slot.rest_s) for slot in plan] == [
        (1, "sit_up", 1, 2, 60),
        (2, "sit_up", 2, 2, 60),
        (3, "plank", 1, 1, 30),
    ]


def test_an_exercise_may_have_days_of_its_own() -> None:
    assert [slot.exercise.name for slot in programme(SIT_UPS, PLANK).plan(date(2026, 12, 2))] == ["sit_up", "sit_up"]


@pytest.mark.parametrize(
    ("day", "due"), [(FIRST - timedelta(1), False), (FIRST, True), (LAST, True), (LAST + timedelta(1), False)]
)
def test_a_version_is_in_force_from_its_first_day_to_its_last(day: date, *, due: bool) -> None:
    assert bool(programme(SIT_UPS).plan(day)) is due


def test_alternate_days_are_counted_from_the_first_day() -> None:
    alternate = programme(SIT_UPS, days=Days(every=2))
    assert [bool(alternate.plan(FIRST + timedelta(n))) for n in range(5)] == [True, False, True, False, True]


def test_days_of_the_week_are_those_of_the_calendar() -> None:
    some = programme(SIT_UPS, days=Days(frozenset({Weekday.MONDAY, Weekday.WEDNESDAY, Weekday.FRIDAY})))
    assert [n for n in range(1, 15) if some.plan(date(2026, 12, n))] == [2, 4, 7, 9, 11, 14]


@pytest.mark.parametrize(
    ("dose", "seconds"), [(Dose(repetitions=10), None), (Dose(hold_s=30), 30), (Dose(minutes=20), 1200)]
)
def test_a_dose_of_time_is_in_seconds(dose: Dose, seconds: int | None) -> None:
    assert dose.seconds == seconds


@pytest.mark.parametrize(
    ("rating", "before", "stops"),
    [
        (5, None, False),
        (6, None, True),
        (10, None, True),
        (5, 3, False),
        (5, 2, True),
        (3, 0, True),
        (2, 0, False),
        (4, 6, False),
    ],
)
def test_pain_stops_at_its_limit_and_at_its_rise(rating: int, before: int | None, *, stops: bool) -> None:
    assert PainRule().stops(rating, before) is stops


def test_the_limits_of_pain_are_data() -> None:
    assert PainRule(stop_at=4).stops(4, None)
    assert not PainRule(stop_at=8, max_rise=9).stops(7, 0)
