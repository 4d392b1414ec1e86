"""The table, searched exhaustively."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptdevice.motion.machine import TABLE, TERMINAL, TIMEOUTS, State, Stimulus, after, diagram
from ptdevice.pages import renewed

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[2] / "docs/programmes.md"
OPEN = [state for state in State if state not in TERMINAL]
OF_THE_SENSOR = [Stimulus.SENSOR_LOST, Stimulus.SENSOR_BACK, Stimulus.SENSOR_TIMEOUT]
OF_TIME = [timeout.stimulus for timeout in TIMEOUTS.values()]


def reachable(start: State, stimuli: Sequence[Stimulus]) -> set[State]:
    found, edge = {start}, {start}
    while edge:
        edge = {after(state, stimulus) for state in edge for stimulus in stimuli} - found
        found |= edge
    return found


def test_the_table_has_nine_states_and_twenty_seven_transitions() -> None:
    assert (len(State), len(TABLE)) == (9, 27)


def test_every_state_is_reachable_and_every_stimulus_is_used() -> None:
    assert reachable(State.PLANNED, list(Stimulus)) == set(State)
    assert {stimulus for _, stimulus in TABLE} == set(Stimulus)


@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_what_has_ended_stays_ended(state: State) -> None:
    assert reachable(state, list(Stimulus)) == {state}


@pytest.mark.parametrize("state", OPEN)
def test_every_state_reaches_an_end_by_timeouts_alone(state: State) -> None:
    assert reachable(state, OF_TIME) & TERMINAL
    assert reachable(state, OF_TIME) <= TERMINAL | {state}


@pytest.mark.parametrize("state", OPEN)
def test_every_open_state_has_one_timeout_that_ends_it(state: State) -> None:
    assert [stimulus for stimulus in OF_TIME if (state, stimulus) in TABLE] == [TIMEOUTS[state].stimulus]
    assert after(state, TIMEOUTS[state].stimulus) in TERMINAL
    assert 0.0 < TIMEOUTS[state].after_s < float("inf")


def test_only_open_states_have_timeouts() -> None:
    assert set(TIMEOUTS) == set(OPEN)
    assert len(set(OF_TIME)) == len(OPEN)


@pytest.mark.parametrize("state", OPEN)
def test_whatever_a_sensor_does_nothing_is_skipped_or_aborted_for_it(state: State) -> None:
    assert reachable(state, OF_THE_SENSOR) <= {state, State.SENSOR_LOST, State.PAUSED, State.PARTIAL}


def test_a_lost_sensor_leads_to_active_through_paused_only() -> None:
    assert {target for (state, _), target in TABLE.items() if state is State.SENSOR_LOST} & {State.ACTIVE} == set()
    ways = [stimulus for stimulus in Stimulus if after(State.SENSOR_LOST, stimulus) is State.PAUSED]
    assert ways == [Stimulus.SENSOR_BACK]
    without_the_person = [stimulus for stimulus in Stimulus if stimulus is not Stimulus.USER_RESUME]
    assert State.ACTIVE not in reachable(State.SENSOR_LOST, without_the_person)


def test_a_sensor_can_be_lost_wherever_one_is_needed() -> None:
    lost = {state for state in OPEN if after(state, Stimulus.SENSOR_LOST) is State.SENSOR_LOST}
    assert lost == {State.READY, State.ACTIVE, State.PAUSED, State.SENSOR_LOST}


@pytest.mark.parametrize("state", [State.ACTIVE, State.PAUSED, State.SENSOR_LOST])
@pytest.mark.parametrize("stimulus", [Stimulus.PAIN_STOP, Stimulus.ABORT])
def test_who_has_begun_can_stop_at_any_time(state: State, stimulus: Stimulus) -> None:
    assert after(state, stimulus) is State.ABORTED


@pytest.mark.parametrize("state", [State.ACTIVE, State.PAUSED, State.SENSOR_LOST])
def test_who_has_begun_can_end_it_at_any_time_and_has_done_a_part(state: State) -> None:
    assert after(state, Stimulus.USER_DONE) is State.PARTIAL


@pytest.mark.parametrize("state", [State.PLANNED, State.READY])
def test_what_has_not_begun_can_be_skipped_and_not_aborted(state: State) -> None:
    assert after(state, Stimulus.SKIP) is State.SKIPPED
    assert State.ABORTED not in {after(state, stimulus) for stimulus in Stimulus}


def test_only_a_target_that_was_reached_completes_a_set() -> None:
    assert {pair for pair, target in TABLE.items() if target is State.COMPLETED} == {
        (State.ACTIVE, Stimulus.TARGET_REACHED)
    }


def test_repetitions_count_only_in_an_active_set() -> None:
    for state, stimulus in itertools.product(State, [Stimulus.REP_COUNTED, Stimulus.REP_REJECTED]):
        assert ((state, stimulus) in TABLE) is (state is State.ACTIVE)
        assert after(state, stimulus) is state


def test_the_diagram_has_an_arrow_for_every_line_of_the_table() -> None:
    drawn = diagram()
    for (source, stimulus), target in TABLE.items():
        (line,) = [line for line in drawn.splitlines() if line.startswith(f"    {source} --> {target}:")]
        assert stimulus in line.partition(": ")[2].replace(",", "").split()


def test_the_page_shows_the_machine_as_it_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, diagram()), "run: python -m ptdevice.motion.machine docs/programmes.md"
