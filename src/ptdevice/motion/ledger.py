"""One set, written down: swings become repetitions, gaps are told, and the set is summed up. In gateway seconds.

A set's id is made with its first repetition. Times are corrected for the delay of the filter.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from ptdevice.model import ExerciseSet, RejectedMovement, Rejection, Repetition, SetEnd, Unmeasured
from ptdevice.motion.agreement import AGREE
from ptdevice.motion.cycles import joined, sides_deg
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.looking import Looker
from ptdevice.motion.quality import TOO_MUCH_MISSING, SharedAxis, rejection, symmetry_pct, tempo_cv
from ptdevice.motion.recount import recount, verdict
from ptdevice.motion.strays import Strays, reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Record
    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import PostureStream
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

HOLES = 0.1  # of a repetition's time: more holes than this, and the spectrum is theirs
MARGIN_S = 1.0  # of trace around the repetitions, for the recount, which begins no later than the last rest before them


@dataclass(slots=True)
class OpenSet:
    """A set of which not all is recorded, in gateway seconds."""

    id: str = ""
    first: Swing | None = None
    last: Swing | None = None
    start: float = 0.0
    end: float = 0.0
    ranges: list[int] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)
    sides: list[tuple[float, float]] = field(default_factory=list)
    correct: int = 0
    incorrect: int = 0
    axis: SharedAxis = field(default_factory=SharedAxis)


class SetLedger:
    """Records of one set after another."""

    def __init__(
        self, exercise: Exercise, new_id: Callable[[], str], target: int | None, stream: PostureStream, trace: Trace
    ) -> None:
        self.looker = Looker(trace, compared=bool(exercise.placements))
        self.strays = Strays(exercise.smallest_deg)
        self._exercise = exercise
        self._new_id = new_id
        self._target = target
        self._stream = stream
        self._trace = trace
        self.gaps = GapAccount(stream)
        self._set = OpenSet()
        self._rested: float | None = None  # stream time of the last rest before the first swing

    @property
    def count(self) -> int:
        """Repetitions recorded in this set."""
        return len(self._set.ranges)

    @property
    def range_deg(self) -> int | None:
        """Range of the last one."""
        return self._set.ranges[-1] if self._set.ranges else None

    @property
    def usual_deg(self) -> int | None:
        """Median range of the set so far."""
        return round(median(self._set.ranges)) if self._set.ranges else None

    def wait(self) -> None:
        """No set is open, and none is about to begin."""
        self._rested = None
        self.gaps.begin()

    def rest(self, t: float) -> None:
        """Here, at rest at stream time `t`, a set may begin: what comes from now on belongs to it."""
        self._rested = t
        self.gaps.begin()

    def repetition(self, swing: Swing, nearest: float, other: Swing | None = None) -> list[Record]:
        """The record of a swing that counts, after those of what did not count before it.

        `nearest` is its distance from its nearest companion; `other` the way to the other side, where a repetition has two.
        """
        records = self._strays(swing, other)
        if self._set.first is None:
            self._set.first = swing
            self._set.id = self._new_id()
        one = self.looker.take(swing)
        two = self.looker.take(other) if other else None
        seen = [one, two] if two else [one]
        range_deg = one.range_deg
        if other and two:
            share = (one.range_deg + two.range_deg) / (swing.range_deg + other.range_deg)
            range_deg = joined(swing, other).range_deg * share
        missing = self.gaps.share(one.measured.start, seen[-1].measured.end)
        out, hold, back = (sum(part) for part in zip(*(look.measured.tempo_s for look in seen), strict=True))
        start, turn, end = (
            self._gateway(t) for t in (one.measured.start, seen[-1].measured.turn, seen[-1].measured.end)
        )
        rejected = rejection(
            self._exercise,
            range_deg=range_deg,
            duration_s=end - start,
            hold_s=min(look.measured.tempo_s[1] for look in seen),
            off_axis_deg=self._set.axis.off_deg(swing) if self.count > 1 else 0.0,
            missing=missing,
        )
        if not self._set.ranges:
            self._set.start = start
        self._set.end = max(self._set.end, end)
        self._set.ranges.append(round(range_deg))
        self._note(rejected)
        if rejected is not Rejection.ARTIFACT:
            self._set.durations.append(end - start)
            self._set.axis.learn(swing)
            if self._exercise.bilateral:
                self._set.sides.append(sides_deg(self._set.first.rest, swing, other))
        self._set.last = other or swing
        smooth = [look.smoothness for look in seen if look.smoothness is not None]
        untrue = next((look.unmeasured for look in seen if look.unmeasured), None)
        if untrue is None and missing > HOLES:
            untrue = Unmeasured.GAP
        peaks = [look.velocity_peaks for look in seen if look.velocity_peaks is not None]
        return [
            *records,
            Repetition(
                set_id=self._set.id,
                exercise=self._exercise.name,
                index=len(self._set.ranges),
                start=start,
                turn=turn,
                end=end,
                range_deg=self._set.ranges[-1],
                tempo_s=(round(out, 2), round(hold, 2), round(back, 2)),
                valid=missing < TOO_MUCH_MISSING,
                confidence=round(max(1.0 - nearest / AGREE, 0.0) * (1.0 - missing), 2),
                gap=missing > 0.0,
                rejected=rejected,
                smoothness=None if untrue else round(sum(smooth) / len(smooth), 2),
                unmeasured=untrue,
                velocity_peaks=sum(peaks) if peaks else None,
            ),
        ]

    def close(self, why: SetEnd, last: Swing, now: float) -> list[Record]:
        """The record of the set, which has at least one repetition. `now` is when somebody or something ended it."""
        records = self._tries(self._trace.t[-1]) if self._trace.t else []
        first = self._set.first or last
        opinions = recount(self._trace, self._begin(first, last), last.end + MARGIN_S)
        everyone = [self.count, *opinions]
        clock, gaps = self._stream.clock, self.gaps
        record = ExerciseSet(
            id=self._set.id,
            exercise=self._exercise.name,
            start=self._set.start,
            end=self._set.end if why in {SetEnd.TARGET, SetEnd.IDLE} else max(self._set.end, now),
            repetitions=self.count,
            recount=verdict(self.count, opinions) if opinions else None,
            spread=max(everyone) - min(everyone) if opinions else None,
            range_deg=self.usual_deg,
            reason=why,
            completeness=gaps.completeness,
            target=self._target,
            correct=self._set.correct,
            incorrect=self._set.incorrect,
            tempo_cv=tempo_cv(self._set.durations),
            symmetry_pct=symmetry_pct(self._set.sides),
            received=gaps.received,
            missing=gaps.missing,
            gaps=gaps.count,
            gap_s=round(gaps.seconds, 3),
            uncertainty_s=round(clock.uncertainty_s, 3),
            skew_ppm=None if clock.skew_ppm is None else round(clock.skew_ppm, 1),
        )
        self._clear()
        return [*records, record]

    def _begin(self, first: Swing, last: Swing) -> float:
        """Where the recount does: at the last rest, so that it also sees what the live count did not take for a repetition.

        But no further back than the set is long, or its rhythm would be that of what was done before.
        """
        if self._rested is None:
            return first.start - MARGIN_S
        return min(first.start - MARGIN_S, max(self._rested, first.start - (last.end - first.start)))

    def _clear(self) -> None:
        self._set = OpenSet()
        self.gaps.forget()
        self.looker.clear()
        self.strays.clear()

    def _note(self, rejected: Rejection | None) -> None:
        """A loss of samples, or a movement of another kind, is nobody's mistake."""
        if rejected is None:
            self._set.correct += 1
        elif rejected is not Rejection.ARTIFACT:
            self._set.incorrect += 1

    def _strays(self, swing: Swing, other: Swing | None) -> list[Record]:
        """What did not count since the repetition before this swing."""
        strays = self.strays.before(swing) + (self.strays.before(other) if other else [])
        if self._set.last is None:
            return []
        tries = self._tries(swing.start)
        return [*tries, *(self._rejected(stray, reason(stray, self._set.axis)) for stray in strays)]

    def _tries(self, until: float) -> list[Record]:
        if self._set.last is None:
            return []
        tries = self.strays.tries(self._trace, self._set.last, until, self.usual_deg or 0.0)
        return [self._rejected(each, Rejection.SHORT_ROM) for each in tries]

    def _rejected(self, swing: Swing, why: Rejection) -> RejectedMovement:
        self._note(why)
        start, turn, end = (self._gateway(t) for t in (swing.start, swing.turn, swing.end))
        return RejectedMovement(self._set.id, self._exercise.name, start, turn, end, round(swing.range_deg), why)

    def _gateway(self, t: float) -> float:
        return self._stream.clock.gateway(t - self._stream.lag_s)
