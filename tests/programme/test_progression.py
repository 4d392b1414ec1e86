"""What might be changed is suggested, with its reason, and never done."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.programme.records import PLANK, SIT_UPS, after, done, ledger, on, outcome

from ptdevice.model import Moment, Suggestion
from ptdevice.programme.diary import Rated
from ptdevice.programme.prescription import Days, Programme
from ptdevice.programme.progression import suggestions

if TYPE_CHECKING:
    from ptdevice.programme.adherence import Ledger

ONLY_SIT_UPS = Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,))


def suggested(book: Ledger, number: int) -> list[Suggestion]:
    return suggestions(book, on(number), at=5.0, now_ns=after(on(number)))


def met(book: Ledger, *numbers: int) -> Ledger:
    for number in numbers:
        done(book, on(number), 1, 2)
    return book


def test_three_sessions_with_the_dose_met_suggest_more() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2, 3)
    assert [len(suggested(book, number)) for number in (1, 2)] == [0, 0]
    (one,) = suggested(book, 3)
    assert (one.direction, one.reason, one.exercise, one.sessions) == ("progress", "dose_met", "sit_up", 3)
    assert "Whoever prescribes may consider more" in one.text


def test_three_sessions_below_the_dose_suggest_less() -> None:
    (one,) = suggested(ledger(ONLY_SIT_UPS), 3)
    assert (one.direction, one.reason, one.sessions) == ("simplify", "dose_not_met", 3)


def test_a_suggestion_comes_again_only_after_as_many_sessions_more() -> None:
    book = met(ledger(ONLY_SIT_UPS), *range(1, 8))
    assert [bool(suggested(book, number)) for number in range(1, 8)] == [False, False, True, False, False, True, False]


def test_one_session_of_the_other_kind_begins_a_new_row() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2, 4, 5)
    assert suggested(book, 4) == suggested(book, 5) == []
    met(book, 6)
    assert suggested(book, 6)[0].sessions == 3


def test_a_set_that_was_partly_done_is_below_the_dose() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2)
    book.diary.add(outcome(on(3), 1))
    book.diary.add(outcome(on(3), 2, "partial", "idle", done=9))
    assert suggested(book, 3) == []


@pytest.mark.parametrize(("rating", "more"), [(3, True), (4, False)])
@pytest.mark.parametrize("moment", [Moment.DURING, Moment.AFTER])
def test_pain_from_caution_on_keeps_more_from_being_suggested(moment: Moment, rating: int, *, more: bool) -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2, 3)
    book.diary.ratings.append(Rated(on(2), moment, rating))
    assert bool(suggested(book, 3)) is more


def test_what_is_unknown_neither_adds_to_a_row_nor_breaks_it() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2, 4)
    for slot in (1, 2):
        book.diary.add(outcome(on(3), slot, "partial", "sensor_lost", done=0))
    assert suggested(book, 3) == []
    assert suggested(book, 4)[0].sessions == 3


def test_a_session_that_is_unknown_suggests_nothing_whatever_was_before() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1, 2, 3)
    for slot in (1, 2):
        book.diary.add(outcome(on(4), slot, "partial", "sensor_lost", done=0))
    assert suggested(book, 4) == []


def test_days_without_the_gateway_suggest_nothing() -> None:
    assert suggested(ledger(ONLY_SIT_UPS, watched=None), 3) == []


def test_days_off_are_no_sessions() -> None:
    alternate = Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,), days=Days(every=2))
    book = met(ledger(alternate), 1, 3, 5)
    assert suggested(book, 4) == []
    assert suggested(book, 5)[0].sessions == 3


def test_each_exercise_is_judged_for_itself() -> None:
    book = met(ledger(Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS, PLANK))), 1, 2, 3)
    assert [(each.exercise, each.direction) for each in suggested(book, 3)] == [
        ("sit_up", "progress"),
        ("plank", "simplify"),
    ]


def test_the_numbers_are_the_programme_s() -> None:
    patient = Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,), progress_after=5, simplify_after=2)
    book = met(ledger(patient), 1, 2, 3)
    assert suggested(book, 3) == []
    assert suggested(book, 5)[0].direction == "simplify"


@pytest.mark.parametrize(("today", "less"), [(3, False), (4, True)])
def test_pain_that_is_higher_than_the_time_before_suggests_less(today: int, *, less: bool) -> None:
    book = ledger(ONLY_SIT_UPS)
    book.diary.ratings += [
        Rated(on(1), Moment.BEFORE, 5), Rated(on(3), Moment.BEFORE, 2), Rated(on(4), Moment.BEFORE, today),
    ]  # fmt: skip
    found = [each for each in suggested(book, 4) if each.reason == "pain_next_day"]
    assert bool(found) is less


def test_a_first_rating_is_compared_with_nothing() -> None:
    book = met(ledger(ONLY_SIT_UPS), 1)
    book.diary.ratings.append(Rated(on(1), Moment.BEFORE, 9))
    assert suggested(book, 1) == []


def test_before_and_after_its_validity_a_programme_suggests_nothing() -> None:
    assert suggestions(ledger(ONLY_SIT_UPS), on(40), at=5.0, now_ns=after(on(40))) == []
