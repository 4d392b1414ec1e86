"""The exercise of one unit: sets that are simply counted, sets that are asked for, a day's programme, and pain beside them.

A programme has the sensor to itself; when it is over, what the unit is configured to count is counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import Alarm, Measure, Moment, MotionSamples, PainRating, ProgrammeBegun, SetEnd, Stopping
from ptdevice.motion.bouts import BoutCounter
from ptdevice.motion.counting import counter_of
from ptdevice.motion.exercises import Kind
from ptdevice.motion.guide import SetGuide
from ptdevice.motion.machine import State
from ptdevice.motion.meters import HeldSeconds, Repetitions
from ptdevice.motion.stream import PostureStream
from ptdevice.motion.suggesting import SetSuggester
from ptdevice.motion.timing import Clocked, InBand
from ptdevice.motion.walked import WalkedSeconds
from ptdevice.programme.course import Course
from ptdevice.programme.prescription import PainRule

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from ptdevice.model import Cue, Event, Record, SetProgress
    from ptdevice.motion.counting import Counter
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.meters import Meter
    from ptdevice.programme.prescription import Programme, Slot

BEFORE_S = 14_400.0  # a rating of four hours ago says nothing about how this exercise began
UNDER_WAY = frozenset({"moving", "holding"})
GOING_ON = frozenset({State.ACTIVE, State.PAUSED, State.SENSOR_LOST})
PAIN_STOP = (
    "Pain was rated {rating} of 10 during exercise, so the exercise was stopped. Rest. "
    "If it does not settle, or something is new about it, ask a clinician before going on."
)


class Sitting:
    """One unit's. `exercise` is counted without being asked for; with `suggest`, sets are suggested while nothing is."""

    def __init__(
        self, new_id: Callable[[], str], exercise: Exercise | None, target: int | None, *, suggest: bool = False
    ) -> None:
        self.stream = PostureStream()  # one for all sets: what is known of the sensor's clock goes on
        self._new_id = new_id
        self._usual = (exercise, target)
        self._guide = self._counts_by_itself(0.0)
        self._suggester = SetSuggester(self.stream) if suggest else None
        self._course: Course | None = None
        self._heard = False
        self._before: tuple[int, float] | None = None  # the rating before exercise, and when

    @property
    def counting(self) -> bool:
        """Whether anything is counted."""
        return self._now is not None

    @property
    def progress(self) -> SetProgress | None:
        """The set as it stands, where there is one."""
        return self._now.progress if self._now is not None else None

    @property
    def programme(self) -> Programme | None:
        """The programme that is being done."""
        return self._course.programme if self._course is not None else None

    @property
    def doing(self) -> Programme | None:
        """The programme that is being done and is not over, whether or not its last word is said."""
        return self._course.programme if self._course is not None and not self._course.over else None

    @property
    def open(self) -> str | None:
        """What has begun and is not over, in words."""
        if self.doing is not None:
            return "a programme"
        if self._guide is None or self._guide.state not in GOING_ON:
            return None
        progress = self._guide.progress  # a sensor that lies still is ready for a set, and yet none has begun
        return "a set" if progress.repetitions > 0 or progress.phase in UNDER_WAY else None

    @property
    def has_cues(self) -> bool:
        """Whether there is something to tell the person."""
        return bool(self._now is not None and self._now.cues)

    def take_cues(self) -> list[Cue]:
        """What the person is to be told, since the last call."""
        said: list[Cue] = []
        for source in (self._course, self._guide):
            if source is not None:
                said += source.cues
                source.cues.clear()
        if self._course is not None and self._course.over:
            self._course = None  # its last word is said
        return said

    # --- what happens ---

    def hear(self, event: Event) -> list[Record]:
        """Take in one event; give back what is to be kept."""
        self._heard = True
        now = self._now
        if now is not None and now.listens(event):
            return now.hear(event)
        if now is None and self._suggester is not None and isinstance(event, MotionSamples):
            return self._suggester.feed(event)
        if now is not None and isinstance(event, MotionSamples):
            for _ in self.stream.take(event):  # nobody measures by it, and yet time passes on the sensor's clock
                pass
        return []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        if self._now is None and self._suggester is not None:
            return self._suggester.tick(now)
        return self._now.tick(now) if self._now is not None else []

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        self._heard = False
        if self._now is None and self._suggester is not None:
            self.stream.clock.lost()
            return self._suggester.close()
        return self._now.sensor_lost(now) if self._now is not None else []

    def close(self, now: float) -> list[Record]:
        """The program stops."""
        if self._now is None and self._suggester is not None:
            return self._suggester.close()
        return self._now.end(now, SetEnd.SHUTDOWN) if self._now is not None else []

    def change_person(self, now: float) -> list[Record]:
        """Somebody else wears the unit from now on: what is open ends, and nothing of what was before is held against them."""
        records = self.end_programme(now)[1]
        records += self._guide.end(now, SetEnd.ENDED) if self._guide is not None else []
        records += self._suggester.close() if self._suggester is not None else []
        self._before = None
        self._guide = self._counts_by_itself(now)
        return records

    # --- what is asked for ---

    def begin_set(self, exercise: Exercise, target: int | None, now: float) -> list[Record]:
        """Guide a set of this exercise from now on; an open set ends first."""
        records = self._guide.end(now, SetEnd.ENDED) if self._guide is not None else []
        records += self._suggester.close() if self._suggester is not None else []
        text = f"The sensor belongs {exercise.placement}."
        self._guide = SetGuide(self._counting(exercise, target), now, cues=True, text=text)
        return records

    def begin_next(self, now: float) -> bool:
        """Cut a rest of the programme short. False: there is none."""
        return self._course is not None and self._course.begin_next(now)

    def end_set(self, now: float, stopping: Stopping | None) -> list[Record]:
        """End the open set, if there is one."""
        return self._now.end(now, SetEnd.ENDED, stopping) if self._now is not None else []

    def pause_set(self, now: float) -> tuple[bool, list[Record]]:
        """Pause the open set. False: nothing has begun that could be paused."""
        return self._now.pause(now) if self._now is not None else (False, [])

    def resume_set(self, now: float) -> bool:
        """Go on after a pause. False: there is none."""
        return self._now is not None and self._now.resume(now)

    def skip_set(self, now: float) -> tuple[bool, list[Record]]:
        """Leave out a set of the programme that has not begun. False: there is none."""
        return self._course.skip(now) if self._course is not None else (False, [])

    def begin_programme(self, programme: Programme, day: date, slots: Sequence[Slot], now: float) -> list[Record]:
        """Guide these sets, one after the other; an open set ends first."""
        records = self.end_set(now, None)
        records += self._suggester.close() if self._suggester is not None else []
        if self._course is not None:
            records += self._course.end_programme(now)
        records.append(ProgrammeBegun(now, programme.name, programme.version, day.isoformat()))
        self._course = Course(programme, day, slots, self._meter, now, heard=self._heard)
        return records

    def end_programme(self, now: float) -> tuple[bool, list[Record]]:
        """End the programme; what is left of it is skipped. False: there is none."""
        if self._course is None or self._course.over:
            return False, []
        return True, self._course.end_programme(now)

    def rate_pain(self, rating: int, moment: Moment, now: float) -> list[Record]:
        """Keep a rating from 0 to 10. One during exercise may stop it: by the rule of the programme, or the usual one."""
        running, progress, begun = self._running, self.progress, self.begun
        exercise = progress.exercise if progress is not None and begun else None
        programme = running.programme.name if running is not None else None
        records: list[Record] = [PainRating(now, rating, moment, exercise, programme)]
        if moment is Moment.BEFORE:
            self._before = rating, now
        before = self._before[0] if self._before is not None and now - self._before[1] <= BEFORE_S else None
        rule = running.programme.pain if running is not None else PainRule()
        if moment is Moment.DURING and begun and rule.stops(rating, before):
            records += self.end_set(now, Stopping.PAIN)
            records.append(Alarm(now, "pain_stop", PAIN_STOP.format(rating=rating)))
        return records

    @property
    def begun(self) -> bool:
        """Whether exercise is going on: a programme, or a set that has begun."""
        progress = self.progress
        return self._running is not None or (progress is not None and (progress.repetitions > 0 or self._guided))

    # --- who measures ---

    @property
    def _running(self) -> Course | None:
        return self._course if self._course is not None and not self._course.over else None

    @property
    def _guided(self) -> bool:
        """Whether a set that somebody asked for is going on: the first hold, or movement, may hurt before it counts."""
        return self._guide is not None and self._guide.asked and self._guide.state in GOING_ON

    @property
    def _now(self) -> Course | SetGuide | None:
        """Who has the sensor."""
        if self._course is not None and not self._course.over:
            return self._course
        return self._guide

    def _counts_by_itself(self, now: float) -> SetGuide | None:
        exercise, target = self._usual
        return SetGuide(self._counting(exercise, target, asked=False), now) if exercise is not None else None

    def _counting(self, exercise: Exercise, target: int | None, *, asked: bool = True) -> Repetitions:
        return Repetitions(self._counter(exercise, target, asked=asked))

    def _counter(self, exercise: Exercise, target: int | None, *, asked: bool) -> Counter:
        return counter_of(exercise, self._new_id, target, self.stream, asked=asked)

    def _meter(self, slot: Slot, now: float) -> tuple[Meter, Measure]:
        dose, exercise = slot.dose, slot.exercise
        if dose.repetitions is not None:
            return self._counting(exercise, dose.repetitions), Measure.MOTION
        if dose.heart_rate_bpm is not None:
            return InBand(exercise.name, dose.seconds or 0, dose.heart_rate_bpm), Measure.HEART_RATE
        if exercise.kind is Kind.HOLD:
            return HeldSeconds(self._counter(exercise, None, asked=True), dose.seconds or 0), Measure.MOTION
        if exercise.kind is Kind.BOUTS:
            counter = BoutCounter(exercise, self._new_id, None, self.stream, asked=True)
            return WalkedSeconds(counter, dose.seconds or 0, dose.cadence_spm), Measure.MOTION
        return Clocked(exercise.name, dose.seconds or 0, now), Measure.CLOCK
