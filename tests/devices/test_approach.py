from __future__ import annotations

from ptdevice.devices.approach import PAUSE_S, RISE_S, Approach

T0 = 100.0


def at(level: int, wanted: int = 5, now: float = T0) -> Approach:
    """A unit that is at this level, in a run in which so much is admitted."""
    approach = Approach()
    approach.heard(level)
    approach.wants(wanted, now)
    return approach


def test_nothing_is_told_to_a_unit_whose_level_is_not_known() -> None:
    approach = Approach()
    approach.wants(5, T0)
    assert approach.next(T0) is None


def test_up_is_one_level_and_then_none_for_half_a_second() -> None:
    approach = at(2)
    assert approach.next(T0) == 3
    approach.heard(3, ours=True)
    assert approach.next(T0 + RISE_S - 0.01) == 3
    assert approach.next(T0 + RISE_S) == 4


def test_a_stall_is_not_made_up_for() -> None:
    approach = at(2)
    approach.next(T0)
    assert approach.next(T0 + 60.0) == 3  # it has not told the first step yet


def test_down_is_at_once() -> None:
    assert at(5, wanted=1).next(T0) == 1


def test_where_it_is_already_it_stays() -> None:
    assert at(5).next(T0) == 5


def test_a_begin_at_a_level_of_the_unit_s_own_counts_as_a_step_up() -> None:
    approach = at(1)
    approach.rose(T0)
    assert approach.next(T0 + 0.4) == 1
    assert approach.next(T0 + 0.5) == 2


def test_a_level_that_fell_by_itself_or_by_a_hand_is_the_most_there_is() -> None:
    for by_hand in (True, False):
        approach = at(4)
        approach.heard(2, by_hand=by_hand)
        approach.wants(5, T0 + 0.5)
        assert approach.allowed == 2
        assert approach.next(T0 + 10.0) == 2


def test_a_level_that_we_lowered_may_rise_again() -> None:
    approach = at(4)
    approach.heard(2, ours=True)
    assert approach.allowed == 5


def test_a_level_that_fell_to_what_is_admitted_did_as_it_was_told() -> None:
    approach = at(4, wanted=2)
    approach.heard(2)
    approach.wants(5, T0 + 0.5)
    assert approach.allowed == 5


def test_once_what_is_admitted_has_come_down_to_it_it_may_rise_again() -> None:
    approach = at(4)
    approach.heard(2)
    approach.wants(3, T0 + 0.2)
    assert approach.allowed == 2
    approach.wants(2, T0 + 0.4)
    approach.wants(5, T0 + 0.6)
    assert approach.allowed == 5


def test_a_hand_that_raises_it_lifts_that() -> None:
    approach = at(4)
    approach.heard(2, by_hand=True)
    approach.heard(3, by_hand=True)
    approach.wants(5, T0 + 0.5)
    assert approach.allowed == 5


def test_a_rise_without_a_hand_does_not() -> None:
    approach = at(4)
    approach.heard(2)
    approach.heard(3)
    approach.wants(5, T0 + 0.5)
    assert approach.allowed == 2


def test_of_two_falls_the_lower_one_counts() -> None:
    approach = at(4)
    approach.heard(2)
    approach.heard(1)
    approach.wants(5, T0 + 0.5)
    assert approach.allowed == 1


def test_a_later_fall_that_is_less_deep_does_not_lift_the_lowest() -> None:
    approach = at(5)
    for level in (2, 4, 3):  # down, up by nobody's hand, and down again
        approach.heard(level)
    approach.wants(5, T0 + 0.5)
    assert approach.allowed == 2


def test_a_pause_in_what_is_admitted_ends_the_run_and_a_refresh_does_not() -> None:
    approach = at(4)
    approach.heard(0)
    assert not approach.wants(5, T0 + PAUSE_S)
    assert approach.allowed == 0
    assert approach.wants(5, T0 + 2.1 * PAUSE_S)
    assert approach.allowed == 5


def test_the_first_that_is_admitted_begins_a_run() -> None:
    assert Approach().wants(1, T0)
