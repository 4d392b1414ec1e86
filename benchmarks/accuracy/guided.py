"""Sets of which the counter is told neither exercise nor number, fed from a second before to a second after each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.accuracy.report import SCORE, cells, progress
from benchmarks.accuracy.scores import score
from benchmarks.recordings import PHYSIOTHERAPY
from ptdevice.model import Repetition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.accuracy.disturbances import Disturbance
    from benchmarks.accuracy.report import Report
    from benchmarks.accuracy.scores import Error, Score
    from benchmarks.recordings import Set

CORE = "core: physiotherapy, sit-ups, squats"
LOW = "physiotherapy, low amplitude"
SIT_UPS = "sit-ups, chest, acceleration only"
BURPEES = "burpees, chest, acceleration only: two humps"
MAT = "bridging, knee rolling, superman, thigh, acceleration only"
GROUPS: dict[str, Callable[[Set], bool]] = {
    CORE: lambda s: s.core,
    "physiotherapy, acceleration and gyroscope": lambda s: s.dataset == PHYSIOTHERAPY,
    "physiotherapy, correct, with holds": lambda s: s.exercise.endswith("/correct"),
    "physiotherapy, fast": lambda s: s.exercise.endswith("/fast"),
    LOW: lambda s: s.exercise.endswith("/low_amplitude"),
    SIT_UPS: lambda s: s.exercise == "situp",
    "squats, chest, acceleration only": lambda s: s.exercise == "squat",
    BURPEES: lambda s: s.exercise == "burpee",
    MAT: lambda s: s.dataset == "mex",
    "shoulder exercises, watch": lambda s: s.dataset == "spar",
    "gym, watch, some sets on the other arm": lambda s: s.dataset == "gym_watch",
}


@dataclass(frozen=True, slots=True)
class Counted:
    """One set, and what was made of it. `times` are start, turn and end of each repetition, in ms of the recording."""

    of: Set
    live: int
    recount: int
    times: tuple[tuple[int, int, int], ...] = ()

    @property
    def live_error(self) -> Error:
        return self.of.person, self.live - self.of.true

    @property
    def recount_error(self) -> Error:
        return self.of.person, self.recount - self.of.true


def count(each: Set, disturb: Disturbance = lambda signal: signal) -> Counted:
    """Count one set, live and again at its end."""
    signal = disturb(each.signal)
    records = reps_adapter.guided(signal.t, signal.acc, signal.gyr, signal.rate_hz)
    times = [(r.start, r.turn, r.end) for r in records if isinstance(r, Repetition)]
    return Counted(
        each,
        len(times),
        reps_adapter.recounted(records),
        tuple((round(1e3 * start), round(1e3 * turn), round(1e3 * end)) for start, turn, end in times),
    )


def count_all(sets: Sequence[Set]) -> Iterator[Counted]:
    for k, each in enumerate(sets, 1):
        progress(f"set {k} of {len(sets)}")
        yield count(each)
    progress("")


def digest(counted: Sequence[Counted]) -> str:
    """The same for the same counts at the same times: whoever makes the counter faster must not change it."""
    lines = "\n".join(f"{c.live} {c.recount} {c.times}" for c in counted)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def show(report: Report, counted: Sequence[Counted]) -> dict[str, tuple[Score, Score]]:
    """The table; live and recount of each group that there is."""
    report.section(
        "Guided sets",
        "Each set alone, from 1 s before it to 1 s after it (`spar` and `mex`, which hold one set each: the whole recording). "
        "The *live* count is causal; the *recount* looks at the whole set at its end. Intervals are of 95 %.",
    )
    found = {}
    rows = []
    for name, belongs in GROUPS.items():
        mine = [each for each in counted if belongs(each.of)]
        if mine:
            live, recount = score([c.live_error for c in mine]), score([c.recount_error for c in mine])
            found[name] = live, recount
            rows += [[name, "live", *cells(live)], ["", "recount", *cells(recount)]]
    report.table(("sets", "count", *SCORE), rows)
    report.say(f"Digest of all these counts and times: `{digest(counted)}`.")
    return found
