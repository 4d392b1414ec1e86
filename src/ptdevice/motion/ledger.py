"""One set, written down: swings become repetitions, gaps are told, and the set is summed up. In gateway seconds.

A set's id is made with its first repetition. Times are corrected for the delay of the filter.
"""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING

from ptdevice.model import ExerciseSet, Gap, Repetition, SetEnd
from ptdevice.motion.agreement import AGREE
from ptdevice.motion.measuring import measure
from ptdevice.motion.recount import recount, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.motion.exercises import Exercise
    from ptdevice.motion.stream import Missing, PostureStream
    from ptdevice.motion.swing import Swing
    from ptdevice.motion.trace import Trace

STREAM = "motion"
RECORDED_GAP_S = 0.5  # shorter gaps count against completeness and mark repetitions, but have no record of their own
GAPS_KEPT = 512  # enough for a repetition of 40 s at 100 Hz with one sample in eight missing
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
        self._gaps: deque[Missing] = deque(maxlen=GAPS_KEPT)
        self._id = ""
        self._first: Swing | None = None
        self._ranges: list[int] = []
        self._start = 0.0
        self._end = 0.0
        self._before = (0, 0)

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

    def begin(self) -> None:
        """What is received from now on belongs to the next set."""
        self._before = (self._stream.received, self._stream.missing)

    def missing(self, gap: Missing, cause: str) -> list[Gap]:
        """Take note of a gap; a long one has a record."""
        self._gaps.append(gap)
        if gap.end - gap.start < RECORDED_GAP_S:
            return []
        gateway = self._stream.clock.gateway
        return [Gap(STREAM, gateway(gap.start), gateway(gap.end), cause, gap.samples)]

    def repetition(self, swing: Swing, nearest: float) -> Repetition:
        """The record of a swing that counts; `nearest` is its distance from its nearest companion."""
        if self._first is None:
            self._first = swing
            self._id = self._new_id()
        measured = measure(swing, self._trace)
        missing = self._missing_share(measured.start, measured.end)
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
        received = self._stream.received - self._before[0]
        missing = self._stream.missing - self._before[1]
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
            completeness=round(received / (received + missing), 4) if received else None,
            target=self._target,
        )
        self._id, self._first, self._end = "", None, 0.0
        self._ranges = []
        self._gaps.clear()
        return record

    def _gateway(self, t: float) -> float:
        return self._stream.clock.gateway(t - self._stream.lag_s)

    def _missing_share(self, start: float, end: float) -> float:
        """The share of the time from `start` to `end` in which samples were missing."""
        lost = sum(max(min(gap.end, end) - max(gap.start, start), 0.0) for gap in self._gaps)
        return min(lost / (end - start), 1.0) if end > start else 0.0
