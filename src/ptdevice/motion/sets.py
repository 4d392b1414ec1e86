"""A guided set: from holding still in the posture of rest, over repetitions as they happen, to its record.

    waiting    for stillness. Whoever begins without it is not ignored: three repetitions that agree open the set as well
    armed      at rest, ready; nothing counted yet
    moving     out of rest
    resting    at rest between repetitions

What happened before the last stillness before the first swing is positioning, and forgotten. A set ends when its target is
reached and the person rests, when nothing comes for IDLE_S, when somebody ends it, when the program stops, or when the
sensor stays away for GRACE_S. Shorter absences are gaps within the set.

A repetition is recorded once it is settled, that is when the next one begins or the rest after it has lasted a while, and
once it is certain that it counts (`agreement`). The first ones of a set are recorded with the third: one or two movements of
somebody who then does something else are no set, unless they are said to be one. The live count waits for none of this.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.model import Alarm, SetEnd, SetProgress
from ptdevice.motion.absence import away_since
from ptdevice.motion.agreement import COMPARABLE, SMALL_DEG, Agreement
from ptdevice.motion.cycles import Cycles
from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.ledger import SetLedger
from ptdevice.motion.looking import REST_S
from ptdevice.motion.stillness import Stillness
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice.motion.swing import SwingReturn
from ptdevice.motion.trace import Trace
from ptdevice.motion.watch import RangeWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ptdevice.model import MotionSamples, Record, Vector
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import Posture
    from ptdevice.motion.swing import Swing

ARM_S = 0.7
NOTHING: tuple[Record, ...] = ()  # what most postures give
FEWEST = 3  # fewer repetitions are no set, unless somebody ended it or wanted no more
LOOK_S = 0.2  # how often it is asked whether a set begins or ends
IDLE_S = 20.0
SAME_REST = 0.35  # of the range


class SetCounter:
    """Guides one set after another of `exercise`; `target` repetitions complete a set.

    `stream` is that of the counter before, whose knowledge of the sensor's clock goes on. `asked`: somebody asked for a set.
    """

    def __init__(
        self,
        exercise: Exercise,
        new_id: Callable[[], str],
        target: int | None,
        stream: PostureStream | None = None,
        *,
        asked: bool = False,
    ) -> None:
        self._exercise = exercise
        self._target = target
        self._fewest = FEWEST if target is None else min(FEWEST, target)
        self.stream = PostureStream() if stream is None else stream
        self._stillness = Stillness()
        self._machine = SwingReturn(exercise.smallest_deg, exercise.hold_s)
        self._agreement = Agreement()
        self._cycles = Cycles()
        self._trace = Trace()
        self._ledger = SetLedger(exercise, new_id, target, self.stream, self._trace)
        self._remember = self._ledger.looker.recent.append  # looked up once, not with every posture
        self._up: Vector | None = None
        self._still_s = 0.0
        self._armed = False
        self._lost_at: float | None = None  # gateway seconds
        self._last: Swing | None = None  # the last swing since arming, whether it counts or not
        self._accepted: deque[tuple[Swing, float]] = deque()  # they count, and wait to be recorded
        self._floor_deg = 0.0  # what this exercise was not smaller than in the set before
        self._idle_from = 0.0  # since when no swing has come, in stream time
        self._watch = RangeWatch(exercise, asked=asked)
        self._look_at = float("-inf")  # when the phase is looked at next, in stream time
        self._paused = False
        self._told: float | None = None  # when the person was last seen during a pause, in stream time

    @property
    def progress(self) -> SetProgress:
        """The set as it stands."""
        rest = self._machine.rest
        return SetProgress(
            exercise=self._exercise.name,
            phase=self._phase(),
            repetitions=self._count() if self._armed else 0,
            angle_deg=angle_deg(rest, self._up) if self._armed and rest and self._up else None,
            range_deg=self._ledger.range_deg,
            target=self._target,
        )

    def feed(self, event: MotionSamples) -> list[Record]:
        """Take in samples; give back what is to be kept."""
        records: list[Record] = []
        self._ledger.looker.rate_hz = event.rate_hz
        for item in self.stream.take(event):
            if isinstance(item, Missing):
                records += self._gap(item)
            else:
                records.extend(self._posture(item))
        return records

    def tick(self, now: float) -> list[Record]:
        """Time has passed, to gateway second `now`."""
        if self._last is None:
            return []
        away = away_since(self.stream, self._lost_at, now)
        return self._end(SetEnd.SENSOR_LOST, away) if away is not None else []

    def finish(self, now: float, reason: SetEnd) -> list[Record]:
        """End the open set, if there is one."""
        return self._end(reason, now)

    def sensor_lost(self, now: float) -> list[Record]:
        """The link to the sensor is gone. An open set waits GRACE_S for it to come back."""
        self.stream.clock.lost()
        self._lost_at = now
        if self._last is None:
            self._wait()
        return []

    def pause(self) -> list[Record]:
        """Count nothing until `resume`. Half a repetition is dropped, what counts already is recorded."""
        self._paused = True
        self._machine.close()
        return self._record()

    def resume(self) -> None:
        """Count again. Where the pause ended is rest, until the person rests elsewhere."""
        if self._paused and self._up is not None and self._told is not None:
            self._machine.begin(self._told, self._up)
            self._idle_from = self._told
        self._paused = False

    # --- postures ---

    def _gap(self, gap: Missing) -> list[Record]:
        self._lost_at = None
        self._ledger.gaps.note(gap)
        return [*self._ledger.gaps.tell()] if self._ledger.count else []

    def _posture(self, at: Posture) -> Sequence[Record]:
        t, up, spin = at
        self._up = up
        self._still_s = still_s = self._stillness.step(t, up)
        if self._paused:
            self._told, self._lost_at = t, None
            return NOTHING
        self._trace.add(t, up, spin)
        self._remember(at)
        if spin is not None and still_s >= REST_S:
            self._ledger.looker.bias.rest(spin)
        swing = self._machine.step(t, up, still_s)
        if swing is not None:
            self._last = swing
            self._idle_from = swing.counted
            if swing.settled:
                self._ledger.looker.look(swing)
            else:
                self._ledger.strays.seen(swing)
                self._cycles.seen(swing)
                self._accepted += self._agreement.add(swing)
            return self._record() if self._armed or self._unarmed_start() else NOTHING
        if t < self._look_at:
            return NOTHING
        self._look_at = t + LOOK_S
        self._lost_at = None
        if still_s >= ARM_S and not self._ledger.count and not self._machine.out and self._elsewhere(up):
            self._arm(at)
        if self._last is None or not self._armed:
            return self._before_the_first(at)
        return self._after_the_last(at)

    def _before_the_first(self, at: Posture) -> list[Record]:
        still = self._still_s >= ARM_S
        if still and not self._machine.out:
            if not self._armed:
                self._arm(at)
            self._ledger.rest(at.t)
        if not self._armed:
            return []
        text = self._watch.look(at, LOOK_S, still=still)
        return [Alarm(self.stream.clock.gateway(at.t), "no_range", text)] if text else []

    def _after_the_last(self, at: Posture) -> list[Record]:
        if self._still_s >= ARM_S and self._target is not None and self._count() >= self._target:
            reason = SetEnd.TARGET
        elif at.t - self._idle_from >= IDLE_S:
            reason = SetEnd.IDLE
        else:
            return []
        return [] if self._machine.out else self._end(reason, self.stream.clock.gateway(at.t))

    # --- the set ---

    def _phase(self) -> str:
        if not self._armed or (self._paused and self._still_s < ARM_S):
            return "waiting"
        if self._still_s < ARM_S:
            return "moving"
        return "resting" if self._last is not None else "armed"

    def _count(self) -> int:
        swings = len(self._accepted) + self._agreement.undecided
        return self._ledger.count + (self._cycles.whole(swings) if self._exercise.bilateral else swings)

    def _arm(self, at: Posture) -> None:
        if self._last is None or self._elsewhere(at.up):
            self._machine.begin(at.t, at.up)
            self._agreement.restart()
            self._accepted.clear()
            self._ledger.strays.clear()
            self._last = None
        self._watch.begin()
        self._armed = True

    def _elsewhere(self, up: Vector) -> bool:
        """Whether this is neither where the last swing began nor where it came back to."""
        last = self._last
        if last is None:
            return False
        near = max(SAME_REST * last.range_deg, SMALL_DEG)
        return angle_deg(last.rest, up) > near and angle_deg(last.back, up) > near

    def _unarmed_start(self) -> bool:
        self._armed = len(self._accepted) >= FEWEST
        return self._armed

    def _wait(self) -> None:
        self._machine = SwingReturn(max(self._exercise.smallest_deg, self._floor_deg), self._exercise.hold_s)
        self._trace.clear()
        self._ledger.wait()
        self._agreement.restart()
        self._accepted.clear()
        self._cycles.clear()
        self._last = None
        self._armed = self._paused = False
        self._watch.restart()

    def _record(self, *, over: bool = False) -> list[Record]:
        """Repetitions that are settled and certain, or all that count when the set is over."""
        if not self._ledger.count:
            self._weed()
            if not over and len(self._accepted) < self._fewest:
                return []
        records: list[Record] = [*self._ledger.gaps.tell()] if self._accepted else []
        if self._exercise.bilateral:
            while self._accepted and (cycle := self._cycles.take(self._accepted, over=over)) is not None:
                swing, other, nearest = cycle
                records += self._ledger.repetition(swing, nearest, other)
            return records
        while self._accepted and (over or self._accepted[0][0].settled):
            swing, nearest = self._accepted.popleft()
            records += self._ledger.repetition(swing, nearest)
        return records

    def _weed(self) -> None:
        """While the first repetitions gather: much smaller ones were not yet the exercise."""
        greatest = max((swing.range_deg for swing, _ in self._accepted), default=0.0)
        while self._accepted and self._accepted[0][0].range_deg < COMPARABLE * greatest:
            self._accepted.popleft()

    def _end(self, reason: SetEnd, now: float) -> list[Record]:
        if self._last is None:
            return []
        self._machine.close()
        self._accepted += self._agreement.close()
        if reason is SetEnd.IDLE and self._ledger.count + len(self._accepted) < self._fewest:
            self._accepted.clear()
        last = self._accepted[-1][0] if self._accepted else self._last
        records = self._record(over=True)
        if self._ledger.count >= FEWEST and self._ledger.usual_deg is not None:
            self._floor_deg = COMPARABLE * self._ledger.usual_deg
        if self._ledger.count:
            self._ledger.gaps.close(now, "link_lost" if self._lost_at is not None else "silent")
            records += self._ledger.gaps.tell()
            records += self._ledger.close(reason, last, now)
        if reason is SetEnd.SENSOR_LOST:
            self._floor_deg = 0.0
            self._agreement = Agreement()  # who knows how it will be worn when it comes back
        self._wait()
        self._watch.over()
        return records
