"""Counters that wrap."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ptdevice.devices.counter import Unwrapped

TURN = 2**32


def test_the_first_reading_stands_for_itself() -> None:
    assert Unwrapped(32).count(4_294_950_912) == 4_294_950_912


def test_a_wrap_is_a_whole_turn_and_not_one_less() -> None:
    counter = Unwrapped(32)
    counter.count(4_294_950_912)
    assert counter.count(283) - 4_294_950_912 == 16_667


def test_a_reading_from_before_the_newest_lies_before_it_even_across_a_wrap() -> None:
    counter = Unwrapped(32)
    counter.count(TURN - 10)
    assert counter.count(6) == TURN + 6
    assert counter.count(TURN - 10) == TURN - 10
    assert counter.count(7) == TURN + 7


@given(st.integers(0, 2**16 - 1), st.lists(st.integers(0, 2**15 - 1)))
def test_steps_below_half_a_turn_add_up_over_any_number_of_turns(first: int, steps: list[int]) -> None:
    counter, true = Unwrapped(16), first
    assert counter.count(first) == first
    for step in steps:
        true += step
        assert counter.count(true % 2**16) == true
