"""Sets of holds, by simulated bodies of which sway, breaks and times are known."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.motion.movement import START, sets_of
from tests.motion.worn import worn

from ptdevice.model import Alarm, ExerciseSet, Gap, Hold, Rejection, SetEnd
from ptdevice.motion.counting import counter_of
from ptdevice.motion.exercises import EXERCISES, Exercise
from ptdevice_sim.segment import SegmentBody, Step, holding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice.model import MotionSamples, Record
    from ptdevice.motion.counting import Counter

BRIDGE = EXERCISES["side_bridge"]


def rng(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311 - a movement, not a secret


def counter(exercise: Exercise = BRIDGE, target: int | None = None, *, asked: bool = False) -> Counter:
    ids = itertools.count(1)
    return counter_of(exercise, lambda: f"set-{next(ids)}", target, asked=asked)


def fed(counter: Counter, events: Iterable[MotionSamples]) -> list[Record]:
    return [record for event in events for record in counter.feed(event)]


def held(body: SegmentBody, exercise: Exercise = BRIDGE, *, rest: float = 4.0, gyro: bool = True) -> list[Record]:
    """All records of a session that somebody ends some seconds after the plan."""
    counting = counter(exercise)
    end = body.end + rest
    return fed(counting, worn(body, end, gyro=gyro)) + counting.finish(START + end, SetEnd.ENDED)


def holds_of(records: Iterable[Record]) -> list[Hold]:
    return [record for record in records if isinstance(record, Hold)]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("gyro", [True, False])
def test_times_breaks_and_their_number_are_those_of_the_body(seed: int, *, gyro: bool) -> None:
    body, truth = holding(rng(seed), [[20.0], [12.0, 8.0], [10.0, 5.0, 6.0]])
    records = held(body, gyro=gyro)
    assert len(holds_of(records)) == len(truth) == 3
    for hold, true in zip(holds_of(records), truth, strict=True):
        assert hold.start - START == pytest.approx(true.start, abs=0.8)
        assert hold.end - START == pytest.approx(true.end, abs=0.8)
        assert hold.held_s == pytest.approx(true.held_s, abs=1.6)
        assert hold.breaks == len(true.breaks)
        assert hold.break_s == pytest.approx(sum(end - start for start, end in true.breaks), abs=1.2)


@pytest.mark.parametrize("sway_deg", [0.5, 1.0, 2.0, 3.0])
def test_sway_is_that_of_the_body(sway_deg: float) -> None:
    body, _ = holding(rng(), [[25.0], [25.0]], sway_deg=sway_deg)
    for hold in holds_of(held(body)):
        assert hold.sway_deg == pytest.approx(sway_deg, abs=0.15 + 0.05 * sway_deg)


def test_a_set_of_holds_is_summed_up() -> None:
    body, truth = holding(rng(), [[20.0], [12.0, 8.0], [3.2]])
    records = held(body, replace(BRIDGE, least_hold_s=6.0))
    holds = holds_of(records)
    assert [(hold.index, hold.set_id, hold.exercise) for hold in holds] == [
        (k, "set-1", "side_bridge") for k in (1, 2, 3)
    ]
    assert [hold.rejected for hold in holds] == [None, None, Rejection.HOLD_SHORT]
    (one,) = sets_of(records)
    assert records[-1] is one
    assert (one.repetitions, one.correct, one.incorrect, one.reason) == (3, 2, 1, SetEnd.ENDED)
    assert one.held_s == pytest.approx(sum(true.held_s for true in truth), abs=3.0)
    assert one.range_deg == pytest.approx(25, abs=2)
    assert (one.recount, one.spread, one.tempo_cv, one.completeness) == (None, None, None, 1.0)


def test_beyond_the_limit_is_incorrect() -> None:
    body, _ = holding(rng(), [[12.0]], angle_deg=40.0)
    (hold,) = holds_of(held(body, replace(BRIDGE, limit_deg=35.0)))
    assert hold.rejected is Rejection.OVER_LIMIT


def test_a_plank_is_held_wherever_it_is() -> None:
    body = SegmentBody(rng(), [Step(5.0, 1.0, 60.0, sways=True), Step(60.0, 1.5, 10.0)], sway_deg=1.5)
    hold, *others = holds_of(held(body, EXERCISES["plank"]))
    assert hold.held_s == pytest.approx(60.0, abs=4.0)
    assert hold.sway_deg == pytest.approx(1.5, abs=0.4)
    assert others == []  # another posture is none of the set's


def test_getting_into_position_is_no_hold() -> None:
    """Standing, then kneeling and lying on the side for four seconds each, then lifted, and down again."""
    plan = [Step(80.0, 1.0, 4.0), Step(40.0, 2.0, 4.0), Step(65.0, 1.5, 15.0), Step(40.0, 1.5, 8.0)]
    body = SegmentBody(rng(), plan)
    records = held(body, replace(BRIDGE, least_hold_s=10.0))
    (hold,) = holds_of(records)
    assert hold.held_s == pytest.approx(15.0, abs=1.0)
    assert sets_of(records)[0].range_deg == pytest.approx(25, abs=1)


def test_the_target_ends_the_set_when_the_person_rests() -> None:
    body, truth = holding(rng(), [[8.0], [8.0]], rest_s=8.0)
    counting = counter(target=2)
    ended = [
        (event.at, record)
        for event in worn(body, body.end)
        for record in counting.feed(event)
        if isinstance(record, ExerciseSet)
    ]
    ((at, record),) = ended
    assert (record.repetitions, record.reason, record.target) == (2, SetEnd.TARGET, 2)
    assert at - START - truth[1].end < 5.0
    assert counting.progress.repetitions == 0


def test_twenty_seconds_without_a_hold_end_it() -> None:
    body, truth = holding(rng(), [[8.0]])
    counting = counter()
    ended = [
        (event.at, record)
        for event in worn(body, body.end + 30.0)
        for record in counting.feed(event)
        if isinstance(record, ExerciseSet)
    ]
    ((at, record),) = ended
    assert record.reason is SetEnd.IDLE
    assert at - START - truth[0].end == pytest.approx(20.0, abs=2.5)


def test_the_live_view_follows_the_person() -> None:
    body, _ = holding(rng(), [[8.0]], sway_deg=0.3)
    counting = counter()
    phases: list[str] = []
    most = 0.0
    for event in worn(body, body.end):
        counting.feed(event)
        progress = counting.progress
        most = max(most, progress.held_s or 0.0)
        if not phases or phases[-1] != progress.phase:
            phases.append(progress.phase)
    assert [phase for phase in phases if phase != "moving"] == ["waiting", "armed", "holding", "resting"]
    assert most == pytest.approx(8.5, abs=0.8)
    assert counting.progress.repetitions == 1
    assert counting.progress.angle_deg == pytest.approx(0.0, abs=1.0)


def lost(body: SegmentBody, counting: Counter, gone: Callable[[float], bool]) -> list[Record]:
    return fed(counting, (event for event in worn(body, body.end) if not gone(event.at - START)))


def test_a_gap_within_a_hold_is_told_and_not_held() -> None:
    body, truth = holding(rng(), [[20.0]])
    counting = counter()
    records = lost(body, counting, lambda t: 10.0 <= t < 13.0)
    records += counting.finish(START + body.end, SetEnd.ENDED)
    (hold,) = holds_of(records)
    assert (hold.gap, hold.breaks) == (True, 0)
    assert hold.held_s == pytest.approx(truth[0].held_s - 3.0, abs=1.2)
    (gap,) = [record for record in records if isinstance(record, Gap)]
    assert gap.end - gap.start == pytest.approx(3.0, abs=0.3)
    assert sets_of(records)[0].gaps == 1


def test_a_sensor_that_stays_away_ends_hold_and_set() -> None:
    body, _ = holding(rng(), [[20.0]])
    counting = counter()
    fed(counting, worn(body, 15.0))
    assert counting.sensor_lost(START + 15.0) == []
    assert counting.tick(START + 29.0) == []
    hold, *_, one = counting.tick(START + 30.5)
    assert isinstance(hold, Hold)
    assert isinstance(one, ExerciseSet)
    assert one.reason is SetEnd.SENSOR_LOST
    assert hold.held_s == pytest.approx(10.5, abs=0.8)
    assert counting.tick(START + 60.0) == []


def test_a_stream_that_falls_silent_ends_it_too() -> None:
    body, _ = holding(rng(), [[20.0]])
    counting = counter()
    fed(counting, worn(body, 15.0))
    assert counting.tick(START + 30.0) == []
    assert [one.reason for one in sets_of(counting.tick(START + 36.0))] == [SetEnd.SENSOR_LOST]


def test_a_pause_ends_the_hold_and_measures_nothing() -> None:
    body, _ = holding(rng(), [[20.0], [10.0]])
    counting = counter()
    fed(counting, worn(body, 12.0))
    (hold,) = holds_of(counting.pause())
    assert hold.held_s == pytest.approx(7.5, abs=0.8)
    assert fed(counting, worn(body, 26.0, since=12.0)) == []
    counting.resume()
    later = fed(counting, worn(body, body.end, since=26.0))
    assert [hold.index for hold in holds_of(later)] == [2]


def test_nothing_held_leaves_nothing() -> None:
    body, _ = holding(rng(), [[1.5]])
    assert held(body) == []
    assert counter().tick(1.0) == counter().finish(1.0, SetEnd.ENDED) == []


def test_who_was_to_hold_and_does_not_is_told() -> None:
    body, _ = holding(rng(), [])
    alarms = [record for record in fed(counter(asked=True), worn(body, 45.0)) if isinstance(record, Alarm)]
    (alarm,) = alarms
    assert (alarm.code, alarm.text[:50]) == ("no_range", "30 s without a hold at 8 degrees or more: the sens")


def test_the_next_set_has_an_id_of_its_own() -> None:
    body, _ = holding(rng(), [[8.0], [8.0]], rest_s=25.0)
    assert [one.id for one in sets_of(held(body))] == ["set-1", "set-2"]
