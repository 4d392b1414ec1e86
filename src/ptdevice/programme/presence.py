"""When the gateway was at work, in wall nanoseconds: outside of that, what a person did is unknown."""

from __future__ import annotations

from bisect import bisect_left


class Presence:
    """Spans that do not overlap, in order."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, start_ns: int, end_ns: int) -> None:
        """The gateway was at work from `start_ns` to `end_ns`; whatever overlaps or touches becomes one span."""
        if end_ns <= start_ns:
            return
        spans = self._spans
        first = bisect_left(spans, start_ns, key=lambda span: span[1])
        last = first
        while last < len(spans) and spans[last][0] <= end_ns:
            start_ns, end_ns = min(start_ns, spans[last][0]), max(end_ns, spans[last][1])
            last += 1
        spans[first:last] = [(start_ns, end_ns)]

    def absent_s(self, start_ns: int, end_ns: int) -> float:
        """Seconds of this span in which it was not at work, as far as is known."""
        present = sum(max(min(end, end_ns) - max(start, start_ns), 0) for start, end in self._spans)
        return max(end_ns - start_ns - present, 0) / 1e9

    def forget(self, before_ns: int) -> None:
        """Forget what was before."""
        self._spans = [(start, end) for start, end in self._spans if end > before_ns]
