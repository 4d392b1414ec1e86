"""Recordings of people with known counts.

A folder holds `index.json`, a list of recordings with their sets, and one gzipped CSV file for each: `t_s`, then for every
place `<place>_ax,_ay,_az` in m/s^2 and, where there is a gyroscope, `<place>_gx,_gy,_gz` in deg/s.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
    person: str
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
                yield Set(entry["dataset"], entry["subject"], each["exercise"], each["reps"], ends, part)


def quiet_of(recordings: Sequence[tuple[dict[str, Any], Signal]]) -> Iterator[Quiet]:
    for entry, signal in recordings:
        if entry["kind"] == "nonexercise":
            yield Quiet(entry["dataset"], signal, ((signal.t[0], signal.t[-1]),))
        elif entry["quiet"]:
            spans = ((start + 0.7, end - 0.7) for start, end in entry["quiet"])
            yield Quiet(entry["dataset"], signal, tuple(span for span in spans if span[1] > span[0]))
