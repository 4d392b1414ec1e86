"""The shapes of the page: one lane is one SVG, a thousand wide and stretched to the page, so strokes keep their width.

Text is not in the SVG but beside it, in HTML, so that it is as large on a phone as anywhere. Whatever comes from a run passes
`text` on its way into the page.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ptdevice_sim.report.chapters import Chapter
    from ptdevice_sim.report.series import Span

WIDTH = 1000.0
POINTS = 1600  # of a curve in one chapter: more than a wide screen has pixels
DOT = 6  # px, the stroke width of a dot


def text(value: object) -> str:
    """Escaped, for content and for attributes in double quotes."""
    # What is no character of HTML (NUL, other controls) would be kept by the parser as it is.
    return html.escape("".join(c if c.isprintable() else "\ufffd" for c in str(value)), quote=True)


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".removesuffix(".0")


def titled(title: str) -> str:
    """A tooltip."""
    return f"<title>{text(title)}</title>"


class Lane:
    """One lane of a chapter, filled shape by shape. `high` is its height in pixels."""

    def __init__(self, chapter: Chapter, high: int) -> None:
        self.chapter, self.high = chapter, high
        self._shapes: list[str] = []

    def x(self, t_s: float) -> float:
        """Where a moment is."""
        return self.chapter.share(t_s) * WIDTH

    def bar(self, span: Span, css: str, title: str, *, top: float = 0.0, bottom: float | None = None) -> None:
        """A filled stretch, from `top` to `bottom` pixels. Nothing where it is outside of the chapter."""
        if span.end <= self.chapter.start or span.start >= self.chapter.end:
            return
        x1, x2 = self.x(span.start), self.x(span.end)
        low = self.high if bottom is None else bottom
        self._shapes.append(
            f'<rect class="{css}" x="{number(x1)}" y="{number(top)}" width="{number(max(x2 - x1, 0.8))}" '
            f'height="{number(low - top)}">{titled(title)}</rect>'
        )

    def curve(self, pieces: Iterable[Sequence[tuple[float, float]]], css: str, low: float, high: float) -> None:
        """A line; values from `low` (bottom) to `high` (top)."""
        for piece in pieces:
            path = "M" + "L".join(f"{number(self.x(t))} {number(self.y(v, low, high))}" for t, v in piece)
            if len(piece) == 1:
                path += "h0"
            self._shapes.append(f'<path class="{css}" d="{path}"/>')

    def steps(self, spans: Iterable[Span], css: str, low: float, high: float) -> None:
        """A line of steps; unknown breaks it."""
        path, before = "", None
        for span in spans:
            if (
                span.end <= self.chapter.start
                or span.start >= self.chapter.end
                or not isinstance(span.value, int | float)
            ):
                before = None
                continue
            x1, x2, y = self.x(span.start), self.x(span.end), self.y(float(span.value), low, high)
            path += f"V{number(y)}H{number(x2)}" if before else f"M{number(x1)} {number(y)}H{number(x2)}"
            before = span
        if path:
            self._shapes.append(f'<path class="{css}" d="{path}"/>')

    def dot(self, t_s: float, y: float, css: str, title: str) -> None:
        """A round mark: a line of no length with round ends, which stays round however the SVG is stretched."""
        if self.chapter.holds(t_s):
            self._shapes.append(f'<path class="{css}" d="M{number(self.x(t_s))} {number(y)}h0">{titled(title)}</path>')

    def tick(self, t_s: float, css: str, title: str, *, top: float = 0.0, bottom: float | None = None) -> None:
        """An upright mark."""
        if self.chapter.holds(t_s):
            low = self.high if bottom is None else bottom
            self._shapes.append(
                f'<path class="{css}" d="M{number(self.x(t_s))} {number(top)}V{number(low)}">{titled(title)}</path>'
            )

    def y(self, value: float, low: float, high: float) -> float:
        """Where a value is, with a margin of two pixels above and below."""
        return self.high - 2 - (value - low) / ((high - low) or 1.0) * (self.high - 4)

    def svg(self, label: str) -> str:
        """The whole lane. `label` is for those who hear the page."""
        grid = "".join(f"M{number(self.x(t))} 0V{self.high}" for t in self.chapter.ticks(8))
        return (
            f'<svg viewBox="0 0 1000 {self.high}" height="{self.high}" preserveAspectRatio="none" role="img" '
            f'aria-label="{text(label)}"><path class="grid" d="{grid}"/>{"".join(self._shapes)}</svg>'
        )
