"""Tables, printed as they come and kept as a page of Markdown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from benchmarks.accuracy.scores import Interval, Score


class Report:
    """What was found, in the order in which it was."""

    def __init__(self) -> None:
        self._page: list[str] = []

    def section(self, title: str, *paragraphs: str) -> None:
        print(f"\n## {title}\n", flush=True)
        self._page.append(f"## {title}")
        for paragraph in paragraphs:
            self.say(paragraph)

    def say(self, paragraph: str) -> None:
        print(paragraph + "\n", flush=True)
        self._page.append(paragraph)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """The same text serves eyes and Markdown."""
        lines = [list(header), *map(list, rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        lines.insert(1, ["-" * width for width in widths])
        text = "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        )
        print(text + "\n", flush=True)
        self._page.append(text)

    def page(self) -> str:
        return "\n\n".join(self._page) + "\n"


def progress(what: str) -> None:
    """Tell somebody who waits what is being done."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)


SCORE = ("n", "people", "exact %", "Wilson", "by person", "within 1 %", "Wilson", "MAE", "by person")


def cells(score: Score) -> list[str]:
    """A score below SCORE."""
    return [
        str(score.sets),
        str(score.people),
        f"{score.exact:.1f}",
        between(score.exact_wilson, 1),
        between(score.exact_people, 1),
        f"{score.within1:.1f}",
        between(score.within1_wilson, 1),
        f"{score.mae:.2f}",
        between(score.mae_people, 2),
    ]


def between(interval: Interval | None, digits: int) -> str:
    return f"{interval[0]:.{digits}f} to {interval[1]:.{digits}f}" if interval else "n/a"
