"""The exercise of one unit: counted, guided, prescribed, and stopped by pain."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import count

import pytest
from tests.motion.movement import START, Corner, measured, packets, repetitions
from tests.motion.test_bouts import walking

from ptdevice.model import (
    Alarm,
    Battery,
    CueKind,
    ExerciseSet,
    HeartRate,
    Moment,
    PainRating,
    Record,
    SetOutcome,
    Stopping,
    SuggestedSet,
)
from ptdevice.motion.exercises import EXERCISES
from ptdevice.programme.prescription import Dose, PainRule, Prescribed, Programme
from ptdevice.programme.sitting import BEFORE_S, Sitting

DAY = date(2026, 12, 1)
SQUATS = Prescribed(EXERCISES["squat"], Dose(repetitions=5), sets=1, rest_s=0)
WALK = Prescribed(EXERCISES["walking_bouts"], Dose(minutes=1, heart_rate_bpm=(95, 125)))
BRISK = Prescribed(EXERCISES["walking_bouts"], Dose(minutes=1, cadence_spm=(90, 120)))
STROLL = Prescribed(EXERCISES["sit_up"], Dose(minutes=1))
BRIDGE = Prescribed(EXERCISES["side_bridge"], Dose(hold_s=30))
PLANK = Prescribed(EXERCISES["plank"], Dose(hold_s=30))


def sitting(exercise: str | None = None) -> Sitting:
    numbers = count(1)
    here = Sitting(lambda: f"set-{next(numbers)}", EXERCISES[exercise] if exercise else None, None)
    here.hear(Battery(0.0, 80))  # the unit is there
    return here


def watching() -> Sitting:
    numbers = count(1)
    here = Sitting(lambda: f"set-{next(numbers)}", None, None, suggest=True)
    here.hear(Battery(0.0, 80))
    return here


def begin(here: Sitting, *prescribed: Prescribed, now: float = START, pain: PainRule | None = None) -> list[Record]:
    programme = Programme("core", 1, "k3f7q", DAY, DAY, prescribed, pain=pain or PainRule())
    return here.begin_programme(programme, DAY, programme.plan(DAY), now)


def move(here: Sitting, n: int, *, shift_s: float = 0.0, tail: float = 4.0) -> list[Record]:
    return [
        record
        for event in packets(measured(repetitions(n, tail=tail)), shift_s=shift_s)
        for record in [*here.hear(event), *here.tick(event.at)]
    ]


def outcomes(records: list[Record]) -> list[tuple[str, str, str]]:
    return [(each.exercise, each.state, each.why) for each in records if isinstance(each, SetOutcome)]


def test_a_prescribed_set_is_counted_and_linked_to_what_was_measured() -> None:
    here = sitting()
    begin(here, SQUATS)
    records = move(here, 5)
    (measured_set,) = [each for each in records if isinstance(each, ExerciseSet)]
    (outcome,) = [each for each in records if isinstance(each, SetOutcome)]
    assert (outcome.state, outcome.done_repetitions, outcome.set_id) == ("completed", 5, measured_set.id)
    assert here.programme is not None
    assert [cue.kind for cue in here.take_cues()][-1] is CueKind.DONE
    assert here.programme is None


def test_minutes_in_the_band_are_measured_from_the_heart_rate() -> None:
    here = sitting()
    begin(here, WALK, now=0.0)
    records = [record for second in range(62) for record in here.hear(HeartRate(float(second), 110))]
    (outcome,) = [each for each in records if isinstance(each, SetOutcome)]
    assert (outcome.state, outcome.done_s, outcome.measured_by) == ("completed", 60, "heart_rate")


@pytest.mark.parametrize(("spm", "state"), [(105.0, "completed"), (140.0, "active")])
def test_minutes_walked_are_measured_at_the_cadence_that_is_asked_for(spm: float, state: str) -> None:
    here = sitting()
    begin(here, BRISK)
    records = [record for event in walking([(0.0, 90.0, spm)], 90.0) for record in here.hear(event)]
    found = [(each.state, each.done_s, each.measured_by) for each in records if isinstance(each, SetOutcome)]
    assert found == ([("completed", 60, "motion")] if state == "completed" else [])


def test_what_nobody_sees_goes_by_the_clock_and_what_was_done_is_unknown() -> None:
    here = sitting()
    begin(here, STROLL, now=0.0)
    records = [record for second in range(1, 80) for record in here.tick(float(second))]
    (outcome,) = [each for each in records if isinstance(each, SetOutcome)]
    assert (outcome.state, outcome.done_s, outcome.measured_by) == ("completed", None, "clock")


def test_what_is_skipped_is_not_done_and_that_is_known() -> None:
    here = sitting()
    begin(here, STROLL, now=0.0)
    (outcome,) = [each for each in here.skip_set(1.0)[1] if isinstance(each, SetOutcome)]
    assert (outcome.state, outcome.done_s) == ("skipped", 0)


def test_a_hold_is_measured_and_ends_with_its_last_second() -> None:
    """Into a bridge on the side for 40 s; 30 are asked for, in one hold or more."""
    here = sitting()
    begin(here, BRIDGE)
    corners: list[Corner] = [
        (0.0, 0.0),
        (4.0, 0.0),
        (6.0, 40.0),
        (18.0, 40.0),
        (20.0, 0.0),
        (24.0, 0.0),
        (26.0, 40.0),
        (66.0, 40.0),
    ]
    records = [record for event in packets(measured(corners)) for record in here.hear(event)]
    (outcome,) = [each for each in records if isinstance(each, SetOutcome)]
    (one,) = [each for each in records if isinstance(each, ExerciseSet)]
    assert (outcome.state, outcome.why, outcome.measured_by, outcome.set_id) == (
        "completed",
        "target",
        "motion",
        one.id,
    )
    assert outcome.done_s == pytest.approx(30, abs=1)
    assert one.held_s == pytest.approx(30, abs=1)
    assert one.repetitions == 2
    assert [cue.count for cue in here.take_cues() if cue.kind is CueKind.COUNT] == [10, 20]


def test_a_programme_has_the_sensor_to_itself_and_counting_goes_on_afterwards() -> None:
    here = sitting("squat")
    begin(here, SQUATS)
    first = move(here, 5)
    assert len([each for each in first if isinstance(each, ExerciseSet)]) == 1
    second = move(here, 4, shift_s=200.0, tail=30.0)
    assert [each.repetitions for each in second if isinstance(each, ExerciseSet)] == [4]
    assert outcomes(second) == []


def test_what_is_not_measured_is_no_gap_of_the_next_set() -> None:
    """Five squats that nobody asked for, five while the minutes of walking count, and five of the programme."""
    here = sitting("squat")
    move(here, 5)
    begin(here, WALK, SQUATS, now=START + 26.0)
    for event in packets(measured(repetitions(5)), shift_s=26.0):
        here.hear(event)
        here.hear(HeartRate(event.at, 110))
    here.end_set(START + 51.0, None)
    here.begin_next(START + 51.0)
    (one,) = [each for each in move(here, 5, shift_s=51.5) if isinstance(each, ExerciseSet)]
    assert one.repetitions == 5
    assert here.stream.missing < 60  # a second between the movements


def test_a_set_that_was_open_ends_when_a_programme_begins() -> None:
    here = sitting("squat")
    move(here, 4, tail=0.5)
    records = begin(here, SQUATS, now=START + 30.0)
    assert [each.repetitions for each in records if isinstance(each, ExerciseSet)] == [4]


def test_a_programme_that_is_begun_again_ends_the_first() -> None:
    here = sitting()
    begin(here, SQUATS)
    assert outcomes(begin(here, PLANK)) == [("squat", "skipped", "ended")]
    assert here.progress is not None
    assert here.progress.exercise == "plank"


def test_there_is_nothing_to_skip_or_end_without_a_programme() -> None:
    here = sitting("squat")
    assert here.skip_set(1.0) == here.end_programme(1.0) == (False, [])
    assert not here.begin_next(1.0)


# --- pain ---


def test_a_rating_is_kept_with_what_was_going_on() -> None:
    here = sitting()
    assert here.rate_pain(2, Moment.BEFORE, 1.0) == [PainRating(1.0, 2, Moment.BEFORE)]
    begin(here, SQUATS, now=2.0)
    assert here.rate_pain(3, Moment.DURING, 3.0) == [PainRating(3.0, 3, Moment.DURING, "squat", "core")]


@pytest.mark.parametrize(
    ("before", "during", "stops"), [(None, 5, False), (None, 6, True), (3, 5, False), (2, 5, True), (0, 3, True)]
)
def test_pain_during_exercise_stops_it_by_the_rule(before: int | None, during: int, *, stops: bool) -> None:
    here = sitting()
    if before is not None:
        here.rate_pain(before, Moment.BEFORE, START - 60.0)
    begin(here, SQUATS)
    move(here, 3, tail=0.5)
    records = here.rate_pain(during, Moment.DURING, START + 20.0)
    alarms = [each for each in records if isinstance(each, Alarm)]
    assert bool(alarms) is stops
    assert outcomes(records) == ([("squat", "aborted", "pain")] if stops else [])
    if stops:
        assert (alarms[0].code, str(during) in alarms[0].text) == ("pain_stop", True)
        (one,) = [each for each in records if isinstance(each, ExerciseSet)]
        assert one.stopping is Stopping.PAIN


def test_the_rule_is_the_programme_s() -> None:
    here = sitting()
    begin(here, SQUATS, pain=PainRule(stop_at=3))
    assert outcomes(here.rate_pain(3, Moment.DURING, START + 1.0)) == [("squat", "skipped", "pain")]


def test_a_rating_of_this_morning_says_nothing_about_a_rise_tonight() -> None:
    here = sitting()
    here.rate_pain(0, Moment.BEFORE, START - BEFORE_S - 1.0)
    begin(here, SQUATS)
    assert outcomes(here.rate_pain(4, Moment.DURING, START)) == []


@pytest.mark.parametrize("moment", [Moment.BEFORE, Moment.AFTER])
def test_pain_before_and_after_stops_nothing(moment: Moment) -> None:
    here = sitting()
    begin(here, SQUATS)
    assert here.rate_pain(10, moment, START + 1.0) == [PainRating(START + 1.0, 10, moment, "squat", "core")]


def test_a_set_that_nobody_prescribed_is_stopped_by_the_usual_rule() -> None:
    here = sitting("squat")
    move(here, 4, tail=0.5)
    records = here.rate_pain(6, Moment.DURING, START + 30.0)
    assert [each.stopping for each in records if isinstance(each, ExerciseSet)] == [Stopping.PAIN]


def test_pain_while_nothing_is_done_is_kept_and_stops_nothing() -> None:
    assert sitting("squat").rate_pain(9, Moment.DURING, 1.0) == [PainRating(1.0, 9, Moment.DURING)]


def test_who_lies_still_before_a_set_has_not_begun_one() -> None:
    here = sitting("squat")
    for event in packets(measured([(0.0, 0.0), (10.0, 0.0)])):
        here.hear(event)
    assert here.rate_pain(9, Moment.DURING, START + 10.0) == [PainRating(START + 10.0, 9, Moment.DURING)]


def test_who_is_told_nothing_suggests_sets_where_that_is_wanted() -> None:
    assert move(sitting(), 5, tail=60.0) == []
    (one,) = move(watching(), 5, tail=60.0)
    assert isinstance(one, SuggestedSet)
    assert one.repetitions == 5


def test_an_open_suggestion_ends_when_the_sensor_goes_a_set_is_asked_for_or_the_program_stops() -> None:
    def open_suggestion() -> Sitting:
        here = watching()
        assert move(here, 5, tail=2.0) == []
        return here

    lost, asked, prescribed, stopped = (open_suggestion() for _ in range(4))
    ends = [
        lost.sensor_lost(START + 60),
        asked.begin_set(EXERCISES["squat"], 5, START + 60),
        begin(prescribed, SQUATS, now=START + 60),
        stopped.close(START + 60),
    ]
    assert [sum(isinstance(record, SuggestedSet) for record in records) for records in ends] == [1, 1, 1, 1]


def test_a_sensor_whose_clock_was_set_while_it_was_away_suggests_at_the_right_time() -> None:
    here = watching()
    move(here, 5, tail=2.0)
    here.sensor_lost(START + 60)
    for event in packets(measured(repetitions(5, tail=2.0)), shift_s=100.0):
        here.hear(replace(event, device_ns=tuple(ns - 30_000_000_000 for ns in event.device_ns)))
    (one,) = here.close(START + 200)
    assert isinstance(one, SuggestedSet)
    assert START + 100 <= one.start < one.end <= START + 140


def test_while_a_set_is_guided_nothing_is_suggested() -> None:
    here = watching()
    here.begin_set(EXERCISES["squat"], None, START - 1)
    records = [*move(here, 5, tail=60.0), *here.close(START + 200)]
    assert any(isinstance(record, ExerciseSet) for record in records)
    assert not any(isinstance(record, SuggestedSet) for record in records)


def test_pain_stops_a_set_that_was_asked_for_before_its_first_repetition_is_through() -> None:
    here = sitting()
    here.begin_set(EXERCISES["plank"], None, START)
    move(here, 0)
    progress = here.progress
    assert progress is not None
    assert (progress.state, progress.repetitions) == ("active", 0)
    records = here.rate_pain(9, Moment.DURING, START + 20.0)
    assert [each.code for each in records if isinstance(each, Alarm)] == ["pain_stop"]
