"""The guide, with a meter that says what the test wants it to say."""

from __future__ import annotations

import pytest
from tests.motion.movement import START, after, counter, measured, packets, repetitions, reps_of, sets_of
from tests.motion.told import Told

from ptdevice.model import Cue, CueKind, HeartRate, MotionSamples, Record, SetEnd, Stopping
from ptdevice.motion.guide import SetGuide
from ptdevice.motion.machine import TIMEOUTS, State
from ptdevice.motion.meters import Repetitions

WHY = {
    State.READY: "ready_timeout",
    State.ACTIVE: "idle",
    State.PAUSED: "pause_timeout",
    State.SENSOR_LOST: "sensor_lost",
}


def samples(at: float) -> MotionSamples:
    return MotionSamples(at, 25.0, (), ())


def planned(meter: Told, *, active: bool = True) -> SetGuide:
    guide = SetGuide(meter, 0.0, planned=True, text="Lie down.")
    guide.begin(0.0)
    meter.armed = active
    if active:
        guide.hear(samples(1.0))
        assert guide.state is State.ACTIVE
    return guide


def kinds(guide: SetGuide) -> list[CueKind]:
    return [cue.kind for cue in guide.cues]


def test_a_planned_set_waits_until_somebody_begins_it() -> None:
    guide = SetGuide(Told(armed=True), 0.0, planned=True)
    assert guide.progress.state == "planned"
    guide.hear(samples(1.0))
    assert guide.state is State.PLANNED


def test_a_person_is_told_when_to_get_ready_when_to_go_what_counts_and_that_it_is_over() -> None:
    meter = Told(target=2)
    guide = planned(meter)
    for meter.count in (1, 2):
        guide.hear(samples(2.0 + meter.count))
    meter.over = SetEnd.TARGET
    guide.hear(samples(6.0))
    assert list(guide.cues) == [
        Cue(0.0, CueKind.READY, "sit_up", target=2, text="Lie down."),
        Cue(1.0, CueKind.GO, "sit_up", target=2),
        Cue(3.0, CueKind.COUNT, "sit_up", count=1, target=2),
        Cue(4.0, CueKind.COUNT, "sit_up", count=2, target=2),
        Cue(6.0, CueKind.DONE, "sit_up", count=2, target=2, state="completed"),
    ]
    assert (guide.state, guide.why, guide.over) == (State.COMPLETED, "target", True)


def test_a_count_that_is_taken_back_is_not_said() -> None:
    meter = Told()
    guide = planned(meter)
    for at, meter.count in enumerate((1, 0, 1), 2):
        guide.hear(samples(float(at)))
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.COUNT] == [1, 1]


def test_seconds_are_said_by_the_step() -> None:
    meter = Told(target=30, step=10)
    guide = planned(meter)
    for meter.count in (4, 9, 12, 19, 21):
        guide.hear(samples(2.0 + meter.count))
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.COUNT] == [10, 20]


def test_nothing_moves_a_set_that_is_over() -> None:
    meter = Told()
    guide = planned(meter)
    guide.end(2.0, SetEnd.ENDED, Stopping.PAIN)
    calls = list(meter.calls)
    assert guide.hear(samples(3.0)) == guide.tick(900.0) == []
    assert guide.pause(4.0) == (False, [])
    assert not guide.resume(4.0)
    assert not guide.skip(4.0)
    assert (guide.state, guide.why, meter.calls) == (State.ABORTED, "pain", calls)


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        (Stopping.PAIN, State.ABORTED),
        (Stopping.FATIGUE, State.ABORTED),
        (Stopping.OTHER, State.ABORTED),
        (SetEnd.ENDED, State.PARTIAL),
        (SetEnd.SHUTDOWN, State.PARTIAL),
    ],
)
@pytest.mark.parametrize("where", ["active", "paused", "sensor_lost"])
def test_who_has_begun_can_end_a_set_from_everywhere(reason: SetEnd | Stopping, state: State, where: str) -> None:
    meter = Told(target=10, count=3)
    guide = planned(meter)
    if where == "paused":
        guide.pause(1.5)
    if where == "sensor_lost":
        guide.sensor_lost(1.5)
    stopping = reason if isinstance(reason, Stopping) else None
    end = SetEnd.ENDED if isinstance(reason, Stopping) else reason
    guide.end(2.0, end, stopping)
    assert (guide.state, guide.why) == (state, reason.value)
    assert meter.calls[-1] == f"finish 2 {end}"


@pytest.mark.parametrize(("target", "count"), [(None, 1), (10, 10), (10, 12)])
def test_who_ends_a_set_with_enough_done_has_completed_it(target: int | None, count: int) -> None:
    guide = planned(Told(target=target, count=count))
    guide.end(2.0, SetEnd.ENDED)
    assert guide.state is State.COMPLETED


def test_the_end_of_the_program_completes_nothing() -> None:
    guide = planned(Told(target=None, count=5))
    guide.end(2.0, SetEnd.SHUTDOWN)
    assert (guide.state, guide.why) == (State.PARTIAL, "shutdown")


@pytest.mark.parametrize(("stopping", "why"), [(None, "ended"), (Stopping.PAIN, "pain")])
def test_a_set_that_is_ended_before_it_began_is_skipped(stopping: Stopping | None, why: str) -> None:
    guide = planned(Told(), active=False)
    guide.end(2.0, SetEnd.ENDED, stopping)
    assert (guide.state, guide.why) == (State.SKIPPED, why)


def test_a_set_can_be_skipped_until_it_has_begun() -> None:
    guide = planned(Told(), active=False)
    assert guide.skip(2.0)
    assert (guide.state, guide.why) == (State.SKIPPED, "skip")
    assert not planned(Told()).skip(2.0)


def test_a_pause_reaches_the_meter_and_is_said() -> None:
    meter = Told()
    guide = planned(meter)
    assert guide.pause(2.0) == (True, [])
    assert (guide.state, meter.calls[-1], kinds(guide)[-1]) == (State.PAUSED, "pause", CueKind.PAUSE)
    assert guide.pause(3.0) == (False, [])
    assert guide.resume(4.0)
    assert (guide.state, meter.calls[-1]) == (State.ACTIVE, "resume")
    assert not guide.resume(5.0)


@pytest.mark.parametrize("state", [State.READY, State.ACTIVE, State.PAUSED, State.SENSOR_LOST])
def test_every_timeout_ends_a_planned_set_and_not_a_second_too_soon(state: State) -> None:
    meter = Told()
    guide = planned(meter, active=state is not State.READY)
    since = 0.0 if state is State.READY else 1.0
    if state is State.PAUSED:
        guide.pause(since)
    if state is State.SENSOR_LOST:
        guide.sensor_lost(since)
    after_s = TIMEOUTS[state].after_s
    guide.tick(since + after_s - 1.0)
    assert guide.state is state
    guide.tick(since + after_s)
    assert guide.over
    assert guide.why == WHY[state]
    assert guide.state is (State.SKIPPED if state is State.READY else State.PARTIAL)


def test_a_planned_set_that_nobody_begins_is_skipped_when_its_window_closes() -> None:
    guide = SetGuide(Told(), 0.0, planned=True)
    guide.tick(TIMEOUTS[State.PLANNED].after_s)
    assert (guide.state, guide.why) == (State.SKIPPED, "window_closed")


def test_every_repetition_puts_idleness_off() -> None:
    meter = Told()
    guide = planned(meter)
    for at in (50.0, 100.0, 150.0):
        meter.count += 1
        guide.tick(at)
    assert guide.state is State.ACTIVE


def test_after_a_sensor_was_lost_a_planned_set_is_paused_until_the_person_holds_still() -> None:
    meter = Told()
    guide = planned(meter)
    guide.sensor_lost(2.0)
    assert meter.calls[-2:] == ["lost 2", "pause"]
    meter.armed = False
    guide.hear(samples(5.0))
    assert (guide.state, meter.calls[-1]) == (State.PAUSED, "hear 5")
    meter.armed = True
    guide.hear(samples(6.0))
    assert (guide.progress.state, kinds(guide)[-1], meter.calls[-1]) == ("active", CueKind.GO, "resume")


def test_who_had_paused_before_the_sensor_was_lost_is_still_pausing_afterwards() -> None:
    meter = Told()
    guide = planned(meter)
    guide.pause(2.0)
    guide.sensor_lost(3.0)
    guide.hear(samples(5.0))
    guide.hear(samples(6.0))
    assert guide.state is State.PAUSED
    assert "resume" not in meter.calls


def test_a_set_that_begins_without_its_sensor_knows_that_it_is_lost() -> None:
    guide = SetGuide(Told(), 0.0, planned=True)
    guide.begin(0.0, heard=False)
    assert guide.state is State.SENSOR_LOST
    guide.tick(TIMEOUTS[State.SENSOR_LOST].after_s)
    assert (guide.state, guide.why) == (State.PARTIAL, "sensor_lost")


def test_a_sensor_that_falls_silent_on_a_link_that_holds_is_lost_too() -> None:
    meter = Told(target=10, count=3)
    guide = planned(meter)
    meter.over = SetEnd.SENSOR_LOST
    guide.tick(22.0)
    assert (guide.state, guide.why) == (State.PARTIAL, "sensor_lost")


def test_what_the_meter_does_not_listen_to_does_not_reach_it() -> None:
    meter = Told()
    guide = planned(meter)
    guide.sensor_lost(2.0)
    calls = list(meter.calls)
    guide.hear(HeartRate(3.0, 72))
    assert (guide.state, meter.calls) == (State.SENSOR_LOST, calls)


# --- one set after another ---


def test_a_sensor_that_is_configured_to_count_says_nothing_to_the_person_and_never_times_out() -> None:
    meter = Told()
    guide = SetGuide(meter, 0.0)
    assert guide.state is State.READY
    guide.tick(10_000.0)
    meter.armed = True
    guide.hear(samples(10_001.0))
    guide.tick(20_000.0)
    assert (guide.state, list(guide.cues)) == (State.ACTIVE, [])


def test_a_sensor_that_is_back_is_followed_again_at_once_where_nobody_guides() -> None:
    meter = Told(armed=True)
    guide = SetGuide(meter, 0.0)
    guide.hear(samples(1.0))
    guide.sensor_lost(2.0)
    assert guide.progress.state == "sensor_lost"
    guide.hear(samples(5.0))
    assert guide.progress.state == "active"
    assert "pause" not in meter.calls


def test_the_next_set_is_ready_when_one_is_over() -> None:
    meter = Told(armed=True, count=5)
    guide = SetGuide(meter, 0.0, cues=True)
    guide.hear(samples(1.0))
    meter.over, meter.armed = SetEnd.IDLE, False
    guide.hear(samples(2.0))
    assert (guide.state, guide.over) == (State.READY, False)
    assert (guide.cues[-1].kind, guide.cues[-1].state) == (CueKind.DONE, "partial")


def test_a_beginning_that_came_to_nothing_is_none() -> None:
    meter = Told(armed=True)
    guide = SetGuide(meter, 0.0)
    guide.hear(samples(1.0))
    meter.armed = False
    guide.hear(samples(2.0))
    assert guide.state is State.READY


# --- with the counter ---


def test_a_planned_set_of_five_is_counted_to_its_target() -> None:
    meter = Repetitions(counter(target=5))
    guide = SetGuide(meter, START, planned=True)
    guide.begin(START)
    records = [record for event in packets(measured(repetitions(5, tail=6.0))) for record in guide.hear(event)]
    assert (guide.state, guide.done) == (State.COMPLETED, 5)
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.COUNT] == [1, 2, 3, 4, 5]
    assert [each.reason for each in sets_of(records)] == [SetEnd.TARGET]


def test_what_moves_during_a_pause_does_not_count_and_half_a_repetition_is_dropped() -> None:
    """Three repetitions; a pause from the middle of the fourth over the next three; then the last three."""
    meter = Repetitions(counter())
    guide = SetGuide(meter, START, planned=True)
    guide.begin(START)
    records: list[Record] = []
    middle, end = START + 3.0 + 3 * 3.7 + 1.3, START + 3.0 + 7 * 3.7 - 0.9
    said = 0
    for event in packets(measured(repetitions(10, rest=1.2, lead=3.0))):
        if event.at > middle and said == 0:
            records += guide.pause(event.at)[1]
            said = 1
        if event.at > end and said == 1:
            guide.resume(event.at)
            said = 2
        records += guide.hear(event)
    records += guide.end(START + 60.0, SetEnd.ENDED)
    assert [rep.index for rep in reps_of(records)] == list(range(1, len(reps_of(records)) + 1))
    assert not [rep for rep in reps_of(records) if middle - 1.3 < rep.end < end]
    (one,) = sets_of(records)
    assert one.repetitions == guide.done == len(reps_of(records))
    assert one.repetitions < 8


def test_what_counted_before_a_pause_is_recorded_when_it_begins() -> None:
    """Right after the fourth repetition counted, and before it has come to rest."""
    meter = Repetitions(counter())
    guide = SetGuide(meter, START, planned=True)
    guide.begin(START)
    records: list[Record] = []
    for event in packets(measured(repetitions(4)), sizes=[1] * 10_000):
        records += guide.hear(event)
        if guide.state is State.ACTIVE and meter.count == 4:
            records += guide.pause(event.at)[1]
    assert [rep.index for rep in reps_of(records)] == [1, 2, 3, 4]


def test_a_posture_that_was_taken_during_a_pause_is_no_half_repetition() -> None:
    meter = Repetitions(counter())
    guide = SetGuide(meter, START, planned=True)
    guide.begin(START)
    corners = after(repetitions(4, tail=2.0), [(2.0, 60.0), (8.0, 60.0), (10.0, 0.0), (14.0, 0.0)])
    rest, up = START + repetitions(4, tail=1.0)[-1][0], START + repetitions(4, tail=2.0)[-1][0] + 6.0
    records: list[Record] = []
    for event in packets(measured(corners), sizes=[1] * 10_000):
        if guide.state is State.ACTIVE and rest < event.at < up:
            records += guide.pause(event.at)[1]
        elif guide.state is State.PAUSED and event.at >= up:
            guide.resume(event.at)
        records += guide.hear(event)
    assert meter.count == 4


def test_a_set_that_is_ended_before_anything_was_done_does_not_tell_of_the_one_before() -> None:
    meter = Repetitions(counter())
    guide = SetGuide(meter, START, cues=True)
    for event in packets(measured(repetitions(5, tail=25.0))):
        guide.hear(event)
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.DONE] == [5]
    guide.end(START + 100.0, SetEnd.ENDED)
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.DONE] == [5, 0]
