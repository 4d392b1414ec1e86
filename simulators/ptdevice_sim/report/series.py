"""Values over time, as they are drawn: spans of one value, and curves that break where nothing was known. Pure.

Times are scenario seconds. `None` is unknown, everywhere.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

Value = str | int | float | None


@dataclass(frozen=True, slots=True)
class Span:
    """One value from `start` up to `end`."""

    start: float
    end: float
    value: Value


class Steps:
    """A value that stays until the next one is said. Unknown before the first."""

    def __init__(self) -> None:
        self._changes: list[tuple[float, Value]] = [(0.0, None)]

    def say(self, t_s: float, value: Value) -> None:
        """From `t_s` on, it is this."""
        if self._changes[-1][1] == value:
            return
        if self._changes[-1][0] == t_s:
            self._changes.pop()
            if self._changes and self._changes[-1][1] == value:
                return
        self._changes.append((t_s, value))

    @property
    def was_said(self) -> bool:
        """Whether anything but unknown was ever said."""
        return any(value is not None for _, value in self._changes)

    def spans(self, end: float) -> list[Span]:
        """From 0 to `end`, without holes."""
        edges = [*(t for t, _ in self._changes[1:]), end]
        return [
            Span(start, min(until, end), value)
            for (start, value), until in zip(self._changes, edges, strict=True)
            if start < min(until, end)
        ]

    def at(self, t_s: float) -> Value:
        """The value at this time."""
        return self._changes[bisect.bisect_right(self._changes, t_s, key=lambda change: change[0]) - 1][1]


def only_while(spans: list[Span], heard: list[Span]) -> list[Span]:
    """The same, unknown where `heard` is not `online`: what a unit said last is no news of it any more."""
    out: list[Span] = []
    for span in spans:
        for ear in heard:
            start, end = max(span.start, ear.start), min(span.end, ear.end)
            if start >= end:
                continue
            value = span.value if ear.value == "online" else None
            if out and out[-1].value == value and out[-1].end == start:
                out[-1] = Span(out[-1].start, end, value)
            else:
                out.append(Span(start, end, value))
    return out


@dataclass(slots=True)
class Curve:
    """A value that moves. `None` breaks the line."""

    points: list[tuple[float, float | None]] = field(default_factory=list)

    def say(self, t_s: float, value: float | None) -> None:
        """One sample."""
        self.points.append((t_s, value))

    @property
    def values(self) -> list[float]:
        """Those that are known."""
        return [value for _, value in self.points if value is not None]

    def lines(self, start: float, end: float, *, silence_s: float, most: int) -> list[list[tuple[float, float]]]:
        """The pieces between `start` and `end`, broken after a silence, thinned to about `most` points in all.

        Thinning keeps the least and the greatest of each bucket, so no peak gets lost.
        """
        pieces: list[list[tuple[float, float]]] = [[]]
        for t, value in self.points:
            if not start <= t <= end:
                continue
            if value is None or (pieces[-1] and t - pieces[-1][-1][0] > silence_s):
                pieces.append([])
            if value is not None:
                pieces[-1].append((t, value))
        width = (end - start) / max(most // 2, 1)
        return [_thinned(piece, width) for piece in pieces if piece]


def _thinned(piece: list[tuple[float, float]], width: float) -> list[tuple[float, float]]:
    buckets: dict[int, tuple[tuple[float, float], tuple[float, float]]] = {}
    for point in piece:
        key = int(point[0] // width)
        low, high = buckets.get(key, (point, point))
        buckets[key] = min(low, point, key=lambda p: p[1]), max(high, point, key=lambda p: p[1])
    out: list[tuple[float, float]] = []
    for low, high in buckets.values():
        out += [low] if low == high else sorted((low, high))
    return out
