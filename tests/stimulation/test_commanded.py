"""The table, searched exhaustively."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ptdevice.stimulation.commanded import (
    HALTING,
    KNOWLEDGE,
    LIVE,
    REASONS,
    TABLE,
    TERMINAL,
    TIMEOUTS,
    Happening,
    Knowledge,
    State,
    after,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

OPEN = [state for state in State if state not in TERMINAL]
LOCAL = {Happening.LOCAL_START, Happening.LOCAL_RESUME}
UNSEEN = {State.LINK_LOST, State.RECONCILING}
BY_TIME = {timeout.happening for timeout in TIMEOUTS.values()}


def reachable(start: State, happenings: Iterable[Happening] = Happening) -> set[State]:
    happenings = list(happenings)
    found, edge = {start}, {start}
    while edge:
        edge = {after(state, happening) for state in edge for happening in happenings} - found
        found |= edge
    return found


def test_there_are_sixteen_states_twenty_two_happenings_and_eighty_one_pairs() -> None:
    assert (len(State), len(Happening), len(TABLE)) == (16, 22, 81)


# --- the seven properties ---


def test_every_state_is_reachable_and_every_happening_is_used() -> None:
    assert reachable(State.DRAFT) == set(State)
    assert {happening for _, happening in TABLE} == set(Happening)


@pytest.mark.parametrize("state", sorted(UNSEEN))
def test_from_a_lost_link_no_live_state_is_reachable_whatever_happens(state: State) -> None:
    assert reachable(state) == UNSEEN | {State.ABORTED, State.FAULTED, State.ENDED_UNVERIFIED}


def test_a_live_state_is_entered_by_a_local_act_only() -> None:
    entries = {pair for pair, target in TABLE.items() if target in LIVE and pair[0] not in LIVE}
    assert entries == {(State.ARMED, Happening.LOCAL_START), (State.PAUSED, Happening.LOCAL_RESUME)}
    for state in set(State) - LIVE:
        assert not reachable(state, set(Happening) - LOCAL) & LIVE


def test_both_local_acts_begin_with_a_ramp_from_zero() -> None:
    for happening in LOCAL:
        assert {target for (_, heard), target in TABLE.items() if heard is happening} == {State.RAMPING_UP}


@pytest.mark.parametrize("state", OPEN)
@pytest.mark.parametrize("happening", [Happening.STOP, Happening.ESTOP, Happening.FAULT])
def test_every_state_that_is_no_end_hears_a_stop_and_a_fault(state: State, happening: Happening) -> None:
    assert (state, happening) in TABLE


@pytest.mark.parametrize("state", sorted(LIVE))
def test_every_live_state_hears_of_a_lost_pad_and_a_lost_link(state: State) -> None:
    assert after(state, Happening.LEAD_OFF) in HALTING  # at once, without a ramp
    assert after(state, Happening.LINK_LOST) is State.LINK_LOST


@pytest.mark.parametrize("state", OPEN)
def test_time_alone_ends_every_state(state: State) -> None:
    here, seen = state, []
    while here not in TERMINAL:
        assert here not in seen, "a dead end"
        seen.append(here)
        here = after(here, TIMEOUTS[here].happening)


@pytest.mark.parametrize("state", OPEN)
def test_whatever_times_out_in_whatever_order_no_state_goes_round_in_circles(state: State) -> None:
    for other in reachable(state, BY_TIME) - {state} - TERMINAL:
        assert state not in reachable(other, BY_TIME)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_what_has_ended_stays_ended(state: State) -> None:
    assert reachable(state) == {state}


# --- and what else must not be ---


def test_every_open_state_has_a_timeout_and_no_end_has_one() -> None:
    assert set(TIMEOUTS) == set(OPEN)
    for state, timeout in TIMEOUTS.items():
        assert after(state, timeout.happening) is not state
        assert timeout.after_s is None or 0.0 < timeout.after_s < float("inf")


@pytest.mark.parametrize("state", sorted(set(OPEN) - UNSEEN))
@pytest.mark.parametrize("happening", [Happening.ESTOP, Happening.FAULT])
def test_wherever_the_unit_hears_an_emergency_stop_and_a_fault_halt_at_once(state: State, happening: Happening) -> None:
    assert after(state, happening) is State.HALTING_TO_ABORTED


@pytest.mark.parametrize("state", sorted(UNSEEN))
@pytest.mark.parametrize("happening", [Happening.STOP, Happening.ESTOP, Happening.FAULT])
def test_where_the_unit_hears_nothing_a_stop_changes_nothing_and_is_shown(state: State, happening: Happening) -> None:
    assert after(state, happening) is state


@pytest.mark.parametrize("state", sorted(set(OPEN) - {State.DRAFT, State.ARMED}))
def test_wherever_output_was_or_may_be_a_lost_link_is_a_lost_link(state: State) -> None:
    assert after(state, Happening.LINK_LOST) is State.LINK_LOST


@pytest.mark.parametrize("state", [State.DRAFT, State.ARMED])
@pytest.mark.parametrize(
    "happening",
    [
        Happening.CANCEL,
        Happening.STOP,
        Happening.LINK_LOST,
        Happening.CHECKS_FAILED,
        Happening.DRAFT_TIMEOUT,
        Happening.ARM_TIMEOUT,
    ],
)
def test_what_has_not_begun_is_over_as_soon_as_anything_is_against_it(state: State, happening: Happening) -> None:
    assert TABLE.get((state, happening), State.ABORTED) is State.ABORTED
    assert {(state, Happening.CANCEL), (state, Happening.LINK_LOST)} <= TABLE.keys()


@pytest.mark.parametrize("state", [State.RAMPING_UP, State.RUNNING])
def test_what_flows_halts_for_a_pause_and_goes_down_at_its_end(state: State) -> None:
    assert after(state, Happening.PAUSE) is State.HALTING_TO_PAUSED
    assert after(state, Happening.STOP) is State.RAMPING_DOWN
    assert after(state, Happening.TIMER_ELAPSED) is State.RAMPING_DOWN
    assert after(state, Happening.LEAD_OFF) is State.HALTING_TO_LEAD_OFF


def test_a_pause_is_reached_by_a_confirmed_zero_or_a_pad_that_is_back() -> None:
    assert {pair for pair, target in TABLE.items() if target is State.PAUSED} == {
        (State.HALTING_TO_PAUSED, Happening.ZERO_CONFIRMED),
        (State.LEAD_OFF, Happening.LEAD_ON),
    }


@pytest.mark.parametrize("state", sorted(HALTING))
def test_a_halt_ends_where_it_was_meant_to_as_soon_as_zero_is_confirmed(state: State) -> None:
    assert state == f"halting_to_{after(state, Happening.ZERO_CONFIRMED)}"


def test_a_pad_that_comes_off_before_the_start_is_checked_again_and_in_a_pause_is_waited_for() -> None:
    assert after(State.ARMED, Happening.LEAD_OFF) is State.DRAFT
    assert after(State.PAUSED, Happening.LEAD_OFF) is State.LEAD_OFF


@pytest.mark.parametrize("state", [State.DRAFT, State.ARMED, State.PAUSED, State.LEAD_OFF])
def test_output_where_there_should_be_none_is_stopped_and_not_only_noted(state: State) -> None:
    assert after(state, Happening.FAULT) in HALTING


@pytest.mark.parametrize("state", list(State))
def test_a_stop_never_leads_to_more_output(state: State) -> None:
    for happening in (Happening.STOP, Happening.ESTOP, Happening.FAULT, Happening.PAUSE, Happening.LEAD_OFF):
        if state not in {State.RAMPING_UP, State.RUNNING}:
            assert after(state, happening) not in {State.RAMPING_UP, State.RUNNING}
    assert after(state, Happening.STOP) not in {State.RAMPING_UP, State.RUNNING, State.ARMED}


def test_after_a_stop_no_live_state_comes_again() -> None:
    for state in OPEN:
        stopped = after(state, Happening.STOP)
        assert not reachable(stopped) & {State.RAMPING_UP, State.RUNNING, State.PAUSED, State.ARMED}


def test_a_pad_that_is_put_back_raises_nothing() -> None:
    assert {target for (_, happening), target in TABLE.items() if happening is Happening.LEAD_ON} == {State.PAUSED}


@pytest.mark.parametrize("state", [State.HALTING_TO_PAUSED, State.PAUSED])
def test_a_pause_with_a_pad_off_cannot_be_ended_before_the_pad_is_back(state: State) -> None:
    off = after(state, Happening.LEAD_OFF)
    assert not reachable(off, set(Happening) - {Happening.LEAD_ON}) & (LIVE | {State.PAUSED})


@pytest.mark.parametrize("state", sorted(LIVE | HALTING))
def test_only_the_unit_s_own_word_makes_the_output_zero(state: State) -> None:
    for happening in Happening:
        if KNOWLEDGE[after(state, happening)] is Knowledge.ZERO:
            assert happening is Happening.ZERO_CONFIRMED


@pytest.mark.parametrize("state", [*sorted(UNSEEN), State.FAULTED, State.ENDED_UNVERIFIED])
def test_unknown_stays_unknown_until_the_unit_confirms_zero(state: State) -> None:
    without_its_word = reachable(state, set(Happening) - {Happening.ZERO_CONFIRMED})
    assert {KNOWLEDGE[other] for other in without_its_word} == {Knowledge.UNKNOWN}


def test_where_the_link_is_lost_nobody_can_send_and_the_first_thing_afterwards_is_to_stop() -> None:
    assert {target for (state, _), target in TABLE.items() if state is State.LINK_LOST} == {
        State.LINK_LOST,
        State.RECONCILING,
        State.ENDED_UNVERIFIED,
    }


def test_a_stop_that_nothing_confirms_is_never_called_an_end() -> None:
    unconfirmed = {target for (_, happening), target in TABLE.items() if happening is Happening.STOP_UNCONFIRMED}
    assert unconfirmed == {State.FAULTED}


def test_every_state_says_what_is_known_of_the_output() -> None:
    assert set(KNOWLEDGE) == set(State)
    assert {state for state, known in KNOWLEDGE.items() if known is Knowledge.ON} == LIVE
    assert {state for state, known in KNOWLEDGE.items() if known is Knowledge.FALLING} == HALTING


@pytest.mark.parametrize(
    "happening",
    [
        Happening.CHECKS_PASSED,
        Happening.LOCAL_START,
        Happening.LOCAL_RESUME,
        Happening.RAMP_DONE,
        Happening.LEAD_ON,
        Happening.LINK_RESTORED,
    ],
)
def test_what_is_not_expected_moves_nothing(happening: Happening) -> None:
    expected = {
        Happening.CHECKS_PASSED: State.DRAFT,
        Happening.LOCAL_START: State.ARMED,
        Happening.LOCAL_RESUME: State.PAUSED,
        Happening.RAMP_DONE: State.RAMPING_UP,
        Happening.LEAD_ON: State.LEAD_OFF,
        Happening.LINK_RESTORED: State.LINK_LOST,
    }[happening]
    assert {state for state in State if after(state, happening) is not state} == {expected}


def test_a_stop_has_a_second_three_retries_and_then_somebody_is_told() -> None:
    assert {TIMEOUTS[state].after_s for state in HALTING | {State.RECONCILING, State.RAMPING_DOWN}} == {4.0}


def test_whatever_ends_a_session_early_has_a_reason() -> None:
    ends = {
        happening for (_, happening), target in TABLE.items() if target in TERMINAL | HALTING | {State.RAMPING_DOWN}
    }
    confirmations = {Happening.ZERO_CONFIRMED, Happening.STOP_UNCONFIRMED, Happening.RECONCILE_TIMEOUT}
    assert ends - confirmations - {Happening.CHECKS_FAILED, Happening.DRAFT_TIMEOUT, Happening.PAUSE} <= set(REASONS)
