"""What holds for every stimulator that can be commanded: its codec, a simulated unit, and the guard's own admissions."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.devices.commanding import CASES, STEP_S, T0, Bench, turn_down
from tests.devices.vectors import load

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.errors import RefusedError
from ptdevice.link import Write
from ptdevice.model import Output, StimulationStatus
from ptdevice.model.command import Wish
from ptdevice_sim.misbehaviour import Misbehaviour

ANSWERING = [name for name, case in CASES.items() if case.answers]
WITH_KEYS = [name for name in ANSWERING if name != "openemsstim"]
every = pytest.mark.parametrize("device", CASES)
answering = pytest.mark.parametrize("device", ANSWERING)
RISE_S = 0.5

NEVER_COMMANDED = {"yokonex_ems": "no dead-man, no timer of its own: docs/devices/yokonex-ems.md"}


def test_every_stimulator_is_commanded_or_it_is_said_why_not() -> None:
    stimulators = {name for name, profile in CATALOGUE.items() if Kind.STIMULATOR in profile.kinds}
    commanded = {name for name, profile in CATALOGUE.items() if profile.commanding is not None}
    assert commanded == CASES.keys() == stimulators - NEVER_COMMANDED.keys()


# --- the way up, and down ---


@every
def test_the_unit_comes_to_the_level_that_was_admitted_and_stays_there(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 4.0, 4)
    assert bench.level == 4
    bench.run(3.0, 4)
    assert bench.level == 4
    assert [level for _, level, _ in bench.rises][:4] == [1, 2, 3, 4]


@every
def test_it_rises_by_one_level_at_a_time_however_much_is_admitted_at_once(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 6)
    levels = [level for _, level, _ in bench.rises]
    assert levels[:4] == [1, 2, 3, 4]
    # The unit may be late by a part of its answer, so two rises may be seen a little closer than they were sent.
    assert all(b - a > RISE_S - 0.15 for (a, _, _), (b, _, _) in itertools.pairwise(bench.rises))


@every
def test_nothing_flows_for_an_admitted_level_of_0(device: str) -> None:
    bench = Bench(device)
    bench.run(5.0, 0)
    assert bench.unit.flow.rises == 0


@every
def test_down_is_at_once_or_in_steps_of_half_a_second(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 4.0, 4)
    bench.run(2.5, 1)
    assert bench.level == 1
    bench.run(2.5, 0)
    assert not bench.unit.flow.flows


@every
def test_a_level_of_0_ends_the_output(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 1.0, 1)
    assert bench.level == 1
    bench.run(2.0, 0)
    assert not bench.unit.flow.flows


# --- what was not admitted ---


@every
def test_nothing_is_sent_before_its_time_or_after_it(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 1.0, 2)
    bench.run(2.0, None)  # so that nothing is held back for its pace
    admitted = bench.admit(CASES[device].wish(3))
    assert bench.codec.encode(admitted, admitted.at - 0.001) == []
    assert bench.codec.encode(admitted, admitted.until) == []
    assert bench.codec.encode(admitted, admitted.until + 10.0) == []


@every
def test_what_the_unit_cannot_be_told_is_refused_and_nothing_of_it_is_sent(device: str) -> None:
    bench = Bench(device)
    right = CASES[device].wish(2)
    bench.run(1.0, 0)
    for wrong in WRONG[device]:
        wish = Wish(**{**{name: getattr(right, name) for name in Wish.__slots__}, **wrong})
        assert bench.commanding.objection(wish), wrong
        with pytest.raises(RefusedError) as refused:
            bench.codec.encode(bench.admit(wish), bench.now)
        assert refused.value.rule in {"not_commandable", "over_limit", "malformed"}  # the last two are the guard's
    assert bench.commanding.objection(right) is None


WRONG: dict[str, list[dict[str, object]]] = {
    "beurer_em70": [
        {"channel": None, "rate_hz": 50.0},
        {"pulse_us": 100.0},
        {"programme": "TENS"},
        {"programme": "0"},
        {"programme": "256"},
        {"programme": "\u0661"},  # a digit, and none of ours
        {"timer_s": 600},
    ],
    "bluetens": [
        {"programme": None},
        {"programme": "han"},
        {"programme": "V1D10{|R10P200F150}"},  # faster than the wish says
        {"programme": "V1D10{|R10P300F100}"},  # wider
        {"rate_hz": None},
        {"pulse_us": None},
        {"timer_s": 3601},
        {"timer_s": 0},
    ],
    "dglab_coyote3": [{"rate_hz": None}, {"rate_hz": 100.5}, {"rate_hz": 0.9}, {"pulse_us": 100.0}, {"timer_s": 60}],
    "openemsstim": [{"programme": "1"}, {"rate_hz": 50.0}, {"pulse_us": 100.0}, {"timer_s": 60}],
}


@pytest.mark.parametrize("device", ["dglab_coyote3", "openemsstim"])
@pytest.mark.parametrize("channel", [None, "c", "A", ""])
def test_a_channel_that_there_is_not_is_an_objection(device: str, channel: str | None) -> None:
    objection = Bench(device).commanding.objection
    assert objection(Wish(1, channel, rate_hz=50.0 if device == "dglab_coyote3" else None))


@every
@pytest.mark.parametrize("level", [-1, 1000])
def test_a_level_that_there_is_not_is_an_objection(device: str, level: int) -> None:
    assert Bench(device).commanding.objection(CASES[device].wish(level))


# --- a unit that answers late, or not, or lies ---


@answering
@pytest.mark.parametrize("late_s", [0.3, 0.7, 1.4])
def test_answers_that_come_late_never_lead_above_what_was_admitted(device: str, late_s: float) -> None:
    bench = Bench(device, Misbehaviour(acks_late_s=late_s))
    bench.run(20.0, 3)
    bench.run(5.0, 2)
    assert all(level <= admitted for _, level, admitted in bench.rises)
    assert bench.unit.flow.highest <= 3


@answering
def test_answers_that_never_come_never_lead_above_what_was_admitted(device: str) -> None:
    bench = Bench(device, Misbehaviour(keeps_acks=True))
    bench.run(20.0, 3)
    assert bench.unit.flow.highest <= 3


@answering
def test_a_unit_whose_words_all_lag_never_comes_above_what_was_admitted(device: str) -> None:
    bench = Bench(device, lag_s=1.2)
    bench.run(25.0, 3)
    assert all(level <= admitted for _, level, admitted in bench.rises)
    assert bench.unit.flow.highest <= 3


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(sorted(CASES)),
    st.integers(0, 2**16),
    st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    st.sampled_from([0.0, 0.05, 0.4, 1.1]),
    st.lists(st.tuples(st.sampled_from([0.3, 1.0, 3.0]), st.integers(0, 5)), min_size=2, max_size=8),
)
def test_whatever_is_lost_the_true_level_never_rises_above_what_is_admitted(
    device: str, seed: int, loss: float, lag_s: float, wishes: list[tuple[float, int]]
) -> None:
    bench = Bench(device, loss=loss, lag_s=lag_s, seed=seed)
    for seconds, level in wishes:
        bench.run(seconds, level)
    highest = max(level for _, level in wishes)
    assert all(level <= highest for _, level, _ in bench.rises)
    # A command that was right when it was sent is not called back; but nothing that is sent rises above what holds then.
    assert all(level <= max(admitted, _before(wishes, at)) for at, level, admitted in bench.rises)


def _before(wishes: list[tuple[float, int]], at: float) -> int:
    """What was admitted within the last refresh before this moment."""
    begins = T0
    recent = 0
    for seconds, level in wishes:
        if begins <= at + STEP_S and at - 0.7 <= begins + seconds:
            recent = max(recent, level)
        begins += seconds
    return recent


# --- a hand, and an end ---


@pytest.mark.parametrize("device", WITH_KEYS)
def test_a_level_that_a_hand_has_lowered_is_not_raised_again(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 4.0, 4)
    turn_down(bench, 2)
    bench.run(5.0, 4)
    assert bench.level == 2
    assert [event.level for event in bench.by_hand()] == [3, 2]


@pytest.mark.parametrize("device", WITH_KEYS)
def test_once_what_is_admitted_has_come_down_to_a_hand_it_may_rise_again(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 4.0, 4)
    turn_down(bench, 2)
    bench.run(1.5, 2)
    bench.run(3.0, 4)
    assert bench.level == 4


@every
def test_what_was_stopped_does_not_start_again_while_the_same_is_asked_for(device: str) -> None:
    if device == "openemsstim":
        return  # it tells nobody; who stops it must not ask for more
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 3)
    bench.stop()
    assert not bench.unit.flow.flows
    bench.rises.clear()
    bench.run(6.0, 3)
    assert bench.rises == []


@answering
def test_after_a_pause_a_new_run_begins_at_the_bottom(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 3)
    bench.stop()
    bench.run(3.0, None)
    assert not bench.unit.flow.flows
    bench.rises.clear()
    bench.run(CASES[device].starts_s + 3.0, 3)
    assert [level for _, level, _ in bench.rises][:3] == [1, 2, 3]


@answering
def test_no_start_and_no_step_of_ours_is_taken_for_a_hand(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 4)
    bench.run(2.0, 1)
    bench.run(2.0, 3)
    bench.stop()
    bench.run(1.0, None)
    assert bench.by_hand() == []


# --- the stop ---


@every
def test_the_stop_ends_whatever_flows(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 4)
    assert bench.unit.flow.flows
    bench.stop()
    assert not bench.unit.flow.flows
    assert bench.unit.flow.fell_at == bench.now


@every
def test_the_stop_changes_nothing_where_nothing_flows(device: str) -> None:
    bench = Bench(device)
    bench.run(1.0, None)
    for _ in range(3):
        bench.stop()
        bench.run(0.5, None)
    assert bench.unit.flow.rises == 0
    assert bench.level == 0


@answering
def test_after_a_stop_every_channel_says_within_a_second_and_a_half_that_it_is_off(device: str) -> None:
    bench = Bench(device)
    bench.run(CASES[device].starts_s + 3.0, 3)
    bench.stop()
    bench.events.clear()
    bench.run(1.5, None)
    told = {(e.channel, e.output) for e in bench.events if isinstance(e, StimulationStatus)}
    assert told == {(channel, Output.OFF) for channel in bench.profile.channels or (None,)}


@answering
def test_a_unit_that_has_just_been_connected_says_what_its_output_is(device: str) -> None:
    bench = Bench(device)
    bench.stop()
    bench.run(2.5, None)
    told = {(e.channel, e.output) for e in bench.events if isinstance(e, StimulationStatus)}
    assert told == {(channel, Output.OFF) for channel in bench.profile.channels or (None,)}


@answering
def test_a_unit_that_ignores_the_stop_is_not_said_to_be_off(device: str) -> None:
    bench = Bench(device, Misbehaviour(ignores_stop=True))
    bench.run(CASES[device].starts_s + 3.0, 3)
    bench.stop()
    bench.events.clear()
    bench.run(3.0, None)
    channel = CASES[device].wish(0).channel
    told = {e.output for e in bench.events if isinstance(e, StimulationStatus) and e.channel == channel}
    assert Output.OFF not in told


@every
def test_the_stop_is_constant_and_short(device: str) -> None:
    stop = CATALOGUE[device].commanding.stop  # type: ignore[union-attr] # it is commanded
    assert stop
    assert all(isinstance(write, Write) and write.acked and len(write.data) <= 20 for write in stop)
    assert stop is CATALOGUE[device].commanding.stop  # type: ignore[union-attr] # it is commanded


PROVEN = {"capture", "vendor", "published"}


@every
def test_what_is_called_proven_is_backed_by_octets_from_outside(device: str) -> None:
    commanding = CATALOGUE[device].commanding
    assert commanding is not None
    outside = {(vector.port, vector.data) for vector in load(device) if vector.source in PROVEN}
    backed = all((write.port, write.data) in outside for write in commanding.stop)
    assert backed or not commanding.proven
