"""A day's programme as it is done, with meters that say what the test wants."""

from __future__ import annotations

from datetime import date

import pytest
from tests.motion.told import Told

from ptdevice.model import CueKind, Measure, MotionSamples, Record, SetEnd, SetOutcome, Stopping
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.machine import TIMEOUTS, State
from ptdevice.programme.course import NOT_THE_PERSON, Course
from ptdevice.programme.prescription import Dose, Prescribed, Programme, Slot

DAY = date(2026, 12, 1)
SIT_UPS = Prescribed(EXERCISES["sit_up"], Dose(repetitions=10), sets=2, rest_s=60)
PLANK = Prescribed(EXERCISES["plank"], Dose(hold_s=30), rest_s=30)


class Day:
    """A course, its meters in order, and all it recorded."""

    def __init__(self, *prescribed: Prescribed, heard: bool = True) -> None:
        self.meters: list[Told] = []
        self.records: list[Record] = []
        programme = Programme("core", 3, "k3f7q", DAY, DAY, prescribed or (SIT_UPS, PLANK))
        self.course = Course(programme, DAY, programme.plan(DAY), self.new_meter, 0.0, heard=heard)

    def new_meter(self, slot: Slot, now: float) -> tuple[Told, Measure]:
        assert now >= 0.0
        measure = Measure.MOTION if slot.dose.repetitions else Measure.CLOCK
        self.meters.append(Told(target=slot.dose.repetitions or slot.dose.hold_s, exercise=slot.exercise.name))
        return self.meters[-1], measure

    def hear(self, at: float) -> None:
        self.records += self.course.hear(MotionSamples(at, 25.0, (), ()))

    def tick(self, at: float) -> None:
        self.records += self.course.tick(at)

    def do(self, at: float, count: int, over: SetEnd | None = SetEnd.TARGET) -> None:
        """The open set: the person gets ready, does `count`, and it is over."""
        meter = self.meters[-1]
        meter.armed = True
        self.hear(at)
        meter.count, meter.over = count, over
        self.hear(at + 1.0)

    @property
    def outcomes(self) -> list[tuple[int, str, str]]:
        return [(each.slot, each.state, each.why) for each in self.records if isinstance(each, SetOutcome)]

    def cues(self) -> list[tuple[CueKind, str]]:
        return [(cue.kind, cue.exercise) for cue in self.course.cues if cue.kind is not CueKind.COUNT]


def test_a_day_is_done_set_after_set_with_rests() -> None:
    day = Day()
    day.do(1.0, 10)
    day.tick(61.9)
    assert day.course.progress.state == "planned"
    day.tick(62.0)
    assert day.course.progress.state == "ready"
    day.do(63.0, 10)
    day.tick(124.0)
    day.do(130.0, 30)
    assert day.outcomes == [(1, "completed", "target"), (2, "completed", "target"), (3, "completed", "target")]
    assert day.course.over
    assert day.cues() == [
        (CueKind.READY, "sit_up"), (CueKind.GO, "sit_up"), (CueKind.DONE, "sit_up"), (CueKind.REST, "sit_up"),
        (CueKind.READY, "sit_up"), (CueKind.GO, "sit_up"), (CueKind.DONE, "sit_up"), (CueKind.REST, "plank"),
        (CueKind.READY, "plank"), (CueKind.GO, "plank"), (CueKind.DONE, "plank"), (CueKind.DONE, "plank"),
    ]  # fmt: skip


def test_an_outcome_tells_what_was_asked_for_what_was_done_and_by_what_that_is_known() -> None:
    day = Day()
    day.meters[0].set_id = "set-1"
    day.do(1.0, 7, SetEnd.IDLE)
    assert day.records == [
        SetOutcome(
            "core", 3, "2026-12-01", 1, "sit_up", 1, 2, "partial", "idle", 0.0, 2.0, Measure.MOTION,
            prescribed_repetitions=10, done_repetitions=7, set_id="set-1",
        )
    ]  # fmt: skip


def test_a_dose_of_time_is_told_in_seconds() -> None:
    day = Day(PLANK)
    day.do(1.0, 30)
    (outcome,) = [each for each in day.records if isinstance(each, SetOutcome)]
    assert (outcome.prescribed_s, outcome.done_s, outcome.measured_by) == (30, 30, Measure.CLOCK)
    assert outcome.prescribed_repetitions is outcome.done_repetitions is None


def test_cues_tell_which_set_of_how_many_and_how_long_to_rest() -> None:
    day = Day()
    day.do(1.0, 10)
    rest = day.course.cues[-1]
    assert (rest.kind, rest.seconds, rest.set_index, rest.sets) == (CueKind.REST, 60.0, 2, 2)
    assert rest.text is not None
    assert "set 2 of 2" in rest.text
    assert (day.course.cues[0].set_index, day.course.cues[0].sets) == (1, 2)
    assert "breastbone" in (day.course.cues[0].text or "")


def test_without_a_rest_the_next_set_follows_at_once() -> None:
    day = Day(Prescribed(EXERCISES["sit_up"], Dose(repetitions=10), sets=2, rest_s=0))
    day.do(1.0, 10)
    assert day.course.progress.state == "ready"
    assert CueKind.REST not in [kind for kind, _ in day.cues()]


def test_a_rest_can_be_cut_short() -> None:
    day = Day()
    assert not day.course.begin_next(0.5)
    day.do(1.0, 10)
    assert day.course.begin_next(10.0)
    assert day.course.progress.state == "ready"


def test_who_is_through_with_a_set_rests_and_goes_on() -> None:
    day = Day()
    day.do(1.0, 4, None)
    day.records += day.course.end(5.0, SetEnd.ENDED, Stopping.FATIGUE)
    assert day.outcomes == [(1, "aborted", "fatigue")]
    day.tick(65.0)
    assert day.course.progress.state == "ready"


def test_pain_ends_the_day_s_programme() -> None:
    day = Day()
    day.do(1.0, 4, None)
    day.records += day.course.end(5.0, SetEnd.ENDED, Stopping.PAIN)
    assert day.outcomes == [(1, "aborted", "pain"), (2, "skipped", "pain"), (3, "skipped", "pain")]
    assert day.course.over
    found = [each for each in day.records if isinstance(each, SetOutcome)]
    assert [(each.done_repetitions, each.done_s) for each in found] == [(4, None), (0, None), (None, 0)]
    assert {each.measured_by for each in found} == {Measure.MOTION}


def test_pain_in_a_rest_ends_it_too_and_an_end_alone_does_not() -> None:
    day = Day()
    day.do(1.0, 10)
    assert day.course.end(5.0, SetEnd.ENDED) == []
    assert not day.course.over
    day.records += day.course.end(6.0, SetEnd.ENDED, Stopping.PAIN)
    assert day.outcomes[1:] == [(2, "skipped", "pain"), (3, "skipped", "pain")]


def test_a_set_can_be_skipped_before_it_has_begun_and_while_the_person_rests() -> None:
    day = Day()
    skipped, records = day.course.skip(1.0)
    assert skipped
    day.records += records
    assert day.outcomes == [(1, "skipped", "skip")]
    skipped, records = day.course.skip(2.0)  # in the rest
    day.records += records
    assert day.outcomes[1:] == [(2, "skipped", "skip")]
    assert day.course.progress.exercise == "plank"
    day.tick(70.0)
    day.do(71.0, 0, None)
    assert day.course.skip(80.0) == (False, [])  # it has begun


def test_who_skips_everything_is_through() -> None:
    day = Day()
    for at in (1.0, 2.0, 3.0):
        day.course.skip(at)
    assert day.course.over
    assert day.course.skip(4.0) == (False, [])


def test_a_sensor_that_stays_away_ends_the_course_and_nothing_of_it_counts_against_the_person() -> None:
    day = Day()
    day.do(1.0, 4, None)
    day.records += day.course.sensor_lost(5.0)
    day.tick(5.0 + TIMEOUTS[State.SENSOR_LOST].after_s)
    assert day.outcomes == [(1, "partial", "sensor_lost"), (2, "skipped", "sensor_lost"), (3, "skipped", "sensor_lost")]
    assert {why for _, _, why in day.outcomes} <= NOT_THE_PERSON
    assert day.course.over


def test_a_set_that_begins_without_its_sensor_waits_for_it() -> None:
    day = Day(heard=False)
    assert day.course.progress.state == "sensor_lost"
    day.meters[-1].armed = True
    day.hear(3.0)
    assert day.course.progress.state == "active"


def test_a_link_that_is_lost_in_the_rest_is_known_in_the_next_set() -> None:
    day = Day()
    day.do(1.0, 10)
    day.course.sensor_lost(20.0)
    day.tick(62.0)
    assert day.course.progress.state == "sensor_lost"


def test_what_the_clock_measures_needs_no_sensor() -> None:
    assert Day(PLANK, heard=False).course.progress.state == "ready"


def test_the_end_of_the_program_tells_of_the_open_set_and_leaves_the_rest_for_later() -> None:
    day = Day()
    day.do(1.0, 4, None)
    day.records += day.course.end(5.0, SetEnd.SHUTDOWN)
    assert day.outcomes == [(1, "partial", "shutdown")]
    assert day.course.over


def test_the_end_of_the_program_in_a_rest_tells_nothing() -> None:
    day = Day()
    day.do(1.0, 10)
    assert day.course.end(5.0, SetEnd.SHUTDOWN) == []
    assert day.course.over


@pytest.mark.parametrize("resting", [False, True])
def test_who_ends_the_programme_skips_what_is_left(*, resting: bool) -> None:
    day = Day()
    day.do(1.0, 10 if resting else 4, SetEnd.TARGET if resting else None)
    day.records += day.course.end_programme(5.0)
    first = (1, "completed", "target") if resting else (1, "partial", "ended")
    assert day.outcomes == [first, (2, "skipped", "programme_ended"), (3, "skipped", "programme_ended")]
    assert day.course.over
    assert day.course.cues[-1].kind is CueKind.DONE


def test_a_pause_is_the_open_set_s() -> None:
    day = Day()
    day.do(1.0, 4, None)
    assert day.course.pause(3.0)[0]
    assert day.course.progress.state == "paused"
    assert day.course.resume(4.0)
    day.course.end(5.0, SetEnd.ENDED)
    assert day.course.pause(6.0) == (False, [])
    assert not day.course.resume(6.0)
