"""What was to be reached, and whether it was: on the recordings that the counter was made with, which is the lesser proof."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING

from benchmarks.accuracy import guided
from benchmarks.accuracy.daily import DAILY
from benchmarks.accuracy.disturbances import AS_RECORDED, GAP, GOALS
from benchmarks.accuracy.lateness import quantile
from benchmarks.accuracy.report import between

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.cost import Cost
    from benchmarks.accuracy.daily import Found
    from benchmarks.accuracy.ranges import Ranges
    from benchmarks.accuracy.report import Report
    from benchmarks.accuracy.scores import Score

NOT_SHOWN = (
    "Not shown by these recordings: lying or standing still and walking, each for itself (they are parts of the daily life "
    "above, without labels); pelvic tilts, the relative angle of two sensors, holds "
    "and hyperextensions, which are tested on simulated movement only; and any other people."
)


@dataclass(frozen=True, slots=True)
class Findings:
    """All that goals are judged by."""

    guided: dict[str, tuple[Score, Score]]
    loose: Score
    free: dict[str, Found]
    robust: dict[str, Score]
    late: Sequence[float]
    cost: dict[str, Cost]
    memory: int
    ranges: Ranges | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """One, and what was measured."""

    what: str
    wanted: str
    measured: str
    interval: str
    reached: bool


def judge(f: Findings) -> list[Goal]:
    found = [*_counting(f), *_free(f), *_lateness(f), *_robust(f)]
    for name, cost in f.cost.items():
        dear = max(cost.live_us, cost.whole_us, cost.free_us)
        shown = f"{cost.live_us:.1f} / {cost.whole_us:.1f} / {cost.free_us:.1f} us"
        found.append(Goal(f"a sample, live / with recount / free: {name}", "<= 5 us", shown, "", dear <= 5))
        shown = f"{cost.times_life:,.0f} times"
        found.append(Goal(f"a recording counted: {name}", ">= 2,000 times life", shown, "", cost.times_life >= 2000))
    if f.ranges is not None:
        mean, p95 = f.ranges.mean, f.ranges.p95
        what = f"range of motion against VQF, mean / p95 of {f.ranges.repetitions}"
        found.append(Goal(what, "<= 2 / 8 deg", f"{mean:.1f} / {p95:.1f} deg", "", mean <= 2 and p95 <= 8))
    found.append(Goal("memory of one stream", "<= 1 MB", f"{f.memory / 1e6:.2f} MB", "", f.memory <= 1e6))
    return found


def show(report: Report, findings: Findings) -> list[Goal]:
    report.section(
        "Goals", "Live unless it says recount. Exact / within one / mean absolute error; intervals as above."
    )
    found = judge(findings)
    report.table(
        ("goal", "wanted", "measured", "95 % interval", ""),
        [[g.what, g.wanted, g.measured, g.interval, "reached" if g.reached else "MISSED"] for g in found],
    )
    report.say(NOT_SHOWN)
    return found


def _sets(what: str, s: Score, exact: float, within1: float, mae: float = inf) -> Goal:
    limits = [f"{exact:g} %" if exact else "any", f"{within1:g} %"]
    wanted = ">= " + " / ".join(limits) + (f" / <= {mae:g}" if mae < inf else "")
    return Goal(
        what,
        wanted,
        f"{s.exact:.1f} / {s.within1:.1f} % / {s.mae:.2f}",
        f"{between(s.exact_wilson, 1)} / {between(s.within1_wilson, 1)} / {between(s.mae_people, 2)}",
        s.exact >= exact and s.within1 >= within1 and s.mae <= mae,
    )


def _counting(f: Findings) -> list[Goal]:
    wanted: tuple[tuple[str, str, int, tuple[float, ...]], ...] = (
        ("core", guided.CORE, 0, (95, 99, 0.10)),
        ("core, recount", guided.CORE, 1, (95, 99, 0.06)),
        ("sit-ups on the chest, acceleration only", guided.SIT_UPS, 0, (95, 100)),
        ("low-amplitude physiotherapy", guided.LOW, 0, (90, 97)),
        ("bridging, knee rolling, superman, recount", guided.MAT, 1, (0, 100)),
        ("two humps for each repetition", guided.BURPEES, 0, (0, 95)),
        ("two humps for each repetition, recount", guided.BURPEES, 1, (0, 100)),
    )
    found = [_sets(what, f.guided[name][which], *limits) for what, name, which, limits in wanted if name in f.guided]
    return [*found, _sets("core, loosely: from 3 s before to 2 s after", f.loose, 92, 99)]


def _free(f: Findings) -> list[Goal]:
    daily = f.free.get(DAILY)
    if daily is None:
        return []
    interval = between(daily.interval, 2)
    return [
        Goal(
            "free: false repetitions in daily life, chest",
            "<= 1 per hour",
            f"{daily.rate:.1f}",
            interval,
            daily.rate <= 1,
        )
    ]


def _lateness(f: Findings) -> list[Goal]:
    if not f.late:
        return []
    median, p95 = quantile(f.late, 0.5), quantile(f.late, 0.95)
    shown = f"{median:+.2f} / {p95:+.2f} s"
    what = f"count after the true end, median / p95 of {len(f.late)}"
    return [Goal(what, "<= 0.3 / 1.0 s", shown, "one person", median <= 0.3 and p95 <= 1.0)]


def _robust(f: Findings) -> list[Goal]:
    base = f.robust[AS_RECORDED]
    found = []
    for name in GOALS:
        drop = base.within1 - f.robust[name].within1
        interval = between(f.robust[name].within1_wilson, 1)
        found.append(Goal(f"{name}: within one falls", "<= 2 points", f"{drop:+.1f} points", interval, drop <= 2))
    return [*found, _sets(GAP, f.robust[GAP], 0, 95)]
