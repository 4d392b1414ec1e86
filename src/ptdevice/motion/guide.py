"""Guides a person through sets: drives the machine of `machine` by what a meter measures, what is asked for, and time.

A set that is *planned* is guided once, has every timeout of the table, and comes back from a lost sensor only when the person
holds still or asks for it. Otherwise one set follows another, as for a sensor that is configured to count: nobody begins those,
so they do not time out before they have begun, and a sensor that is back is simply followed again.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.model import Cue, CueKind, ExerciseSet, Repetition, SetEnd, Stopping
from ptdevice.motion.machine import TABLE, TERMINAL, TIMEOUTS, State, Stimulus, after

if TYPE_CHECKING:
    from ptdevice.model import Event, Record, SetProgress
    from ptdevice.motion.meters import Meter

CUES_KEPT = 64  # said within a quarter of a second of being given; nobody does 64 repetitions in that time

# What a meter's own word means to the machine; the rest ends sets from outside.
BY_THE_METER = {
    SetEnd.TARGET: Stimulus.TARGET_REACHED,
    SetEnd.IDLE: Stimulus.IDLE_TIMEOUT,
    SetEnd.SENSOR_LOST: Stimulus.SENSOR_TIMEOUT,
}
# What ends a set by time alone: as the meter is told, and as it is told to people.
BY_TIME = {
    Stimulus.IDLE_TIMEOUT: (SetEnd.IDLE, "idle"),
    Stimulus.SENSOR_TIMEOUT: (SetEnd.SENSOR_LOST, "sensor_lost"),
    Stimulus.PAUSE_TIMEOUT: (SetEnd.IDLE, "pause_timeout"),
    Stimulus.READY_TIMEOUT: (SetEnd.IDLE, "ready_timeout"),
    Stimulus.WINDOW_CLOSED: (SetEnd.IDLE, "window_closed"),
}


class SetGuide:
    """One set after another, or one planned set.

    `why` tells what ended a planned set, once it has ended: the word of a `SetEnd` or of a `Stopping`, or one of `skip`,
    `pause_timeout`, `ready_timeout` and `window_closed`.
    """

    def __init__(self, meter: Meter, now: float, *, planned: bool = False, cues: bool = False, text: str = "") -> None:
        self.state = State.PLANNED
        self.why: str | None = None
        self.cues: deque[Cue] = deque(maxlen=CUES_KEPT)
        self._meter = meter
        self._planned = planned
        self._cued = cues or planned
        self._since = now  # when something last moved the machine
        self._counted = 0
        self._going_on = False  # it stands in PAUSED because of the sensor, and goes on when the person is ready
        self._text = text
        if not planned:
            self.begin(now)

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        return replace(self._meter.progress, state=self.state.value)

    @property
    def asked(self) -> bool:
        """Whether somebody asked for it, and is told how it goes."""
        return self._cued

    @property
    def done(self) -> int | None:
        """Repetitions, or seconds; None where nobody could see."""
        return self._meter.done

    @property
    def over(self) -> bool:
        """Whether the set has ended. One set after another never does."""
        return self.state in TERMINAL

    @property
    def set_id(self) -> str | None:
        """The id of the set that was recorded, if one was."""
        return self._meter.set_id

    def listens(self, event: Event) -> bool:
        """Whether this event would be measured."""
        return not self.over and self._meter.listens(event)

    def begin(self, now: float, *, heard: bool = True) -> None:
        """Begin; `heard` tells whether the sensor is there."""
        self._move(Stimulus.BEGIN, now)
        self._cue(CueKind.READY, now, text=self._text or None)
        if not heard:
            self._going_on = True
            self._move(Stimulus.SENSOR_LOST, now)

    def hear(self, event: Event) -> list[Record]:
        """Take in one event; give back what is to be kept."""
        if not self.listens(event):
            return []
        if self.state is State.SENSOR_LOST:
            self._back(event.at)
        records = self._meter.hear(event)
        self._follow(records, event.at)
        return records

    def tick(self, now: float) -> list[Record]:
        """Time has passed."""
        if self.over:
            return []
        records = self._meter.tick(now)
        self._follow(records, now)
        return records + self._time_out(now)

    def pause(self, now: float) -> tuple[bool, list[Record]]:
        """Pause an active set. False: there is none."""
        if (self.state, Stimulus.USER_PAUSE) not in TABLE:
            return False, []
        self._move(Stimulus.USER_PAUSE, now)
        self._going_on = False
        self._cue(CueKind.PAUSE, now)
        return True, self._meter.pause()

    def resume(self, now: float) -> bool:
        """Go on after a pause. False: there is none."""
        if self.state is not State.PAUSED:
            return False
        self._going_on = False
        self._move(Stimulus.USER_RESUME, now)
        self._meter.resume()
        return True

    def end(self, now: float, reason: SetEnd, stopping: Stopping | None = None) -> list[Record]:
        """End the open set: somebody is through with it or cannot go on (`stopping` says why), or the program stops."""
        enough = self._meter.target is None or self._meter.count >= self._meter.target
        if stopping is not None:
            stimulus = Stimulus.PAIN_STOP if stopping is Stopping.PAIN else Stimulus.ABORT
        elif enough and self.state is State.ACTIVE and reason is SetEnd.ENDED:
            stimulus = Stimulus.TARGET_REACHED  # nothing more was asked for
        else:
            stimulus = Stimulus.USER_DONE
        if (self.state, stimulus) not in TABLE:
            stimulus = Stimulus.SKIP  # it has not begun
        records = self._end(stimulus, reason, stopping or reason, now)
        return [replace(each, stopping=stopping) if isinstance(each, ExerciseSet) else each for each in records]

    def skip(self, now: float) -> bool:
        """Leave out a set that has not begun. False: it has."""
        if (self.state, Stimulus.SKIP) not in TABLE:
            return False
        self._end(Stimulus.SKIP, SetEnd.ENDED, Stimulus.SKIP, now)
        return True

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone."""
        records = self._meter.sensor_lost(now)
        if (self.state, Stimulus.SENSOR_LOST) in TABLE:
            self._going_on = self.state is not State.PAUSED
            self._move(Stimulus.SENSOR_LOST, now)
            if self._planned:
                records += self._meter.pause()
        return records

    # --- moving the machine ---

    def _time_out(self, now: float) -> list[Record]:
        timeout = TIMEOUTS.get(self.state)
        after_s = self._meter.idle_s if self.state is State.ACTIVE else timeout.after_s if timeout else 0.0
        if timeout is None or now - self._since < after_s:
            return []
        if not self._planned and self.state in {State.READY, State.ACTIVE}:
            return []  # nobody began it, or the meter has a rule of its own
        return self._end(timeout.stimulus, *BY_TIME[timeout.stimulus], now)

    def _move(self, stimulus: Stimulus, now: float) -> None:
        if (self.state, stimulus) in TABLE:
            self.state = after(self.state, stimulus)
            self._since = now

    def _back(self, now: float) -> None:
        self._move(Stimulus.SENSOR_BACK, now)
        if self._going_on and not self._planned:
            self._move(Stimulus.USER_RESUME, now)

    def _follow(self, records: list[Record], now: float) -> None:
        """Let the machine follow what was measured."""
        if any(isinstance(record, Repetition) and not record.valid for record in records):
            self._move(Stimulus.REP_REJECTED, now)
        reason = self._meter.ended(records)
        if reason is not None:
            self._ended(BY_THE_METER.get(reason, Stimulus.USER_DONE), reason, now)
            return
        if self._meter.armed:
            if self.state is State.READY:
                self._move(Stimulus.CALIBRATED, now)
                self._cue(CueKind.GO, now)
            elif self.state is State.PAUSED and self._going_on:
                self._move(Stimulus.USER_RESUME, now)  # holding still is this person's word
                self._meter.resume()
                self._cue(CueKind.GO, now)
        elif self.state is State.ACTIVE and not self._planned:
            self._again(now)  # it came to nothing
        count, before, step = self._meter.count, self._counted, self._meter.step
        if count > before and self.state is State.ACTIVE:
            self._move(Stimulus.REP_COUNTED, now)
            if count // step > before // step:
                self._cue(CueKind.COUNT, now, count=count // step * step)
        self._counted = count

    def _end(self, stimulus: Stimulus, reason: SetEnd, why: str, now: float) -> list[Record]:
        records = self._meter.finish(now, reason)
        self._ended(stimulus, why, now)
        return records

    def _ended(self, stimulus: Stimulus, why: str, now: float) -> None:
        if stimulus is Stimulus.SENSOR_TIMEOUT:
            self._move(Stimulus.SENSOR_LOST, now)  # it may have fallen silent on a link that holds
        self._move(stimulus, now)
        if self.over:
            self.why = why
            self._cue(CueKind.DONE, now, count=self.done, state=self.state)
        if not self._planned:
            self._again(now)

    def _again(self, now: float) -> None:
        self.state, self._counted, self._going_on = State.PLANNED, 0, False
        self._move(Stimulus.BEGIN, now)

    def _cue(
        self, kind: CueKind, now: float, *, count: int | None = None, state: str | None = None, text: str | None = None
    ) -> None:
        if self._cued:
            exercise, target = self._meter.progress.exercise, self._meter.target
            self.cues.append(Cue(now, kind, exercise, count=count, target=target, state=state, text=text))
