"""Recordings of people with known counts, and what may happen to their signals on the way.

A folder holds `index.json`, a list of recordings with their sets, and one gzipped CSV file for each: `t_s`, then for every
place `<place>_ax,_ay,_az` in m/s^2 and, where there is a gyroscope, `<place>_gx,_gy,_gz` in deg/s.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ptdevice.model import Vector

WHOLE = frozenset({"spar", "barbell", "mex", "muvr"})  # one set fills the recording: no margin to add
PHYSIOTHERAPY = "yurtman_barshan"


@dataclass(frozen=True, slots=True)
class Signal:
    """One stretch of one recording."""

    t: list[float]
    acc: list[Vector]
    gyr: list[Vector] | None
    rate_hz: float

    def cut(self, start: float, end: float) -> Signal:
        """The part from `start` to `end`."""
        keep = [i for i, t in enumerate(self.t) if start <= t <= end]
        i, j = (keep[0], keep[-1] + 1) if keep else (0, 0)
        return Signal(self.t[i:j], self.acc[i:j], self.gyr[i:j] if self.gyr else None, self.rate_hz)


@dataclass(frozen=True, slots=True)
class Set:
    """A set with its true count, and when each repetition truly ended, where that is known."""

    dataset: str
    exercise: str
    true: int
    ends: tuple[float, ...]
    signal: Signal

    @property
    def core(self) -> bool:
        """Physiotherapy, sit-ups and squats: what the goals are about."""
        return self.dataset == PHYSIOTHERAPY or self.exercise in {"situp", "squat"}


@dataclass(frozen=True, slots=True)
class Quiet:
    """Time in which nothing is to be counted: spans of a recording."""

    dataset: str
    signal: Signal
    spans: tuple[tuple[float, float], ...]


def read(root: Path) -> list[tuple[dict[str, Any], Signal]]:
    recordings = []
    for entry in json.loads((root / "index.json").read_text()):
        with gzip.open(root / entry["file"], "rt") as file:
            names = file.readline().strip().split(",")
            rows = [[float(value) for value in line.split(",")] for line in file]
        place = entry["primary"]
        recordings.append(
            (
                entry,
                Signal(
                    [row[0] for row in rows],
                    _vectors(names, rows, place, "a") or [],
                    _vectors(names, rows, place, "g"),
                    entry["rate_hz"],
                ),
            )
        )
    return recordings


def _vectors(names: list[str], rows: list[list[float]], place: str, kind: str) -> list[Vector] | None:
    wanted = [f"{place}_{kind}{axis}" for axis in "xyz"]
    if wanted[0] not in names:
        return None
    x, y, z = (names.index(name) for name in wanted)
    return [(row[x], row[y], row[z]) for row in rows]


def sets_of(recordings: Sequence[tuple[dict[str, Any], Signal]], before: float, after: float) -> Iterator[Set]:
    for entry, signal in recordings:
        for each in entry["sets"]:
            part = signal if entry["dataset"] in WHOLE else signal.cut(each["t0"] - before, each["t1"] + after)
            if len(part.t) >= 20:
                ends = tuple(end for start, _, end in entry["reps"] if each["t0"] <= start < each["t1"])
                yield Set(entry["dataset"], each["exercise"], each["reps"], ends, part)


def quiet_of(recordings: Sequence[tuple[dict[str, Any], Signal]]) -> Iterator[Quiet]:
    for entry, signal in recordings:
        if entry["kind"] == "nonexercise":
            yield Quiet(entry["dataset"], signal, ((signal.t[0], signal.t[-1]),))
        elif entry["quiet"]:
            spans = ((start + 0.7, end - 0.7) for start, end in entry["quiet"])
            yield Quiet(entry["dataset"], signal, tuple(span for span in spans if span[1] > span[0]))


def disturbances(rng: random.Random) -> dict[str, Callable[[Signal], Signal]]:
    """What happens to signals on their way. Each makes a new signal."""

    def mounted(s: Signal) -> Signal:
        m = _rotation(rng)
        return Signal(s.t, [_turn(m, v) for v in s.acc], [_turn(m, v) for v in s.gyr] if s.gyr else None, s.rate_hz)

    def keep(s: Signal, wanted: Callable[[float], bool]) -> Signal:
        at = [i for i, t in enumerate(s.t) if wanted(t)]
        gyr = [s.gyr[i] for i in at] if s.gyr else None
        return Signal([s.t[i] for i in at], [s.acc[i] for i in at], gyr, s.rate_hz)

    def jittered(s: Signal) -> Signal:
        return Signal(sorted(t + rng.gauss(0.0, 0.010) for t in s.t), s.acc, s.gyr, s.rate_hz)

    def biased(s: Signal) -> Signal:
        return Signal(s.t, s.acc, [(x + 3, y + 3, z + 3) for x, y, z in s.gyr] if s.gyr else None, s.rate_hz)

    def everything(s: Signal) -> Signal:
        return biased(jittered(keep(mounted(s), lambda _: rng.random() >= 0.2)))

    return {
        "any mounting": mounted,
        "20 % of samples lost": lambda s: keep(s, lambda _: rng.random() >= 0.2),
        "10 ms jitter": jittered,
        "gyroscope bias 3 deg/s": biased,
        "all four together": everything,
        "a gap of 1 s every 15 s": lambda s: keep(s, lambda t: (t - s.t[0]) % 15.0 < 14.0),
        "no gyroscope": lambda s: Signal(s.t, s.acc, None, s.rate_hz),
    }


def _rotation(rng: random.Random) -> tuple[Vector, Vector, Vector]:
    """A random one, all equally likely (Shoemake 1992)."""
    a, b, c = rng.random(), 2 * pi * rng.random(), 2 * pi * rng.random()
    x, y, z, w = sqrt(1 - a) * sin(b), sqrt(1 - a) * cos(b), sqrt(a) * sin(c), sqrt(a) * cos(c)
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def _turn(m: tuple[Vector, Vector, Vector], v: Vector) -> Vector:
    x, y, z = (row[0] * v[0] + row[1] * v[1] + row[2] * v[2] for row in m)
    return (x, y, z)
