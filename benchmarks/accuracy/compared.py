"""Our counter beside other methods, on the same sets in the same run."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.accuracy import methods
from benchmarks.accuracy.guided import BURPEES, CORE, GROUPS, MAT
from benchmarks.accuracy.report import between, progress
from benchmarks.accuracy.scores import score

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.accuracy.guided import Counted
    from benchmarks.accuracy.report import Report
    from benchmarks.recordings import Signal

PHYSIO = "physiotherapy, acceleration and gyroscope"
SHOWN = {PHYSIO: "physiotherapy", BURPEES: "burpees", MAT: "on the mat"}
OTHERS: dict[str, tuple[str, Callable[[Signal], int]]] = {
    "autocorrelation": ("live", methods.autocorrelation),
    "threshold on the size of the acceleration": ("live", methods.threshold),
    "peaks of the principal component, acceleration": ("at the end", methods.pca_peaks),
    "peaks of the principal component, angular rate": ("at the end", partial(methods.pca_peaks, gyroscope=True)),
}


def show(report: Report, counted: Sequence[Counted], *, quick: bool) -> None:
    report.section(
        "Beside other methods",
        "The same sets, in percent exact / within one / mean absolute error. `benchmarks/accuracy/methods.py` has the other "
        "methods; what their descriptions leave open was chosen for the best result on these sets. A method that looks at the "
        "whole set at its end knows more than a live one: compare it with the recount.",
    )
    names = [CORE] if quick else [CORE, *SHOWN]
    wanted = [each for each in counted if any(GROUPS[name](each.of) for name in names)]
    answers: dict[str, tuple[str, list[int]]] = {
        "this counter": ("live", [each.live for each in wanted]),
        "this counter, recount": ("at the end", [each.recount for each in wanted]),
    }
    for name, (when, method) in OTHERS.items():
        progress(name)
        answers[name] = when, [method(each.of.signal) for each in wanted]
    progress("")
    rows = []
    for name, (when, counts) in answers.items():
        row = [name, when]
        for group in names:
            mine = [
                (each.of.person, count - each.of.true)
                for each, count in zip(wanted, counts, strict=True)
                if GROUPS[group](each.of)
            ]
            s = score(mine)
            row.append(f"{s.exact:.1f} / {s.within1:.1f} / {s.mae:.2f}")
            if group == CORE:
                row += [between(s.exact_wilson, 1), between(s.exact_people, 1)]
        rows.append(row)
    shown = [SHOWN[name] for name in names if name != CORE]
    report.table(("method", "count", "core", "exact: Wilson", "by person", *shown), rows)
