"""Minutes walked, at any cadence or within a band."""

from __future__ import annotations

import pytest
from tests.motion.movement import START, sets_of
from tests.motion.test_bouts import Span, walking

from ptdevice.model import CueKind, ExerciseSet, Record, SetEnd
from ptdevice.motion.bouts import BoutCounter
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.guide import SetGuide
from ptdevice.motion.walked import WalkedSeconds


def guided(target_s: int, band: tuple[int, int] | None = None) -> SetGuide:
    meter = WalkedSeconds(BoutCounter(EXERCISES["walking_bouts"], lambda: "set-1", None), target_s, band)
    guide = SetGuide(meter, START, planned=True)
    guide.begin(START)
    return guide


def walked(guide: SetGuide, spans: list[Span], seconds: float) -> list[Record]:
    return [record for event in walking(spans, seconds) for record in guide.hear(event)]


def test_minutes_walked_complete_a_set_that_is_recorded_with_its_bout() -> None:
    guide = guided(120)
    records = walked(guide, [(5.0, 200.0, 105.0)], 200.0)
    assert (guide.progress.state, guide.done, guide.why) == ("completed", 120, "target")
    (one,) = sets_of(records)
    assert (one.reason, guide.set_id) == (SetEnd.TARGET, one.id)
    assert [cue.count for cue in guide.cues if cue.kind is CueKind.COUNT] == [60]


def test_standing_does_not_count() -> None:
    guide = guided(120)
    walked(guide, [(5.0, 35.0, 105.0), (95.0, 125.0, 105.0)], 140.0)
    assert guide.done == pytest.approx(60, abs=6)
    assert guide.progress.state == "active"


@pytest.mark.parametrize(("spm", "counts"), [(80.0, False), (95.0, True), (105.0, True), (115.0, True), (135.0, False)])
def test_only_a_cadence_in_the_band_counts(spm: float, *, counts: bool) -> None:
    guide = guided(600, (90, 120))
    walked(guide, [(5.0, 65.0, spm)], 70.0)
    assert guide.done == (pytest.approx(58, abs=6) if counts else 0)


def test_a_pause_and_a_lost_link_count_nothing() -> None:
    guide = guided(600)
    events = list(walking([(0.0, 100.0, 105.0)], 100.0))
    for event in events:
        if event.at > START + 30.0 and guide.progress.state == "active" and (guide.done or 0) < 30:
            guide.pause(event.at)
        guide.hear(event)
    assert guide.done == pytest.approx(28, abs=4)
    guide.sensor_lost(START + 100.0)
    assert guide.done == pytest.approx(28, abs=4)


def test_what_is_ended_sooner_is_a_part_and_has_its_record() -> None:
    guide = guided(600)
    walked(guide, [(5.0, 65.0, 105.0)], 66.0)
    (one,) = [each for each in guide.end(START + 66.0, SetEnd.ENDED) if isinstance(each, ExerciseSet)]
    assert one.reason is SetEnd.ENDED
    assert guide.progress.state == "partial"
    assert guide.done == pytest.approx(58, abs=6)
