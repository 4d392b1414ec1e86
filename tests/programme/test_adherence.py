"""Missing is not zero, unknown is not missed, and more makes up for nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from tests.programme.records import PROGRAMME, SIT_UPS, after, done, ledger, on, outcome

from ptdevice.model import Adherence
from ptdevice.programme.adherence import TOLERATED_S, Ledger, midnight_ns
from ptdevice.programme.diary import OtherSet
from ptdevice.programme.prescription import Days, Programme

S = 1_000_000_000


def daily(book: Ledger, number: int = 1, now_ns: int | None = None) -> Adherence:
    day = on(number)
    made = book.adherence("day", day, day, at=5.0, now_ns=after(day) if now_ns is None else now_ns)
    assert made is not None
    return made


def test_a_day_that_was_done_is_done() -> None:
    book = ledger()
    done(book, on(1))
    assert daily(book) == Adherence(
        at=5.0, period="day", first_day="2026-12-01", last_day="2026-12-01", programme="core", version=1, days_planned=1,
        days_active=1, days_unknown=0, sets_planned=3, sets_completed=3, sets_partial=0, sets_skipped=0, sets_aborted=0,
        sets_missed=0, sets_unknown=0, repetitions_prescribed=20, repetitions_done=20, prescribed_s=60, done_s=60,
        extra_sets=0, extra_repetitions=0, overdone=False, share=1.0, down_s=0,
    )  # fmt: skip


def test_a_day_on_which_nothing_was_done_is_missed_where_the_gateway_was_there() -> None:
    made = daily(ledger())
    assert (made.sets_missed, made.sets_unknown, made.days_active, made.share) == (3, 0, 0, 0.0)


def test_a_day_without_the_gateway_is_unknown_and_not_zero() -> None:
    made = daily(ledger(watched=None))
    assert (made.sets_missed, made.sets_unknown, made.days_unknown, made.share) == (0, 3, 1, None)
    assert made.down_s == 86_400


def test_what_was_done_is_known_though_the_gateway_was_away_later() -> None:
    book = ledger(watched=None)
    done(book, on(1), 1)
    made = daily(book)
    assert (made.sets_completed, made.sets_unknown, made.share) == (1, 2, None)


@pytest.mark.parametrize(("down_s", "unknown"), [(TOLERATED_S, 0), (TOLERATED_S + 1, 3)])
def test_a_restart_does_not_make_a_day_unknown(down_s: float, unknown: int) -> None:
    book = ledger(watched=None)
    start = midnight_ns(on(1), book.zone)
    book.presence.add(start, start + 36_000 * S)
    book.presence.add(start + 36_000 * S + round(down_s * S), midnight_ns(on(2), book.zone))
    made = daily(book)
    assert (made.sets_unknown, made.sets_missed) == (unknown, 3 - unknown)
    assert made.down_s == down_s


@pytest.mark.parametrize("why", ["sensor_lost", "shutdown"])
def test_a_lost_sensor_is_unknown_and_counts_neither_for_nor_against(why: str) -> None:
    book = ledger()
    done(book, on(1), 1, 3)
    book.diary.add(outcome(on(1), 2, "partial", why, done=4))
    made = daily(book)
    assert (made.sets_unknown, made.sets_partial, made.sets_missed, made.share) == (1, 0, 0, None)


def test_a_part_is_a_share_of_what_was_prescribed() -> None:
    book = ledger()
    book.diary.add(outcome(on(1), 1, "partial", "idle", done=5))
    book.diary.add(outcome(on(1), 2, "aborted", "pain", done=4))
    book.diary.add(outcome(on(1), 3, "partial", "ended", done=30))
    made = daily(book)
    assert (made.sets_partial, made.sets_aborted) == (2, 1)
    assert made.share == pytest.approx((0.5 + 0.4 + 0.5) / 3, abs=1e-3)
    assert (made.repetitions_done, made.done_s) == (9, 30)


def test_a_skipped_set_is_none_of_it() -> None:
    book = ledger()
    done(book, on(1), 1, 2)
    book.diary.add(outcome(on(1), 3, "skipped", "skip", done=0))
    made = daily(book)
    assert (made.sets_skipped, made.share) == (1, 0.667)


def test_a_part_that_nobody_saw_makes_the_share_unknown() -> None:
    book = ledger()
    done(book, on(1), 1, 2)
    book.diary.add(replace(outcome(on(1), 3, "partial", "ended"), done_s=None))
    assert daily(book).share is None


def test_more_than_was_planned_makes_up_for_nothing_and_is_told() -> None:
    book = ledger()
    book.diary.add(outcome(on(1), 1, done=25))
    book.diary.add(outcome(on(1), 2, "partial", "idle", done=5))
    done(book, on(1), 3)
    made = daily(book)
    assert (made.repetitions_done, made.extra_repetitions, made.overdone) == (15, 15, True)
    assert made.share == pytest.approx(2.5 / 3, abs=1e-3)


@pytest.mark.parametrize(("extra", "overdone"), [(4, False), (5, True)])
def test_a_little_more_is_not_overdone(extra: int, *, overdone: bool) -> None:
    book = ledger()
    done(book, on(1))
    book.diary.add_set("x", OtherSet(on(1), "sit_up", extra))
    made = daily(book)
    assert (made.extra_sets, made.extra_repetitions, made.overdone) == (1, extra, overdone)


def test_exercise_on_a_day_off_is_overdone() -> None:
    book = ledger(Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,), days=Days(every=2)))
    book.diary.add_set("x", OtherSet(on(2), "sit_up", 10))
    made = daily(book, 2)
    assert (made.sets_planned, made.extra_sets, made.overdone, made.share, made.days_active) == (0, 1, True, None, 1)


def test_sets_of_what_was_not_prescribed_are_nobody_s_business() -> None:
    book = ledger()
    book.diary.add_set("x", OtherSet(on(1), "squat", 50))
    assert daily(book).extra_sets == 0


def test_a_day_off_on_which_nothing_was_done_is_not_told() -> None:
    book = ledger(Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,), days=Days(every=2)))
    assert book.adherence("day", on(2), on(2), at=5.0, now_ns=after(on(2))) is None


def test_nothing_is_missed_before_the_day_is_over() -> None:
    book = ledger()
    noon = midnight_ns(on(1), book.zone) + 43_200 * S
    made = daily(book, now_ns=noon)
    assert (made.sets_planned, made.sets_missed, made.sets_unknown, made.down_s) == (3, 0, 0, 0)


def test_nothing_is_unknown_before_the_day_is_over() -> None:
    book = ledger(watched=None)
    noon = midnight_ns(on(1), book.zone) + 43_200 * S
    made = daily(book, now_ns=noon)
    assert (made.sets_unknown, made.down_s) == (0, 43_200)


def test_the_rest_of_today_is_no_time_without_the_gateway() -> None:
    book = ledger(watched=None)
    morning = midnight_ns(on(1), book.zone)
    book.presence.add(morning, morning + 43_200 * S)
    assert daily(book, now_ns=morning + 43_200 * S).down_s == 0


def test_what_was_done_on_another_day_is_another_day_s() -> None:
    book = ledger()
    book.diary.add_set("x", OtherSet(on(2), "sit_up", 10))
    assert daily(book).extra_sets == 0
    assert daily(book, 2).extra_sets == 1


def test_a_week_is_the_sum_of_its_days_and_unknown_where_one_of_them_is() -> None:
    book = ledger(watched=(1, 5))
    for number in (1, 2, 3):
        done(book, on(number))
    made = book.adherence("week", on(1), on(7), at=5.0, now_ns=after(on(7)))
    assert made is not None
    assert (made.days_planned, made.days_active, made.days_unknown) == (7, 3, 2)
    assert (made.sets_planned, made.sets_completed, made.sets_missed, made.sets_unknown) == (21, 9, 6, 6)
    assert (made.period, made.first_day, made.last_day, made.share) == ("week", "2026-12-01", "2026-12-07", None)


def test_a_week_counts_each_day_by_the_version_that_was_in_force() -> None:
    one = Programme("core", 1, "k3f7q", on(1), on(3), (SIT_UPS,))
    two = Programme("core", 2, "k3f7q", on(4), on(31), (SIT_UPS, SIT_UPS))
    book = ledger(one, two)
    made = book.adherence("week", on(1), on(7), at=5.0, now_ns=after(on(7)))
    assert made is not None
    assert (made.version, made.sets_planned) == (2, 3 * 2 + 4 * 4)


def test_outside_of_its_validity_nothing_is_planned() -> None:
    assert ledger().adherence("day", date(2027, 1, 1), date(2027, 1, 1), at=5.0, now_ns=after(date(2027, 1, 1))) is None


def test_a_day_begins_at_midnight_where_the_person_lives() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert midnight_ns(date(2026, 12, 1), berlin) == 1_796_079_600 * S  # 2026-11-30T23:00:00Z
    day_s = [
        (midnight_ns(date(2026, 10, day + 1), berlin) - midnight_ns(date(2026, 10, day), berlin)) // S
        for day in (24, 25)
    ]
    assert day_s == [86_400, 90_000]  # summer time ends on the 25th


def test_a_programme_without_versions_has_no_adherence() -> None:
    book = ledger()
    empty = Ledger((), book.diary, book.presence, book.zone)
    assert empty.adherence("day", on(1), on(1), at=5.0, now_ns=after(on(1))) is None
    assert PROGRAMME.plan(on(1))
