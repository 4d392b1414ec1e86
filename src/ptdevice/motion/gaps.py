"""What is missing of one stream: how many samples, where, and why. Stream time inside, gateway seconds on record."""

from __future__ import annotations

from collections import deque
from math import fsum
from typing import TYPE_CHECKING

from ptdevice.model import Gap
from ptdevice.motion.stream import Missing

if TYPE_CHECKING:
    from ptdevice.motion.stream import PostureStream

STREAM = "motion"
RECORDED_GAP_S = 0.5  # shorter gaps count, and mark repetitions, but have no record of their own
GAPS_KEPT = 512  # enough for a repetition of 40 s at 100 Hz with one sample in eight missing
UNTOLD_KEPT = 32  # long gaps before it is known that a set has begun


class GapAccount:
    """Of everything since `begin`. `name` is the stream's, on record."""

    def __init__(self, stream: PostureStream, name: str = STREAM) -> None:
        self._stream, self._name = stream, name
        self._gaps: deque[Missing] = deque(maxlen=GAPS_KEPT)
        self._untold: deque[Gap] = deque(maxlen=UNTOLD_KEPT)
        self.begin()

    def begin(self) -> None:
        """Account anew, from now on."""
        self._before = (self._stream.received, self._stream.missing)
        self._at_the_end = 0
        self.count = 0
        self.seconds = 0.0
        self._untold.clear()

    def forget(self) -> None:
        """Where gaps were does not matter any more."""
        self._gaps.clear()

    def note(self, gap: Missing) -> None:
        """A gap that is over. A long one has a record, which waits to be told."""
        self._gaps.append(gap)
        self.count += 1
        self.seconds += gap.end - gap.start
        if gap.end - gap.start >= RECORDED_GAP_S:
            gateway = self._stream.clock.gateway
            self._untold.append(Gap(self._name, gateway(gap.start), gateway(gap.end), gap.cause, gap.samples))

    def close(self, now: float, cause: str) -> None:
        """The account ends at gateway second `now`: what has not come by then, and is overdue, is missing."""
        heard, clock = self._stream.heard, self._stream.clock
        if heard is None or now - clock.gateway(heard) < RECORDED_GAP_S:
            return
        end = heard + now - clock.gateway(heard)
        samples = max(round((end - heard) * self._stream.pace_hz) - 1, 1)
        self._at_the_end = samples
        self.note(Missing(heard, end, samples, cause))

    def tell(self) -> list[Gap]:
        """Records of the long gaps that have not been told."""
        told = list(self._untold)
        self._untold.clear()
        return told

    @property
    def received(self) -> int:
        """Usable samples."""
        return self._stream.received - self._before[0]

    @property
    def missing(self) -> int:
        """Samples that were expected between the first and the last, or until the account was closed, and did not come."""
        return self._stream.missing - self._before[1] + self._at_the_end

    @property
    def completeness(self) -> float | None:
        """The share of expected samples that came; None where none was expected."""
        expected = self.received + self.missing
        return round(self.received / expected, 4) if expected else None

    def share(self, start: float, end: float) -> float:
        """The share of the stream time from `start` to `end` in which samples were missing."""
        lost = fsum(max(min(gap.end, end) - max(gap.start, start), 0.0) for gap in self._gaps)
        return min(lost / (end - start), 1.0) if end > start else 0.0
