"""A guided set of holds: planks, bridges on the side, stretches, a back that is kept where it is. In gateway seconds.

It is used as `sets.SetCounter` is. Rest is where the sensor is first held still. A hold is a posture far enough from there; for
exercises whose least range is 0 it may be anywhere, and begins with the first stillness. What is held for less than half of
what is asked for (or 3 s) is positioning: the last such posture before the first hold is rest, if it is far enough from that.
A posture that is unlike that of the set's first hold is none of its holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.model import Alarm, ExerciseSet, Hold, Rejection, SetEnd, SetProgress
from ptdevice.motion.absence import away_since
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.holding import BRIDGE_S, HoldMachine
from ptdevice.motion.sets import ARM_S, IDLE_S, LOOK_S
from ptdevice.motion.stillness import Stillness
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice.motion.watch import RangeWatch

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import MotionSamples, Record, Vector
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.holding import Held
    from ptdevice.motion.stream import Posture

SHORTEST_S = 3.0
SHORT = 0.5  # of what is asked for
SAME_DEG = 20.0  # the second plank is not quite the first


class HoldCounter:
    """Guides one set of holds after another; `target` holds complete a set."""

    def __init__(
        self,
        exercise: Exercise,
        new_id: Callable[[], str],
        target: int | None,
        stream: PostureStream | None = None,
        *,
        asked: bool = False,
    ) -> None:
        self.stream = PostureStream() if stream is None else stream
        self._exercise = exercise
        self._new_id = new_id
        self._target = target
        self._gaps = GapAccount(self.stream)
        self._watch = RangeWatch(exercise, asked=asked)
        self._stillness = Stillness()
        self._machine = HoldMachine(exercise.smallest_deg)
        self._least_s = max(SHORTEST_S, SHORT * (exercise.least_hold_s or 0.0))
        self._up: Vector | None = None
        self._still_s = 0.0
        self._armed = self._paused = False
        self._holds: list[Hold] = []
        self._ranges: list[int] = []
        self._posture: Vector | None = None  # of the first hold
        self._before: Vector | None = None  # what was held last and was no hold of this set
        self._t = self._idle_from = 0.0
        self._look_at = float("-inf")
        self._lost_at: float | None = None

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        rest, up = self._machine.rest, self._up
        return SetProgress(
            exercise=self._exercise.name,
            phase=self._phase(),
            repetitions=len(self._holds),
            angle_deg=angle_deg(rest, up) if self._armed and rest and up else None,
            range_deg=self._ranges[-1] if self._ranges else None,
            target=self._target,
            held_s=self._held_s(),
        )

    def feed(self, event: MotionSamples) -> list[Record]:
        """Take in samples; give back what is to be kept."""
        records: list[Record] = []
        for item in self.stream.take(event):
            if isinstance(item, Missing):
                self._lost_at = None
                self._gaps.note(item)
                records += self._judge(self._machine.miss(item.start, item.end))
            else:
                records += self._posture_at(item)
        return records

    def tick(self, now: float) -> list[Record]:
        """Time has passed, to gateway second `now`."""
        if not self._holds and self._machine.posture is None:
            return []
        away = away_since(self.stream, self._lost_at, now)
        return self._end(SetEnd.SENSOR_LOST, away) if away is not None else []

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """End the open set, if there is one. What is being held is held until now."""
        return self._end(reason, now)

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone. An open set waits GRACE_S for it to come back."""
        self.stream.clock.lost()
        self._lost_at = now
        return []

    def pause(self) -> list[Record]:
        """Measure nothing until `resume`. What is being held ends here."""
        self._paused = True
        return self._judge(self._machine.close())

    def resume(self) -> None:
        """Measure again."""
        self._paused, self._idle_from = False, self._t

    # --- postures ---

    def _posture_at(self, at: Posture) -> list[Record]:
        t, up, _ = at
        self._t, self._up, self._lost_at = t, up, None
        self._still_s = self._stillness.step(t, up)
        if self._paused:
            return []
        if not self._armed and self._still_s >= ARM_S:
            self._armed, self._machine.rest, self._idle_from = True, up, t
            self._gaps.begin()
            self._watch.begin()
        if not self._armed:
            return []
        records = self._judge(self._machine.step(t, up))
        if t < self._look_at:
            return records
        self._look_at = t + LOOK_S
        if self._machine.posture is not None:
            self._idle_from = t
        return records + (self._after_a_hold(t) if self._holds else self._before_the_first(at))

    def _before_the_first(self, at: Posture) -> list[Record]:
        if self._machine.posture is not None:
            return []
        text = self._watch.look(at, LOOK_S, still=self._still_s >= ARM_S)
        return [Alarm(self.stream.clock.gateway(at.t), "no_range", text)] if text else []

    def _after_a_hold(self, t: float) -> list[Record]:
        if self._held_s() is None and self._target is not None and len(self._holds) >= self._target:
            return self._end(SetEnd.TARGET, self.stream.clock.gateway(t)) if self._still_s >= ARM_S else []
        if self._held_s() is None and t - self._idle_from >= IDLE_S:
            return self._end(SetEnd.IDLE, self.stream.clock.gateway(t))
        return []

    def _phase(self) -> str:
        if not self._armed or (self._paused and self._still_s < ARM_S):
            return "waiting"
        if self._held_s() is not None:
            return "holding"
        if self._still_s < ARM_S:
            return "moving"
        return "resting" if self._holds else "armed"

    def _held_s(self) -> float | None:
        """Time held by now in a posture that may become one of the set's holds."""
        posture = self._machine.posture
        if posture is None or not self._like_the_first(posture):
            return None
        return round(self._machine.held_s, 1)

    # --- the set ---

    def _like_the_first(self, posture: Vector) -> bool:
        return self._posture is None or angle_deg(self._posture, posture) <= SAME_DEG

    def _judge(self, held: Held | None) -> list[Record]:
        """Whether a hold that is over is one of the set's."""
        if held is None:
            return []
        if held.held_s < self._least_s or not self._like_the_first(held.posture):
            self._before = held.posture
            return []
        if not self._holds:
            self._posture, self._id = held.posture, self._new_id()
            if self._before is not None and angle_deg(self._before, held.posture) >= self._exercise.smallest_deg:
                self._machine.rest = self._before
        rest = self._machine.rest
        range_deg = angle_deg(rest, held.posture) if rest is not None and self._exercise.smallest_deg > 0.0 else None
        lag, gateway = self.stream.lag_s, self.stream.clock.gateway
        hold = Hold(
            set_id=self._id,
            exercise=self._exercise.name,
            index=len(self._holds) + 1,
            start=gateway(held.start - lag),
            end=gateway(held.end - lag),
            held_s=round(held.held_s, 1),
            sway_deg=round(held.sway_deg, 1),
            breaks=held.breaks,
            break_s=round(held.break_s, 1),
            rejected=self._rejection(held.held_s, range_deg),
            gap=held.unseen_s > 0.0 or self._gaps.share(held.start, held.end) > 0.0,
        )
        self._holds.append(hold)
        if range_deg is not None:
            self._ranges.append(round(range_deg))
        return [*self._gaps.tell(), hold]

    def _rejection(self, held_s: float, range_deg: float | None) -> Rejection | None:
        least, limit = self._exercise.least_hold_s, self._exercise.limit_deg
        if limit is not None and range_deg is not None and range_deg > limit:
            return Rejection.OVER_LIMIT
        return Rejection.HOLD_SHORT if least is not None and held_s < least - BRIDGE_S else None

    def _end(self, reason: SetEnd, now: float) -> list[Record]:
        records = self._judge(self._machine.close())
        if self._holds:
            self._gaps.close(now, "link_lost" if self._lost_at is not None else "silent")
            records += [*self._gaps.tell(), self._summed_up(reason, now)]
        self._machine = HoldMachine(self._exercise.smallest_deg)
        self._holds, self._ranges, self._posture, self._before = [], [], None, None
        self._armed = self._paused = False
        self._gaps.begin()
        self._gaps.forget()
        self._watch.over()
        return records

    def _summed_up(self, reason: SetEnd, now: float) -> ExerciseSet:
        holds, gaps, clock = self._holds, self._gaps, self.stream.clock
        wrong = sum(hold.rejected is not None for hold in holds)
        return ExerciseSet(
            id=self._id,
            exercise=self._exercise.name,
            start=holds[0].start,
            end=holds[-1].end if reason in {SetEnd.TARGET, SetEnd.IDLE} else max(holds[-1].end, now),
            repetitions=len(holds),
            recount=None,
            spread=None,
            range_deg=sorted(self._ranges)[len(self._ranges) // 2] if self._ranges else None,
            reason=reason,
            completeness=gaps.completeness,
            target=self._target,
            correct=len(holds) - wrong,
            incorrect=wrong,
            received=gaps.received,
            missing=gaps.missing,
            gaps=gaps.count,
            gap_s=round(gaps.seconds, 3),
            uncertainty_s=round(clock.uncertainty_s, 3),
            skew_ppm=None if clock.skew_ppm is None else round(clock.skew_ppm, 1),
            held_s=round(sum(hold.held_s for hold in holds), 1),
        )
