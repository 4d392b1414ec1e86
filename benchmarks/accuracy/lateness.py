"""How long after the true end of a repetition the live count shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from ptdevice.model import Repetition, SetEnd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.report import Report
    from benchmarks.recordings import Set


def lateness(sets: Sequence[Set]) -> list[float]:
    """Seconds from each labelled end until the live count shows it, fed sample by sample; sorted."""
    late = []
    for each in sets:
        s, shown, told = each.signal, 0, list[float]()
        sets_counter = reps_adapter.counter()
        turns = []
        for packet in reps_adapter.packets(s.t, s.acc, s.gyr, s.rate_hz, size=1):
            turns += [r.turn for r in sets_counter.feed(packet) if isinstance(r, Repetition)]
            now = sets_counter.progress.repetitions
            told += [packet.at] * (now - shown)
            shown = max(shown, now)
        turns += [r.turn for r in sets_counter.finish(s.t[-1], SetEnd.ENDED) if isinstance(r, Repetition)]
        if len(turns) == len(told) == len(each.ends):  # otherwise it is unknown which is which
            late += [at - end for at, end in zip(told, each.ends, strict=True)]
    return sorted(late)


def quantile(late: Sequence[float], share: float) -> float:
    return late[round(share * (len(late) - 1))]


def show(report: Report, sets: Sequence[Set]) -> list[float]:
    labelled = [each for each in sets if each.ends and each.dataset == "yurtman_barshan"]
    late = lateness(labelled)
    report.section(
        "When the live count rises",
        "Against labels made by hand, of one person's physiotherapy sets that were counted right; fed sample by sample, so a "
        "sensor's packet comes on top. Negative: before the labelled end, because 60 % of the way back is enough.",
    )
    if late:
        shares = (0.05, 0.5, 0.95, 1.0)
        report.table(
            ("repetitions", *(f"p{100 * share:.0f}" for share in shares)),
            [[str(len(late)), *(f"{quantile(late, share):+.2f} s" for share in shares)]],
        )
    return late
