"""A week is mostly nights. A run is cut into chapters, the stretches in which something happens, and each has its own scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.report.reading import Picture

WHOLE_S = 2 * 3600.0  # up to here a run is one chapter
QUIET_S = 20 * 60.0  # a quieter stretch than this separates two chapters
MARGIN_S = 30.0
MOST = 60  # chapters; beyond it the quietest separations are given up, so that a page stays a page
NICE_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of scenario time."""

    start: float
    end: float

    @property
    def length_s(self) -> float:
        """How long it is."""
        return self.end - self.start

    def share(self, t_s: float) -> float:
        """Where in the chapter, 0 to 1; outside of it, its nearer end."""
        return min(max((t_s - self.start) / self.length_s, 0.0), 1.0)

    def holds(self, t_s: float) -> bool:
        """Whether this moment is inside."""
        return self.start <= t_s <= self.end

    def ticks(self, most: int) -> list[float]:
        """Round moments inside, at most this many and one."""
        step = next((nice for nice in NICE_S if self.length_s / nice <= most), NICE_S[-1])
        first = int(self.start // step) + (self.start % step > 0)
        return [float(k * step) for k in range(first, int(self.end // step) + 1)]


def chapters(picture: Picture) -> list[Chapter]:
    """In order. A run of at most two hours is one chapter, and so is one in which nothing happens."""
    end = max(picture.duration_s, 1.0)
    if end <= WHOLE_S:
        return [Chapter(0.0, end)]
    busy: list[list[float]] = []
    for start, until in sorted(_stretches(picture)):
        if busy and start - busy[-1][1] <= QUIET_S:
            busy[-1][1] = max(busy[-1][1], until)
        else:
            busy.append([start, until])
    while len(busy) > MOST:
        i = min(range(len(busy) - 1), key=lambda i: busy[i + 1][0] - busy[i][1])
        busy[i : i + 2] = [[busy[i][0], busy[i + 1][1]]]
    return [Chapter(max(start - MARGIN_S, 0.0), min(until + MARGIN_S, end)) for start, until in busy] or [
        Chapter(0.0, end)
    ]


def _stretches(picture: Picture) -> Iterable[tuple[float, float]]:
    """When something was measured, recorded, or went wrong."""
    for unit in picture.units.values():
        for t, value in unit.heart.points:
            if value is not None:
                yield t, t
        for span in picture.known(unit, unit.output):
            if span.value == "on":
                yield span.start, span.end
        for span in unit.true_output.spans(picture.duration_s):
            if span.value == "on":
                yield span.start, span.end
        yield from ((t, t) for t in unit.true_repetitions)
        yield from ((counted.at, counted.at) for counted in unit.counted)
    yield from ((row.at_s, row.at_s) for row in picture.rows)
    # That the daemon begins and ends is true of every run, and no event of it.
    yield from ((incident.at, incident.at) for incident in picture.incidents if incident.who != "daemon")
