"""Whatever is asked for and whatever happens, in whatever order: every planned set has one outcome, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from tests.programme.test_course import Day

from ptdevice.model import SetEnd, SetOutcome, Stopping

if TYPE_CHECKING:
    from collections.abc import Callable


def meter_says(day: Day, at: float, *, count: int = 0, armed: bool = False, over: SetEnd | None = None) -> None:
    meter = day.meters[-1]
    meter.count += count
    meter.armed, meter.over = meter.armed or armed, over or meter.over
    day.hear(at)


def stop(stopping: Stopping | None) -> Callable[[Day, float], object]:
    return lambda day, at: day.records.extend(day.course.end(at, SetEnd.ENDED, stopping))


WISHES: dict[str, Callable[[Day, float], object]] = {
    "hear": lambda day, at: day.hear(at),
    "arm": lambda day, at: meter_says(day, at, armed=True),
    "count": lambda day, at: meter_says(day, at, count=1),
    "enough": lambda day, at: meter_says(day, at, over=SetEnd.TARGET),
    "wait": lambda day, at: day.tick(at),
    "long wait": lambda day, at: day.tick(at),
    "pause": lambda day, at: day.records.extend(day.course.pause(at)[1]),
    "resume": lambda day, at: day.course.resume(at),
    "end": stop(None),
    "pain": stop(Stopping.PAIN),
    "fatigue": stop(Stopping.FATIGUE),
    "skip": lambda day, at: day.records.extend(day.course.skip(at)[1]),
    "next": lambda day, at: day.course.begin_next(at),
    "lost": lambda day, at: day.records.extend(day.course.sensor_lost(at)),
}


@given(st.lists(st.sampled_from(sorted(WISHES)), max_size=60), st.booleans())
def test_every_planned_set_has_one_outcome_in_order_and_time_alone_ends_the_day(wishes: list[str], heard: bool) -> None:  # noqa: FBT001 - Hypothesis gives it by place
    day = Day(heard=heard)
    at = 0.0
    for what in wishes:
        at += 700.0 if what == "long wait" else 1.0
        WISHES[what](day, at)
    for _ in range(12):  # nobody does anything any more
        at += 700.0
        day.tick(at)
    found = [each for each in day.records if isinstance(each, SetOutcome)]
    assert [each.slot for each in found] == [1, 2, 3]
    assert day.course.over
    assert all(each.start <= each.end for each in found)
    assert {each.state for each in found} <= {"completed", "partial", "skipped", "aborted"}


@given(st.lists(st.sampled_from(sorted(WISHES)), max_size=40))
def test_the_end_of_the_program_tells_of_one_open_set_at_most(wishes: list[str]) -> None:
    day = Day()
    for at, what in enumerate(wishes, 1):
        WISHES[what](day, float(at))
    before = len(day.records)
    day.records += day.course.end(100.0, SetEnd.SHUTDOWN)
    told = [each for each in day.records[before:] if isinstance(each, SetOutcome)]
    assert len(told) <= 1
    assert all(each.why == "shutdown" for each in told)
    assert day.course.over
