"""A tap that two sensors feel together tells how their clocks lie beside each other.

Both are struck while they are held together, or lie on one hard thing. Each keeps its last seconds of jolts: by how much the
force that it feels differs in size from gravity. When both have felt one and are quiet again, the two traces are laid over each
other where they resemble each other most (cross-correlation, with a parabola through its top); that is finer than a sample as
soon as a tap lasts for two or three of them. Several taps in a row tell more than one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from math import fsum, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector

GRAVITY = 9.81
KEPT_S, KEPT_MAX = 6.0, 2048  # of jolts, and samples at most
JOLT = 6.0  # m/s^2: getting up or lying down stays below half of it, a knock with a knuckle does not
QUIET_S = 0.8  # after the last jolt
BEFORE_S, AFTER_S = 0.15, 0.3  # of the taps, what is compared
LONGEST_S = 3.0
REACH_S = 0.25  # how far arrivals may mislead
GRID_S = 0.004
LIKE = 0.6  # what resembles less was not the same tap


@dataclass(frozen=True, slots=True)
class SharedTap:
    """One moment in two streams, and how well it is known."""

    trunk: float
    pelvis: float
    error_s: float


class Jolts:
    """The last seconds of one sensor's jolts, in its stream time."""

    def __init__(self) -> None:
        self.t: deque[float] = deque(maxlen=KEPT_MAX)
        self.size: deque[float] = deque(maxlen=KEPT_MAX)

    def add(self, times: Sequence[float], forces: Sequence[Vector]) -> None:
        """Samples of one packet."""
        for t, (x, y, z) in zip(times, forces, strict=False):
            size = abs(sqrt(x * x + y * y + z * z) - GRAVITY)
            if size <= 400.0 and (not self.t or t > self.t[-1]):  # NaN is in no interval
                self.t.append(t)
                self.size.append(size)
        while self.t and self.t[-1] - self.t[0] > KEPT_S:
            self.t.popleft()
            self.size.popleft()

    def clear(self) -> None:
        """What was felt so far has been understood."""
        self.t.clear()
        self.size.clear()

    def tapped(self) -> tuple[float, float] | None:
        """First and last jolt, once it is quiet again."""
        hard = [t for t, size in zip(self.t, self.size, strict=True) if size >= JOLT]
        if not hard or self.t[-1] - hard[-1] < QUIET_S or hard[-1] - hard[0] > LONGEST_S:
            return None
        return hard[0], hard[-1]

    @property
    def step_s(self) -> float:
        """The usual step between samples."""
        return (self.t[-1] - self.t[0]) / (len(self.t) - 1) if len(self.t) > 1 else 1.0


def shared_tap(trunk: Jolts, pelvis: Jolts, offset: float) -> SharedTap | None:
    """The tap that both felt. `offset`: trunk time less pelvis time, as far as arrivals tell. None: there is none (yet)."""
    span, other = trunk.tapped(), pelvis.tapped()
    if span is None or other is None or abs(span[0] - other[0] - offset) > REACH_S + QUIET_S:
        return None
    start, steps = span[0] - BEFORE_S, int((span[1] - span[0] + BEFORE_S + AFTER_S) / GRID_S)
    reach = int(REACH_S / GRID_S)
    ours = _even(trunk, start, steps)
    theirs = _even(pelvis, start - offset - REACH_S, steps + 2 * reach)
    likeness = [_likeness(ours, theirs[lag : lag + steps]) for lag in range(2 * reach + 1)]
    best = max(range(len(likeness)), key=likeness.__getitem__)
    if likeness[best] < LIKE or not 0 < best < 2 * reach:
        return None
    left, top, right = likeness[best - 1 : best + 2]
    bend = left - 2.0 * top + right
    fine = best + (0.5 * (left - right) / bend if bend < 0.0 else 0.0)
    # A sample may be anywhere within its step, so what lies between two of them is a guess.
    return SharedTap(start, start - offset - REACH_S + fine * GRID_S, 0.5 * max(trunk.step_s, pelvis.step_s))


def _even(jolts: Jolts, start: float, steps: int) -> list[float]:
    """Jolts at even times, by straight lines between samples."""
    times, sizes = list(jolts.t), list(jolts.size)
    even = []
    for k in range(steps):
        t = start + k * GRID_S
        i = bisect_left(times, t)
        if not 0 < i < len(times):
            even.append(0.0)
            continue
        share = (t - times[i - 1]) / (times[i] - times[i - 1])
        even.append(sizes[i - 1] + share * (sizes[i] - sizes[i - 1]))
    return even


def _likeness(a: Sequence[float], b: Sequence[float]) -> float:
    """The cosine between two traces: 1 where one is the other, whatever their sizes."""
    product = fsum(x * y for x, y in zip(a, b, strict=True))
    size = sqrt(fsum(x * x for x in a) * fsum(y * y for y in b))
    return product / size if size > 0.0 else 0.0
