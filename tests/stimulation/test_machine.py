"""The table, searched exhaustively."""

from __future__ import annotations

import itertools

import pytest

from ptdevice.stimulation.machine import TABLE, UNKNOWN_IN, UNSEEN, State, Stimulus

# What happens without any word of the unit.
WORDLESS = {Stimulus.LINK_LOST, Stimulus.LINK_RESTORED, Stimulus.WINDOW_OVER, Stimulus.CLOSE}
OPEN = [state for state in State if state is not State.IDLE]


def after(state: State, *stimuli: Stimulus) -> State:
    for stimulus in stimuli:
        state = TABLE.get((state, stimulus), state)
    return state


def reachable(start: State, stimuli: set[Stimulus]) -> set[State]:
    found, edge = {start}, {start}
    while edge:
        edge = {after(state, stimulus) for state in edge for stimulus in stimuli} - found
        found |= edge
    return found


def test_every_state_is_reachable() -> None:
    assert reachable(State.IDLE, set(Stimulus)) == set(State)


def test_every_line_of_the_table_moves_something() -> None:
    assert [pair for pair, target in TABLE.items() if pair[0] is target] == []


def test_only_the_unit_s_own_on_opens_a_session() -> None:
    assert {stimulus for (state, stimulus) in TABLE if state is State.IDLE} == {Stimulus.ON}


def test_only_the_unit_s_own_on_leads_to_running() -> None:
    assert {stimulus for (_, stimulus), target in TABLE.items() if target is State.RUNNING} == {Stimulus.ON}


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_ends_when_the_daemon_stops(state: State) -> None:
    assert after(state, Stimulus.CLOSE) is State.IDLE


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_ends_by_the_loss_of_the_link_and_time_alone(state: State) -> None:
    assert after(state, Stimulus.LINK_LOST, Stimulus.WINDOW_OVER) is State.IDLE


@pytest.mark.parametrize("state", OPEN)
def test_however_the_link_comes_and_goes_time_ends_every_open_state(state: State) -> None:
    for wordless in itertools.product(sorted(WORDLESS - {Stimulus.CLOSE}, key=str), repeat=4):
        assert after(state, Stimulus.LINK_LOST, *wordless, Stimulus.WINDOW_OVER) is State.IDLE


def test_without_a_word_of_the_unit_nobody_comes_from_a_gap_to_running() -> None:
    for state in UNSEEN:
        assert reachable(state, WORDLESS) == UNSEEN | {State.IDLE}


def test_in_a_gap_not_even_a_late_word_of_the_unit_counts() -> None:
    said = set(Stimulus) - WORDLESS
    assert {after(State.GAP, stimulus) for stimulus in said} == {State.GAP}


@pytest.mark.parametrize("state", [State.RUNNING, State.LEAD_OFF, State.RECONCILING])
@pytest.mark.parametrize("stimulus", [Stimulus.OFF, Stimulus.ENDED])
def test_where_the_unit_is_heard_its_off_and_its_end_are_believed(state: State, stimulus: Stimulus) -> None:
    assert after(state, stimulus) is State.IDLE


@pytest.mark.parametrize("state", [State.RUNNING, State.LEAD_OFF, State.RECONCILING])
def test_where_the_link_is_lost_there_is_a_gap(state: State) -> None:
    assert after(state, Stimulus.LINK_LOST) is State.GAP


def test_the_output_is_known_only_in_idle_and_running() -> None:
    assert set(State) - UNKNOWN_IN == {State.IDLE, State.RUNNING}
