"""Bouts of walking: from when to when, how many steps, at which cadence. Used as `sets.SetCounter` is; in gateway seconds.

A bout lasts LEAST_S, or as long as the exercise asks; what is shorter is moving about. Pauses of up to PAUSE_S belong to it, as
at a door or a kerb.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import Bout, ExerciseSet, SetEnd, SetProgress
from ptdevice.motion.absence import GRACE_S
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice.motion.walking import LOOK_S, WINDOW_S, StepRhythm

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import MotionSamples, Record
    from ptdevice.motion.exercises import Exercise

LEAST_S = 10.0
PAUSE_S = 3.0
IDLE_S = 600.0  # who walks in bouts sits down in between
SEEN_S = 0.5 * WINDOW_S  # steps are seen when they fill that much of the window


class BoutCounter:
    """One set of bouts after another; `target` bouts complete a set."""

    def __init__(
        self,
        exercise: Exercise,
        new_id: Callable[[], str],
        target: int | None,
        stream: PostureStream | None = None,
        *,
        asked: bool = False,  # noqa: ARG002 - counters are made alike; who sits all day is told nothing
    ) -> None:
        self.stream = PostureStream() if stream is None else stream
        self._exercise = exercise
        self._new_id = new_id
        self._target = target
        self._least_s = exercise.least_hold_s or LEAST_S
        self._gaps = GapAccount(self.stream)
        self._rhythm = StepRhythm()
        self._heard = self._paused = False
        self._start: float | None = (
            None  # of the bout that may be going on, in stream time, with its last step and steps
        )
        self._walked = self._steps = 0.0
        self._step_s: float | None = None  # how long a step takes now
        self._now = self._idle_from = 0.0
        self._bouts: list[Bout] = []
        self._lost_at: float | None = None

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        walking = self._start is not None
        return SetProgress(
            exercise=self._exercise.name,
            phase="moving" if walking else "waiting" if not self._heard else "resting" if self._bouts else "armed",
            repetitions=len(self._bouts),
            angle_deg=None,
            range_deg=None,
            target=self._target,
            held_s=round(self._walked - self._start, 1) if self._start is not None else None,
        )

    @property
    def cadence_spm(self) -> float | None:
        """Steps per minute now; None: no steps are seen."""
        return 60.0 / self._step_s if self._step_s else None

    def feed(self, event: MotionSamples) -> list[Record]:
        """Take in samples; give back what is to be kept."""
        records: list[Record] = []
        for item in self.stream.take(event):
            if isinstance(item, Missing):
                self._gaps.note(item)
                if item.end - item.start > PAUSE_S:
                    self._rhythm.restart()
        newest = self.stream.heard
        if newest is None or self._paused or not event.device_ns:
            return records
        self._heard, self._lost_at, self._now = True, None, newest
        times = [newest - (event.device_ns[-1] - ns) * 1e-9 for ns in event.device_ns]
        for t, step_s in self._rhythm.feed(times, event.acceleration):
            records += self._look(t, step_s)
        return records

    def tick(self, now: float) -> list[Record]:
        """Time has passed, to gateway second `now`."""
        if self._lost_at is not None and now - self._lost_at >= GRACE_S:
            return self._end(SetEnd.SENSOR_LOST, self._lost_at)
        return []

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """End the open set, if there is one."""
        return self._end(reason, now)

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone. An open set waits GRACE_S for it to come back."""
        self.stream.clock.lost()
        self._lost_at = now
        return []

    def pause(self) -> list[Record]:
        """Measure nothing until `resume`. A bout ends here."""
        self._paused, self._step_s = True, None
        self._rhythm.restart()
        return self._over(cut_off=True)

    def resume(self) -> None:
        """Measure again."""
        self._paused, self._idle_from = False, self._now

    def _look(self, t: float, step_s: float | None) -> list[Record]:
        records: list[Record] = []
        self._step_s = step_s
        if step_s is not None:
            if self._start is not None and t - self._walked > PAUSE_S:
                records = self._over(cut_off=True)  # nothing was received in between
            if self._start is None:
                self._start, self._steps = t - SEEN_S, SEEN_S / step_s
                if not self._bouts:
                    self._gaps.begin()
            else:
                self._steps += min(t - self._walked, 2.0 * LOOK_S) / step_s
            self._walked = self._idle_from = t
            return records
        if self._start is not None and t - self._walked > PAUSE_S:
            return self._over() + self._enough(t)
        if self._bouts and t - self._idle_from >= IDLE_S:
            return self._end(SetEnd.IDLE, self.stream.clock.gateway(t))
        return []

    def _enough(self, t: float) -> list[Record]:
        if self._target is None or len(self._bouts) < self._target:
            return []
        return self._end(SetEnd.TARGET, self.stream.clock.gateway(t))

    def _over(self, *, cut_off: bool = False) -> list[Record]:
        """What was walked is a bout, if it was long enough. `cut_off`: it did not end, it was not seen any more."""
        start, self._start = self._start, None
        if start is None:
            return []
        # Steps are seen until they fill no more than that of the window.
        end = self._walked if cut_off else self._walked - (WINDOW_S - SEEN_S)
        if end - start < self._least_s:
            return []
        if not self._bouts:
            self._id = self._new_id()
        gateway = self.stream.clock.gateway
        steps = self._steps * (end - start) / (self._walked - start)
        bout = Bout(
            set_id=self._id,
            exercise=self._exercise.name,
            index=len(self._bouts) + 1,
            start=gateway(start),
            end=gateway(end),
            steps=round(steps),
            cadence_spm=round(60.0 * steps / (end - start)),
            gap=self._gaps.share(start, end) > 0.0,
        )
        self._bouts.append(bout)
        return [*self._gaps.tell(), bout]

    def _end(self, reason: SetEnd, now: float) -> list[Record]:
        records = self._over(cut_off=True)
        if self._bouts:
            self._gaps.close(now, "link_lost" if self._lost_at is not None else "silent")
            records += [*self._gaps.tell(), self._summed_up(reason, now)]
        self._bouts = []
        self._lost_at = None
        self._paused = False
        self._rhythm.restart()
        self._gaps.begin()
        self._gaps.forget()
        return records

    def _summed_up(self, reason: SetEnd, now: float) -> ExerciseSet:
        bouts, gaps, clock = self._bouts, self._gaps, self.stream.clock
        return ExerciseSet(
            id=self._id,
            exercise=self._exercise.name,
            start=bouts[0].start,
            end=bouts[-1].end if reason in {SetEnd.TARGET, SetEnd.IDLE} else max(bouts[-1].end, now),
            repetitions=len(bouts),
            recount=None,
            spread=None,
            range_deg=None,
            reason=reason,
            completeness=gaps.completeness,
            target=self._target,
            received=gaps.received,
            missing=gaps.missing,
            gaps=gaps.count,
            gap_s=round(gaps.seconds, 3),
            uncertainty_s=round(clock.uncertainty_s, 3),
            skew_ppm=None if clock.skew_ppm is None else round(clock.skew_ppm, 1),
            held_s=round(sum(bout.end - bout.start for bout in bouts), 1),
        )
