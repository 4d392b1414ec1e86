"""Sessions of late, counted on the safe side."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.treatment.history import History

S = 1_000_000_000
HOUR = 3600 * S
NOON = round(datetime(2026, 12, 7, 12, tzinfo=UTC).timestamp()) * S


def day(wall_ns: int) -> date:
    return datetime.fromtimestamp(wall_ns / 1e9, UTC).date()


def test_a_person_without_sessions_has_none_today_and_no_gap() -> None:
    history = History(day)
    assert (history.today(NOON), history.since_last_s(NOON)) == (0, None)


def test_a_session_of_today_counts_once_however_often_it_is_seen() -> None:
    history = History(day)
    for minutes in (60, 50, 40):
        history.saw("a", NOON - minutes * 60 * S)
    assert (history.today(NOON), history.since_last_s(NOON)) == (1, 2400)


def test_yesterday_does_not_count_today_but_its_end_may_be_near() -> None:
    history = History(day)
    history.saw("a", NOON - 14 * HOUR)
    assert (history.today(NOON), history.since_last_s(NOON)) == (0, 14 * 3600)


def test_one_that_began_before_midnight_is_of_the_day_on_which_it_began() -> None:
    history = History(day)
    history.saw("a", NOON - 12 * HOUR - 60 * S)
    history.saw("a", NOON - 12 * HOUR + 60 * S)
    assert (history.today(NOON), history.since_last_s(NOON)) == (0, 12 * 3600 - 60)


def test_what_is_told_late_of_an_earlier_moment_puts_its_start_back() -> None:
    history = History(day)
    history.saw("a", NOON - 11 * HOUR)
    history.saw("a", NOON - 13 * HOUR)
    assert (history.today(NOON), history.since_last_s(NOON)) == (0, 11 * 3600)


def test_of_unknown_time_means_today_and_just_over() -> None:
    history = History(day)
    history.saw("a", None)
    assert (history.today(NOON), history.since_last_s(NOON)) == (1, 0)


def test_a_session_partly_of_unknown_time_is_of_unknown_time() -> None:
    history = History(day)
    history.saw("a", NOON - 48 * HOUR)
    history.saw("a", None)
    history.saw("a", NOON - 48 * HOUR)
    assert history.today(NOON) == 1


def test_one_in_the_future_counts_today_and_is_just_over() -> None:
    history = History(day)
    history.saw("a", NOON + 48 * HOUR)
    assert (history.today(NOON), history.since_last_s(NOON)) == (1, 0)


def test_the_last_of_several_ends_last() -> None:
    history = History(day)
    history.saw("a", NOON - HOUR)
    history.saw("b", NOON - 3 * HOUR)
    assert (history.today(NOON), history.since_last_s(NOON)) == (2, 3600)


def test_what_is_forgotten_was_over_before_and_its_time_is_known() -> None:
    history = History(day)
    history.saw("old", NOON - 48 * HOUR)
    history.saw("unknown", None)
    history.saw("new", NOON - HOUR)
    history.forget(NOON - 24 * HOUR)
    assert history.today(NOON) == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.integers(NOON - 72 * HOUR, NOON)), max_size=20))
def test_it_never_says_less_than_what_was_seen(seen: list[tuple[str, int | None]]) -> None:
    history = History(day)
    for name, wall_ns in seen:
        history.saw(name, wall_ns)
    unknown = {name for name, wall_ns in seen if wall_ns is None}
    begun = {
        name: min(ns for each, ns in seen if each == name and ns is not None) for name in {n for n, _ in seen} - unknown
    }
    assert history.today(NOON) == len(unknown) + sum(day(ns) == day(NOON) for ns in begun.values())
    ends = [NOON if ns is None else ns for _, ns in seen]
    assert history.since_last_s(NOON) == ((NOON - max(ends)) / 1e9 if ends else None)
