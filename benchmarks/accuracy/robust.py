"""The same sets, with what a radio, a strap and a cheap sensor do to signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.accuracy.disturbances import AS_RECORDED, GAP, GOALS, OF_GYROSCOPES, disturbances
from benchmarks.accuracy.guided import count
from benchmarks.accuracy.report import between, progress
from benchmarks.accuracy.scores import score
from benchmarks.recordings import PHYSIOTHERAPY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.report import Report
    from benchmarks.accuracy.scores import Score
    from benchmarks.recordings import Set

HEADER = ("disturbance", "exact %", "within 1 %", "Wilson", "MAE", "core: exact %", "within 1 %", "MAE")


def show(report: Report, sets: Sequence[Set], *, quick: bool) -> dict[str, Score]:
    """The live count under each disturbance. Of the core, what has no gyroscope is left out where it makes no difference."""
    report.section(
        "Robustness",
        "Live count. First the physiotherapy sets, which have a gyroscope; then the whole core, where the disturbance concerns "
        "sensors without one as well.",
    )
    with_gyroscope = [each for each in sets if each.dataset == PHYSIOTHERAPY]
    core = [each for each in sets if each.core]
    found: dict[str, Score] = {}
    rows = []
    for name, disturb in disturbances().items():
        if quick and name not in {AS_RECORDED, GAP, *GOALS}:
            continue
        progress(name)
        concerned = with_gyroscope if quick or name in OF_GYROSCOPES else core
        counted = [count(each, disturb) for each in concerned]
        mine = found[name] = score([c.live_error for c in counted if c.of.dataset == PHYSIOTHERAPY])
        row = [name, f"{mine.exact:.1f}", f"{mine.within1:.1f}", between(mine.within1_wilson, 1), f"{mine.mae:.2f}"]
        if concerned is core:
            whole = score([c.live_error for c in counted])
            row += [f"{whole.exact:.1f}", f"{whole.within1:.1f}", f"{whole.mae:.2f}"]
        rows.append(row + [""] * (len(HEADER) - len(row)))
    progress("")
    report.table(HEADER, rows)
    return found
