"""The counter against recordings of real people, beside what it is to reach and beside other methods, in one run.

    python -m benchmarks.accuracy [--quick] [--data DIR] [--markdown FILE]

DIR holds the recordings (`benchmarks.recordings` says in which form). One configuration counts everything; it is told neither
exercise nor number. Where DIR is not given, a folder `data/reps` in this project or in a folder beside it is taken.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.accuracy import compared, cost, daily, goals, guided, lateness, people, ranges, robust
from benchmarks.accuracy.page import around
from benchmarks.accuracy.report import Report
from benchmarks.accuracy.scores import score
from benchmarks.recordings import quiet_of, read, sets_of

HELP = """\
no recordings found{where}.

This benchmark needs recordings of people with known counts: a folder with index.json and the CSV files that it names, in the
form that benchmarks/recordings.py describes. Name the folder:

    make accuracy DATA=DIR        or        python -m benchmarks.accuracy --data DIR
"""


def find(given: Path | None) -> Path:
    places = [given] if given else [*Path(__file__).parents[3].glob("*/data/reps")]
    for place in places:
        if (place / "index.json").is_file():
            return place
    print("accuracy: " + HELP.format(where=f" in {given}" if given else ""), file=sys.stderr)
    raise SystemExit(2)


def measure(data: Path, report: Report, *, quick: bool) -> list[goals.Goal]:
    """All tables; the goals come last, because they are judged by the others."""
    recordings = read(data)
    sets = [*sets_of(recordings, 1.0, 1.0)]
    counted = [*guided.count_all(sets)]
    found = guided.show(report, counted)
    compared.show(report, counted, quick=quick)
    robustness = robust.show(report, sets, quick=quick)
    false = daily.show(report, [*quiet_of(recordings)])
    late = lateness.show(report, sets)
    if not quick:
        people.show(report, sets)
    ranged = ranges.show(report, sets, ranges.vqf())
    spent, most = cost.show(report, sets, quick=quick)
    wide = [guided.count(each) for each in sets_of(recordings, 3.0, 2.0) if each.core]
    loose = score([each.live_error for each in wide])
    return goals.show(report, goals.Findings(found, loose, false, robustness, late, spent, most, ranged))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with index.json")
    parser.add_argument("--quick", action="store_true", help="about a minute: without the people left out in turn")
    parser.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the tables there, with what to know of them"
    )
    options = parser.parse_args()
    report = Report()
    measure(find(options.data), report, quick=options.quick)
    if options.markdown:
        options.markdown.write_text(around(report.page(), quick=options.quick), encoding="utf-8")


if __name__ == "__main__":
    main()
