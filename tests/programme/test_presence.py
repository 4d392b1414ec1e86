"""When the gateway was at work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.programme.presence import Presence

S = 1_000_000_000


def presence(*spans: tuple[int, int]) -> Presence:
    made = Presence()
    for start, end in spans:
        made.add(start * S, end * S)
    return made


def test_without_a_word_it_was_absent() -> None:
    assert presence().absent_s(0, 100 * S) == 100


def test_spans_that_touch_or_overlap_are_one() -> None:
    assert presence((0, 10), (10, 20), (15, 30)).absent_s(0, 30 * S) == 0


def test_spans_that_touch_are_kept_as_one_from_whichever_side_they_come() -> None:
    for spans in (((0, 10), (10, 20)), ((10, 20), (0, 10)), ((0, 5), (10, 20), (5, 10))):
        assert presence(*spans)._spans == [(0, 20 * S)]


def test_what_lies_between_is_absence() -> None:
    assert presence((20, 30), (0, 10)).absent_s(5 * S, 25 * S) == 10


def test_a_span_that_ends_before_it_begins_is_none() -> None:
    assert presence((10, 0)).absent_s(0, 10 * S) == 10


def test_the_past_can_be_forgotten() -> None:
    made = presence((0, 10), (20, 30))
    made.forget(15 * S)
    assert made.absent_s(0, 30 * S) == 20


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12))
def test_it_agrees_with_counting_second_by_second(spans: list[tuple[int, int]]) -> None:
    covered = {second for start, end in spans for second in range(start, end)}
    assert presence(*spans).absent_s(0, 60 * S) == 60 - len(covered)
