"""What was sent and what was lost on air, sample by sample, beside what the motion room says is missing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ptdevice.model import MotionSamples
from ptdevice.motion.gaps import GapAccount
from ptdevice.motion.stream import Missing, PostureStream
from ptdevice_sim.faults import Faults

if TYPE_CHECKING:
    from tests.simulators.carriers.observing import Told

    from ptdevice.model import Vector

STEP, DIGIT = 0.05, 256  # m/s^2 a number, above what any sensor here rounds to; and no force beyond 1.4 g


class Counted:
    """A body that is felt as the number of the sample; `at` is when it was taken. Neighbours differ by no more than a step.

    Compressed frames stay short so: x goes up and down, and y goes up at each turn.
    """

    def __init__(self) -> None:
        self.at: list[float] = []

    def acceleration(self, now: float) -> Vector:
        y, x = divmod(len(self.at), DIGIT)
        self.at.append(now)
        return ((DIGIT - 1 - x if y % 2 else x) * STEP, y * STEP, 9.80665)

    def angular_rate(self, now: float) -> Vector:
        return (0.0, 0.0, 0.0)

    def heart_rate(self, now: float) -> float:
        return 60.0


def number(force: Vector) -> int:
    """Which sample of a `Counted` body this was."""
    x, y = round(force[0] / STEP), round(force[1] / STEP)
    return y * DIGIT + (DIGIT - 1 - x if y % 2 else x)


class Noted(Faults):
    """Faults that note of each sample whether it was lost.

    A unit takes samples and sends those of a package as soon as it has them all, and counts them in `sent_samples`; so the
    newest of those that were taken are in it. What follows at the same moment and begins alike is the rest of the package,
    and it is lost with any of its parts.
    """

    def __init__(self, unit: Any, body: Counted) -> None:
        super().__init__(seed=3)
        self._unit, self._body = unit, body
        self._before = 0
        self._package: tuple[tuple[str, bytes, float], range] = (("", b"", 0.0), range(0))
        self.sent: list[int] = []
        self.dropped: set[int] = set()

    def on_value(self, uuid: str, data: bytes) -> list[tuple[float, bytes]]:
        new = self._unit.sent_samples - self._before
        self._before += new
        taken, which = len(self._body.at), (uuid, data[:1], asyncio.get_running_loop().time())
        if new:
            self._package = (which, range(taken - new, taken))
            self.sent += self._package[1]
        lost = self.lost
        values = super().on_value(uuid, data)
        if self.lost > lost and self._package[0] == which:
            self.dropped.update(self._package[1])
        return values


class Gap(NamedTuple):
    """The numbers of the two samples around it, and what the motion room says of it."""

    before: int
    after: int
    missing: Missing


@dataclass
class Books:
    """What arrived: (number, ns by the unit's clock), and the gaps, in their order."""

    arrived: list[tuple[int, int]] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    after_loss: set[int] = field(default_factory=set)  # numbers of the first samples of all links but the first
    by_arrival: bool = False  # the unit tells no time: its first sample has that of its arrival
    stream: PostureStream = field(default_factory=PostureStream)

    def __post_init__(self) -> None:
        self.account = GapAccount(self.stream)

    def holes(self) -> list[tuple[int, int, int]]:
        """Neighbours that are not, and how many numbers are missing between them; on one link."""
        return [
            (a, b, b - a - 1) for (a, _), (b, _) in pairwise(self.arrived) if b - a > 1 and b not in self.after_loss
        ]

    def split(self) -> tuple[list[Gap], list[Gap]]:
        """Gaps within a link, and across a lost one: in that time nobody knows what the unit did."""
        across = [gap for gap in self.gaps if gap.after in self.after_loss]
        return [gap for gap in self.gaps if gap not in across], across


def books(told: Told) -> Books:
    """The events of a connection through the motion room, with its lost links where they were."""
    found = Books()
    stream, clock = found.stream, found.stream.clock
    losses = [report.at for report in told.reports if report.code == "link_lost"]
    for event in told.events:
        if not isinstance(event, MotionSamples):
            continue
        numbers = [number(force) for force in event.acceleration]
        if not found.arrived:
            found.by_arrival = event.device_ns[-1] == round(event.at * 1e9)
        if losses and event.at >= losses[0]:
            losses.pop(0)
            clock.lost()
            found.after_loss.add(numbers[0])
        for item in stream.take(event):
            if isinstance(item, Missing):
                found.account.note(item)
                end_ns = clock.device_ns(item.end)
                i = min(range(len(numbers)), key=lambda i: abs(event.device_ns[i] - end_ns))
                found.gaps.append(Gap(numbers[i - 1] if i else found.arrived[-1][0], numbers[i], item))
        found.arrived += zip(numbers, event.device_ns, strict=True)
    return found
