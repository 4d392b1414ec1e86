"""What counting costs: time for a sample, memory of a stream, and how much faster than life recordings are counted."""

from __future__ import annotations

import dataclasses
import time
import tracemalloc
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.recordings import PHYSIOTHERAPY, Signal
from ptdevice.model import SetEnd
from ptdevice.motion.free import FreeCounter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.accuracy.report import Report
    from benchmarks.recordings import Set
    from ptdevice.model import MotionSamples, Vector

ROUNDS, FEW_ROUNDS = 5, 2
HOURS, FEW_HOURS = 1.0, 0.3  # of repetitions without a rest, for the memory; after a quarter of one the trace is full


@dataclass(frozen=True, slots=True)
class Cost:
    """Of counting: CPU microseconds per sample, live and with the recount; how many times faster than life the whole is."""

    live_us: float
    whole_us: float
    free_us: float
    times_life: float


def show(report: Report, sets: Sequence[Set], *, quick: bool) -> tuple[dict[str, Cost], int]:
    """The costs by kind of signal, and a stream's memory in bytes."""
    rounds, hours = (FEW_ROUNDS, FEW_HOURS) if quick else (ROUNDS, HOURS)
    report.section(
        "Cost",
        f"CPU of one process, the best of {rounds} rounds, from events (samples in m/s^2 and deg/s) to records; decoding and "
        "MQTT are not in it. Signals at 100 Hz are those at 25 Hz, interpolated. `make bench` measures the daemon as a whole.",
    )
    with_gyroscope = [each.signal for each in sets if each.dataset == PHYSIOTHERAPY]
    kinds = {
        "acceleration and gyroscope, 25 Hz": with_gyroscope,
        "acceleration and gyroscope, 100 Hz": [faster(s, 4) for s in with_gyroscope[::4]],
        "acceleration, 25 Hz": [Signal(s.t, s.acc, None, s.rate_hz) for s in with_gyroscope],
    }
    found = {name: cost(signals, rounds) for name, signals in kinds.items()}
    report.table(
        (
            "signal",
            "live, us per sample",
            "with recount",
            "free, us per sample",
            "hours counted per second",
            "times life",
        ),
        [
            [
                name,
                f"{c.live_us:.2f}",
                f"{c.whole_us:.2f}",
                f"{c.free_us:.2f}",
                f"{c.times_life / 3600:.1f}",
                f"{c.times_life:,.0f}",
            ]
            for name, c in found.items()
        ],
    )
    most = memory(next(each for each in sets if each.dataset == PHYSIOTHERAPY and each.ends), hours)
    report.say(
        f"One stream holds at most {most / 1e6:.2f} MB (tracemalloc) while somebody repeats a movement for {hours:g} h "
        "without a rest; with a rest in between less, because a set that is over is forgotten."
    )
    return found, most


def cost(signals: Sequence[Signal], rounds: int) -> Cost:
    work = [[*reps_adapter.packets(s.t, s.acc, s.gyr, s.rate_hz)] for s in signals]
    samples = sum(len(packet.device_ns) for packets in work for packet in packets)
    span_s = sum(s.t[-1] - s.t[0] for s in signals)
    live, whole, free = [], [], []
    for _ in range(rounds):
        spent = ending = freely = 0.0
        for packets in work:
            counter, nothing_told = reps_adapter.counter(), FreeCounter()
            began = time.process_time()
            for packet in packets:
                counter.feed(packet)
            fed = time.process_time()
            counter.finish(packets[-1].at, SetEnd.ENDED)
            ended = time.process_time()
            for packet in packets:
                nothing_told.feed(packet)
            spent, ending, freely = spent + fed - began, ending + ended - fed, freely + time.process_time() - ended
        live.append(spent)
        whole.append(spent + ending)
        free.append(freely)
    per_sample = 1e6 / samples
    return Cost(min(live) * per_sample, min(whole) * per_sample, min(free) * per_sample, span_s / min(whole))


def memory(each: Set, hours: float) -> int:
    """Bytes that one stream holds at most while somebody repeats these movements for so long without a rest."""
    s = each.signal.cut(each.ends[0], each.ends[-1])
    packets = [*reps_adapter.packets(s.t, s.acc, s.gyr, s.rate_hz)]
    span = s.t[-1] - s.t[0] + 1 / s.rate_hz
    tracemalloc.start()
    counter = reps_adapter.counter()
    for k in range(int(hours * 3600 / span) + 1):
        for packet in packets:
            counter.feed(later(packet, k * span))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most


def later(packet: MotionSamples, by: float) -> MotionSamples:
    device_ns = tuple([ns + round(by * 1e9) for ns in packet.device_ns])
    return dataclasses.replace(packet, at=packet.at + by, device_ns=device_ns)


def faster(s: Signal, times: int) -> Signal:
    """The same movement from a sensor that is so many times as fast: what is between samples lies on a line."""

    def between(vectors: Sequence[Vector]) -> list[Vector]:
        made = []
        for (x, y, z), (u, v, w) in pairwise(vectors):
            for k in range(times):
                share = k / times
                made.append((x + share * (u - x), y + share * (v - y), z + share * (w - z)))
        return made

    t = [a + k / times * (b - a) for a, b in pairwise(s.t) for k in range(times)]
    return Signal(t, between(s.acc), between(s.gyr) if s.gyr else None, times * s.rate_hz)
