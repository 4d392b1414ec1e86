"""A unit that is told levels and stops, a conductor, and a clock that both are moved by. Nothing but arguments.

The unit is scripted: it says its state twice a second and does as it is told, or not, as a test wants it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ptdevice.model import Audit, Contact, Decision, LevelChanged, Output, StimulationStatus
from ptdevice.stimulation.conductor import Conductor
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Limits, Ring
from ptdevice.stimulation.plan import Armed, Facts, Plan

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Record
    from ptdevice.stimulation.commanded import State
    from ptdevice.stimulation.limits import Curve

STEP_S = 0.1
LEVEL_MAX = 20


@dataclass
class FakeUnit:
    """`says` turns its true status into what it tells; None: it is silent."""

    level: int = 0
    contact: Contact = Contact.OK
    obeys_stop: bool = True
    obeys_levels: bool = True
    says: Callable[[StimulationStatus], StimulationStatus | None] = lambda status: status
    heard: list[tuple[float, int | str]] = field(default_factory=list)  # levels and stops, as they came

    def status(self, at: float) -> StimulationStatus | None:
        output = Output.ON if self.level else Output.OFF
        return self.says(StimulationStatus(at, output, self.level, LEVEL_MAX, contact=self.contact))


def plan(level: int = 4, *, ceiling: int = 10, session_s: float = 600.0, curve: Curve | None = None) -> Plan:
    ring = Ring("prescription", Limits(level=ceiling, session_s=session_s), "a test")
    return Plan(Guard((ring,), curve, {None: 25.0}), level)


class Story:
    """What happens, in order. `now` begins at 100 s, with a unit that has said that it is off."""

    def __init__(
        self,
        *,
        unit: FakeUnit | None = None,
        lease_s: float | None = None,
        refresh_s: float = 0.2,
        local_key: bool = False,
        remote_raise: bool = False,
        facts: Facts | None = None,
    ) -> None:
        ids, tokens = itertools.count(1), itertools.count(1)
        self.channels = (facts.channels if facts else ()) or (None,)
        self.now = 100.0
        self.unit = unit or FakeUnit()
        self.conductor = Conductor(
            facts or Facts(refresh_s, local_key=local_key),
            new_id=lambda: f"session-{next(ids)}",
            new_token=lambda: f"token-{next(tokens)}",
            lease_s=lease_s,
            remote_raise=remote_raise,
        )
        self.records: list[Record] = []
        self.audits: list[Audit] = []
        self.connected = True
        self._heard_at = self.now
        self._said_at = self.now
        self._steps = 0
        self.conductor.link_restored(self.now)
        for channel in self.channels:
            self.say(channel=channel)

    def state(self) -> State | None:
        return self.conductor.session.state if self.conductor.session else None

    @property
    def trace(self) -> list[tuple[float, int]]:
        """The levels that the unit was told."""
        return [(at, told) for at, told in self.unit.heard if isinstance(told, int)]

    def stops(self, since: float = 0.0) -> list[float]:
        """When the unit was told to stop."""
        return [at for at, told in self.unit.heard if told == "stop" and at >= since]

    def decisions(self) -> list[tuple[str, Decision, str | None]]:
        return [(audit.action, audit.decision, audit.rule) for audit in self.audits]

    def armed(self, wanted: Plan | None = None) -> Armed:
        armed = self.conductor.arm(wanted or plan(), self.now, actor="therapist", channel="mqtt")
        self.settle()
        return armed

    def started(self, wanted: Plan | None = None, *, run_s: float = 5.0) -> Armed:
        """Armed, confirmed by hand, and gone on for so long."""
        armed = self.armed(wanted)
        self.press()
        self.run(run_s)
        return armed

    def press(self) -> None:
        self.conductor.key(self.now)
        self.settle()

    def turn(self, level: int) -> None:
        """A hand on the unit."""
        self.unit.level = level
        self.conductor.hear(LevelChanged(self.now, level, by_hand=True))
        self.settle()

    def say(self, **change: object) -> None:
        """The unit says its state now."""
        status = self.unit.status(self.now)
        if status is not None and self.connected:
            self._heard_at = self.now
            self.conductor.hear(replace(status, **change))  # type: ignore[arg-type]
        self.settle()

    def settle(self) -> None:
        """Do what is owed."""
        owed = self.conductor.owed.take()
        self.records += owed.records
        self.audits += owed.audits
        if owed.halt and self.connected:
            self.unit.heard.append((self.now, "stop"))
            if self.unit.obeys_stop:
                self.unit.level = 0
            self.conductor.halted(self.now)

    def run(self, seconds: float, *, each: Callable[[], None] = lambda: None) -> None:
        """Let time pass."""
        for _ in range(round(seconds / STEP_S)):
            self._steps += 1
            self.now = round(100.0 + self._steps * STEP_S, 3)
            each()
            if self._steps % 5 == 0:
                self.say()
            self.conductor.tick(self.now, self._heard_at)
            self.settle()
            if self.connected:
                for admitted in self.conductor.due(self.now):
                    self.unit.heard.append((self.now, admitted.wish.level))
                    assert admitted.at <= self.now < admitted.until
                    if self.unit.obeys_levels:
                        self.unit.level = admitted.wish.level
            self.settle()

    def lose(self) -> None:
        self.connected = False
        self.conductor.link_lost(self.now)
        self.settle()

    def find(self) -> None:
        """The link is back; the connection said its first stop before anything was heard."""
        self.connected = True
        self.unit.heard.append((self.now, "stop"))
        if self.unit.obeys_stop:
            self.unit.level = 0
        self.conductor.link_restored(self.now)
        self.settle()
