"""Sets that nobody asked for: suggested, each once, when it is over."""

from __future__ import annotations

import pytest
from tests.motion.movement import START, after, measured, packets, repetitions

from ptdevice.model import MotionSamples, SuggestedSet
from ptdevice.motion.free import SLOWEST_S
from ptdevice.motion.stream import PostureStream
from ptdevice.motion.suggesting import KEPT, SetSuggester


def suggested(events: list[MotionSamples]) -> tuple[SetSuggester, list[SuggestedSet]]:
    suggester = SetSuggester(PostureStream())
    told = [each for event in events for each in [*suggester.feed(event), *suggester.tick(event.at)]]
    assert all(isinstance(each, SuggestedSet) for each in told)
    return suggester, told  # type: ignore[return-value] # as just asserted


def test_what_repeats_itself_is_suggested_when_nothing_more_comes() -> None:
    (one,) = suggested(packets(measured(repetitions(6, degrees=40.0, tail=SLOWEST_S + 5.0))))[1]
    assert (one.repetitions, one.range_deg) == (6, 40)
    period_s = 2.0 * (one.end - one.start) / 12
    assert one.period_s == pytest.approx(period_s, abs=0.6)
    assert START <= one.start < one.end


def test_an_open_suggestion_is_told_when_nobody_watches_any_longer_and_only_once() -> None:
    suggester, told = suggested(packets(measured(repetitions(6, tail=2.0))))
    assert told == []
    (one,) = suggester.close()
    assert isinstance(one, SuggestedSet)
    assert one.repetitions == 6
    assert suggester.close() == []


def test_three_of_a_kind_are_daily_life() -> None:
    suggester, told = suggested(packets(measured(repetitions(3, tail=SLOWEST_S + 5.0))))
    assert (told, suggester.close()) == ([], [])


def test_another_movement_is_another_suggestion() -> None:
    corners = after(repetitions(5, degrees=30.0, tail=1.0), repetitions(5, degrees=80.0, tail=SLOWEST_S + 5.0))
    assert [(each.repetitions, each.range_deg) for each in suggested(packets(measured(corners)))[1]] == [
        (5, 30),
        (5, 79),  # by the filter, at the turn
    ]


def test_somebody_who_never_stops_does_not_fill_the_memory() -> None:
    suggester, _ = suggested(packets(measured(repetitions(KEPT + 30, out=0.6, hold=0.1, back=0.6, rest=0.4))))
    assert (len(suggester._ranges), len(suggester._periods)) == (KEPT, KEPT)
    (one,) = suggester.close()
    assert isinstance(one, SuggestedSet)
    assert one.repetitions == KEPT + 30
