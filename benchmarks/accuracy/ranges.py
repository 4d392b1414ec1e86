"""Ranges of motion beside those of an offline reference: VQF over the whole recording, forwards and backwards.

VQF (Laidig and Seel, Information Fusion 91:187, 2023) is not needed by the program and not installed with it; where the package
`vqf` is not found, this part is left out and says so. The reference is told when the counter saw the posture of rest; from that
moment to the end of the repetition it says how far the sensor turned.
"""

from __future__ import annotations

import importlib
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from math import radians
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.accuracy.lateness import quantile
from benchmarks.recordings import PHYSIOTHERAPY
from ptdevice.model import Repetition
from ptdevice.motion.geometry import angle_deg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.accuracy.report import Report
    from benchmarks.recordings import Set, Signal
    from ptdevice.model import Vector

    Reference = Callable[[Signal], Sequence[Vector]]

BEFORE_S = 1.0  # of a recorded start, which is where a tenth of the range is behind: the movement began in that time
MISSING = "The ranges were not compared: the package vqf, which is the reference, is not installed (pip install vqf)."


@dataclass(frozen=True, slots=True)
class Ranges:
    """How far ranges are from the reference, in degrees: the mean and the 95th percentile of the absolute difference."""

    repetitions: int
    mean: float
    p95: float
    bias: float


def vqf() -> Reference | None:
    """The reference, where it is installed."""
    try:
        library = importlib.import_module("vqf")
        numpy = importlib.import_module("numpy")
    except ImportError:
        return None

    def ups(s: Signal) -> list[Vector]:
        spins = numpy.array([[radians(part) for part in spin] for spin in s.gyr or ()])
        turns = library.offlineVQF(spins, numpy.array(s.acc), None, 1.0 / s.rate_hz)["quat6D"]
        return [(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)) for w, x, y, z in turns.tolist()]

    return ups


def differences(each: Set, reference: Reference) -> list[float]:
    """Recorded range minus the reference's, of each repetition of a set."""
    s = each.signal
    ups = reference(s)
    found = []
    last = s.t[0]
    for record in reps_adapter.guided(s.t, s.acc, s.gyr, s.rate_hz):
        if not isinstance(record, Repetition):
            continue
        first = bisect_left(s.t, max(record.start - BEFORE_S, last))
        start, end = bisect_right(s.t, record.start), bisect_right(s.t, record.end)
        # Rest is where the movement that follows is greatest, of the postures just before it.
        rests = ups[first : max(start, first + 1)]
        found.append(record.range_deg - max(angle_deg(rest, up) for up in ups[start:end] for rest in rests[::4]))
        last = record.end
    return found


def measure(sets: Sequence[Set], reference: Reference) -> Ranges:
    """Over all repetitions of these sets."""
    found = [difference for each in sets for difference in differences(each, reference)]
    sizes = sorted(map(abs, found))
    return Ranges(len(found), fmean(sizes), quantile(sizes, 0.95), fmean(found))


def show(report: Report, sets: Sequence[Set], reference: Reference | None) -> Ranges | None:
    """A table by how the exercise was done; of all together for the goal."""
    report.section(
        "Range of motion",
        "Physiotherapy, acceleration and gyroscope, against VQF run over each set forwards and backwards; degrees.",
    )
    mine = [each for each in sets if each.dataset == PHYSIOTHERAPY and each.signal.gyr]
    if reference is None or not mine:
        report.say(MISSING)
        return None
    kinds = {
        kind: [each for each in mine if each.exercise.endswith(f"/{kind}")]
        for kind in ("correct", "fast", "low_amplitude")
    }
    found = {"all": measure(mine, reference)} | {
        kind: measure(theirs, reference) for kind, theirs in kinds.items() if theirs
    }
    report.table(
        ("", "n", "mean difference", "95th percentile", "bias"),
        [[kind, str(r.repetitions), f"{r.mean:.1f}", f"{r.p95:.1f}", f"{r.bias:+.1f}"] for kind, r in found.items()],
    )
    return found["all"]
