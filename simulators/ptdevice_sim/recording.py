"""A real person's movement, worn by a simulated sensor.

The file is CSV, plain or gzipped, with a header: `t_s`, then for each place `<place>_ax,<place>_ay,<place>_az` (specific force,
m/s^2, gravity included) and, where the sensor had a gyroscope, `<place>_gx,<place>_gy,<place>_gz` (deg/s). Other columns are
ignored. Before the first and after the last row the body holds still in that posture, so that a recording can be worn by a unit
that starts earlier and stops later.
"""

from __future__ import annotations

import bisect
import csv
import gzip
import math
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.model import Vector


class RecordingError(ValueError):
    """The file is not a recording; says which file, which line, and what is wrong."""


class WornRecording:
    """A recording as a body. `place` picks the columns (default: the first); `start` is when its first row happens."""

    def __init__(self, path: Path, *, place: str | None = None, start: float = 0.0) -> None:
        self._path = path
        self._t, self._force, self._spin, self.place = _read(path, place)
        self._shift = start - self._t[0]

    @property
    def duration_s(self) -> float:
        """From the first to the last row."""
        return self._t[-1] - self._t[0]

    @property
    def has_angular_rate(self) -> bool:
        """Whether the sensor at this place had a gyroscope."""
        return bool(self._spin)

    def acceleration(self, now: float) -> Vector:
        """Linear between rows; rows with equal values stay flat, so a slow recording gains no steps it did not have."""
        return self._between(self._force, now)

    def angular_rate(self, now: float) -> Vector:
        """Likewise; nothing turns before the first and after the last row. Raises RecordingError where it was not recorded."""
        if not self._spin:
            raise RecordingError(f"{self._path}: the sensor at '{self.place}' had no gyroscope; this unit needs one")
        if not 0.0 <= now - self._shift - self._t[0] <= self.duration_s:
            return (0.0, 0.0, 0.0)
        return self._between(self._spin, now)

    def heart_rate(self, now: float) -> float:  # noqa: ARG002 - a recording of movement knows none
        """A resting value: the recording has none."""
        return 70.0

    def _between(self, values: list[Vector], now: float) -> Vector:
        t = now - self._shift
        i = bisect.bisect_right(self._t, t)
        if i == 0:
            return values[0]
        if i == len(self._t):
            return values[-1]
        t0, t1 = self._t[i - 1], self._t[i]
        share = (t - t0) / (t1 - t0)
        (ax, ay, az), (bx, by, bz) = values[i - 1], values[i]
        return (ax + share * (bx - ax), ay + share * (by - ay), az + share * (bz - az))


def _read(path: Path, place: str | None) -> tuple[list[float], list[Vector], list[Vector], str]:
    try:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            rows = csv.reader(file)
            header = next(rows, [])
            columns, place = _columns(path, header, place)
            times: list[float] = []
            forces: list[Vector] = []
            spins: list[Vector] = []
            for row in rows:
                t, *values = _numbers(path, rows.line_num, row, columns)
                if times and t <= times[-1]:
                    raise RecordingError(f"{path}:{rows.line_num}: time {t} does not follow {times[-1]}")
                times.append(t)
                forces.append((values[0], values[1], values[2]))
                if len(values) == 6:
                    spins.append((values[3], values[4], values[5]))
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path}: cannot be read as CSV: {error}") from error
    if len(times) < 2:
        raise RecordingError(f"{path}: fewer than two rows")
    return times, forces, spins, place


def _columns(path: Path, header: list[str], place: str | None) -> tuple[list[int], str]:
    places = [name[:-3] for name in header if name.endswith("_ax")]
    if not places or "t_s" not in header:
        raise RecordingError(
            f"{path}:1: needs the columns t_s and <place>_ax, _ay, _az; found {', '.join(header) or 'none'}"
        )
    chosen = place or places[0]
    wanted = ["t_s", *(f"{chosen}_a{axis}" for axis in "xyz")]
    spin = [f"{chosen}_g{axis}" for axis in "xyz"]
    wanted += spin if all(name in header for name in spin) else []
    missing = [name for name in wanted if name not in header]
    if missing:
        raise RecordingError(f"{path}:1: no column {', '.join(missing)}; places here: {', '.join(places)}")
    return [header.index(name) for name in wanted], chosen


def _numbers(path: Path, line: int, row: list[str], columns: list[int]) -> list[float]:
    try:
        numbers = [float(row[i]) for i in columns]
    except (ValueError, IndexError) as error:
        raise RecordingError(
            f"{path}:{line}: not {'four' if len(columns) == 4 else 'seven'} numbers: {','.join(row)}"
        ) from error
    if not all(map(math.isfinite, numbers)):
        raise RecordingError(f"{path}:{line}: a value is not finite: {','.join(row)}")
    return numbers
