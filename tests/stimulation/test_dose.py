from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.stimulation.dose import DoseBook, Pads, Portion

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)
LEFT, RIGHT = Pads("a", "lumbar_left"), Pads("b", "lumbar_right")


def portion(session: str, level: int, delivered: float, unknown: float = 0.0, mc: float | None = None) -> Portion:
    return Portion(session, level, delivered, unknown, mc, None if mc is None else mc / 10)


def test_portions_of_a_day_add_up_by_pads_and_level() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 2, 60.0, 1.0))
    book.add(MONDAY, LEFT, portion("s1", 4, 30.0))
    book.add(MONDAY, LEFT, portion("s2", 2, 10.0, 2.0))
    book.add(MONDAY, RIGHT, portion("s3", 7, 5.0))
    doses = book.sum([MONDAY])
    left = doses[LEFT]
    assert left.levels == {2: 70.0, 4: 30.0}
    assert (left.delivered_s, left.unknown_s, len(left.sessions)) == (100.0, 3.0, 2)
    assert left.level_mean == pytest.approx(2.6)
    assert doses[RIGHT].levels == {7: 5.0}


def test_a_week_is_the_sum_of_its_days() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 2, 60.0, 1.0))
    book.add(TUESDAY, LEFT, portion("s1", 2, 40.0))  # the same session, after midnight
    book.add(TUESDAY, LEFT, portion("s2", 5, 10.0))
    week = book.sum([MONDAY, TUESDAY])[LEFT]
    assert (week.levels, len(week.sessions), week.unknown_s) == ({2: 100.0, 5: 10.0}, 2, 1.0)
    assert book.sum([MONDAY])[LEFT].levels == {2: 60.0}


def test_a_sum_does_not_change_what_it_sums() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 2, 60.0))
    book.sum([MONDAY, MONDAY])
    assert book.sum([MONDAY])[LEFT].delivered_s == 60.0


def test_steps_upward_are_counted_within_a_session_and_not_between_two() -> None:
    book = DoseBook()
    for session, level in (("s1", 1), ("s1", 2), ("s1", 2), ("s1", 1), ("s1", 3), ("s2", 9)):
        book.add(MONDAY, LEFT, portion(session, level, 10.0))
    assert book.sum([MONDAY])[LEFT].upward_steps == 2


def test_a_level_that_was_only_passed_is_a_step_and_has_no_time() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 1, 10.0))
    book.add(MONDAY, LEFT, portion("s1", 2, 0.0, 0.7))
    dose = book.sum([MONDAY])[LEFT]
    assert (dose.levels, dose.upward_steps, dose.unknown_s) == ({1: 10.0}, 1, 0.7)


def test_the_level_of_a_session_that_is_over_is_forgotten() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 1, 10.0))
    book.finish("s1")
    assert book._levels == {}
    book.finish("never heard of")


def test_a_gap_is_unknown_time() -> None:
    book = DoseBook()
    book.lose(MONDAY, LEFT, 60.0)
    dose = book.sum([MONDAY])[LEFT]
    assert (dose.unknown_s, dose.delivered_s, dose.level_mean) == (60.0, 0.0, None)


def test_charge_and_energy_are_known_where_they_are_known_of_all_confirmed_time() -> None:
    book = DoseBook()
    book.add(MONDAY, LEFT, portion("s1", 2, 60.0, mc=30.0))
    book.add(MONDAY, LEFT, portion("s1", 3, 0.0))  # no time: nothing to know
    book.add(TUESDAY, LEFT, portion("s2", 2, 60.0, mc=20.0))
    both = book.sum([MONDAY, TUESDAY])[LEFT]
    assert (both.charge_mc, both.energy_j) == (50.0, 5.0)


@pytest.mark.parametrize("first", [True, False])
def test_one_unknown_portion_makes_the_charge_of_its_day_and_of_the_week_unknown(first: bool) -> None:  # noqa: FBT001
    book = DoseBook()
    for mc in (None, 30.0) if first else (30.0, None):
        book.add(MONDAY, LEFT, portion("s1", 2, 60.0, mc=mc))
    book.add(TUESDAY, LEFT, portion("s2", 2, 60.0, mc=20.0))
    assert book.sum([MONDAY])[LEFT].charge_mc is None
    assert book.sum([MONDAY, TUESDAY])[LEFT].energy_j is None
    assert book.sum([TUESDAY, MONDAY])[LEFT].energy_j is None
    assert book.sum([TUESDAY])[LEFT].charge_mc == 20.0


def test_where_nothing_was_delivered_the_charge_is_unknown_and_not_0() -> None:
    book = DoseBook()
    book.lose(MONDAY, LEFT, 60.0)
    assert book.sum([MONDAY])[LEFT].charge_mc is None


def test_days_before_are_forgotten_and_what_has_no_day_is_not() -> None:
    book = DoseBook()
    for day in (None, MONDAY, TUESDAY):
        book.add(day, LEFT, portion("s1", 2, 60.0))
    book.forget(TUESDAY)
    assert book.sum([MONDAY]) == {}
    assert book.sum([TUESDAY])[LEFT].delivered_s == 60.0
    assert book.sum([None])[LEFT].delivered_s == 60.0


portions = st.builds(portion, st.sampled_from(["s1", "s2"]), st.integers(1, 15), st.floats(0, 120), st.floats(0, 120))


@given(st.lists(st.tuples(st.sampled_from([MONDAY, TUESDAY]), st.sampled_from([LEFT, RIGHT]), portions), max_size=20))
def test_no_second_is_lost_or_counted_twice(told: list[tuple[date, Pads, Portion]]) -> None:
    book = DoseBook()
    for day, pads, each in told:
        book.add(day, pads, each)
    week = book.sum([MONDAY, TUESDAY])
    assert sum(dose.delivered_s for dose in week.values()) == pytest.approx(
        sum(each.delivered_s for _, _, each in told)
    )
    assert sum(dose.unknown_s for dose in week.values()) == pytest.approx(sum(each.unknown_s for _, _, each in told))
