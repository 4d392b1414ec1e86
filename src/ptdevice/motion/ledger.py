"""One set, written down: swings become repetitions, gaps are told, and the set is summed up. In gateway seconds.

A set's id is made with its first repetition. Times are corrected for the delay of the filter.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from ptdevice.model import ExerciseSet, Repetition, SetEnd
from ptdevice.motion.agreement import AGREE
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.measuring import measure
from ptdevice.motion.recount import recount, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import PostureStream
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

TOO_MUCH_MISSING = 0.25  # of a repetition's time: its measures are not to be trusted
MARGIN_S = 1.0  # of trace around the repetitions, for the recount


class SetLedger:
    """Records of one set after another."""

    def __init__(
        self, exercise: Exercise, new_id: Callable[[], str], target: int | None, stream: PostureStream, trace: Trace
    ) -> None:
        self._exercise = exercise
        self._new_id = new_id
        self._target = target
        self._stream = stream
        self._trace = trace
        self.gaps = GapAccount(stream)
        self._id = ""
        self._first: Swing | None = None
        self._ranges: list[int] = []
        self._start = 0.0
        self._end = 0.0

    @property
    def count(self) -> int:
        """Repetitions recorded in this set."""
        return len(self._ranges)

    @property
    def range_deg(self) -> int | None:
        """Range of the last one."""
        return self._ranges[-1] if self._ranges else None

    @property
    def usual_deg(self) -> int | None:
        """Median range of the set so far."""
        return round(median(self._ranges)) if self._ranges else None

    def repetition(self, swing: Swing, nearest: float) -> Repetition:
        """The record of a swing that counts; `nearest` is its distance from its nearest companion."""
        if self._first is None:
            self._first = swing
            self._id = self._new_id()
        measured = measure(swing, self._trace)
        missing = self.gaps.share(measured.start, measured.end)
        out, hold, back = measured.tempo_s
        start, turn, end = (self._gateway(t) for t in (measured.start, measured.turn, measured.end))
        if not self._ranges:
            self._start = start
        self._end = max(self._end, end)
        self._ranges.append(round(swing.range_deg))
        return Repetition(
            set_id=self._id,
            exercise=self._exercise.name,
            index=len(self._ranges),
            start=start,
            turn=turn,
            end=end,
            range_deg=self._ranges[-1],
            tempo_s=(round(out, 2), round(hold, 2), round(back, 2)),
            valid=missing < TOO_MUCH_MISSING,
            confidence=round(max(1.0 - nearest / AGREE, 0.0) * (1.0 - missing), 2),
            gap=missing > 0.0,
        )

    def close(self, reason: SetEnd, last: Swing, now: float) -> ExerciseSet:
        """The record of the set, which has at least one repetition. `now` is when somebody or something ended it."""
        first = self._first or last
        opinions = recount(self._trace, first.start - MARGIN_S, last.end + MARGIN_S)
        everyone = [self.count, *opinions]
        clock, gaps = self._stream.clock, self.gaps
        record = ExerciseSet(
            id=self._id,
            exercise=self._exercise.name,
            start=self._start,
            end=self._end if reason in {SetEnd.TARGET, SetEnd.IDLE} else max(self._end, now),
            repetitions=self.count,
            recount=verdict(self.count, opinions) if opinions else None,
            spread=max(everyone) - min(everyone) if opinions else None,
            range_deg=self.usual_deg,
            reason=reason,
            completeness=gaps.completeness,
            target=self._target,
            received=gaps.received,
            missing=gaps.missing,
            gaps=gaps.count,
            gap_s=round(gaps.seconds, 3),
            uncertainty_s=round(clock.uncertainty_s, 3),
            skew_ppm=None if clock.skew_ppm is None else round(clock.skew_ppm, 1),
        )
        self._id, self._first, self._end = "", None, 0.0
        self._ranges = []
        gaps.forget()
        return record

    def _gateway(self, t: float) -> float:
        return self._stream.clock.gateway(t - self._stream.lag_s)
