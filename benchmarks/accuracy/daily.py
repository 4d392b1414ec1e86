"""Free counting: whole recordings, nothing told, in spans in which nothing is to be counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.accuracy.report import between, progress
from benchmarks.accuracy.scores import per_hour

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.report import Report
    from benchmarks.accuracy.scores import Interval
    from benchmarks.recordings import Quiet

DAILY = "casale_chest"
WHAT = {
    DAILY: "daily life: desk work, standing, walking, stairs, talking; chest",
    "exermote": "between sets of sit-ups, squats and burpees; chest",
    "gym_watch": "between sets in a gym; watch",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Repetitions found where there are none."""

    repetitions: int
    hours: float

    @property
    def rate(self) -> float:
        """Per hour."""
        return self.repetitions / self.hours

    @property
    def interval(self) -> Interval:
        return per_hour(self.repetitions, self.hours)


def find(quiets: Sequence[Quiet]) -> dict[str, Found]:
    found: dict[str, Found] = {}
    for each in quiets:
        progress(f"free, {each.dataset}")
        s = each.signal
        events = reps_adapter.count(s.t, s.acc, s.gyr, "free", {"rate_hz": s.rate_hz})
        hits = sum(start < peak <= end for start, end in each.spans for peak, _ in events)
        hours = sum(end - start for start, end in each.spans) / 3600
        before = found.get(each.dataset, Found(0, 0.0))
        found[each.dataset] = Found(before.repetitions + hits, before.hours + hours)
    progress("")
    return found


def show(report: Report, quiets: Sequence[Quiet]) -> dict[str, Found]:
    report.section(
        "Free counting, nothing told",
        "False repetitions: those found in a whole recording, within spans in which nothing is to be counted. The interval is "
        "exact for a Poisson process (95 %).",
    )
    found = find(quiets)
    report.table(
        ("what is worn, when", "hours", "false", "per hour", "interval"),
        [
            [WHAT.get(name, name), f"{f.hours:.2f}", str(f.repetitions), f"{f.rate:.1f}", between(f.interval, 2)]
            for name, f in found.items()
        ],
    )
    return found
