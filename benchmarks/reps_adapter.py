"""Recordings of people, through the counter that the daemon uses.

`count` is what a scorer calls: it feeds a recording as a sensor would send it, in packets, and gives back what was counted.
PTDEVICE_RECOUNT=1 in the environment gives the recount of the guided set instead of its live count.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from ptdevice.model import MotionSamples, Repetition, SetEnd
from ptdevice.motion.exercises import EXERCISES
from ptdevice.motion.sets import SetCounter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.model import Record, Vector

PACKET = 8  # samples: what a sensor sends in about a third of a second at 25 Hz


def packets(
    t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, rate_hz: float, size: int = PACKET
) -> Iterator[MotionSamples]:
    """The recording as events, each arriving with its last sample."""
    for i in range(0, len(t), size):
        part = slice(i, i + size)
        times = t[part]
        yield MotionSamples(
            at=times[-1],
            rate_hz=rate_hz,
            device_ns=tuple([round(s * 1e9) for s in times]),
            acceleration=tuple(acc[part]),
            angular_rate=tuple(gyr[part]) if gyr else (),
        )


def guided(t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, rate_hz: float) -> list[Record]:
    """All records of a recording in which one exercise is done, told nothing about it."""
    ids = itertools.count(1)
    counter = SetCounter(EXERCISES["any"], lambda: f"set-{next(ids)}", None)
    records: list[Record] = []
    for packet in packets(t, acc, gyr, rate_hz):
        records += counter.feed(packet)
    return records + counter.finish(t[-1], SetEnd.ENDED)


def count(
    t: Sequence[float], acc: Sequence[Vector], gyr: Sequence[Vector] | None, mode: str, meta: dict[str, Any]
) -> list[tuple[float, float]]:
    """(turn, when it was certain) of every repetition, in seconds of the recording."""
    records = guided(t, acc, gyr, meta["rate_hz"])
    return [(r.turn, r.end) for r in records if isinstance(r, Repetition)]
