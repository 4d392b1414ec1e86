"""Suggests sets where nobody said that one begins: what `free` finds, from the first repetition to the last."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING

from ptdevice.model import SuggestedSet
from ptdevice.motion.free import SLOWEST_S, FreeCounter

if TYPE_CHECKING:
    from ptdevice.model import MotionSamples, Record
    from ptdevice.motion.stream import PostureStream
    from ptdevice.motion.swing import Swing

KEPT = 200  # ranges and periods of which the median is told


class SetSuggester:
    """Watches one sensor that counts nothing. A set is over when the gate closes, or SLOWEST_S after its last turn."""

    def __init__(self, stream: PostureStream) -> None:
        self._stream = stream
        self._free = FreeCounter(stream)
        self._opening = 0
        self._count = 0
        self._first: Swing | None = None
        self._last: Swing | None = None
        self._ranges: deque[float] = deque(maxlen=KEPT)
        self._periods: deque[float] = deque(maxlen=KEPT)

    def feed(self, event: MotionSamples) -> list[Record]:
        """Take in samples; give back a set that is over by now."""
        swings = self._free.feed(event)
        records = self.close() if self._free.openings != self._opening else []
        self._opening = self._free.openings
        for swing in swings:
            if self._last is not None:
                self._periods.append(swing.turn - self._last.turn)
            self._first = self._first or swing
            self._last = swing
            self._ranges.append(swing.range_deg)
            self._count += 1
        return records

    def tick(self, now: float) -> list[Record]:
        """Time has passed, to gateway second `now`."""
        last = self._last
        return self.close() if last is not None and now - self._stream.clock.gateway(last.turn) > SLOWEST_S else []

    def close(self) -> list[Record]:
        """Nobody watches any longer: what was found is told."""
        first, last, count = self._first, self._last, self._count
        self._first = self._last = None
        self._count = 0
        if first is None or last is None:
            return []
        gateway = self._stream.clock.gateway
        suggested = SuggestedSet(
            start=gateway(first.start),
            end=gateway(last.counted),
            repetitions=count,
            range_deg=round(median(self._ranges)),
            period_s=round(median(self._periods), 1),
        )
        self._ranges.clear()
        self._periods.clear()
        return [suggested]
