"""Meters of time: in a band of heart rate, and by the clock."""

from __future__ import annotations

import pytest

from ptdevice.model import Contact, CueKind, HeartRate, MotionSamples, SetEnd
from ptdevice.motion.guide import SetGuide
from ptdevice.motion.machine import State
from ptdevice.motion.timing import BELIEVED_S, IDLE_S, SILENT_S, Clocked, InBand

BAND = (95, 125)


def beating(meter: InBand, *bpm: int | None, start: float = 0.0, every_s: float = 1.0) -> InBand:
    for index, rate in enumerate(bpm):
        meter.hear(HeartRate(start + index * every_s, rate))
    return meter


def walking(meter: InBand | Clocked) -> SetGuide:
    guide = SetGuide(meter, 0.0, planned=True)
    guide.begin(0.0)
    return guide


@pytest.mark.parametrize(
    ("bpm", "seconds"),
    [
        ((100, 100, 100), 2),
        ((95, 125), 1),  # both ends belong to the band
        ((94, 94, 94), 0),
        ((126, 126, 126), 0),
        ((94, 100, 100, 94), 1),  # only from one report in the band to the next
        ((100, None, 100), 0),
        ((100,), 0),
    ],
)
def test_only_time_between_two_reports_in_the_band_counts(bpm: tuple[int | None, ...], seconds: int) -> None:
    assert beating(InBand("walking_bouts", 600, BAND), *bpm).done == seconds


def test_without_a_band_all_time_with_a_heart_rate_counts() -> None:
    assert beating(InBand("walking_bouts", 600, None), 60, 180, 60).done == 2


def test_time_without_a_report_is_unknown_and_does_not_count() -> None:
    assert beating(InBand("walking_bouts", 600, BAND), 100, 100, every_s=BELIEVED_S).done == int(BELIEVED_S)
    assert beating(InBand("walking_bouts", 600, BAND), 100, 100, every_s=BELIEVED_S + 0.1).done == 0


def test_a_strap_off_the_skin_counts_nothing() -> None:
    meter = beating(InBand("walking_bouts", 600, BAND), 100)
    meter.hear(HeartRate(1.0, 100, Contact.OPEN))
    meter.hear(HeartRate(2.0, 100))
    assert meter.done == 0


def test_a_lost_link_and_a_pause_count_nothing() -> None:
    meter = beating(InBand("walking_bouts", 600, BAND), 100, 100)
    meter.sensor_lost(1.5)
    beating(meter, 100, 100, start=2.0)
    assert meter.done == 2
    meter.pause()
    beating(meter, 100, 100, 100, start=4.0)
    assert meter.done == 2
    meter.resume()
    beating(meter, 100, 100, start=7.0)
    assert meter.done == 3  # from the first report after the pause on


def test_minutes_in_the_band_complete_a_set() -> None:
    guide = walking(InBand("walking_bouts", 120, BAND))
    for second in range(122):
        guide.hear(HeartRate(float(second), 110))
    assert (guide.state, guide.done, guide.why) == (State.COMPLETED, 120, "target")
    assert [(cue.kind, cue.count) for cue in guide.cues] == [
        (CueKind.READY, None),
        (CueKind.GO, None),
        (CueKind.COUNT, 60),
        (CueKind.DONE, 120),
    ]  # fmt: skip


def test_who_rests_outside_the_band_has_time_to_come_back() -> None:
    guide = walking(InBand("walking_bouts", 600, BAND))
    guide.hear(HeartRate(0.0, 80))
    for second in range(1, int(IDLE_S)):
        guide.hear(HeartRate(float(second), 80))
        guide.tick(float(second))
    assert guide.progress.state == "active"
    guide.hear(HeartRate(IDLE_S, 80))
    guide.tick(IDLE_S)
    assert (guide.progress.state, guide.why, guide.done) == ("partial", "idle", 0)


def test_a_strap_that_falls_silent_is_a_lost_sensor() -> None:
    guide = walking(InBand("walking_bouts", 600, BAND))
    guide.hear(HeartRate(0.0, 100))
    guide.tick(SILENT_S - 1.0)
    assert guide.progress.state == "active"
    guide.tick(SILENT_S)
    assert (guide.progress.state, guide.why) == ("partial", "sensor_lost")


def test_the_phase_tells_whether_the_heart_is_in_the_band() -> None:
    meter = InBand("walking_bouts", 600, BAND)
    phases = [meter.progress.phase]
    for second, bpm in enumerate((80, 100)):
        phases.append(beating(meter, bpm, start=float(second)).progress.phase)
    assert phases == ["waiting", "resting", "moving"]


def test_the_clock_gives_time_to_get_ready_and_then_counts_seconds() -> None:
    guide = walking(Clocked("plank", 30, 0.0))
    for second in range(1, 40):
        guide.tick(float(second))
    assert [(cue.at, cue.kind, cue.count) for cue in guide.cues] == [
        (0.0, CueKind.READY, None),
        (5.0, CueKind.GO, None),
        (15.0, CueKind.COUNT, 10),
        (25.0, CueKind.COUNT, 20),
        (35.0, CueKind.DONE, None),
    ]
    assert guide.state is State.COMPLETED


def test_what_was_done_by_the_clock_alone_is_unknown() -> None:
    guide = walking(Clocked("plank", 30, 0.0))
    for second in range(1, 20):
        guide.tick(float(second))
    guide.end(20.0, SetEnd.ENDED)
    assert (guide.state, guide.done) == (State.PARTIAL, None)
    assert not guide.listens(MotionSamples(20.0, 25.0, (), ()))


def test_the_clock_stands_still_during_a_pause() -> None:
    meter = Clocked("plank", 30, 0.0)
    guide = walking(meter)
    for second in range(1, 16):
        guide.tick(float(second))
    guide.pause(15.0)
    for second in range(16, 30):
        guide.tick(float(second))
    guide.resume(29.0)
    guide.tick(30.0)
    assert meter.count == 11
