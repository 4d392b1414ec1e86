"""A sensor that cannot see the exercise is refused with a message."""

from __future__ import annotations

from tests.motion.movement import Corner, Samples, after, counter, measured, packets, repetitions

from ptdevice.model import Alarm, MotionSamples


def alarms(events: list[MotionSamples], exercise: str, *, asked: bool) -> list[tuple[float, str]]:
    sets = counter(exercise, asked=asked)
    records = [(event.at, record) for event in events for record in sets.feed(event)]
    return [(at, record.text) for at, record in records if isinstance(record, Alarm) and record.code == "no_range"]


def test_a_sensor_at_rest_in_a_set_that_was_asked_for_is_told_once_after_thirty_seconds() -> None:
    events = packets(measured([(0.0, 0.0), (60.0, 0.0)]))
    ((at, text),) = alarms(events, "leg_raise", asked=True)
    assert 30.0 <= at - events[0].at <= 33.0
    assert text == (
        "30 s without a repetition of 2 degrees or more: the sensor is at rest. Who exercises is not seen by it. "
        "For leg_raise the sensor belongs on the front of the thigh; elsewhere it cannot be counted."
    )


def test_a_sensor_that_is_worn_all_day_may_be_at_rest() -> None:
    assert alarms(packets(measured([(0.0, 0.0), (60.0, 0.0)])), "leg_raise", asked=False) == []


def test_movement_that_is_too_small_is_told_of_every_set() -> None:
    wobble: list[Corner] = [(0.0, 0.0), (2.0, 0.0)]
    for _ in range(40):
        wobble = after(wobble, [(0.5, 6.0), (1.0, 0.0)])
    for asked in (True, False):
        ((_, text),) = alarms(packets(measured(wobble)), "sit_up", asked=asked)
        assert text.startswith("15 s of movement without a repetition of 30 degrees or more. For sit_up")


def test_who_turns_about_the_vertical_is_told_that_it_cannot_be_seen() -> None:
    still = measured([(0.0, 0.0), (40.0, 0.0)])
    turning = Samples(still.t, still.force, [(0.0, 0.0, 60.0 if int(t) % 2 else -60.0) for t in still.t], still.rate_hz)
    ((_, text),) = alarms(packets(turning), "any", asked=True)
    assert "turns about the vertical, which gravity does not show" in text


def test_who_begins_in_time_hears_nothing() -> None:
    assert alarms(packets(measured(repetitions(5, lead=25.0))), "leg_raise", asked=True) == []


def test_rest_between_repetitions_is_no_blindness() -> None:
    assert alarms(packets(measured(repetitions(5, rest=18.0))), "leg_raise", asked=True) == []


def test_who_rests_after_the_set_is_not_taken_for_one_who_does_not_begin() -> None:
    movement = repetitions(5)
    rested = after(movement, [(90.0, 0.0)])
    assert alarms(packets(measured(rested)), "leg_raise", asked=True) == []
