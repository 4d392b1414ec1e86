"""One commanded unit, conducted: starting, rising, stopping, losing it, and never going on by itself. No loop, no clock."""

from __future__ import annotations

import inspect
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from tests.stimulation.conducting import FakeUnit, Story, plan

from ptdevice.config.commanding import Command
from ptdevice.errors import RefusedError
from ptdevice.model import (
    Alarm,
    Battery,
    Contact,
    Decision,
    DeviceFault,
    FaultKind,
    LevelChanged,
    Output,
    StopReason,
    TreatmentEnded,
)
from ptdevice.stimulation.commanded import CONFIRM_BY_HAND_S, Knowledge, State
from ptdevice.stimulation.conductor import BATTERY_FLOOR_PCT, Conductor
from ptdevice.stimulation.limits import Curve
from ptdevice.stimulation.plan import Facts

if TYPE_CHECKING:
    from collections.abc import Callable


def refused(rule: str, act: Callable[[], object]) -> RefusedError:
    with pytest.raises(RefusedError) as caught:
        act()
    assert caught.value.rule == rule
    return caught.value


# --- S-03: starting and resuming need an act at the unit ---


def test_s03_arming_alone_never_starts_anything() -> None:
    story = Story()
    story.armed()
    story.run(60.0)
    assert story.trace == []
    assert (story.state(), story.conductor.view(story.now).reason) == (State.ABORTED, StopReason.ARM_TIMEOUT)


def test_s03_a_press_within_ten_seconds_starts() -> None:
    assert CONFIRM_BY_HAND_S == 10.0
    story = Story()
    story.armed()
    story.run(9.8)
    story.press()
    assert story.state() is State.RAMPING_UP
    assert ("start", Decision.ALLOWED, None) in story.decisions()


def test_s12_a_press_starts_nothing_where_something_has_changed_since_it_was_armed() -> None:
    changed: list[RefusedError] = []

    def stands() -> None:
        if changed:
            raise changed[0]

    story = Story()
    story.armed(replace(plan(), stands=stands))
    changed.append(RefusedError("per_day", "Another unit of the same person was started meanwhile."))
    story.press()
    story.run(5.0)
    assert (story.trace, story.state()) == ([], State.ABORTED)
    assert ("start", Decision.DENIED, "per_day") in story.decisions()


def test_s03_a_press_after_ten_seconds_starts_nothing() -> None:
    story = Story()
    story.armed()
    story.run(10.2)
    story.press()
    story.run(5.0)
    assert story.trace == []


def test_s03_a_press_before_it_was_armed_starts_nothing() -> None:
    story = Story()
    story.press()
    story.armed()
    story.run(5.0)
    assert story.trace == []


def test_s03_a_key_of_the_unit_itself_starts_too_where_it_tells_of_hands() -> None:
    story = Story(local_key=True)
    story.armed()
    story.turn(1)
    assert story.state() is State.RAMPING_UP
    story.run(5.0)
    assert story.trace[-1][1] == 4


def test_s10_started_by_its_own_key_it_is_brought_to_0_first_and_rises_only_from_there() -> None:
    story = Story(local_key=True)
    story.armed()
    story.turn(2)
    story.unit.obeys_levels = False  # it takes its time
    story.run(3.0)
    assert {level for _, level in story.trace} == {0}
    story.unit.obeys_levels = True
    story.run(5.0)
    assert story.trace[-1][1] == 4


def test_s17_a_unit_that_does_not_come_to_0_at_the_start_is_a_fault() -> None:
    story = Story(local_key=True, unit=FakeUnit(obeys_levels=False))
    story.armed()
    story.turn(1)
    story.run(5.5)
    assert story.conductor.latched == "mismatch"


def test_s03_what_a_unit_says_of_itself_without_a_hand_starts_nothing() -> None:
    story = Story(local_key=True)
    story.armed()
    story.conductor.hear(LevelChanged(story.now, 1, by_hand=False))
    assert story.state() is State.ARMED


def test_s03_resuming_needs_a_request_and_then_a_press() -> None:
    story = Story()
    armed = story.started()
    story.conductor.pause(story.now)
    story.run(2.0)
    assert story.state() is State.PAUSED
    story.press()
    story.run(1.0)
    assert story.state() is State.PAUSED
    story.conductor.resume(armed.token, story.now)
    story.run(9.8)
    assert story.state() is State.PAUSED
    story.press()
    assert story.state() is State.RAMPING_UP


def test_s03_a_press_more_than_ten_seconds_after_the_request_resumes_nothing() -> None:
    story = Story()
    armed = story.started()
    story.conductor.pause(story.now)
    story.run(2.0)
    story.conductor.resume(armed.token, story.now)
    story.run(10.2)
    story.press()
    assert story.state() is State.PAUSED


# --- S-04: less is taken from anybody, in any state ---


@pytest.mark.parametrize("wish", ["stop", "pause", "emergency"])
def test_s04_a_stop_is_owed_to_the_unit_also_where_no_session_is_open(wish: str) -> None:
    story = Story()
    getattr(story.conductor, wish)(story.now)
    story.settle()
    assert story.stops() == [story.now]


def test_s04_a_stop_is_obeyed_from_whoever_has_no_token() -> None:
    story = Story()
    story.started()
    at = story.now
    story.conductor.stop(story.now, actor="passer-by", channel="mqtt")
    story.settle()
    assert story.stops() == [at]
    story.run(2.0)
    assert (story.state(), story.unit.level) == (State.COMPLETED, 0)
    assert story.conductor.view(story.now).reason is StopReason.REMOTE


def test_s04_lower_takes_effect_at_once_and_never_raises() -> None:
    story = Story()
    story.started(plan(6), run_s=10.0)
    story.conductor.lower(2, story.now)
    story.run(0.2)
    assert story.trace[-1][1] == 2
    story.conductor.lower(5, story.now)
    story.run(5.0)
    assert story.trace[-1][1] == 2
    assert story.state() is State.RUNNING


def test_s04_a_stop_makes_a_resume_void_that_waits_for_a_press() -> None:
    story = Story()
    armed = story.started()
    story.conductor.pause(story.now)
    story.run(2.0)
    story.conductor.resume(armed.token, story.now)
    story.conductor.pause(story.now)
    story.press()
    assert story.state() is State.PAUSED


# --- S-05: raising from afar ---


def running_by_hand(**options: bool) -> tuple[Story, str]:
    """Level 4 by command, set to 6 by hand, and lowered to 3 from afar."""
    story = Story(remote_raise=options.get("remote_raise", True), local_key=False)
    token = story.started(plan(4)).token
    story.turn(6)
    story.run(2.0)
    story.conductor.lower(3, story.now)
    story.run(8.0)
    assert (story.state(), story.trace[-1][1]) == (State.RUNNING, 3)
    return story, token


def test_s05_raising_from_afar_is_off_by_default() -> None:
    story, token = running_by_hand(remote_raise=False)
    refused("remote_raise_off", lambda: story.conductor.raise_level(token, 4, story.now))
    assert inspect.signature(Conductor).parameters["remote_raise"].default is False
    assert (Command().enabled, Command().remote_raise, Command().lease_s) == (False, False, 3.0)


def test_s05_where_it_is_on_it_still_waits_for_a_press() -> None:
    story, token = running_by_hand()
    story.conductor.raise_level(token, 4, story.now)
    story.run(5.0)
    assert story.trace[-1][1] == 3
    story.press()
    story.run(2.0)
    assert story.trace[-1][1] == 4


def test_s05_a_press_that_comes_too_late_raises_nothing() -> None:
    story, token = running_by_hand()
    story.conductor.raise_level(token, 4, story.now)
    story.run(10.2)
    story.press()
    story.run(2.0)
    assert story.trace[-1][1] == 3


def test_s05_only_one_step_at_a_time() -> None:
    story, token = running_by_hand()
    refused("one_step", lambda: story.conductor.raise_level(token, 5, story.now))


def test_s05_not_twice_within_a_second() -> None:
    story, token = running_by_hand()
    story.conductor.raise_level(token, 4, story.now)
    story.press()
    story.run(0.8)
    refused("too_soon", lambda: story.conductor.raise_level(token, 5, story.now))
    story.run(0.4)
    story.conductor.raise_level(token, 5, story.now)


def test_s05_never_above_what_a_hand_has_set() -> None:
    story, token = running_by_hand()
    for level in (4, 5, 6):
        story.run(1.2)
        story.conductor.raise_level(token, level, story.now)
        story.press()
    story.run(5.0)
    assert story.trace[-1][1] == 6
    refused("above_hand", lambda: story.conductor.raise_level(token, 7, story.now))


def test_s05_without_a_hand_on_the_unit_there_is_nothing_to_raise_to() -> None:
    story = Story(remote_raise=True)
    token = story.started(plan(4)).token
    story.conductor.lower(2, story.now)
    refused("above_hand", lambda: story.conductor.raise_level(token, 3, story.now))


def test_s05_only_while_it_runs() -> None:
    story, token = running_by_hand()
    story.conductor.pause(story.now)
    story.run(2.0)
    refused("not_running", lambda: story.conductor.raise_level(token, 4, story.now))


# --- S-06, seen from here: what is asked for is clamped, and says by whom ---


def test_s06_a_level_above_the_ceiling_is_clamped_and_the_decision_names_the_ring() -> None:
    story = Story()
    armed = story.started(plan(18, ceiling=5), run_s=20.0)
    assert (armed.level, armed.limiting) == (5, ("prescription:level",))
    assert max(level for _, level in story.trace) == 5
    assert story.audits[0].decision is Decision.CLAMPED
    assert story.audits[0].reasons == ("prescription:level",)


# --- S-10: from 0, and slowly ---


@pytest.mark.parametrize("refresh_s", [0.1, 0.2, 1.0])
def test_s10_every_session_starts_at_0_and_rises_by_two_levels_a_second_at_most(refresh_s: float) -> None:
    story = Story(refresh_s=refresh_s)
    story.started(plan(8), run_s=20.0)
    trace = story.trace
    assert (trace[0][1], trace[-1][1]) == (0, 8)
    for earlier, later in pairwise(trace):
        assert later[1] - earlier[1] <= 1
    rises = [at for (_, before), (at, after) in pairwise(trace) if after > before]
    assert all(later - earlier >= 0.499 for earlier, later in pairwise(rises))


def test_s10_a_stall_is_not_made_up_for_by_a_jump() -> None:
    story = Story()
    story.started(plan(9), run_s=1.0)
    story.now += 2.0
    story.conductor.tick(story.now, story.now)
    (admitted,) = story.conductor.due(story.now)
    assert admitted.wish.level <= story.trace[-1][1] + 1


def test_s10_every_resume_rises_from_0_again() -> None:
    story = Story()
    armed = story.started(plan(6), run_s=10.0)
    story.conductor.pause(story.now)
    story.run(2.0)
    story.conductor.resume(armed.token, story.now)
    story.press()
    since = story.now
    story.run(8.0)
    trace = [(at, level) for at, level in story.trace if at >= since]
    assert (trace[0][1], trace[-1][1]) == (0, 6)
    assert all(later[1] - earlier[1] <= 1 for earlier, later in pairwise(trace))


def test_s10_where_a_curve_tells_the_current_it_rises_by_5_ma_a_second_at_most() -> None:
    curve = Curve(((0, 0.0), (10, 50.0)), 2, 180.0, 80.0, "a test")
    story = Story(refresh_s=0.1)
    story.started(plan(6, curve=curve), run_s=20.0)
    began = story.trace[0][0]
    reached = next(at for at, level in story.trace if level == 6)
    assert reached - began >= 30.0 / 5.0 - 0.2
    for earlier, later in pairwise([(at, curve.peak_ma(level)) for at, level in story.trace]):
        assert later[1] - earlier[1] <= 5.0


def test_s10_it_rises_only_as_far_as_the_unit_has_followed() -> None:
    story = Story(unit=FakeUnit(obeys_levels=False))
    story.started(run_s=4.0)
    assert max(level for _, level in story.trace) == 1


# --- S-11: its own timer ---


def test_s11_the_session_ends_at_the_prescribed_time() -> None:
    story = Story()
    story.armed(plan(session_s=60.0))
    story.press()
    began = story.now
    story.run(62.0)
    assert abs(story.stops()[0] - began - 60.0) <= 1.0
    assert (story.state(), story.unit.level) == (State.COMPLETED, 0)
    assert story.conductor.view(story.now).reason is StopReason.TIMER


def test_s11_a_pause_does_not_move_the_end() -> None:
    story = Story()
    token = story.started(plan(session_s=60.0), run_s=20.0).token
    story.conductor.pause(story.now)
    story.run(10.0)
    story.conductor.resume(token, story.now)
    story.press()
    story.run(32.0)
    assert story.state() is State.COMPLETED


def test_s11_the_units_own_timer_is_never_set_beyond_the_end() -> None:
    story = Story(facts=Facts(0.2, timer_s=(10, 1800)))
    story.armed(plan(session_s=300.0))
    story.press()
    said = []
    for _ in range(20):
        story.run(1.0)
        ends = story.conductor.session.guard.ends if story.conductor.session else None
        assert ends is not None
        said += [(admitted.wish.timer_s, ends - story.now) for admitted in story.conductor.due(story.now + 0.3)]
    assert said
    assert all(timer_s is not None and timer_s <= left for timer_s, left in said)


# --- S-13, S-14, S-15: loss ---


def test_s13_a_lost_link_says_that_the_output_is_unknown_and_to_switch_off_by_hand() -> None:
    story = Story()
    story.started()
    story.lose()
    assert (story.state(), story.conductor.view(story.now).output) == (State.LINK_LOST, Knowledge.UNKNOWN)
    (alarm,) = [record for record in story.records if isinstance(record, Alarm)]
    assert "unknown" in alarm.text
    assert "switch the unit off by hand" in alarm.text


def test_s13_a_unit_that_is_silent_for_three_beats_is_told_to_stop_and_counts_as_lost() -> None:
    story = Story()
    story.started()
    silent_since = story.now
    story.unit.says = lambda _: None
    story.run(4.0)
    assert story.state() is State.LINK_LOST
    assert 2.9 <= story.stops()[0] - silent_since <= 3.1


def test_s13_coming_to_its_level_meanwhile_gives_a_silent_unit_no_more_time() -> None:
    story = Story(refresh_s=1.0)
    story.started(run_s=3.0)
    assert story.state() is State.RAMPING_UP
    story.unit.says = lambda _: None
    story.turn(1)  # its last word
    story._heard_at = silent_since = story.now
    story.run(2.0)
    assert story.state() is State.RUNNING
    story.run(2.0)
    assert 2.9 <= story.stops()[0] - silent_since <= 3.1


def test_s14_after_the_link_is_back_it_stops_reads_and_ends() -> None:
    story = Story()
    story.started()
    story.lose()
    story.run(5.0)
    back_at = story.now
    story.find()
    assert story.state() is State.RECONCILING
    story.run(3.0)
    assert story.state() is State.ABORTED
    assert story.stops(back_at)[0] == back_at
    assert [level for at, level in story.trace if at >= back_at] == []
    assert story.conductor.view(story.now).reason is StopReason.LINK_LOST


def test_s14_until_the_unit_has_said_so_nobody_says_that_it_is_off() -> None:
    story = Story()
    story.started()
    story.lose()
    story.unit.says = lambda _: None
    story.find()
    story.run(0.5)
    assert story.conductor.view(story.now).output is Knowledge.UNKNOWN


def test_s14_a_unit_that_stays_away_ends_unverified() -> None:
    story = Story()
    story.started()
    story.lose()
    story.run(601.0)
    assert (story.state(), story.conductor.view(story.now).output) == (State.ENDED_UNVERIFIED, Knowledge.UNKNOWN)


@pytest.mark.parametrize("cause", ["link", "pause", "lead", "fault", "stop"])
def test_s15_nothing_goes_on_by_itself_whatever_ended_it(cause: str) -> None:
    story = Story()
    story.started()
    since = story.now
    match cause:
        case "link":
            story.lose()
            story.run(2.0)
            story.find()
        case "pause":
            story.conductor.pause(story.now)
        case "lead":
            story.unit.contact = Contact.OPEN
            story.run(2.0)
            story.unit.contact = Contact.OK
        case "fault":
            story.conductor.hear(DeviceFault(story.now, FaultKind.OTHER))
        case _:
            story.conductor.stop(story.now)
    story.settle()
    story.run(1.0)
    after = story.now
    story.run(900.0)
    assert [level for at, level in story.trace if at > after] == []
    assert story.unit.level == 0
    assert story.stops(since)


# --- S-16: electrodes ---


def test_s16_a_pad_that_comes_off_is_a_stop_at_once_and_the_pad_alone_brings_nothing_back() -> None:
    story = Story()
    story.started()
    story.unit.contact = Contact.OPEN
    off_at = story.now
    story.run(1.0)
    assert story.stops()[0] - off_at <= 0.5
    assert story.state() is State.LEAD_OFF
    story.unit.contact = Contact.OK
    story.run(30.0)
    assert (story.state(), story.unit.level) == (State.PAUSED, 0)


def test_s16_a_pad_that_comes_off_makes_a_resume_void_that_waits_for_a_press() -> None:
    story = Story()
    armed = story.started()
    story.conductor.pause(story.now)
    story.run(2.0)
    story.conductor.resume(armed.token, story.now)
    story.unit.contact = Contact.OPEN
    story.run(1.0)
    story.unit.contact = Contact.OK
    story.run(1.0)
    assert story.state() is State.PAUSED
    story.press()
    assert story.state() is State.PAUSED


def test_s16_contact_that_becomes_unknown_is_no_contact() -> None:
    story = Story()
    story.started()
    story.unit.contact = Contact.UNKNOWN
    story.run(1.0)
    assert story.state() is State.LEAD_OFF


def test_s16_a_unit_that_never_tells_of_its_contact_is_not_taken_for_one_that_lost_it() -> None:
    story = Story(unit=FakeUnit(contact=Contact.UNKNOWN))
    story.started()
    assert story.state() is State.RUNNING


def test_s16_output_that_becomes_unknown_while_on_is_no_contact_either() -> None:
    story = Story()
    story.started()
    story.say(output=Output.UNKNOWN)
    story.run(0.2)
    assert story.state() in {State.HALTING_TO_LEAD_OFF, State.LEAD_OFF}


def test_s16_a_fault_about_the_electrodes_stops_every_channel() -> None:
    story = Story()
    story.started()
    story.conductor.hear(DeviceFault(story.now, FaultKind.LEAD_OFF))
    story.settle()
    assert story.stops() == [story.now]
    assert story.state() is State.HALTING_TO_LEAD_OFF


# --- S-17: read-back ---


def test_s17_a_level_two_steps_above_said_twice_within_two_seconds_is_a_fault_and_latches() -> None:
    story = Story()
    story.started()
    story.unit.says = lambda status: replace(status, level=status.level + 2)
    story.say()
    assert story.state() is State.RUNNING
    story.run(0.5)
    assert story.stops()
    assert story.conductor.view(story.now).reason is StopReason.MISMATCH
    assert story.conductor.latched == "mismatch"
    story.unit.says = lambda status: status
    story.run(5.0)
    assert story.state() is State.ABORTED
    refused("latched", story.armed)
    story.conductor.acknowledge(story.now, actor="operator", channel="mqtt")
    story.armed()


def test_s17_one_step_is_borne() -> None:
    story = Story()
    story.started()
    story.unit.says = lambda status: replace(status, level=status.level + 1)
    story.run(10.0)
    assert story.state() is State.RUNNING


def test_s17_twice_with_more_than_two_seconds_between_is_borne() -> None:
    story = Story()
    story.started()
    for _ in range(3):
        story.say(level=story.unit.level + 2)
        story.run(2.6)
    assert story.state() is State.RUNNING


def test_s17_output_while_the_state_says_zero_is_a_fault() -> None:
    story = Story()
    story.armed()
    story.unit.level = 3
    story.run(0.5)
    assert story.stops()
    story.run(2.0)
    assert (story.state(), story.conductor.latched) == (State.ABORTED, "mismatch")


def test_s17_output_during_a_pause_is_a_fault() -> None:
    story = Story()
    story.started()
    story.conductor.pause(story.now)
    story.run(2.0)
    story.unit.level = 3
    story.run(0.5)
    assert story.conductor.latched == "mismatch"
    story.run(2.0)
    assert (story.state(), story.unit.level) == (State.ABORTED, 0)


def test_s17_a_unit_that_does_not_follow_is_a_fault() -> None:
    story = Story(unit=FakeUnit(obeys_levels=False))
    story.started(run_s=8.0)
    assert story.conductor.latched == "mismatch"


def test_s17_a_unit_that_is_lowered_step_by_step_is_given_its_time() -> None:
    story = Story(refresh_s=0.5)
    story.started(plan(9), run_s=20.0)
    story.unit.obeys_levels = False
    story.conductor.lower(2, story.now)

    def one_step_down() -> None:
        if story.unit.level > 2 and round(story.now * 10) % 5 == 0:
            story.unit.level -= 1

    story.run(6.0, each=one_step_down)
    assert story.state() is State.RUNNING


# --- S-18: a stop that is not confirmed ---


def test_s18_a_stop_that_is_ignored_is_said_again_each_second_then_is_a_fault_and_is_said_on() -> None:
    story = Story()
    story.started()
    story.unit.obeys_stop = False
    at = story.now
    story.conductor.stop(story.now)
    story.settle()
    story.run(3.9)
    assert [round(when - at) for when in story.stops()] == [0, 1, 2, 3]
    assert story.state() is State.RAMPING_DOWN
    story.run(0.3)
    assert (story.state(), story.conductor.view(story.now).output) == (State.FAULTED, Knowledge.UNKNOWN)
    (alarm,) = [record for record in story.records if isinstance(record, Alarm)]
    assert "switch the unit off by hand" in alarm.text
    before = len(story.stops())
    story.run(10.0)
    assert len(story.stops()) >= before + 9
    refused("output_not_zero", lambda: story.conductor.acknowledge(story.now))
    story.unit.obeys_stop = True
    story.run(2.0)
    quiet = len(story.stops())
    story.run(10.0)
    assert len(story.stops()) == quiet
    assert story.state() is State.FAULTED
    refused("latched", story.armed)
    story.conductor.acknowledge(story.now)
    story.armed()


def test_s18_what_was_said_before_the_unit_was_told_to_stop_confirms_nothing() -> None:
    story = Story()
    story.started()
    story.conductor.stop(story.now)
    story.conductor.owed.take()  # asked for, and still on its way
    story.say(output=Output.OFF, level=0)
    assert story.state() is State.RAMPING_DOWN


def test_s18_a_pause_is_a_pause_only_once_the_unit_has_said_that_it_is_off() -> None:
    story = Story()
    story.started()
    story.unit.obeys_stop = False
    story.conductor.pause(story.now)
    story.run(2.0)
    assert (story.state(), story.conductor.view(story.now).output) == (State.HALTING_TO_PAUSED, Knowledge.FALLING)


# --- S-19: complaints ---


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (DeviceFault(0.0, FaultKind.OVERLOAD), StopReason.OVERLOAD),
        (DeviceFault(0.0, FaultKind.LOW_BATTERY), StopReason.LOW_BATTERY),
        (DeviceFault(0.0, FaultKind.OTHER), StopReason.FAULT),
        (Battery(0.0, BATTERY_FLOOR_PCT - 1), StopReason.LOW_BATTERY),
    ],
)
def test_s19_a_complaint_stops_and_latches_until_somebody_has_acknowledged_it(
    event: DeviceFault | Battery, reason: StopReason
) -> None:
    story = Story()
    story.started()
    story.conductor.hear(replace(event, at=story.now))
    story.settle()
    assert story.stops() == [story.now]
    story.run(2.0)
    assert (story.state(), story.conductor.view(story.now).reason) == (State.ABORTED, reason)
    refused("latched", story.armed)
    story.conductor.acknowledge(story.now)
    story.conductor.hear(Battery(story.now, 90))
    story.armed()


def test_s19_with_a_battery_below_the_floor_nothing_is_armed() -> None:
    story = Story()
    story.conductor.hear(Battery(story.now, BATTERY_FLOOR_PCT - 1))
    refused("battery_low", story.armed)


# --- S-22: one controller ---


def test_s22_the_lease_has_one_deadline_and_passing_it_stops() -> None:
    story = Story(lease_s=3.0)
    story.armed()
    story.press()
    story.run(5.0)
    assert abs(story.stops()[0] - 100.0 - 3.0) <= 0.1
    assert story.conductor.view(story.now).reason is StopReason.HEARTBEAT


def test_s22_each_hold_moves_the_deadline() -> None:
    story = Story(lease_s=3.0)
    armed = story.armed()
    story.press()
    for _ in range(10):
        story.run(2.0)
        story.conductor.hold(armed.session_id, armed.token, story.now)
    assert story.state() is State.RUNNING
    story.run(2.9)
    assert story.state() is State.RUNNING
    story.run(0.3)
    assert story.state() is State.RAMPING_DOWN


def test_s22_a_hold_that_comes_too_late_brings_nothing_back() -> None:
    story = Story(lease_s=3.0)
    armed = story.armed()
    story.now += 3.0
    refused("lease_passed", lambda: story.conductor.hold(armed.session_id, armed.token, story.now))


def test_s22_silence_ends_what_is_armed_too() -> None:
    story = Story(lease_s=3.0)
    story.armed()
    story.run(3.2)
    story.press()
    assert story.state() is State.ABORTED


def test_s22_without_the_token_nobody_gets_more() -> None:
    story = Story(remote_raise=True)
    armed = story.started()
    refused("not_controller", lambda: story.conductor.hold(armed.session_id, "other", story.now))
    refused("not_controller", lambda: story.conductor.raise_level("other", 5, story.now))
    story.conductor.pause(story.now)
    story.run(2.0)
    refused("not_controller", lambda: story.conductor.resume("other", story.now))


def test_s22_the_token_of_the_session_before_is_nobodys() -> None:
    story = Story()
    before = story.started()
    story.conductor.stop(story.now)
    story.run(2.0)
    story.started()
    refused("not_controller", lambda: story.conductor.hold(before.session_id, before.token, story.now))


def test_s22_who_arms_while_a_session_is_open_is_refused() -> None:
    story = Story()
    story.armed()
    refused("busy", story.armed)


# --- hands on the unit ---


def test_a_hand_that_turns_down_is_obeyed_and_lowers_the_target() -> None:
    story = Story()
    story.started(plan(6), run_s=8.0)
    story.turn(3)
    story.run(10.0)
    assert story.trace[-1][1] == 3


def test_a_level_that_fell_without_a_word_about_a_hand_is_obeyed_too() -> None:
    story = Story()
    story.started(plan(6), run_s=8.0)
    story.unit.level, story.unit.obeys_levels = 3, False
    story.run(0.5)
    story.unit.obeys_levels = True
    story.run(10.0)
    assert story.trace[-1][1] == 3


def test_a_hand_that_turns_up_below_the_ceiling_is_left_alone() -> None:
    story = Story()
    story.started(plan(4, ceiling=10), run_s=5.0)
    story.turn(7)
    story.run(5.0)
    assert (story.state(), story.trace[-1][1]) == (State.RUNNING, 7)


def test_a_hand_that_turns_up_above_the_ceiling_ends_the_session() -> None:
    story = Story()
    story.started(plan(4, ceiling=6), run_s=5.0)
    story.turn(7)
    story.run(2.0)
    assert (story.state(), story.conductor.view(story.now).reason) == (State.ABORTED, StopReason.OVER_LIMIT)


def test_a_unit_that_is_switched_off_by_hand_ends_the_session_and_is_not_switched_on_again() -> None:
    story = Story()
    story.started()
    story.unit.level, story.unit.obeys_levels = 0, False
    story.run(3.0)
    assert (story.state(), story.conductor.view(story.now).reason) == (State.COMPLETED, StopReason.USER)


def test_a_treatment_that_the_units_own_timer_ended_is_over() -> None:
    story = Story()
    story.started()
    story.unit.level = 0
    story.conductor.hear(TreatmentEnded(story.now))
    story.settle()
    story.run(2.0)
    assert (story.state(), story.conductor.view(story.now).reason) == (State.COMPLETED, StopReason.TIMER)


# --- other refusals ---


def test_nothing_is_armed_while_the_unit_is_not_known_to_be_off() -> None:
    story = Story(unit=FakeUnit(level=2))
    refused("output_not_zero", story.armed)
    story.lose()
    refused("unit_unreachable", story.armed)


def test_another_channel_that_is_on_is_a_fault() -> None:
    story = Story(facts=Facts(0.2, channels=("a", "b")))
    wanted = plan()
    guard = replace(wanted.guard, areas={"a": 25.0})
    story.unit.says = lambda status: replace(status, channel="a")
    story.started(replace(wanted, guard=guard, channel="a"))
    story.say(channel="b", output=Output.ON, level=2)
    assert story.conductor.latched == "mismatch"


def test_every_decision_is_written_down_with_who_asked() -> None:
    story = Story()
    story.started()
    story.conductor.stop(story.now, actor="nurse", channel="mqtt")
    story.run(2.0)
    assert story.decisions() == [
        ("arm", Decision.ALLOWED, None),
        ("start", Decision.ALLOWED, None),
        ("stop", Decision.STOPPED, None),
        ("end", Decision.STOPPED, "remote"),
    ]
    assert [audit.actor for audit in story.audits] == ["therapist", "person", "nurse", "gateway"]
    assert {audit.session_id for audit in story.audits} == {"session-1"}


# --- what a hostile hand, a late loop and a lying unit try ---


def test_s03_a_press_that_is_heard_late_because_the_loop_stood_still_starts_nothing() -> None:
    story = Story()
    story.armed()
    story.now += 11.0  # no tick came meanwhile
    story.press()
    assert story.state() is not State.RAMPING_UP


def test_s03_a_press_of_before_it_was_armed_that_is_heard_after_it_starts_nothing() -> None:
    story = Story(local_key=True)
    story.run(1.0)
    story.armed()
    story.conductor.hear(LevelChanged(story.now - 0.5, 1, by_hand=True))
    story.settle()
    assert story.state() is not State.RAMPING_UP


def test_s03_a_press_of_before_somebody_asked_to_resume_resumes_nothing() -> None:
    story = Story(local_key=True)
    token = story.started().token
    story.conductor.pause(story.now)
    story.settle()
    story.run(2.0)
    assert story.state() is State.PAUSED
    story.conductor.resume(token, story.now)
    story.conductor.hear(LevelChanged(story.now - 0.5, 1, by_hand=True))
    story.settle()
    assert story.state() is not State.RAMPING_UP


def test_s22_after_the_controllers_time_a_press_starts_nothing_though_no_tick_came_yet() -> None:
    story = Story(lease_s=3.0)
    story.armed()
    story.now += 3.05
    story.press()
    assert story.state() is not State.RAMPING_UP


def test_a_pause_makes_void_what_waits_for_a_press_also_where_it_was_only_armed() -> None:
    story = Story()
    story.armed()
    story.conductor.pause(story.now)
    story.settle()
    story.press()
    story.run(5.0)
    assert (story.state(), story.trace) == (State.ABORTED, [])


def test_s05_a_hand_that_turns_down_confirms_no_raise() -> None:
    story = Story(local_key=True, remote_raise=True)
    token = story.started(plan(4)).token
    story.turn(6)
    story.run(2.0)
    story.turn(4)
    story.run(3.0)
    story.conductor.raise_level(token, 5, story.now)
    story.turn(3)
    story.run(3.0)
    assert ("raise", Decision.ALLOWED, None) not in story.decisions()
    assert story.unit.level == 3


def test_s06_a_unit_that_says_one_step_above_the_ceiling_is_stopped() -> None:
    unit = FakeUnit()
    story = Story(unit=unit)
    story.started(plan(4, ceiling=4))
    unit.says = lambda status: replace(status, level=status.level + 1) if status.level else status
    story.run(3.0)
    assert ("fault", Decision.STOPPED, StopReason.OVER_LIMIT) in story.decisions()
    assert story.unit.level == 0


def test_s18_a_unit_that_is_silent_is_told_to_stop_again_and_again_while_there_is_a_link() -> None:
    unit = FakeUnit(obeys_stop=False)
    story = Story(unit=unit)
    story.started()
    unit.says = lambda _: None
    story.run(4.0)
    assert story.state() is State.LINK_LOST
    since = story.now
    story.run(5.0)
    assert len(story.stops(since)) >= 4


def test_s18_a_unit_that_comes_back_after_its_session_was_given_up_is_told_to_stop_until_it_has() -> None:
    unit = FakeUnit(obeys_stop=False)
    story = Story(unit=unit)
    story.started()
    story.lose()
    story.run(601.0)
    assert story.state() is State.ENDED_UNVERIFIED
    story.find()
    since = story.now
    story.run(5.0)
    assert len(story.stops(since)) >= 4
    unit.obeys_stop = True
    story.run(3.0)
    assert unit.level == 0
    story.turn(3)  # it has its own life again
    since = story.now
    story.run(5.0)
    assert (unit.level, story.stops(since)) == (3, [])
