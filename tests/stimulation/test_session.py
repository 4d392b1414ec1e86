from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from ptdevice.model import (
    Battery,
    Contact,
    DeviceFault,
    FaultKind,
    Gap,
    LevelChanged,
    Output,
    SessionEnd,
    StimulationSegment,
    StimulationSession,
    StimulationStatus,
    StopReason,
    TreatmentEnded,
)
from ptdevice.stimulation.machine import State
from ptdevice.stimulation.session import SessionObserver

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.model import Record

FULL = 1800  # seconds on the unit's timer when it begins


def observer(site: str | None = None, **options: float) -> SessionObserver:
    numbers = itertools.count(1)
    return SessionObserver(lambda: f"session-{next(numbers)}", site=site, **options)


def on(
    at: float, level: int = 3, *, timer: int | None = None, ma: float | None = None, contact: str = "unknown"
) -> StimulationStatus:
    """On, with a timer that began with FULL at 0."""
    left = FULL - int(at) if timer is None else timer
    return StimulationStatus(
        at, Output.ON, level, 15, programme=9, mode=1, remaining_s=left, contact=Contact(contact), current_ma=ma
    )


def off(at: float) -> StimulationStatus:
    return StimulationStatus(at, Output.OFF, 0, 15, programme=9, mode=1, remaining_s=FULL)


def unclear(at: float, level: int = 3) -> StimulationStatus:
    return StimulationStatus(at, Output.UNKNOWN, level, 15, programme=9, mode=1, remaining_s=FULL - int(at))


def run(sessions: SessionObserver, seconds: Iterable[int], level: int = 3) -> list[Record]:
    """The unit says "on" at each of these seconds."""
    return [record for second in seconds for record in sessions.observe(on(float(second), level))]


def ended(records: list[Record]) -> StimulationSession:
    (session,) = [record for record in records if isinstance(record, StimulationSession)]
    return session


def segments(records: list[Record]) -> list[StimulationSegment]:
    return [record for record in records if isinstance(record, StimulationSegment)]


def delivered(sessions: SessionObserver) -> float:
    assert sessions.snapshot
    return sessions.snapshot.delivered_s


# --- an uneventful session ---


def test_a_session_from_the_first_on_to_off_is_recorded_with_its_segment() -> None:
    sessions = observer()
    assert run(sessions, range(11)) == []
    assert sessions.observe(off(11.0)) == [
        StimulationSegment("session-1", 0.0, 11.0, 9, 1, 3, 15, None, Contact.UNKNOWN, 10.0),
        StimulationSession(
            "session-1",
            "observed",
            0.0,
            11.0,
            SessionEnd.ENDED,
            StopReason.UNKNOWN,
            10.0,
            3,
            3.0,
            0,
            15,
            0,
            0.0,
            Output.OFF,
            unknown_s=1.0,
            level_times=((3, 10.0),),
        ),
    ]


def test_a_unit_that_is_off_opens_nothing() -> None:
    sessions = observer()
    assert sessions.observe(off(0.0)) == []
    assert sessions.snapshot is None
    assert sessions.output is Output.OFF


def test_before_the_unit_has_spoken_its_output_is_unknown() -> None:
    assert observer().output is Output.UNKNOWN


def test_each_session_has_an_id_of_its_own() -> None:
    sessions = observer()
    run(sessions, [0])
    sessions.observe(off(1.0))
    run(sessions, [10])
    assert sessions.snapshot
    assert sessions.snapshot.session_id == "session-2"


def test_what_says_nothing_about_stimulation_changes_nothing() -> None:
    sessions = observer()
    run(sessions, [0])
    assert sessions.observe(Battery(0.5, 10)) == []
    assert sessions.observe(DeviceFault(0.5, FaultKind.OTHER)) == []
    run(sessions, [1])
    assert delivered(sessions) == 1.0


def test_the_open_session_is_seen_as_it_stands() -> None:
    sessions = observer()
    run(sessions, range(6), level=4)
    snapshot = sessions.snapshot
    assert snapshot
    assert (snapshot.session_id, snapshot.level, snapshot.delivered_s) == ("session-1", 4, 5.0)


# --- delivered means confirmed ---


def test_a_single_on_delivers_nothing() -> None:
    sessions = observer()
    run(sessions, [0])
    assert delivered(sessions) == 0.0


def test_two_confirmations_too_far_apart_deliver_nothing() -> None:
    sessions = observer(confirm_s=3.0)
    run(sessions, [0, 3])
    assert delivered(sessions) == 3.0
    run(sessions, [7])
    assert delivered(sessions) == 3.0


def test_the_stretch_before_off_is_not_credited() -> None:
    sessions = observer()
    run(sessions, [0, 1])
    assert ended(sessions.observe(off(3.0))).delivered_s == 1.0


def test_while_the_unit_s_timer_stands_still_no_more_than_a_second_is_credited() -> None:
    sessions = observer()
    for second in range(60):
        sessions.observe(on(float(second), timer=1500))
    assert delivered(sessions) == 1.0


def test_a_timer_that_starts_afresh_tells_of_an_interruption_that_is_not_credited() -> None:
    sessions = observer()
    run(sessions, range(11))
    for second in range(11, 21):
        sessions.observe(on(float(second), timer=FULL - second + 11))
    assert delivered(sessions) == 19.0  # of 20 s, the one in which it was interrupted is missing


def test_a_timer_that_shows_whole_seconds_costs_nothing() -> None:
    sessions = observer()
    for tenth in range(0, 600, 7):  # polls at odd moments
        at = tenth / 10
        sessions.observe(on(at, timer=FULL - int(at)))
    assert delivered(sessions) == pytest.approx(59.5)


def test_what_the_timer_did_while_nobody_looked_earns_nothing_later() -> None:
    sessions = observer()
    run(sessions, [0, 1, 2])
    run(sessions, [62])  # a minute without a word, over an open link
    for second in range(63, 80):
        sessions.observe(on(float(second), timer=FULL - 62))  # and now it stands still
    assert delivered(sessions) == 3.0  # 2 s, and the one that a timer in whole seconds may hide


def test_a_unit_without_a_timer_is_credited_by_its_word_alone() -> None:
    sessions = observer()
    for second in range(11):
        sessions.observe(StimulationStatus(float(second), Output.ON, 3, 15))
    assert delivered(sessions) == 10.0


def test_a_timer_that_is_told_later_counts_from_then() -> None:
    sessions = observer()
    for second in range(6):
        sessions.observe(StimulationStatus(float(second), Output.ON, 3, 15))
    for second in range(6, 60):
        sessions.observe(StimulationStatus(float(second), Output.ON, 3, 15, remaining_s=900))
    assert delivered(sessions) == 6.0


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    sessions = observer()
    run(sessions, [0, 1, 2])
    sessions.observe(on(1.0, timer=FULL - 2))
    assert delivered(sessions) == 2.0


# --- settings ---


def test_a_new_level_begins_a_new_segment() -> None:
    sessions = observer()
    run(sessions, range(6), level=3)
    (first,) = segments(run(sessions, [6], level=5))
    assert (first.level, first.start, first.end, first.delivered_s) == (3, 0.0, 6.0, 5.0)
    run(sessions, range(7, 11), level=5)
    (second, _) = records = sessions.observe(off(11.0))
    assert isinstance(second, StimulationSegment)
    assert (second.level, second.start, second.end, second.delivered_s) == (5, 6.0, 11.0, 4.0)
    assert ended(records).delivered_s == 9.0


def test_the_moment_of_a_change_that_the_unit_tells_itself_is_credited_to_both_sides() -> None:
    sessions = observer()
    run(sessions, [0, 1], level=3)
    (first,) = segments(sessions.observe(LevelChanged(1.4, 4, by_hand=True)))
    assert (first.level, first.end) == (3, 1.4)
    assert first.delivered_s == pytest.approx(1.4)
    run(sessions, [2], level=4)
    assert delivered(sessions) == pytest.approx(2.0)


@pytest.mark.parametrize(
    "status",
    [
        StimulationStatus(2.0, Output.ON, 3, 15, programme=10, mode=1, remaining_s=FULL - 2),
        StimulationStatus(2.0, Output.ON, 3, 15, programme=9, mode=2, remaining_s=FULL - 2),
        StimulationStatus(2.0, Output.ON, 3, 15, programme=9, mode=1, remaining_s=FULL - 2, contact=Contact.OK),
        StimulationStatus(2.0, Output.ON, 3, 15, programme=9, mode=1, remaining_s=FULL - 2, current_ma=7.5),
    ],
)
def test_programme_mode_contact_and_current_make_a_setting_too(status: StimulationStatus) -> None:
    sessions = observer()
    run(sessions, [0, 1])
    assert len(segments(sessions.observe(status))) == 1
    assert delivered(sessions) == 1.0


def test_steps_upwards_are_counted_the_highest_level_kept_and_the_mean_weighed_by_time() -> None:
    sessions = observer()
    run(sessions, range(11), level=2)
    sessions.observe(LevelChanged(10.0, 3, by_hand=True))
    sessions.observe(LevelChanged(10.0, 6, by_hand=True))
    run(sessions, range(11, 21), level=6)
    sessions.observe(LevelChanged(20.0, 4, by_hand=True))
    run(sessions, range(21, 31), level=4)
    session = ended(sessions.observe(LevelChanged(31.0, 0, by_hand=True)))
    assert (session.upward_steps, session.level_max_seen, session.level_max) == (2, 6, 15)
    assert session.level_mean == pytest.approx((2 * 10 + 6 * 10 + 4 * 10) / 30)


def test_milliamperes_are_kept_where_the_unit_states_them_and_only_there() -> None:
    sessions = observer()
    sessions.observe(on(0.0, ma=7.5))
    sessions.observe(on(1.0, ma=7.5))
    (stated,) = segments(sessions.observe(LevelChanged(2.0, 4, by_hand=True)))
    (unstated, _) = sessions.observe(off(3.0))
    assert stated.current_ma == 7.5
    assert isinstance(unstated, StimulationSegment)
    assert unstated.current_ma is None


def test_a_level_that_is_told_again_is_no_change() -> None:
    sessions = observer()
    run(sessions, [0])
    assert sessions.observe(LevelChanged(0.5, 3, by_hand=True)) == []


def test_a_level_alone_opens_no_session_for_nobody_said_that_current_flows() -> None:
    sessions = observer()
    assert sessions.observe(LevelChanged(0.0, 5, by_hand=True)) == []
    assert sessions.snapshot is None
    assert sessions.output is Output.UNKNOWN


def test_a_unit_that_was_off_and_tells_a_level_is_not_off_any_more() -> None:
    sessions = observer()
    outputs = []
    for event in (off(0.0), LevelChanged(0.5, 1, by_hand=True), on(1.0, level=1)):
        sessions.observe(event)
        outputs.append(sessions.output)
    assert outputs == [Output.OFF, Output.UNKNOWN, Output.ON]


def test_a_long_segment_is_cut_into_slices_so_that_a_crash_costs_a_known_amount() -> None:
    sessions = observer(slice_s=120.0)
    cut = segments(run(sessions, range(301)))
    assert [(segment.start, segment.end, segment.delivered_s) for segment in cut] == [
        (0.0, 120.0, 120.0),
        (120.0, 240.0, 120.0),
    ]
    rest, session = sessions.observe(off(301.0))
    assert isinstance(rest, StimulationSegment)
    assert (rest.start, rest.delivered_s) == (240.0, 60.0)
    assert ended([session]).delivered_s == 300.0


# --- how it ends, and why ---


def test_the_unit_s_own_timer_ends_it() -> None:
    sessions = observer()
    run(sessions, range(1795, 1800))
    session = ended(sessions.observe(TreatmentEnded(1800.0)))
    assert (session.state, session.reason, session.end) == (SessionEnd.ENDED, StopReason.TIMER, 1800.0)
    assert sessions.output is Output.OFF


def test_a_key_that_lowers_the_level_to_0_ends_it_by_the_user() -> None:
    sessions = observer()
    run(sessions, range(5))
    session = ended(sessions.observe(LevelChanged(4.5, 0, by_hand=True)))
    assert (session.state, session.reason) == (SessionEnd.ENDED, StopReason.USER)
    assert sessions.output is Output.OFF


def test_off_where_the_timer_had_all_but_run_out_is_the_timer() -> None:
    sessions = observer()
    run(sessions, range(1790, 1799))
    assert ended(sessions.observe(off(1801.0))).reason is StopReason.TIMER


def test_off_without_a_reason_has_none() -> None:
    sessions = observer()
    run(sessions, range(5))
    assert ended(sessions.observe(off(5.0))).reason is StopReason.UNKNOWN


def test_an_overload_leaves_the_output_unknown_until_the_unit_says_more() -> None:
    sessions = observer()
    run(sessions, range(5))
    assert sessions.observe(DeviceFault(4.5, FaultKind.OVERLOAD)) == []
    assert (sessions.state, sessions.output) == (State.LEAD_OFF, Output.UNKNOWN)
    session = ended(sessions.observe(off(5.0)))
    assert (session.state, session.reason, session.delivered_s) == (SessionEnd.ENDED, StopReason.OVERLOAD, 4.0)


def test_after_an_overload_nothing_is_credited_until_it_is_confirmed_twice_again() -> None:
    sessions = observer()
    run(sessions, range(5))
    sessions.observe(DeviceFault(4.2, FaultKind.OVERLOAD))
    run(sessions, [5])
    assert delivered(sessions) == 4.0
    run(sessions, [6])
    assert delivered(sessions) == 5.0


def test_an_overload_that_is_over_is_not_why_it_ended_later() -> None:
    sessions = observer()
    run(sessions, range(5))
    sessions.observe(DeviceFault(4.2, FaultKind.OVERLOAD))
    run(sessions, range(5, 30))
    assert ended(sessions.observe(off(30.0))).reason is StopReason.UNKNOWN


def test_a_unit_that_contradicts_itself_is_unknown_and_nothing_is_credited() -> None:
    sessions = observer()
    run(sessions, range(5))
    sessions.observe(unclear(5.0))
    assert (sessions.state, sessions.output) == (State.LEAD_OFF, Output.UNKNOWN)
    run(sessions, [6, 7])
    assert delivered(sessions) == 5.0


def test_off_after_the_unit_complained_of_its_battery_is_the_battery() -> None:
    sessions = observer()
    run(sessions, range(5))
    assert sessions.observe(DeviceFault(4.5, FaultKind.LOW_BATTERY)) == []
    assert sessions.output is Output.ON
    assert ended(sessions.observe(off(5.0))).reason is StopReason.LOW_BATTERY


def test_a_complaint_before_the_session_is_not_remembered() -> None:
    sessions = observer()
    sessions.observe(DeviceFault(0.0, FaultKind.LOW_BATTERY))
    sessions.observe(DeviceFault(0.0, FaultKind.OVERLOAD))
    run(sessions, range(1, 5))
    assert ended(sessions.observe(off(5.0))).reason is StopReason.UNKNOWN


def test_when_the_daemon_stops_the_session_is_recorded_as_far_as_it_was_seen() -> None:
    sessions = observer()
    run(sessions, range(5))
    session = ended(sessions.close(4.8, StopReason.DAEMON_STOP))
    assert (session.state, session.reason) == (SessionEnd.UNVERIFIED, StopReason.DAEMON_STOP)
    assert (session.end, session.delivered_s, session.final_output) == (4.0, 4.0, Output.UNKNOWN)
    assert sessions.output is Output.UNKNOWN
    assert sessions.snapshot is None


def test_when_the_daemon_stops_and_nothing_is_open_nothing_is_recorded() -> None:
    assert observer().close(1.0, StopReason.DAEMON_STOP) == []


# --- link loss ---


def lost_at(second: float) -> SessionObserver:
    sessions = observer(window_s=600.0)
    run(sessions, range(int(second) + 1))
    assert sessions.link_lost(second) == []
    return sessions


def test_a_lost_link_is_unknown_and_never_off() -> None:
    sessions = lost_at(10.5)
    assert (sessions.state, sessions.output) == (State.GAP, Output.UNKNOWN)
    assert sessions.snapshot


def test_a_lost_link_is_unknown_even_of_a_unit_that_was_off() -> None:
    sessions = observer()
    sessions.observe(off(0.0))
    sessions.link_lost(1.0)
    assert sessions.output is Output.UNKNOWN


def test_a_link_that_is_back_says_nothing_yet_about_the_output() -> None:
    sessions = lost_at(10.5)
    assert sessions.link_restored(70.0) == []
    assert (sessions.state, sessions.output) == (State.RECONCILING, Output.UNKNOWN)


def test_the_same_session_goes_on_when_the_unit_s_timer_fits_with_the_gap_recorded_and_not_credited() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    before, gap = sessions.observe(on(70.2))
    assert before == StimulationSegment("session-1", 0.0, 10.0, 9, 1, 3, 15, None, Contact.UNKNOWN, 10.0)
    assert gap == Gap("stimulation", 10.5, 70.2, "link_lost")
    assert (sessions.state, sessions.output) == (State.RUNNING, Output.ON)
    run(sessions, range(71, 76))
    session = ended(sessions.observe(off(76.0)))
    assert session.id == "session-1"
    assert session.delivered_s == pytest.approx(10.0 + 4.8)
    assert session.gaps == 1
    assert session.gap_s == pytest.approx(59.7)


@pytest.mark.parametrize("timer_off_by", [-6, 6, 60, 1700])
def test_a_timer_that_does_not_fit_is_another_session_and_the_first_ended_unverified(timer_off_by: int) -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    records = sessions.observe(on(70.0, timer=min(FULL - 70 + timer_off_by, FULL)))
    session = ended(records)
    assert (session.id, session.state, session.reason) == ("session-1", SessionEnd.UNVERIFIED, StopReason.LINK_LOST)
    assert (session.end, session.delivered_s, session.final_output) == (10.0, 10.0, Output.UNKNOWN)
    assert Gap("stimulation", 10.5, 70.0, "link_lost") in records
    assert sessions.snapshot
    assert sessions.snapshot.session_id == "session-2"
    assert delivered(sessions) == 0.0


@pytest.mark.parametrize("timer_off_by", [-4, 0, 4])
def test_a_timer_may_be_off_by_a_few_seconds(timer_off_by: int) -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    sessions.observe(on(70.0, timer=FULL - 70 + timer_off_by))
    assert sessions.snapshot
    assert sessions.snapshot.session_id == "session-1"


def test_a_unit_without_a_timer_cannot_show_that_it_is_the_same_session() -> None:
    sessions = observer()
    sessions.observe(StimulationStatus(0.0, Output.ON, 3, 15))
    sessions.link_lost(1.0)
    sessions.link_restored(2.0)
    session = ended(sessions.observe(StimulationStatus(3.0, Output.ON, 3, 15)))
    assert session.state is SessionEnd.UNVERIFIED


def test_the_setting_may_have_changed_in_the_gap() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    sessions.observe(on(70.0, level=7))
    run(sessions, range(71, 75), level=7)
    last, session = sessions.observe(off(75.0))
    assert isinstance(last, StimulationSegment)
    assert (last.level, last.start, last.delivered_s) == (7, 70.0, 4.0)
    assert ended([session]).level_max_seen == 7


def test_a_unit_that_comes_back_off_ended_unverified_and_is_off_now() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    session = ended(sessions.observe(off(70.2)))
    assert (session.state, session.reason) == (SessionEnd.UNVERIFIED, StopReason.LINK_LOST)
    assert (session.end, session.final_output) == (10.0, Output.OFF)
    assert sessions.output is Output.OFF


def test_a_unit_that_comes_back_and_says_neither_is_not_believed_to_run() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    sessions.observe(unclear(70.2))
    assert (sessions.state, sessions.output) == (State.RECONCILING, Output.UNKNOWN)


def test_a_unit_that_stays_away_ended_unverified_when_the_window_is_over() -> None:
    sessions = lost_at(10.5)
    assert sessions.tick(610.5) == []
    records = sessions.tick(611.0)
    session = ended(records)
    assert (session.state, session.reason) == (SessionEnd.UNVERIFIED, StopReason.LINK_LOST)
    assert (session.end, session.delivered_s, session.final_output) == (10.0, 10.0, Output.UNKNOWN)
    assert (session.gaps, session.gap_s) == (1, 600.5)
    assert Gap("stimulation", 10.5, 611.0, "link_lost") in records
    assert sessions.tick(700.0) == []


def test_a_link_that_comes_and_goes_without_a_word_of_the_unit_is_one_gap() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(20.0)
    sessions.link_lost(21.0)
    sessions.link_restored(69.0)
    _, gap = sessions.observe(on(70.0))
    assert gap == Gap("stimulation", 10.5, 70.0, "link_lost")


def test_the_window_counts_from_the_first_loss() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(500.0)
    sessions.link_lost(501.0)
    assert ended(sessions.tick(611.0)).state is SessionEnd.UNVERIFIED


def test_what_comes_late_over_a_lost_link_neither_counts_nor_says_what_is_now() -> None:
    sessions = lost_at(10.5)
    for late in (on(10.6), on(11.0), LevelChanged(11.0, 0, by_hand=True), off(11.1), TreatmentEnded(11.2)):
        assert sessions.observe(late) == []
    assert (sessions.state, sessions.output) == (State.GAP, Output.UNKNOWN)
    assert delivered(sessions) == 10.0


def test_the_treatment_s_end_right_after_a_gap_is_told_and_was_not_seen_coming() -> None:
    sessions = lost_at(10.5)
    sessions.link_restored(70.0)
    session = ended(sessions.observe(TreatmentEnded(70.0)))
    assert (session.state, session.reason) == (SessionEnd.UNVERIFIED, StopReason.TIMER)


def test_when_the_daemon_stops_in_a_gap_the_gap_is_recorded() -> None:
    sessions = lost_at(10.5)
    records = sessions.close(30.0, StopReason.DAEMON_STOP)
    assert Gap("stimulation", 10.5, 30.0, "link_lost") in records
    assert ended(records).reason is StopReason.DAEMON_STOP


def test_an_overloaded_unit_whose_link_is_lost_is_in_a_gap_too() -> None:
    sessions = observer()
    run(sessions, range(5))
    sessions.observe(DeviceFault(4.5, FaultKind.OVERLOAD))
    sessions.link_lost(5.0)
    assert sessions.state is State.GAP


# --- units that count what has passed ---


def passed(at: float, elapsed: int, level: int = 3) -> StimulationStatus:
    return StimulationStatus(at, Output.ON, level, 60, elapsed_s=elapsed)


def test_no_more_is_credited_than_the_unit_s_own_count_went_up() -> None:
    sessions = observer()
    for second in range(11):
        sessions.observe(passed(float(second), min(second, 4)))  # it stands still at 4: paused, perhaps
    assert delivered(sessions) == 5.0  # and the second that a count in whole seconds hides


def test_a_gap_in_which_the_count_went_on_is_one_session() -> None:
    sessions = observer()
    for second in range(11):
        sessions.observe(passed(float(second), second))
    sessions.link_lost(10.5)
    sessions.link_restored(70.0)
    records = sessions.observe(passed(70.0, 70))
    assert [type(record) for record in records] == [StimulationSegment, Gap]
    assert sessions.snapshot
    assert sessions.snapshot.session_id == "session-1"
    assert delivered(sessions) == 10.0


def test_after_a_gap_a_count_that_began_again_is_another_session() -> None:
    sessions = observer()
    for second in range(11):
        sessions.observe(passed(float(second), second))
    sessions.link_lost(10.5)
    sessions.link_restored(70.0)
    first = ended(sessions.observe(passed(70.0, 20)))
    assert (first.state, first.delivered_s) == (SessionEnd.UNVERIFIED, 10.0)
    assert sessions.snapshot
    assert sessions.snapshot.session_id == "session-2"


def test_a_count_that_begins_again_credits_nothing_for_the_moment_between() -> None:
    sessions = observer()
    for second in range(6):
        sessions.observe(passed(float(second), second))
    sessions.observe(passed(6.0, 0))
    assert delivered(sessions) == 5.0


def test_how_long_it_ran_is_no_sign_that_its_timer_ended_it() -> None:
    sessions = observer()
    for second in range(3):
        sessions.observe(passed(float(second), second))
    assert ended(sessions.observe(off(3.0))).reason is StopReason.UNKNOWN


# --- units that say why they end ---


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (FaultKind.OVERLOAD, StopReason.OVERLOAD),
        (FaultKind.LEAD_OFF, StopReason.LEAD_OFF),
        (FaultKind.LOW_BATTERY, StopReason.LOW_BATTERY),
        (FaultKind.OTHER, StopReason.FAULT),
    ],
)
def test_a_fault_that_stops_the_unit_ends_the_session_for_that_reason(kind: FaultKind, reason: StopReason) -> None:
    sessions = observer()
    run(sessions, range(6))
    session = ended(sessions.observe(DeviceFault(5.5, kind, stopped=True)))
    assert (session.state, session.reason, session.final_output) == (SessionEnd.ENDED, reason, Output.OFF)
    assert sessions.output is Output.OFF


def test_a_lead_off_that_does_not_stop_the_unit_leaves_the_output_unknown() -> None:
    sessions = observer()
    run(sessions, range(6))
    assert sessions.observe(DeviceFault(5.5, FaultKind.LEAD_OFF)) == []
    assert (sessions.state, sessions.output) == (State.LEAD_OFF, Output.UNKNOWN)
    assert ended(sessions.observe(off(6.0))).reason is StopReason.LEAD_OFF


@pytest.mark.parametrize("reason", [StopReason.TIMER, StopReason.USER, StopReason.CHARGING, StopReason.UNKNOWN])
def test_why_the_treatment_ended_is_what_the_unit_says(reason: StopReason) -> None:
    sessions = observer()
    run(sessions, range(6))
    assert ended(sessions.observe(TreatmentEnded(5.5, reason))).reason is reason


# --- the dose ---


def test_the_seconds_at_each_level_are_those_confirmed_and_their_mean_is_weighted_with_time() -> None:
    sessions = observer()
    records = (
        run(sessions, range(11), level=2)
        + run(sessions, range(11, 42), level=4)
        + run(sessions, range(42, 53), level=2)
    )
    session = ended([*records, *sessions.observe(off(53.0))])
    assert session.level_times == ((2, 20.0), (4, 30.0))
    assert session.level_mean == pytest.approx((2 * 20 + 4 * 30) / 50)
    assert (session.delivered_s, session.unknown_s, session.upward_steps) == (50.0, 3.0, 1)


def test_time_in_a_gap_is_unknown_and_at_no_level() -> None:
    sessions = observer()
    run(sessions, range(11))
    sessions.link_lost(10.5)
    sessions.link_restored(70.0)
    run(sessions, range(70, 81))
    session = ended(sessions.observe(off(81.0)))
    assert session.level_times == ((3, 20.0),)
    assert session.unknown_s == 61.0


def test_a_session_that_confirms_nothing_has_no_dose() -> None:
    sessions = observer()
    run(sessions, [0])
    session = ended(sessions.observe(off(1.0)))
    assert (session.level_times, session.level_mean, session.charge_mc, session.unknown_s) == ((), None, None, 1.0)


def test_the_site_is_where_the_pads_are_and_unknown_where_nobody_said() -> None:
    for site in ("lumbar_left", None):
        sessions = observer(site)
        records = run(sessions, range(3))
        records += sessions.observe(off(3.0))
        assert {each.site for each in records if isinstance(each, StimulationSegment | StimulationSession)} == {site}


def pulsed(at: float, ma: float | None, us: float | None = 250.0) -> StimulationStatus:
    return StimulationStatus(at, Output.ON, 3, 15, current_ma=ma, rate_hz=50.0, pulse_us=us, phases=2)


def test_charge_and_energy_are_those_of_confirmed_time_where_the_unit_states_its_pulses() -> None:
    sessions = observer()
    for second in range(61):
        sessions.observe(pulsed(float(second), 50.0))
    segment, session = sessions.observe(off(61.0))
    assert isinstance(segment, StimulationSegment)
    assert isinstance(session, StimulationSession)
    # 12.5 uC and 0.625 mJ for each of 50 pulses in each of 60 s
    assert segment.charge_mc == session.charge_mc == pytest.approx(37.5)
    assert segment.energy_j == session.energy_j == pytest.approx(1.875)
    assert (segment.rate_hz, segment.pulse_us) == (50.0, 250.0)


def test_a_change_of_current_is_a_segment_of_its_own_and_adds_up() -> None:
    sessions = observer()
    records: list[Record] = []
    for second in range(61):
        records += sessions.observe(pulsed(float(second), 50.0 if second <= 30 else 100.0))
    records += sessions.observe(off(61.0))
    assert [each.charge_mc for each in segments(records)] == pytest.approx([18.75, 36.25])
    assert ended(records).charge_mc == pytest.approx(55.0)


@pytest.mark.parametrize(("ma", "us"), [(None, 250.0), (50.0, None)])
def test_without_current_or_pulses_charge_and_energy_are_unknown(ma: float | None, us: float | None) -> None:
    sessions = observer()
    for second in range(11):
        sessions.observe(pulsed(float(second), ma, us))
    records = sessions.observe(off(11.0))
    assert [(each.charge_mc, each.energy_j) for each in segments(records)] == [(None, None)]
    assert (ended(records).charge_mc, ended(records).energy_j) == (None, None)


@pytest.mark.parametrize("first", [50.0, None])
def test_of_a_session_of_which_only_a_part_is_known_the_whole_is_unknown(first: float | None) -> None:
    sessions = observer()
    records: list[Record] = []
    for second in range(21):
        records += sessions.observe(pulsed(float(second), first if second <= 10 else (None if first else 50.0)))
    records += sessions.observe(off(21.0))
    assert [each.charge_mc is None for each in segments(records)] == [first is None, first is not None]
    assert ended(records).charge_mc is None


def test_a_moment_without_confirmed_time_takes_nothing_from_what_is_known() -> None:
    sessions = observer()
    records: list[Record] = []
    for second in range(11):
        records += sessions.observe(pulsed(float(second), 50.0))
    records += sessions.observe(LevelChanged(10.0, 4, by_hand=True))  # the current of which is not stated yet
    for second in range(11, 22):
        records += sessions.observe(pulsed(float(second), 60.0))
    records += sessions.observe(off(22.0))
    assert [each.delivered_s for each in segments(records)] == [10.0, 0.0, 10.0]
    assert ended(records).charge_mc == pytest.approx(10 * 50 * 12.5e-3 + 10 * 50 * 15e-3)
