"""Recordings of people, through the counters that the daemon uses, in packets as a sensor would send them.

`count` is what a scorer of such recordings calls. In mode "guided" it gives the live count of a set of which nothing is told,
neither exercise nor number; with PTDEVICE_RECOUNT=1 in the environment, the recount in its place. In mode "free" it gives
what is found without a set having been begun.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

from ptdevice.model import ExerciseSet, MotionSamples, Repetition, SetEnd
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.free import FreeCounter
from ptdevice.motion.sets import SetCounter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.model import Record, Vector

PACKET = 12  # samples, about half a second at 25 Hz: what sensors send at once


def packets(
    t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, rate_hz: float, size: int = PACKET
) -> Iterator[MotionSamples]:
    """The recording as events, each arriving with its last sample."""
    for i in range(0, len(t), size):
        times = t[i : i + size]
        yield MotionSamples(
            at=times[-1],
            rate_hz=rate_hz,
            device_ns=tuple([round(s * 1e9) for s in times]),
            acceleration=tuple(acc[i : i + size]),
            angular_rate=tuple(gyr[i : i + size]) if gyr else (),
        )


def counter() -> SetCounter:
    """The daemon's counter, told nothing about the exercise."""
    ids = itertools.count(1)
    return SetCounter(EXERCISES["any"], lambda: f"set-{next(ids)}", None)


def guided(t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, rate_hz: float) -> list[Record]:
    """All records of a recording in which one exercise is done."""
    sets = counter()
    records: list[Record] = []
    for packet in packets(t, acc, gyr, rate_hz):
        records += sets.feed(packet)
    return records + sets.finish(t[-1], SetEnd.ENDED)


def recounted(records: Sequence[Record]) -> int:
    """What the set records say when the sets are over."""
    sets = [record for record in records if isinstance(record, ExerciseSet)]
    return sum(each.repetitions if each.recount is None else each.recount for each in sets)


def count(
    t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, mode: str, meta: dict[str, Any]
) -> list[tuple[float, float]]:
    """(turn, end) of every repetition, in seconds of the recording."""
    if mode == "free":
        free = FreeCounter()
        found = [swing for packet in packets(t, acc, gyr, meta["rate_hz"]) for swing in free.feed(packet)]
        return [(swing.turn, swing.counted) for swing in found]
    records = guided(t, acc, gyr, meta["rate_hz"])
    if os.environ.get("PTDEVICE_RECOUNT") == "1":
        return [(t[-1], t[-1])] * recounted(records)
    return [(record.turn, record.end) for record in records if isinstance(record, Repetition)]
