"""What is known of one person, day by day."""

from __future__ import annotations

import pytest
from tests.programme.records import PROGRAMME, on, outcome

from ptdevice.model import Moment
from ptdevice.programme.diary import Diary, OtherSet, Rated


def test_what_is_done_is_no_longer_left() -> None:
    diary = Diary()
    assert [slot.number for slot in diary.left(PROGRAMME, on(1))] == [1, 2, 3]
    diary.add(outcome(on(1), 2))
    assert [slot.number for slot in diary.left(PROGRAMME, on(1))] == [1, 3]
    assert [slot.number for slot in diary.left(PROGRAMME, on(2))] == [1, 2, 3]


@pytest.mark.parametrize(
    ("state", "why", "left"),
    [
        ("completed", "target", False),
        ("partial", "idle", False),
        ("aborted", "pain", False),
        ("skipped", "skip", False),
        ("skipped", "pain", False),
        ("partial", "sensor_lost", True),
        ("skipped", "sensor_lost", True),
        ("partial", "shutdown", True),
    ],
)
def test_only_what_says_nothing_about_the_person_is_left_to_do(state: str, why: str, *, left: bool) -> None:
    diary = Diary()
    diary.add(outcome(on(1), 1, state, why))
    assert (1 in [slot.number for slot in diary.left(PROGRAMME, on(1))]) is left


def test_a_lost_sensor_does_not_undo_what_was_done() -> None:
    diary = Diary()
    for each in (outcome(on(1), 1), outcome(on(1), 1, "partial", "sensor_lost")):
        diary.add(each)
    assert diary.outcome(PROGRAMME, on(1), PROGRAMME.plan(on(1))[0]) == outcome(on(1), 1)


def test_what_became_of_a_set_stands() -> None:
    diary = Diary()
    for each in (outcome(on(1), 1), outcome(on(1), 1, "skipped", "skip", done=0)):
        diary.add(each)
    assert diary.outcome(PROGRAMME, on(1), PROGRAMME.plan(on(1))[0]) == outcome(on(1), 1)


def test_what_is_done_at_last_counts() -> None:
    diary = Diary()
    for each in (outcome(on(1), 1, "partial", "sensor_lost"), outcome(on(1), 1)):
        diary.add(each)
    assert 1 not in [slot.number for slot in diary.left(PROGRAMME, on(1))]


def test_a_counted_set_is_another_until_an_outcome_says_that_it_was_planned() -> None:
    diary = Diary()
    diary.add_set(f"{on(1)}-1", OtherSet(on(1), "sit_up", 10))
    assert diary.others
    diary.add(outcome(on(1), 1))
    diary.add_set(f"{on(1)}-1", OtherSet(on(1), "sit_up", 10))
    assert diary.others == {}


def test_the_worst_rating_of_a_day_is_of_the_moments_that_are_asked_for() -> None:
    diary = Diary(
        ratings=[Rated(on(1), Moment.BEFORE, 2), Rated(on(1), Moment.DURING, 5), Rated(on(2), Moment.DURING, 9)]
    )
    assert diary.worst(on(1), Moment.DURING, Moment.AFTER) == 5
    assert diary.worst(on(1), Moment.AFTER) is None


def test_the_past_can_be_forgotten() -> None:
    diary = Diary()
    for day in (1, 5):
        diary.add(outcome(on(day), 1))
        diary.add_set(f"other-{day}", OtherSet(on(day), "sit_up", 3))
        diary.ratings.append(Rated(on(day), Moment.BEFORE, 1))
    diary.forget(on(5))
    assert len(diary.outcomes) == len(diary.others) == len(diary.ratings) == 1
