"""The counter against recordings of real people, beside what it is to reach, in one run.

    python -m benchmarks.accuracy [--data DIR]

DIR holds the recordings (`benchmarks.recordings` says in which form). One configuration counts everything; it is told neither
exercise nor number. Where DIR is not given, a folder `data/reps` in this project or in a folder beside it is taken.
"""

from __future__ import annotations

import argparse
import dataclasses
import random
import sys
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.recordings import PHYSIOTHERAPY, Quiet, Set, Signal, disturbances, quiet_of, read, sets_of
from ptdevice.model import MotionSamples, Repetition, SetEnd

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SEED = 20240611
HELP = """\
no recordings found{where}.

This benchmark needs recordings of people with known counts: a folder with index.json and the CSV files that it names, in the
form that benchmarks/recordings.py describes. Name the folder:

    make accuracy DATA=DIR        or        python -m benchmarks.accuracy --data DIR
"""


@dataclass(frozen=True, slots=True)
class Score:
    """How counts compare with the truth, in percent of sets, and the mean absolute error."""

    sets: int
    exact: float
    within1: float
    mae: float

    def __str__(self) -> str:
        return f"{self.sets:4} sets   exact {self.exact:5.1f} %   within one {self.within1:5.1f} %   MAE {self.mae:.2f}"


def score(errors: Sequence[int]) -> Score:
    n = len(errors)
    return Score(
        n,
        100.0 * sum(e == 0 for e in errors) / n,
        100.0 * sum(abs(e) <= 1 for e in errors) / n,
        fmean(map(abs, errors)),
    )


def counts(each: Set, disturb: Callable[[Signal], Signal] = lambda signal: signal) -> tuple[int, int]:
    """Errors of the live count and of the recount."""
    signal = disturb(each.signal)
    records = reps_adapter.guided(signal.t, signal.acc, signal.gyr, signal.rate_hz)
    live = sum(isinstance(record, Repetition) for record in records)
    return live - each.true, reps_adapter.recounted(records) - each.true


GROUPS: dict[str, Callable[[Set], bool]] = {
    "core: physiotherapy, sit-ups, squats": lambda s: s.core,
    "  physiotherapy (acc + gyro)": lambda s: s.dataset == PHYSIOTHERAPY,
    "    correct, with holds": lambda s: s.exercise.endswith("/correct"),
    "    fast": lambda s: s.exercise.endswith("/fast"),
    "    low amplitude": lambda s: s.exercise.endswith("/low_amplitude"),
    "  sit-ups, chest (acc)": lambda s: s.exercise == "situp",
    "  squats, chest (acc)": lambda s: s.exercise == "squat",
    "burpees, chest (acc), two humps": lambda s: s.exercise == "burpee",
    "bridging, knee rolling, superman (acc)": lambda s: s.dataset == "mex",
    "shoulder exercises, watch": lambda s: s.dataset == "spar",
    "gym, watch, some on the other arm": lambda s: s.dataset == "gym_watch",
}


def guided(sets: Sequence[Set]) -> dict[str, tuple[Score, Score]]:
    errors = [(each, counts(each)) for each in sets]
    found = {}
    print("\nGuided: one set, from 1 s before it to 1 s after it")
    for name, belongs in GROUPS.items():
        mine = [error for each, error in errors if belongs(each)]
        if mine:
            found[name.strip()] = score([live for live, _ in mine]), score([recount for _, recount in mine])
            print(f"  {name:40} live     {found[name.strip()][0]}\n  {'':40} recount  {found[name.strip()][1]}")
    return found


def free(quiets: Sequence[Quiet]) -> dict[str, float]:
    false: dict[str, int] = {}
    hours: dict[str, float] = {}
    for each in quiets:
        s = each.signal
        events = reps_adapter.count(s.t, s.acc, s.gyr, "free", {"rate_hz": s.rate_hz})
        hits = sum(start < peak <= end for start, end in each.spans for peak, _ in events)
        false[each.dataset] = false.get(each.dataset, 0) + hits
        hours[each.dataset] = hours.get(each.dataset, 0.0) + sum(end - start for start, end in each.spans) / 3600
    print("\nFree: a whole recording, nothing to be counted in these spans")
    for name, n in false.items():
        print(f"  {name:40} {hours[name]:5.2f} h   {n:3} false   {n / hours[name]:5.1f} per hour")
    return {name: n / hours[name] for name, n in false.items()}


def robustness(sets: Sequence[Set]) -> dict[str, Score]:
    print("\nRobustness: physiotherapy, live")
    found = {"as recorded": score([counts(each)[0] for each in sets])}
    print(f"  {'as recorded':40} {'':8} {found['as recorded']}")
    for name, disturb in disturbances(random.Random(SEED)).items():  # noqa: S311 - a disturbance, not a secret
        found[name] = score([counts(each, disturb)[0] for each in sets])
        print(f"  {name:40} {'':8} {found[name]}")
    return found


def latency(sets: Sequence[Set]) -> list[float]:
    """Seconds from the labelled end of a repetition until the live count shows it, fed sample by sample."""
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


def cost(sets: Sequence[Set]) -> tuple[float, float]:
    """Microseconds per sample: of counting live, and with the recount at the end. The best of three, without packing."""
    work = [
        [*reps_adapter.packets(each.signal.t, each.signal.acc, each.signal.gyr, each.signal.rate_hz)] for each in sets
    ]
    samples = sum(len(packet.device_ns) for packets in work for packet in packets)
    live, whole = [], []
    for _ in range(3):
        spent = ending = 0.0
        for packets in work:
            counter = reps_adapter.counter()
            began = time.process_time()
            for packet in packets:
                counter.feed(packet)
            fed = time.process_time()
            counter.finish(packets[-1].at, SetEnd.ENDED)
            spent, ending = spent + fed - began, ending + time.process_time() - fed
        live.append(spent)
        whole.append(spent + ending)
    return min(live) / samples * 1e6, min(whole) / samples * 1e6


def memory(each: Set, hours: float) -> int:
    """Bytes that one stream holds at most while somebody repeats these movements for hours without a rest."""
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


def goal(what: str, wanted: str, measured: str, *, met: bool) -> None:
    print(f"  {what:52} {wanted:26} {measured:26} {'met' if met else 'MISSED'}")


def goals(
    tight: dict[str, tuple[Score, Score]],
    loose: Score,
    false: dict[str, float],
    robust: dict[str, Score],
    late: list[float],
) -> None:
    def sets(what: str, s: Score, exact: float, within1: float, mae: float = float("inf")) -> None:
        wanted = f">= {exact:g} / {within1:g} %" + (f" / <= {mae:g}" if mae < 9 else "")
        shown = f"{s.exact:.1f} / {s.within1:.1f} % / {s.mae:.2f}"
        goal(what, wanted, shown, met=s.exact >= exact and s.within1 >= within1 and s.mae <= mae)

    print("\nGoals (exact / within one / MAE)")
    for name, what, which, limits in (
        ("core: physiotherapy, sit-ups, squats", "core, live", 0, (95, 99, 0.10)),
        ("core: physiotherapy, sit-ups, squats", "core, recount", 1, (95, 99, 0.06)),
        ("sit-ups, chest (acc)", "sit-ups on the chest, acceleration only, live", 0, (95, 100)),
        ("low amplitude", "low-amplitude physiotherapy, live", 0, (90, 97)),
        ("bridging, knee rolling, superman (acc)", "bridging, knee rolling, superman, recount", 1, (0, 100)),
        ("burpees, chest (acc), two humps", "two humps, live", 0, (0, 95)),
        ("burpees, chest (acc), two humps", "two humps, recount", 1, (0, 100)),
    ):
        if name in tight:
            sets(what, tight[name][which], *limits)
    if "casale_chest" in false:
        rate = false["casale_chest"]
        goal("free, daily activity, chest: false per hour", "<= 1", f"{rate:.1f}", met=rate <= 1)
    if late:
        median, p95 = late[len(late) // 2], late[int(0.95 * (len(late) - 1))]
        shown = f"{median:.2f} / {p95:.2f} s of {len(late)}"
        goal("live count after the true end: median / p95", "<= 0.3 / 1.0 s", shown, met=median <= 0.3 and p95 <= 1.0)
    base = robust["as recorded"]
    for name in ("any mounting", "20 % of samples lost", "10 ms jitter", "gyroscope bias 3 deg/s", "all four together"):
        drop = base.within1 - robust[name].within1
        goal(f"{name}: within one drops by", "<= 2 points", f"{drop:.1f} points", met=drop <= 2)
    sets("a gap of 1 s every 15 s, live", robust["a gap of 1 s every 15 s"], 0, 95)
    sets("loose: 3 s before to 2 s after, core, live", loose, 92, 99)


def find(given: Path | None) -> Path:
    places = [given] if given else [*Path(__file__).parents[2].glob("*/data/reps")]
    for place in places:
        if (place / "index.json").is_file():
            return place
    print("accuracy: " + HELP.format(where=f" in {given}" if given else ""), file=sys.stderr)
    raise SystemExit(2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.accuracy", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, metavar="DIR", help="the folder with index.json")
    recordings = read(find(parser.parse_args().data))
    sets = [*sets_of(recordings, 1.0, 1.0)]
    physiotherapy = [each for each in sets if each.dataset == PHYSIOTHERAPY]
    tight = guided(sets)
    wide = [each for each in sets_of(recordings, 3.0, 2.0) if each.core]
    loose = score([counts(each)[0] for each in wide])
    false = free([*quiet_of(recordings)])
    robust = robustness(physiotherapy)
    late = latency([each for each in physiotherapy if each.ends])
    goals(tight, loose, false, robust, late)
    live, whole = cost(physiotherapy)
    held = memory(next(each for each in physiotherapy if each.ends), hours=1.0)
    goal("cost per sample, acc + gyro", "<= 5 us", f"{live:.1f} us", met=live <= 5)
    goal("  with the recount at the end of each set", "<= 5 us", f"{whole:.1f} us", met=whole <= 5)
    goal("memory of a stream, one hour of repetitions", "<= 1 MB", f"{held / 1e6:.2f} MB", met=held <= 1e6)


if __name__ == "__main__":
    main()
