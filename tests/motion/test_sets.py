from __future__ import annotations

import math
import random

import pytest
from tests.motion.movement import (
    START,
    Corner,
    after,
    counted,
    counter,
    measured,
    packets,
    repetitions,
    reps_of,
    sets_of,
)

from ptdevice.model import Alarm, Gap, MotionSamples, SetEnd
from ptdevice_sim.body import Style, SyntheticBody


def test_ten_repetitions_are_ten_records_and_a_set() -> None:
    records = counted(packets(measured(repetitions(10))))

    assert [rep.index for rep in reps_of(records)] == list(range(1, 11))
    (one,) = sets_of(records)
    assert {rep.set_id for rep in reps_of(records)} == {one.id} == {"set-1"}
    assert (one.repetitions, one.recount, one.spread) == (10, 10, 0)
    assert one.range_deg == pytest.approx(60, abs=1)
    assert (one.reason, one.completeness) == (SetEnd.ENDED, 1.0)


@pytest.mark.parametrize("gyro", [True, False])
def test_times_and_range_are_those_of_the_movement(*, gyro: bool) -> None:
    records = counted(packets(measured(repetitions(5, out=1.5, hold=1.0, back=1.5, rest=1.0), 50.0), gyro=gyro))

    for k, rep in enumerate(reps_of(records)):
        start = START + 3.0 + 5.0 * k
        # The edges lie at a tenth of the range: a minimum-jerk movement of 1.5 s is there after 0.3 s.
        assert rep.start == pytest.approx(start + 0.3, abs=0.3)
        assert start + 1.0 <= rep.turn <= start + 3.0
        assert rep.end == pytest.approx(start + 4.0 - 0.3, abs=0.3)
        assert rep.range_deg == pytest.approx(60, abs=3)


def test_a_hold_of_eight_seconds_is_one_repetition_and_is_told() -> None:
    reps = reps_of(counted(packets(measured(repetitions(4, hold=8.0)))))

    assert len(reps) == 4
    for rep in reps:
        assert sum(rep.tempo_s) == pytest.approx(rep.end - rep.start, abs=0.05)
        assert rep.tempo_s[1] == pytest.approx(8.0, abs=1.0)


def test_a_movement_without_hold_has_next_to_none() -> None:
    for rep in reps_of(counted(packets(measured(repetitions(4, hold=0.02))))):
        assert rep.tempo_s[1] <= 0.6


def test_a_movement_with_two_humps_counts_once() -> None:
    corners: list[Corner] = [(0.0, 0.0), (3.0, 0.0)]
    for _ in range(6):
        corners = after(corners, [(1.0, 60.0), (1.8, 36.0), (2.6, 60.0), (3.8, 0.0), (4.6, 0.0)])

    assert len(reps_of(counted(packets(measured(after(corners, [(3.0, 0.0)])))))) == 6


def test_a_set_is_over_when_the_target_is_reached_and_the_person_rests() -> None:
    sets = counter(target=5)
    ended = [
        (event.at, record)
        for event in packets(measured(repetitions(5, tail=6.0)))
        for record in sets_of(sets.feed(event))
    ]

    ((at, record),) = ended
    assert (record.repetitions, record.reason, record.target) == (5, SetEnd.TARGET, 5)
    assert at - record.end < 4.0
    assert sets.progress.repetitions == 0


def test_who_goes_on_beyond_the_target_is_not_cut_off() -> None:
    (record,) = sets_of(counted(packets(measured(repetitions(8, rest=0.1))), target=5))

    assert record.repetitions == 8


def test_a_set_ends_twenty_seconds_after_its_last_repetition() -> None:
    sets = counter()
    ended = [
        (event.at, record)
        for event in packets(measured(repetitions(5, tail=30.0)))
        for record in sets_of(sets.feed(event))
    ]

    ((at, record),) = ended
    assert record.reason is SetEnd.IDLE
    assert at - record.end == pytest.approx(20.0, abs=1.5)
    assert len(sets._trace) < 200  # the set is told; what it looked like is not kept


def test_the_next_set_has_an_id_of_its_own() -> None:
    corners = after(repetitions(5, tail=25.0), repetitions(4))

    assert [(each.id, each.repetitions) for each in sets_of(counted(packets(measured(corners))))] == [
        ("set-1", 5),
        ("set-2", 4),
    ]


def test_a_single_movement_is_no_set() -> None:
    sets = counter()
    records = [record for event in packets(measured(repetitions(1, tail=30.0))) for record in sets.feed(event)]

    assert records == []


def test_a_single_repetition_counts_when_somebody_says_that_this_was_the_set() -> None:
    records = counted(packets(measured(repetitions(1))))

    assert len(reps_of(records)) == 1
    assert [each.repetitions for each in sets_of(records)] == [1]


def test_a_target_of_one_is_met_by_one() -> None:
    sets = counter(target=1)
    records = [record for event in packets(measured(repetitions(1, tail=10.0))) for record in sets.feed(event)]

    assert [each.reason for each in sets_of(records)] == [SetEnd.TARGET]


def test_two_little_tries_before_the_exercise_do_not_count() -> None:
    corners = after(repetitions(2, degrees=14.0, tail=0.1), repetitions(6, degrees=60.0, lead=0.5))

    assert len(reps_of(counted(packets(measured(corners))))) == 6


def test_getting_up_afterwards_does_not_count() -> None:
    corners = repetitions(6, degrees=40.0, tail=2.0)
    exercise = measured(corners)
    rising = measured([(0.0, 0.0), (0.5, 0.0), (2.0, 80.0), (2.5, 80.0), (4.5, 0.0), (7.0, 0.0)], direction=120.0)
    whole = packets(exercise)
    late = packets(rising, shift_s=corners[-1][0])

    assert len(reps_of(counted([*whole, *late]))) == 6


@pytest.mark.parametrize("standing_s", [0.3, 5.0])
def test_getting_into_position_is_forgotten(standing_s: float) -> None:
    """Standing (for long enough to be taken for rest, or not), bending down twice, lying down, and then the exercise."""
    corners: list[Corner] = [(0.0, -90.0), (standing_s, -90.0)]
    for _ in range(2):
        corners = after(corners, [(1.5, -150.0), (3.0, -90.0)])
    corners = after(corners, [(2.0, 0.0)])

    records = counted(packets(measured(after(corners, repetitions(6, lead=9.0)))), exercise="sit_up")

    assert len(reps_of(records)) == 6


def test_a_set_that_begins_in_the_middle_of_a_movement_is_counted() -> None:
    whole = measured(repetitions(8, rest=0.05, hold=0.05, lead=0.1))
    cut = whole.keep(lambda t: t > 1.0)

    assert len(reps_of(counted(packets(cut)))) in {7, 8}


def test_the_live_count_is_ahead_of_the_record() -> None:
    sets = counter()
    seen: list[tuple[int, int]] = []
    recorded = 0
    for event in packets(measured(repetitions(5, rest=1.0))):
        recorded += len(reps_of(sets.feed(event)))
        seen.append((sets.progress.repetitions, recorded))

    assert all(shown >= kept for shown, kept in seen)
    assert (1, 0) in seen
    assert seen[-1] == (5, 5)


def test_phases_follow_the_person() -> None:
    sets = counter()
    phases: list[str] = []
    for event in packets(measured(repetitions(3, rest=2.0)), sizes=[1] * 10_000):
        sets.feed(event)
        if not phases or phases[-1] != sets.progress.phase:
            phases.append(sets.progress.phase)

    assert phases[:3] == ["waiting", "armed", "moving"]
    assert phases[-3:] == ["resting", "moving", "resting"]


def test_progress_tells_the_angle_once_rest_is_known() -> None:
    sets = counter()
    events = packets(measured(repetitions(1, hold=5.0)))
    sets.feed(events[0])
    assert sets.progress.angle_deg is None

    for event in events[1:]:
        if event.at < START + 3.0 + 1.2 + 2.0:  # in the middle of the hold
            sets.feed(event)
    assert sets.progress.angle_deg == pytest.approx(60.0, abs=3.0)


def test_lost_samples_are_a_gap_on_the_record_and_on_the_repetition() -> None:
    gap = (START + 3.0 + 2 * 3.7 + 1.0, START + 3.0 + 2 * 3.7 + 1.8)  # in the third repetition
    samples = measured(repetitions(6)).keep(lambda t: not gap[0] <= START + t < gap[1])
    records = counted(packets(samples))

    (told,) = [record for record in records if isinstance(record, Gap)]
    assert (told.stream, told.cause, told.missing) == ("motion", "samples_lost", 20)
    assert [told.start, told.end] == pytest.approx(gap, abs=0.1)
    assert [rep.gap for rep in reps_of(records)] == [False, False, True, False, False, False]
    (one,) = sets_of(records)
    assert one.completeness is not None
    assert 0.9 < one.completeness < 1.0


def test_a_repetition_that_was_hardly_seen_is_not_valid() -> None:
    samples = measured(repetitions(6)).keep(lambda t: not 11.3 <= t < 12.6)
    reps = reps_of(counted(packets(samples)))

    assert [rep.valid for rep in reps].count(False) == 1


def test_no_measurement_is_a_lost_sample() -> None:
    events = packets(measured(repetitions(6)))
    nan, inf = math.nan, math.inf
    poisoned = [
        MotionSamples(
            event.at,
            event.rate_hz,
            event.device_ns,
            ((nan, 0.0, 9.81), (0.0, inf, 0.0), (0.0, 0.0, 0.0), (1e300, 0.0, 0.0), *event.acceleration[4:]),
            ((nan, nan, nan), (inf, -inf, 0.0), *event.angular_rate[2:]),
        )
        if k % 7 == 3
        else event
        for k, event in enumerate(events)
    ]
    records = counted(poisoned)

    assert len(reps_of(records)) == 6
    (one,) = sets_of(records)
    assert one.completeness is not None
    assert one.completeness < 1.0
    assert all(math.isfinite(rep.start + rep.turn + rep.end + sum(rep.tempo_s)) for rep in reps_of(records))


def test_a_link_that_comes_back_in_time_is_a_gap_within_the_set() -> None:
    sets = counter()
    samples = measured(repetitions(8))
    records = []
    lost = False
    for event in packets(samples.keep(lambda t: not 14.0 <= t < 18.0)):
        if event.at > START + 18.0 and not lost:
            lost = True
            records += sets.sensor_lost(START + 14.0)
            records += sets.tick(START + 17.0)
        records += sets.feed(event)
    records += sets.finish(START + samples.t[-1], SetEnd.ENDED)

    (gap,) = [record for record in records if isinstance(record, Gap)]
    assert gap.cause == "link_lost"
    assert gap.end - gap.start == pytest.approx(4.0, abs=0.3)
    assert {rep.set_id for rep in reps_of(records)} == {"set-1"}
    assert len(sets_of(records)) == 1


def test_a_sensor_that_stays_away_in_the_middle_of_a_repetition_ends_the_set() -> None:
    sets = counter()
    events = packets(measured(repetitions(8)).keep(lambda t: t < 3.0 + 4 * 3.7 + 1.0))
    records = [record for event in events for record in sets.feed(event)]
    lost_at = events[-1].at + 1.0
    assert sets.sensor_lost(lost_at) == []
    assert sets.tick(lost_at + 14.0) == []
    ended = sets.tick(lost_at + 15.5)

    (one,) = sets_of(ended)
    assert (one.repetitions, one.reason) == (4, SetEnd.SENSOR_LOST)
    assert one.end == pytest.approx(lost_at)
    assert len(reps_of([*records, *ended])) == 4
    assert sets.tick(lost_at + 60.0) == []
    assert sets.progress.phase == "waiting"


def test_a_stream_that_falls_silent_ends_the_set_too() -> None:
    sets = counter()
    events = packets(measured(repetitions(5, tail=0.5)))
    for event in events:
        sets.feed(event)
    assert sets.tick(events[-1].at + 10.0) == []

    (one,) = sets_of(sets.tick(events[-1].at + 21.0))
    assert (one.repetitions, one.reason) == (5, SetEnd.SENSOR_LOST)


def test_a_sensor_that_restarts_its_clock_does_not_end_the_set() -> None:
    events = packets(measured(repetitions(8)))
    half = len(events) // 2
    restarted = [
        MotionSamples(
            event.at,
            event.rate_hz,
            tuple(ns - events[half].device_ns[0] for ns in event.device_ns),
            event.acceleration,
            event.angular_rate,
        )
        for event in events[half:]
    ]
    records = counted([*events[:half], *restarted])

    assert [each.repetitions for each in sets_of(records)] == [8]
    assert reps_of(records)[-1].end == pytest.approx(events[-1].at - 3.0 - 0.8 - 0.25, abs=0.5)


def test_the_daemon_stopping_records_what_is_there() -> None:
    sets = counter()
    events = packets(measured(repetitions(4, tail=0.2)))
    records = [record for event in events for record in sets.feed(event)]
    records += sets.finish(events[-1].at + 0.1, SetEnd.SHUTDOWN)

    (one,) = sets_of(records)
    assert (one.repetitions, one.reason) == (4, SetEnd.SHUTDOWN)


def test_nothing_happened_leaves_nothing() -> None:
    sets = counter()
    for event in packets(measured([(0.0, 0.0), (60.0, 0.0)])):
        assert sets.feed(event) == []
    assert sets.progress.phase == "armed"
    assert sets.tick(START + 100.0) == []
    assert sets.finish(START + 100.0, SetEnd.ENDED) == []
    assert counter().finish(1.0, SetEnd.ENDED) == counter().sensor_lost(1.0) == counter().tick(1.0) == []


def test_movement_without_range_is_refused_with_words_once() -> None:
    wobble: list[Corner] = [(0.0, 0.0), (2.0, 0.0)]
    for _ in range(60):
        wobble = after(wobble, [(0.5, 6.0), (1.0, 0.0)])
    records = counted(packets(measured(wobble)), exercise="sit_up")

    (alarm,) = records
    assert isinstance(alarm, Alarm)
    assert alarm.code == "no_range"
    assert "breastbone" in alarm.text


def test_a_slow_exercise_is_no_reason_to_warn() -> None:
    assert [
        r for r in counted(packets(measured(repetitions(5, out=4.0, hold=6.0, back=4.0)))) if isinstance(r, Alarm)
    ] == []


def test_an_hour_of_repetitions_is_held_in_bounded_memory() -> None:
    sets = counter()
    corners = [(0.0, 0.0), (1.2, 60.0), (1.6, 60.0), (3.0, 0.0)]
    one = measured(corners, 20.0)
    lengths = []
    for k in range(1200):
        for event in packets(one, shift_s=3.0 * k, sizes=[60]):
            sets.feed(event)
        lengths.append(len(sets._trace))

    assert max(lengths) <= 16_384
    assert len(sets._accepted) + len(sets._agreement._open) < 8
    (ended,) = sets_of(sets.finish(START + 3600.0, SetEnd.ENDED))
    assert ended.repetitions == pytest.approx(1200, abs=2)
    assert ended.recount is None


def test_the_simulated_patient_is_counted_at_a_hundred_hertz() -> None:
    body = SyntheticBody(random.Random(5), sets=(10,), style=Style())  # noqa: S311 - a movement, not a secret
    force = [body.acceleration(k / 100.0) for k in range(int(body.repetitions[-1].end * 100) + 400)]
    events = [
        MotionSamples(
            START + (i + 36) / 100.0,
            100.0,
            tuple(round((i + j) * 1e7) for j in range(36)),
            tuple(force[i : i + 36]),
        )
        for i in range(0, len(force) - 36, 36)
    ]
    records = counted(events, exercise="sit_up")

    assert len(reps_of(records)) == 10
    (one,) = sets_of(records)
    assert one.recount == 10
    for rep, true in zip(reps_of(records), body.repetitions, strict=True):
        assert rep.end - START == pytest.approx(true.end, abs=0.4)
