"""Walking with a known number of steps."""

from __future__ import annotations

import itertools
import random
from math import exp, pi, sin
from typing import TYPE_CHECKING

import pytest
from tests.motion.movement import START, repetitions, sets_of
from tests.motion.movement import measured as moved
from tests.motion.movement import packets as sent

from ptdevice.model import Bout, MotionSamples, SetEnd
from ptdevice.motion.counting import counter_of
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.walking import StepRhythm, step_s

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptdevice.model import Record
    from ptdevice.motion.counting import Counter

Span = tuple[float, float, float]  # from, to, steps per minute


def felt(t: float, spans: Iterable[Span], *, limp: float, noise: float, rng: random.Random) -> float:
    """The vertical force at the trunk: a dip and a rise with every step, and the jolt of the heel. `limp`: one is weaker."""
    size = 9.81 + rng.gauss(0.0, noise)
    for start, end, spm in spans:
        if start <= t < end:
            steps = (t - start) * spm / 60.0
            weight = 1.0 - limp * (int(steps) % 2)
            size += weight * (1.8 * sin(2 * pi * steps) + 3.0 * exp(-((steps % 1.0 - 0.5) ** 2) / 0.004))
    return size


def walking(
    spans: list[Span],
    seconds: float,
    *,
    rate_hz: float = 50.0,
    limp: float = 0.0,
    noise: float = 0.15,
    since: float = 0.0,
) -> Iterator[MotionSamples]:
    rng = random.Random(7)  # noqa: S311 - a movement, not a secret
    for i in range(round(since * rate_hz), round(seconds * rate_hz), 10):
        times = [k / rate_hz for k in range(i, i + 10)]
        forces = tuple(
            (0.0, 0.6 * size, 0.8 * size) for t in times for size in (felt(t, spans, limp=limp, noise=noise, rng=rng),)
        )
        yield MotionSamples(START + times[-1], rate_hz, tuple(round(t * 1e9) for t in times), forces)


def counter(target: int | None = None) -> Counter:
    ids = itertools.count(1)
    return counter_of(EXERCISES["walking_bouts"], lambda: f"set-{next(ids)}", target)


def told(events: Iterable[MotionSamples], counting: Counter | None = None) -> list[Record]:
    counting = counting or counter()
    records: list[Record] = []
    last = START
    for event in events:
        records += counting.feed(event)
        last = event.at
    return records + counting.finish(last, SetEnd.ENDED)


def bouts_of(records: Iterable[Record]) -> list[Bout]:
    return [record for record in records if isinstance(record, Bout)]


@pytest.mark.parametrize("spm", [75.0, 100.0, 125.0])
@pytest.mark.parametrize("rate_hz", [12.5, 25.0, 100.0])
def test_start_end_steps_and_cadence_are_those_of_the_walker(spm: float, rate_hz: float) -> None:
    (bout,) = bouts_of(told(walking([(20.0, 80.0, spm)], 100.0, rate_hz=rate_hz)))
    assert bout.start - START == pytest.approx(20.0, abs=1.0)
    assert bout.end - START == pytest.approx(80.0, abs=1.0)
    assert bout.cadence_spm == pytest.approx(spm, rel=0.05)
    assert bout.steps == pytest.approx(spm, abs=4.5)


def test_the_first_steps_count_too() -> None:
    """Twelve bouts of twelve seconds: what is lost or made up at the start shows."""
    spans = [(20.0 * k, 20.0 * k + 12.5, 96.0) for k in range(1, 13)]
    bouts = bouts_of(told(walking(spans, 270.0)))
    assert len(bouts) == 12
    assert sum(bout.steps for bout in bouts) == pytest.approx(12 * 20, abs=8)


def test_a_limp_does_not_halve_the_steps() -> None:
    (bout,) = bouts_of(told(walking([(10.0, 70.0, 96.0)], 80.0, limp=0.3)))
    assert bout.cadence_spm == pytest.approx(96, abs=4)


def test_a_pause_at_the_kerb_belongs_to_the_bout_and_a_longer_one_ends_it() -> None:
    one = bouts_of(told(walking([(10.0, 40.0, 100.0), (41.5, 70.0, 100.0)], 80.0)))
    two = bouts_of(told(walking([(10.0, 40.0, 100.0), (48.0, 78.0, 100.0)], 90.0)))
    assert (len(one), len(two)) == (1, 2)
    assert [(bout.index, bout.set_id) for bout in two] == [(1, "set-1"), (2, "set-1")]


def test_moving_about_is_no_bout() -> None:
    spans = [(t, t + 6.0, 100.0) for t in (10.0, 30.0, 50.0)]
    assert told(walking(spans, 70.0)) == []


def test_rest_and_exercise_are_no_walking() -> None:
    assert told(walking([], 120.0)) == []
    assert told(sent(moved(repetitions(20, out=0.8, hold=0.1, back=0.8, rest=0.3)))) == []


def test_bouts_are_summed_up() -> None:
    (one,) = sets_of(told(walking([(10.0, 40.0, 100.0), (60.0, 80.0, 100.0)], 90.0)))
    assert (one.repetitions, one.reason, one.completeness) == (2, SetEnd.ENDED, 1.0)
    assert one.held_s == pytest.approx(50.0, abs=3.0)
    assert (one.recount, one.range_deg, one.correct) == (None, None, None)


def test_the_target_ends_the_set() -> None:
    records = told(walking([(10.0, 40.0, 100.0), (60.0, 80.0, 100.0)], 90.0), counter(target=1))
    assert [(one.repetitions, one.reason) for one in sets_of(records)] == [(1, SetEnd.TARGET), (1, SetEnd.TARGET)]


def test_ten_minutes_without_a_step_end_it() -> None:
    counting = counter()
    records = [r for event in walking([(5.0, 25.0, 100.0)], 640.0, rate_hz=12.5) for r in counting.feed(event)]
    assert [one.reason for one in sets_of(records)] == [SetEnd.IDLE]


def test_the_live_view_tells_how_long() -> None:
    counting = counter()
    assert counting.progress.phase == "waiting"
    for event in walking([(10.0, 40.0, 100.0)], 30.0):
        counting.feed(event)
    assert counting.progress.phase == "moving"
    assert counting.progress.held_s == pytest.approx(20.0, abs=1.5)
    for event in walking([], 50.0, since=30.0):
        counting.feed(event)
    assert (counting.progress.phase, counting.progress.repetitions) == ("resting", 1)


def test_a_sensor_that_stays_away_ends_bout_and_set() -> None:
    counting = counter()
    for event in walking([(10.0, 60.0, 100.0)], 40.0):
        counting.feed(event)
    counting.sensor_lost(START + 40.0)
    assert counting.tick(START + 54.0) == []
    bout, one = counting.tick(START + 55.5)
    assert isinstance(bout, Bout)
    assert sets_of([one])[0].reason is SetEnd.SENSOR_LOST
    assert counting.tick(START + 80.0) == []


def test_a_pause_ends_the_bout_and_measures_nothing() -> None:
    counting = counter()
    for event in walking([(10.0, 90.0, 100.0)], 40.0):
        counting.feed(event)
    assert len(bouts_of(counting.pause())) == 1
    for event in walking([(10.0, 90.0, 100.0)], 60.0, since=40.0):
        assert counting.feed(event) == []
    counting.resume()
    records = [r for e in walking([(10.0, 90.0, 100.0)], 99.0, since=60.0) for r in counting.feed(e)]
    assert [bout.index for bout in bouts_of(records)] == [2]


def test_what_is_missing_is_not_walked_through() -> None:
    events = [e for e in walking([(10.0, 70.0, 100.0)], 80.0) if not 35.0 <= e.at - START < 41.0]
    first, second = bouts_of(told(events))
    assert first.end - START == pytest.approx(35.0, abs=2.0)
    assert second.start - START == pytest.approx(41.0, abs=2.0)


def test_nonsense_is_no_step() -> None:
    rhythm = StepRhythm()
    nan = float("nan")
    assert list(rhythm.feed([0.0, 0.1, 0.2], [(nan, 0.0, 0.0), (0.0, 0.0, 0.0), (1e9, 0.0, 0.0)])) == []
    assert step_s([9.81] * 60) is None
