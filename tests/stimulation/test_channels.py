"""Several channels of one unit: each has sessions of its own, and what the unit says as a whole is meant for all."""

from __future__ import annotations

import itertools

import pytest

from ptdevice.model import (
    Battery,
    DeviceFault,
    FaultKind,
    Gap,
    LevelChanged,
    Output,
    Record,
    StimulationSegment,
    StimulationSession,
    StimulationStatus,
    StopReason,
)
from ptdevice.stimulation.channels import Channels


def channels(*names: str) -> Channels:
    numbers = itertools.count(1)
    return Channels(names, lambda: f"session-{next(numbers)}")


def status(at: float, channel: str | None, level: int) -> StimulationStatus:
    return StimulationStatus(at, Output.ON if level else Output.OFF, level, 276, channel=channel)


def run(unit: Channels, seconds: range, **levels: int) -> list[Record]:
    return [
        record
        for second in seconds
        for name, level in levels.items()
        for record in unit.observe(status(float(second), name, level))
    ]


def sessions(records: list[Record]) -> list[tuple[str | None, float, StopReason]]:
    return [(each.channel, each.delivered_s, each.reason) for each in records if isinstance(each, StimulationSession)]


def test_each_channel_has_sessions_and_segments_of_its_own() -> None:
    unit = channels("a", "b")
    records = (
        run(unit, range(11), a=40, b=0) + run(unit, range(11, 21), a=40, b=60) + run(unit, range(21, 22), a=0, b=0)
    )
    assert sessions(records) == [("a", 20.0, StopReason.UNKNOWN), ("b", 9.0, StopReason.UNKNOWN)]
    cut = [(each.channel, each.level) for each in records if isinstance(each, StimulationSegment)]
    assert cut == [("a", 40), ("b", 60)]


def test_a_unit_that_names_no_channels_has_one_without_a_name() -> None:
    unit = channels()
    unit.observe(status(0.0, None, 3))
    assert [(name, observer.output) for name, observer in unit] == [(None, Output.ON)]


@pytest.mark.parametrize(
    ("a", "b", "together"),
    [
        (Output.ON, Output.OFF, Output.ON),
        (Output.OFF, Output.OFF, Output.OFF),
        (Output.OFF, Output.UNKNOWN, Output.UNKNOWN),
        (Output.ON, Output.UNKNOWN, Output.ON),
    ],
)
def test_the_unit_is_on_where_one_channel_is_and_off_only_where_all_are(a: Output, b: Output, together: Output) -> None:
    unit = channels("a", "b")
    unit.observe(StimulationStatus(0.0, a, 1, 276, channel="a"))
    unit.observe(StimulationStatus(0.0, b, 1, 276, channel="b"))
    assert unit.output is together


def test_before_every_channel_has_spoken_the_output_is_unknown() -> None:
    unit = channels("a", "b")
    unit.observe(status(0.0, "a", 0))
    assert unit.output is Output.UNKNOWN


def test_a_fault_that_stops_the_unit_ends_the_sessions_of_all_channels() -> None:
    unit = channels("a", "b")
    run(unit, range(6), a=1, b=2)
    records = unit.observe(DeviceFault(5.5, FaultKind.LOW_BATTERY, stopped=True))
    assert sessions(records) == [("a", 5.0, StopReason.LOW_BATTERY), ("b", 5.0, StopReason.LOW_BATTERY)]


def test_a_lost_link_is_a_gap_in_each_open_session_under_a_name_of_its_own() -> None:
    unit = channels("a", "b")
    run(unit, range(6), a=1, b=2)
    assert unit.link_lost(5.5) == []
    assert unit.output is Output.UNKNOWN
    unit.link_restored(8.0)
    records = run(unit, range(8, 9), a=0, b=0)
    gaps = [(each.stream, each.start, each.end) for each in records if isinstance(each, Gap)]
    assert gaps == [("stimulation_a", 5.5, 8.0), ("stimulation_b", 5.5, 8.0)]


def test_a_level_is_that_of_its_channel() -> None:
    unit = channels("a", "b")
    run(unit, range(3), a=1, b=2)
    unit.observe(LevelChanged(2.5, 7, by_hand=True, channel="b"))
    levels = {name: observer.snapshot.level for name, observer in unit if observer.snapshot}
    assert levels == {"a": 1, "b": 7}


def test_the_time_of_the_unit_is_that_of_its_longest_open_session() -> None:
    unit = channels("a", "b")
    assert unit.delivered_s is None
    run(unit, range(6), a=1)
    run(unit, range(6, 9), a=1, b=1)
    assert unit.delivered_s == 8.0


def test_when_observing_stops_every_open_session_is_recorded() -> None:
    unit = channels("a", "b")
    run(unit, range(6), a=1, b=2)
    assert sessions(unit.close(6.0, StopReason.DAEMON_STOP)) == [
        ("a", 5.0, StopReason.DAEMON_STOP),
        ("b", 5.0, StopReason.DAEMON_STOP),
    ]


def test_a_lost_unit_is_given_up_on_for_all_channels_after_the_window() -> None:
    unit = channels("a", "b")
    run(unit, range(6), a=1, b=2)
    unit.link_lost(6.0)
    assert unit.tick(605.0) == []
    assert [channel for channel, _, _ in sessions(unit.tick(607.0))] == ["a", "b"]


def test_what_says_nothing_about_stimulation_changes_nothing() -> None:
    unit = channels("a", "b")
    assert unit.observe(Battery(0.0, 50)) == []
