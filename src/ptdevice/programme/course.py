"""A day's programme as it is done: set after set with rests, and what became of each.

    set      a guide has the set; when it is over, its outcome is recorded
    rest     until the next set begins by itself, somebody begins it sooner, or skips it
    over     nothing is left, or nothing may be left: pain that stops, a sensor that is lost, somebody who ends it, the program

What could not be done because a sensor was lost or the program stopped is left for later: whoever begins the programme again on
the same day goes on with it. A sensor that stays away ends the course, because the sets behind it would all be lost to it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.model import Cue, CueKind, Measure, SetEnd, SetOutcome, SetProgress
from ptdevice.motion.exercises import Kind
from ptdevice.motion.guide import CUES_KEPT, SetGuide
from ptdevice.motion.machine import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from ptdevice.model import Event, Record, Stopping
    from ptdevice.motion.meters import Meter
    from ptdevice.programme.prescription import Programme, Slot

    # A meter for a set that begins now, and what it measures by.
    NewMeter = Callable[[Slot, float], tuple[Meter, Measure]]

PAIN, SENSOR_LOST, PROGRAMME_ENDED = "pain", "sensor_lost", "programme_ended"
NOT_THE_PERSON = frozenset({SENSOR_LOST, "shutdown"})  # whys that say nothing about the person
OVER = "That was today's part of the programme."


class Course:
    """One sitting. `slots` are what is left of the day's plan, at least one. `heard`: whether the sensor is there."""

    def __init__(
        self, programme: Programme, day: date, slots: Sequence[Slot], new_meter: NewMeter, now: float, *, heard: bool
    ) -> None:
        self.programme = programme
        self.cues: deque[Cue] = deque(maxlen=CUES_KEPT)
        self._day = day
        self._left = deque(slots)
        self._slot = slots[0]
        self._new_meter = new_meter
        self._heard = heard
        self._guide: SetGuide | None = None
        self._measure = Measure.CLOCK
        self._begun = now
        self._rest_until = now
        self._begin(now)

    @property
    def over(self) -> bool:
        """Whether there is nothing more to do."""
        return self._guide is None and not self._left

    @property
    def exercise(self) -> str:
        """The exercise of the set that is open, or comes next."""
        return self._slot.exercise.name

    @property
    def progress(self) -> SetProgress:
        """The set as it stands, or the one to come."""
        if self._guide is not None:
            return self._guide.progress
        return SetProgress(
            self.exercise, "resting", 0, None, None, self._slot.dose.repetitions, state=State.PLANNED.value
        )

    def listens(self, event: Event) -> bool:
        """Whether this event would be measured."""
        return self._guide is not None and self._guide.listens(event)

    def hear(self, event: Event) -> list[Record]:
        """Take in one event; give back what is to be kept."""
        self._heard = True
        return self._after(self._guide.hear(event), event.at) if self._guide is not None else []

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        if self._guide is not None:
            return self._after(self._guide.tick(now), now)
        if self._left and now >= self._rest_until:
            self._begin(now)
        return []

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        self._heard = False
        return self._after(self._guide.sensor_lost(now), now) if self._guide is not None else []

    # --- what is asked for ---

    def begin_next(self, now: float) -> bool:
        """Cut the rest short. False: this is no rest."""
        if self._guide is not None or not self._left:
            return False
        self._begin(now)
        return True

    def pause(self, now: float) -> tuple[bool, list[Record]]:
        """Pause the open set. False: there is none."""
        if self._guide is None:
            return False, []
        paused, records = self._guide.pause(now)
        return paused, self._after(records, now)

    def resume(self, now: float) -> bool:
        """Go on after a pause. False: there is none."""
        return self._guide is not None and self._guide.resume(now)

    def end(self, now: float, reason: SetEnd, stopping: Stopping | None = None) -> list[Record]:
        """End the open set; the programme goes on with a rest, unless it was pain or the program stops."""
        if self._guide is not None:
            return self._after(self._guide.end(now, reason, stopping), now)
        if reason is SetEnd.SHUTDOWN:
            self._left.clear()
        return self._drop(now, PAIN) if stopping == PAIN else []

    def skip(self, now: float) -> tuple[bool, list[Record]]:
        """Leave out the set that comes next, or the open one while it has not begun. False: there is none, or it has."""
        if self._guide is not None:
            return self._guide.skip(now), self._after([], now)
        if not self._left:
            return False, []
        record = self._outcome(self._left.popleft(), State.SKIPPED, "skip", now)
        self._come_to_an_end(now)
        return True, [record]

    def end_programme(self, now: float, why: str = PROGRAMME_ENDED) -> list[Record]:
        """End all of it; what is left is skipped."""
        records = self._after(self._guide.end(now, SetEnd.ENDED), now) if self._guide is not None else []
        return records + self._drop(now, why)

    # --- from set to set ---

    def _begin(self, now: float) -> None:
        slot = self._slot = self._left.popleft()
        meter, self._measure = self._new_meter(slot, now)
        self._begun = now
        text = f"{slot.exercise.name}: {slot.exercise.repetition}. The sensor belongs {slot.exercise.placement}."
        self._guide = SetGuide(meter, now, planned=True, text=text)
        self._guide.begin(now, heard=self._heard or self._measure is Measure.CLOCK)
        self._gather()

    def _after(self, records: list[Record], now: float) -> list[Record]:
        """What follows from what the guide did."""
        self._gather()
        guide = self._guide
        if guide is None or not guide.over:
            return records
        records.append(self._outcome(self._slot, guide.state, guide.why or "", now, guide))
        self._guide = None
        if guide.why == "shutdown":
            self._left.clear()
        elif guide.why in {PAIN, SENSOR_LOST}:
            records += self._drop(now, guide.why)
        elif not self._come_to_an_end(now):
            self._rest(now)
        return records

    def _rest(self, now: float) -> None:
        rest_s, coming = self._slot.rest_s, self._left[0]
        self._slot = coming
        self._rest_until = now + rest_s
        if rest_s:
            self._cue(Cue(now, CueKind.REST, coming.exercise.name, seconds=float(rest_s), text=_next(coming)))
        else:
            self._begin(now)

    def _drop(self, now: float, why: str) -> list[Record]:
        records: list[Record] = [self._outcome(slot, State.SKIPPED, why, now) for slot in self._left]
        self._left.clear()
        self._come_to_an_end(now)
        return records

    def _come_to_an_end(self, now: float) -> bool:
        if self._left:
            self._slot = self._left[0]
            return False
        self.cues.append(Cue(now, CueKind.DONE, self._slot.exercise.name, text=OVER))
        return True

    def _outcome(self, slot: Slot, state: State, why: str, now: float, guide: SetGuide | None = None) -> SetOutcome:
        done = guide.done if guide is not None and state is not State.SKIPPED else 0
        timed = slot.dose.seconds is not None
        return SetOutcome(
            programme=self.programme.name,
            version=self.programme.version,
            day=self._day.isoformat(),
            slot=slot.number,
            exercise=slot.exercise.name,
            set_index=slot.set_index,
            sets=slot.sets,
            state=state.value,
            why=str(why),
            start=self._begun if guide is not None else now,
            end=now,
            measured_by=self._measure if guide is not None else _usual(slot),
            prescribed_repetitions=slot.dose.repetitions,
            prescribed_s=slot.dose.seconds,
            done_repetitions=None if timed else done,
            done_s=done if timed else None,
            set_id=guide.set_id if guide is not None else None,
        )

    def _gather(self) -> None:
        while self._guide is not None and self._guide.cues:
            self._cue(self._guide.cues.popleft())

    def _cue(self, cue: Cue) -> None:
        self.cues.append(replace(cue, set_index=self._slot.set_index, sets=self._slot.sets))


def _usual(slot: Slot) -> Measure:
    """By what a set would have been measured."""
    if slot.dose.heart_rate_bpm is not None:
        return Measure.HEART_RATE
    timed = slot.dose.repetitions is None and slot.exercise.kind is Kind.REPETITIONS
    return Measure.CLOCK if timed else Measure.MOTION


def _next(slot: Slot) -> str:
    return f"Next: {slot.exercise.name}, set {slot.set_index} of {slot.sets}. The sensor belongs {slot.exercise.placement}."
