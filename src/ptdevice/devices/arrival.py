"""Times for the samples of a unit that has no clock and numbers nothing: a line through their arrivals.

Such a unit samples evenly, by its own crystal; the radio delivers late, unevenly, and several samples at a time. So the newest
sample of each packet was taken at `a + b * k`, and arrives somewhat later. The line is fitted to the arrivals: least squares
with a memory that grows to MEMORY packets and fades from then on (expanding-memory polynomial filter of first degree; Morrison,
Introduction to Sequential Smoothing and Prediction, 1969). The nominal rate counts as PRIOR packets that were seen before.

A lost packet and a late one look the same at first. After a late one others catch up with the line; after a loss none does. So
a late packet is kept back until one catches up, or for HOLD_S: then so many samples are missing before it as even the most
punctual of all that came since was late by. The line steps over them, by a whole number, and goes on: the crystal did not
stop. Only after a silence of RESTART_S the line begins anew, because nobody knows what the unit did meanwhile.

What this cannot do: tell a loss that is shorter than the jitter; and tell the mean delay, by which all times are late.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")

PRIOR = 32  # packets; with 10 ms of jitter and 40 ms between packets the slope is then known to 0.5 %
MEMORY = 512  # packets: 20 s of the commonest notification rate, for a slope that is good to 0.01 %
TOLERANCE = 0.03  # of the nominal rate; units measured by others were off by up to 0.8 %
SUSPECT = 0.75  # of a packet's duration, beyond what is usual
USUAL = 64  # packets after which it is nearly forgotten how punctual one of them was
HOLD_S, HOLD_PACKETS = 0.5, 3  # whichever takes longer
HELD_MAX = 128  # packets kept back; a stall as long as most links live is a hundred
RESTART_S = 5.0
STEADY = 4  # packets of one size in a row: what is missing is then a multiple of it
SHORTEST_STEP = 0.5  # of a period, where early arrivals pull the line back


@dataclass(frozen=True, slots=True)
class Run(Generic[T]):
    """Samples of one packet, when it arrived (gateway seconds), and the time of each (ns on the line)."""

    at: float
    device_ns: tuple[int, ...]
    samples: Sequence[T]


class ArrivalTimes(Generic[T]):
    """One stream's line. Made afresh for every connection and every rate."""

    def __init__(self, rate_hz: float) -> None:
        self._nominal = self._period = 1.0 / rate_hz
        self._newest: float | None = None  # the line at the newest sample that was passed on
        self._weight = PRIOR
        self._punctual = 0.0  # how far before the line the most punctual packets arrive, negative
        self._held: deque[tuple[float, Sequence[T]]] = deque()
        self._size, self._steady = 0, 0
        self.missing = 0

    @property
    def rate_hz(self) -> float:
        """The rate as it is, as far as it is known."""
        return 1.0 / self._period

    def take(self, at: float, samples: Sequence[T]) -> list[Run[T]]:
        """Samples of a packet that arrived at gateway second `at`; gives back what can be told the time of by now."""
        if not samples:
            return []
        if self._newest is None:
            return [self._begin(at, samples)]
        waiting = sum(len(held) for _, held in self._held)
        if at - self._newest - (waiting + len(samples)) * self._period > RESTART_S:
            # What is kept back comes first, where it was expected: what was lost before it is part of the silence.
            return [*self._release(at, held_s=0.0), self._begin(at, samples)]
        self._steady = self._steady + 1 if len(samples) == self._size else 0
        self._size = len(samples)
        self._held.append((at, samples))
        return self._release(at, held_s=max(HOLD_S, HOLD_PACKETS * len(samples) * self._period))

    def _begin(self, at: float, samples: Sequence[T]) -> Run[T]:
        span = len(samples) * self._period
        # What was kept back before a silence was laid where it was expected, which may be after this packet's own samples.
        before = at - span if self._newest is None else max(at - span, self._newest)
        self._newest = max(at, before + span * SHORTEST_STEP)
        return _run(at, before, self._newest, samples)

    def _release(self, now: float, held_s: float) -> list[Run[T]]:
        """From those kept back, the oldest first, who need not wait any longer."""
        runs = []
        while self._held:
            at, samples = self._held[0]
            late = self._least_lateness()
            step = 0
            if late > SUSPECT * len(samples) * self._period:
                if now - at < held_s and len(self._held) < HELD_MAX:
                    break
                unit = self._size if self._steady >= STEADY else 1
                step = unit * round(late / (unit * self._period))
            self._held.popleft()
            runs.append(self._pass(at, samples, step))
        return runs

    def _least_lateness(self) -> float:
        """By how many seconds the most punctual of those kept back is later than the most punctual usually are."""
        assert self._newest is not None
        line, least = self._newest + self._punctual, float("inf")
        for at, samples in self._held:
            line += len(samples) * self._period
            least = min(least, at - line)
        return least

    def _pass(self, at: float, samples: Sequence[T], missing: int) -> Run[T]:
        """Move the line over `missing` samples and then by this arrival, and lay the samples on it."""
        assert self._newest is not None
        n, k = len(samples), self._weight
        self.missing += missing
        before = self._newest + missing * self._period
        span = n * self._period
        error = min(max(at - before - span, -span), span)  # what was delayed for long says nothing about the line
        self._punctual = min(error, self._punctual * (1 - 1 / USUAL))
        self._weight = min(k + 1, MEMORY)
        newest = before + span + 2 * (2 * k - 1) / (k * (k + 1)) * error
        period = self._period + 6 / (k * (k + 1)) * error / n
        self._period = min(max(period, self._nominal * (1 - TOLERANCE)), self._nominal * (1 + TOLERANCE))
        self._newest = max(newest, before + span * SHORTEST_STEP)
        return _run(at, before, self._newest, samples)


def _run(at: float, before: float, newest: float, samples: Sequence[T]) -> Run[T]:
    """Samples spread evenly over what follows `before`, the last at `newest`."""
    step = (newest - before) / len(samples)
    return Run(at, tuple([round((before + (i + 1) * step) * 1e9) for i in range(len(samples))]), samples)
