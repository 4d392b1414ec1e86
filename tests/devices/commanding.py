"""A simulated stimulator, its codec, and somebody who commands: in steps of 10 ms, without an air. Packets can be lost."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from ptdevice.devices import CATALOGUE
from ptdevice.errors import WireError
from ptdevice.link import Packet, Read, Write
from ptdevice.model import Event, LevelChanged
from ptdevice.model.command import Wish
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Limits, Ring
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import Notify
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.openemsstim import OpenEmsStim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice.devices.device import CommandedCodec, Commanding
    from ptdevice.model.command import Admitted
    from ptdevice_sim.unit import Output

STEP_S = 0.01
GAP_S = 0.03
T0 = 1000.0
SCRIPT = "V1D10{|R30000P200F100}"  # five minutes at 100 Hz and 200 us


def guard(level: int, channel: str | None, ends: float = T0 + 3600.0) -> Guard:
    """One that admits up to this level, to the end of a session that has begun."""
    ring = Ring("test", Limits(level=level), "a test")
    return Guard((ring,), areas={channel: 25.0}, ends=ends)


@dataclass(frozen=True)
class Case:
    """A device as it is commanded: its unit, what is wished of it, and how its true level is seen."""

    unit: Callable[[Misbehaviour], Any]
    wish: Callable[[int], Wish]
    level: Callable[[Any], int]
    starts_s: float = 2.0  # until the first level flows
    top: int = 6
    answers: bool = True


def _loudest(unit: DglabCoyote3) -> int:
    # The next wave may come a moment after the last has ended; `flow` has that gap, and is what a stop is measured by.
    waves = zip(unit.strengths, unit._heard_until, strict=True)
    return max(strength if unit._now - until < GAP_S else 0 for strength, until in waves)


def _let_through(unit: OpenEmsStim) -> int:
    return max(channel.intensity if channel.passes else 0 for channel in unit.channels)


CASES = {
    "beurer_em70": Case(lambda how: BeurerEm70(misbehaviour=how), Wish, lambda unit: max(unit.flow.levels)),
    "bluetens": Case(
        lambda how: Bluetens(misbehaviour=how),
        lambda level: Wish(level, None, SCRIPT, 100.0, 200.0, 240),
        lambda unit: max(unit.flow.levels),
        starts_s=4.0,
    ),
    "dglab_coyote3": Case(
        lambda how: DglabCoyote3(misbehaviour=how), lambda level: Wish(level, "a", rate_hz=50.0), _loudest
    ),
    "openemsstim": Case(
        lambda how: OpenEmsStim(misbehaviour=how), lambda level: Wish(level, "a"), _let_through, answers=False
    ),
}


@dataclass
class Bench:
    """One connection to one unit."""

    device: str
    misbehaviour: Misbehaviour = field(default_factory=Misbehaviour)
    loss: float = 0.0
    lag_s: float = 0.0  # of what the unit says
    seed: int = 1
    now: float = T0
    events: list[Event] = field(default_factory=list)
    writes: list[tuple[float, Write]] = field(default_factory=list)
    rises: list[tuple[float, int, int]] = field(
        default_factory=list
    )  # when the true level rose, to what, and what was admitted
    wrong: int = 0

    def __post_init__(self) -> None:
        self.case, self.profile = CASES[self.device], CATALOGUE[self.device]
        self.unit = self.case.unit(self.misbehaviour)
        self.codec = cast("CommandedCodec", self.profile.codec())
        self.guard = guard(self.profile.level_max or 0, self.case.wish(0).channel)
        self._uuids = {port.name: port.uuid for port in self.profile.ports}
        self._names = {port.uuid: port.name for port in self.profile.ports}
        self._rng = random.Random(self.seed)  # noqa: S311 - a seed, no secret
        self._coming: list[tuple[float, Packet]] = []
        self._refresh_at = self.now
        self.admitted_level = 0
        self.unit.connected(self.now)
        for port in self.profile.ports:
            if port.read and port.name == "battery":
                self.read(port.name)
        self.tell(self.commanding.opening)

    @property
    def commanding(self) -> Commanding:
        assert self.profile.commanding is not None
        return self.profile.commanding

    @property
    def level(self) -> int:
        """What truly flows, in the unit's own levels."""
        return self.case.level(self.unit)

    def tell(self, writes: Iterable[Write]) -> None:
        for write in writes:
            self.writes.append((self.now, write))
            self.take(self.unit.write(self._uuids[write.port], write.data, self.now))

    def stop(self) -> None:
        """The constant octets."""
        self.tell(self.commanding.stop)

    def do(self, what: Callable[[Any, float], object]) -> None:
        """A hand."""
        what(self.unit, self.now)
        self.take(self.unit.tick(self.now))

    def read(self, port: str) -> None:
        self._arrive(Packet(self.now, port, self.unit.read(self._uuids[port], self.now)))

    def take(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, Notify) and self._rng.random() >= self.loss:
                self._coming.append((self.now + self.lag_s, Packet(self.now, self._names[output.uuid], output.data)))

    def admit(self, wish: Wish) -> Admitted:
        return self.guard.admit(wish, self.now, self.now + 1.0)

    def run(self, seconds: float, level: int | Callable[[float], int] | None, **changes: object) -> None:
        """Command this level for so long; None: nothing is asked for."""
        for _ in range(round(seconds / STEP_S)):
            before = self.level
            self.now = round(self.now + STEP_S, 6)
            self.take(self.unit.tick(self.now))
            while self._coming and self._coming[0][0] <= self.now:
                self._arrive(self._coming.pop(0)[1])
            for wish in self.codec.due(self.now):
                if isinstance(wish, Read):
                    self.read(wish.port)
                else:
                    assert wish in self.profile.queries
                    self.tell([wish])
            if level is not None and self.now >= self._refresh_at:
                self._refresh_at = max(self._refresh_at + self.commanding.refresh_s, self.now)
                self.admitted_level = level if isinstance(level, int) else level(self.now)
                self.tell(self.codec.encode(self.admit(self.case.wish(self.admitted_level)), self.now))
            if self.level > before:
                self.rises.append((self.now, self.level, self.admitted_level))

    def by_hand(self) -> list[LevelChanged]:
        return [event for event in self.events if isinstance(event, LevelChanged) and event.by_hand]

    def _arrive(self, packet: Packet) -> None:
        try:
            self.events.extend(self.codec.decode(Packet(self.now, packet.port, packet.data)))
        except WireError:
            self.wrong += 1


def turn_down(bench: Bench, steps: int) -> None:
    """A hand lowers the level by so many steps."""
    for _ in range(steps):
        if bench.device == "dglab_coyote3":
            bench.do(lambda unit, now: unit.turn(now, 0, -1))
        else:
            bench.do(lambda unit, now: unit.press_down(now))
