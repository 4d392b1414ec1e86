"""The table of what is done about an adapter, searched exhaustively; and how it is climbed over time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, get_args

import pytest

from ptdevice.ble.doubts import Patience
from ptdevice.ble.ladder import ABSENT, CODES, ENTERED, FAULTS, LASTS, TABLE, Ladder, Rung, Seen, State, after
from ptdevice.errors import Code

if TYPE_CHECKING:
    from collections.abc import Iterable

S, O = State, Seen  # noqa: E741 - as in the table
CLIMBING = {S.DOUBTED, S.LISTENING, S.CYCLED, S.RESET}
HOUR_S = 3600.0


def reachable(start: State, seen: Iterable[Seen] = Seen) -> set[State]:
    seen = list(seen)
    found, edge = {start}, {start}
    while edge:
        edge = {after(state, each) for state in edge for each in seen} - found
        found |= edge
    return found


# --- the table ---


def test_there_are_thirteen_states_twelve_observations_and_a_hundred_and_three_pairs() -> None:
    assert (len(State), len(Seen), len(TABLE)) == (13, 12, 103)


def test_every_state_is_reachable_from_every_other_and_every_observation_is_used() -> None:
    for state in State:
        assert reachable(state) == set(State)
    assert {seen for _, seen in TABLE} == set(Seen)


def test_a_rung_is_climbed_to_only_from_the_one_below_it() -> None:
    below = {S.LISTENING: {S.DOUBTED}, S.CYCLED: {S.LISTENING}, S.RESET: {S.CYCLED}}
    for rung, allowed in below.items():
        assert {state for (state, _), target in TABLE.items() if target is rung} == allowed


def test_no_rung_is_climbed_without_the_time_of_the_one_below_it_being_over() -> None:
    assert {seen for (_, seen), target in TABLE.items() if target in {S.CYCLED, S.RESET}} == {O.LATE}
    assert {seen for (_, seen), target in TABLE.items() if target is S.LISTENING} == {O.SOUND}


def test_silence_that_proves_nothing_leads_to_no_rung_above_the_scanner() -> None:
    harmless = set(Seen) - {O.LATE}
    for state in set(State) - {S.CYCLED, S.RESET}:
        assert not reachable(state, harmless) & {S.CYCLED, S.RESET}


@pytest.mark.parametrize("state", sorted(set(State) - {S.WELL}))
def test_a_sign_of_life_ends_everything(state: State) -> None:
    assert after(state, O.SIGN) is S.WELL


@pytest.mark.parametrize(("state", "seen"), list(itertools.product(State, FAULTS)))
def test_what_a_probe_finds_is_believed_whatever_was_believed_before(state: State, seen: Seen) -> None:
    assert after(state, seen) is FAULTS[seen]


@pytest.mark.parametrize("state", sorted(ABSENT))
def test_an_adapter_that_is_off_or_gone_is_neither_cycled_nor_reset_and_is_well_when_it_is_back(state: State) -> None:
    assert {after(state, seen) for seen in Seen} == ABSENT | {S.WELL}
    assert after(state, O.SOUND) is S.WELL


def test_every_state_but_well_ends_or_is_looked_at_anew_by_time() -> None:
    assert set(LASTS) == set(State) - {S.WELL}
    for state, name in LASTS.items():
        assert 0 < getattr(Patience(), name) < HOUR_S
        assert state in ABSENT or state is S.DOUBTED or after(state, O.LATE) is not state


def test_whatever_is_refused_ends_in_telling_a_person() -> None:
    for state in {S.LISTENING, S.CYCLED, S.RESET}:
        assert after(state, O.REFUSED) is S.STUCK


def test_each_state_that_stays_has_a_code_of_its_own_and_no_state_on_the_way_has_one() -> None:
    assert set(CODES) == set(State) - CLIMBING - {S.WELL}
    assert len(set(CODES.values())) == len(CODES)
    assert set(CODES.values()) <= set(get_args(Code))


def test_what_is_done_is_done_on_entering_a_state_of_the_way() -> None:
    assert {ENTERED[state] for state in CLIMBING} == set(Rung)


# --- in time ---


class Climb:
    """A ladder, a clock, and what became of it; each rung fails unless something is heard."""

    def __init__(
        self, *, cycle: str | None = None, reset: str | None = "not installed", patience: Patience | None = None
    ) -> None:
        self.now = 1000.0
        self.ladder = Ladder(self.now, patience=patience)
        self.rungs: list[tuple[float, Rung]] = []
        self.found = O.SOUND
        self._cycle, self._reset = cycle, reset

    def wait(self, seconds: float, *, wanted: bool = True) -> None:
        for _ in range(round(seconds)):
            self.now += 1.0
            self._take(self.ladder.look(self.now, wanted=wanted))

    def _take(self, rung: Rung | None) -> None:
        while rung is not None:
            self.rungs.append((self.now, rung))
            match rung:
                case Rung.PROBE:
                    rung = self.ladder.probed(self.found, self.now)
                case Rung.CYCLE if self._cycle is not None:
                    rung = self.ladder.refused(self.now, self._cycle)
                case Rung.CYCLE:
                    self.ladder.cycled(self.now)
                    return
                case Rung.RESET if self._reset is not None:
                    rung = self.ladder.refused(self.now, self._reset)
                case Rung.RESET:
                    self.ladder.was_reset(self.now)
                    return
                case Rung.REBUILD:
                    return

    def heard(self) -> None:
        self.ladder.evidence.heard_at = self.now

    def did(self, *rungs: Rung) -> int:
        return sum(rung in rungs for _, rung in self.rungs)

    def state(self) -> State:
        return self.ladder.state

    @property
    def code(self) -> str | None:
        return self.ladder.trouble.code if self.ladder.trouble is not None else None

    def storm(self, seconds: float, operation: str = "scan") -> None:
        """Every three seconds an operation is refused."""
        for second in range(round(seconds)):
            if second % 3 == 0:
                self.ladder.evidence.refused(operation, self.now)  # type: ignore[arg-type] # a word
            self.wait(1)


def test_where_nobody_was_ever_heard_nothing_is_ever_switched_off() -> None:
    climb = Climb()
    climb.wait(24 * HOUR_S)
    assert climb.did(Rung.CYCLE, Rung.RESET) == 0
    assert climb.state() is S.ALONE
    assert climb.code == "adapter_silent"
    assert climb.did(Rung.REBUILD) <= 24 * 6  # every ten minutes


def test_where_somebody_was_heard_within_the_hour_silence_is_worth_one_switching_off_and_on_and_no_second() -> None:
    climb = Climb(reset=None)
    climb.heard()
    climb.wait(24 * HOUR_S)
    assert climb.did(Rung.CYCLE) == 1
    assert climb.did(Rung.RESET) == 0
    assert climb.code == "adapter_silent"
    assert climb.ladder.trouble is not None
    begun = next(at for at, rung in climb.rungs if rung is Rung.REBUILD)
    assert begun == pytest.approx(1000 + Patience().silence_s, abs=2)


def test_where_somebody_was_heard_more_than_an_hour_ago_silence_is_worth_nothing_more_than_where_nobody_was() -> None:
    climb = Climb()
    climb.heard()
    climb.wait(HOUR_S, wanted=False)
    climb.wait(HOUR_S)
    assert climb.did(Rung.CYCLE) == 0
    assert climb.code == "adapter_silent"


def test_units_that_are_looked_for_with_pauses_between_are_listened_for_all_the_same() -> None:
    climb = Climb()
    climb.heard()
    for _ in range(6):
        climb.wait(30)
        climb.wait(20, wanted=False)
    assert climb.did(Rung.CYCLE) == 1


def test_a_new_scanner_is_listened_to_for_its_whole_time_before_more_is_done() -> None:
    climb = Climb()
    climb.heard()
    climb.wait(Patience().silence_s + 2)
    assert climb.state() is S.LISTENING
    climb.wait(HOUR_S / 4, wanted=False)
    climb.wait(Patience().listening_s - 2)
    assert climb.did(Rung.CYCLE) == 0
    climb.wait(3)
    assert climb.did(Rung.CYCLE) == 1


def test_who_was_heard_again_and_falls_silent_again_is_worth_another_up_to_so_many_in_an_hour() -> None:
    climb = Climb()
    for _ in range(12):
        climb.heard()
        climb.wait(300)
    assert climb.did(Rung.CYCLE) == Patience().cycles_per_hour
    assert climb.state() is not S.CYCLED


def test_an_adapter_on_which_nobody_waits_is_asked_and_never_doubted() -> None:
    climb = Climb()
    climb.heard()
    climb.wait(HOUR_S, wanted=False)
    assert {rung for _, rung in climb.rungs} == {Rung.PROBE}
    assert climb.state() is S.WELL


def test_an_adapter_on_which_somebody_is_heard_is_not_even_asked() -> None:
    climb = Climb()
    for _ in range(round(HOUR_S)):
        climb.heard()
        climb.wait(1)
    assert climb.rungs == []


def test_a_mute_link_where_nobody_else_is_heard_climbs_to_the_end() -> None:
    climb = Climb(reset=None)
    climb.heard()
    climb.wait(5)
    climb.ladder.evidence.mute(climb.now)
    climb.wait(150)
    assert [rung for _, rung in climb.rungs] == [Rung.PROBE, Rung.REBUILD, Rung.CYCLE, Rung.RESET]
    assert climb.code == "adapter_stuck"


def test_a_mute_link_where_somebody_else_is_heard_is_the_units_own_affair() -> None:
    climb = Climb()
    climb.ladder.evidence.mute(climb.now)
    climb.wait(2)
    climb.heard()
    climb.wait(50)
    assert climb.did(Rung.REBUILD, Rung.CYCLE) == 0


def test_a_storm_is_told_from_two_programs_that_begin_at_the_same_moment() -> None:
    climb = Climb()
    climb.storm(6)  # two refusals
    climb.wait(20)
    climb.ladder.evidence.answered("scan", climb.now)
    climb.storm(6)
    assert climb.state() is S.WELL


def test_a_storm_of_scans_climbs_to_switching_off_and_on_within_a_minute_and_is_over_when_a_scan_works() -> None:
    climb = Climb()
    climb.storm(50)
    assert climb.did(Rung.CYCLE) == 1
    climb.ladder.evidence.answered("scan", climb.now)
    climb.wait(1)
    assert climb.state() is S.WELL
    assert climb.code is None


def test_a_storm_of_connections_is_not_over_because_somebody_advertises() -> None:
    climb = Climb()
    for _ in range(20):
        climb.storm(3, "connect")
        climb.heard()
    assert climb.did(Rung.CYCLE) == 1
    climb.ladder.evidence.answered("connect", climb.now)
    climb.wait(1)
    assert climb.state() is S.WELL


def test_a_rung_that_nobody_has_tried_out_is_neither_called_good_nor_bad() -> None:
    climb = Climb()
    climb.storm(14, "connect")
    assert climb.state() is S.LISTENING
    climb.wait(HOUR_S)
    assert climb.state() is S.LISTENING
    climb.ladder.evidence.refused("connect", climb.now)
    climb.wait(1)
    assert climb.state() is S.CYCLED


def test_after_so_many_in_an_hour_a_person_is_told_and_an_hour_later_it_is_tried_again() -> None:
    climb = Climb()
    climb.storm(HOUR_S)
    assert climb.did(Rung.CYCLE) == Patience().cycles_per_hour
    assert climb.code == "adapter_stuck"
    assert climb.ladder.trouble is not None
    assert climb.ladder.trouble.why == "it was switched off and on 3 times within the hour"
    climb.storm(HOUR_S)
    assert climb.did(Rung.CYCLE) == 2 * Patience().cycles_per_hour


def test_what_is_refused_is_told_with_the_reason() -> None:
    climb = Climb(cycle="another program has a link on it")
    climb.storm(60)
    assert climb.code == "adapter_stuck"
    assert climb.ladder.trouble is not None
    assert climb.ladder.trouble.why == "another program has a link on it"


def test_a_trouble_that_stays_is_told_as_one_since_its_beginning() -> None:
    climb = Climb(cycle="no")
    climb.storm(60)
    first = climb.ladder.trouble
    assert first is not None
    told = set()
    for _ in range(30):
        climb.storm(120)
        told.add(climb.code)
    assert told == {"adapter_stuck"}
    assert climb.ladder.trouble is not None
    assert climb.ladder.trouble.since == first.since


@pytest.mark.parametrize("seen", sorted(FAULTS))
def test_an_adapter_that_is_off_or_gone_is_asked_every_five_seconds_and_taken_up_again_when_it_is_back(
    seen: Seen,
) -> None:
    climb = Climb()
    climb.found = seen
    climb.wait(31)
    assert climb.code == CODES[FAULTS[seen]]
    climb.rungs.clear()
    climb.wait(60)
    assert {rung for _, rung in climb.rungs} == {Rung.PROBE}
    assert climb.did(Rung.PROBE) == 12
    climb.found = O.SOUND
    climb.wait(5)
    assert climb.state() is S.WELL
    assert climb.ladder.trouble is None
    assert climb.rungs[-1][1] is Rung.REBUILD


def test_an_adapter_that_refuses_as_if_it_were_off_is_asked_at_once_although_it_was_heard_on_just_now() -> None:
    climb = Climb()
    climb.wait(1)
    climb.heard()
    climb.wait(1)
    climb.ladder.evidence.unavailable_at = climb.now
    climb.found = O.OFF
    climb.wait(1)
    assert climb.code == "adapter_off"
    assert climb.did(Rung.PROBE) == 2  # the other was at the start


def test_an_adapter_that_is_off_for_the_ladder_and_heard_on_is_well() -> None:
    climb = Climb()
    climb.found = O.OFF
    climb.wait(31)
    climb.wait(1)
    climb.heard()
    climb.wait(1)
    assert climb.state() is S.WELL


def test_what_is_harder_takes_the_place_of_what_is_weaker() -> None:
    climb = Climb()
    climb.wait(HOUR_S / 4)
    assert climb.code == "adapter_silent"
    climb.storm(60)
    assert climb.did(Rung.CYCLE) == 1


def test_a_rung_has_its_time_from_when_it_was_taken_however_long_that_took() -> None:
    climb = Climb(reset=None)
    while climb.did(Rung.CYCLE) == 0:
        climb.storm(1)
    climb.now += Patience().cycled_s + 5  # off and on took so long
    climb.ladder.cycled(climb.now)
    climb.storm(Patience().cycled_s - 2)
    assert climb.did(Rung.RESET) == 0
    climb.storm(6)
    assert climb.did(Rung.RESET) == 1
