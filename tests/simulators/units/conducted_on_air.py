"""A simulated stimulator under the daemon's own commander: conductor, guard, connection and codec, in virtual time."""

from __future__ import annotations

import asyncio
import itertools
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.devices.commanding import CASES

from ptdevice.commander import Commander
from ptdevice.connection import Connection, LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import Audit
from ptdevice.stimulation.conductor import Conductor
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Limits, Ring
from ptdevice.stimulation.plan import Facts, Plan

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.ble.radio import Radio
    from ptdevice.model import Event, Record
    from ptdevice.stimulation.commanded import State
    from ptdevice.stimulation.plan import Armed
    from ptdevice_sim.host import Host


@dataclass
class Treated:
    """One unit and who conducts it."""

    device: str
    unit: Any
    host: Host
    commander: Commander
    conductor: Conductor
    records: list[Record]
    reports: list[LinkReport] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    highest: int = 0

    def look(self) -> None:
        """Something happened to the unit."""
        self.highest = max(self.highest, CASES[self.device].level(self.unit))

    def changed(self) -> None:
        session = self.conductor.session
        if session is not None and (not self.states or self.states[-1] is not session.state):
            self.states.append(session.state)

    @property
    def state(self) -> State | None:
        return None if self.conductor.session is None else self.conductor.session.state

    def rules(self) -> list[str]:
        return [record.rule for record in self.records if isinstance(record, Audit) and record.rule]

    async def arm(self, level: int, minutes: float = 3.0) -> Armed:
        wish = CASES[self.device].wish(level)
        limits = Limits(level=8, session_s=minutes * 60, sessions_per_day=3)
        guard = Guard((Ring("test", limits, "a test"),), areas={wish.channel: 25.0})
        plan = Plan(guard, level, wish.channel, 0, wish.programme, wish.rate_hz, wish.pulse_us)
        return await self.commander.arm(lambda: plan, float("inf"))

    def touch(self) -> None:
        """Somebody at the unit does what starts it: a key of its own, or one beside it."""
        now = asyncio.get_running_loop().time()
        if self.device == "beurer_em70":
            self.unit.press_up(now)
        elif self.device == "dglab_coyote3":
            self.unit.turn(now, 0, 1)
        else:
            self.conductor.key(now)
        self.host.poke()

    async def start(self, level: int = 3, minutes: float = 3.0) -> None:
        await self.arm(level, minutes)
        self.touch()


@asynccontextmanager
async def treated(radio: Radio, device: str, unit: Any, host: Host) -> AsyncIterator[Treated]:
    """The unit is heard, and its output is known to be off."""
    profile = CATALOGUE[device]
    facts = profile.commanding
    assert facts is not None
    numbers = itertools.count()
    conductor = Conductor(
        Facts(facts.refresh_s, 5.0, facts.local_key, profile.channels, facts.timer_s),
        new_id=lambda: f"session-{next(numbers)}",
        new_token=lambda: "token",
        lease_s=None,
    )
    records: list[Record] = []
    commander = Commander("unit", conductor, records.extend)
    told = Treated(device, unit, host, commander, conductor, records)
    commander.changed, host.watch = told.changed, told.look

    def report(what: LinkReport) -> None:
        told.reports.append(what)
        commander.reached(what.availability == "online", what.at)

    def hear(event: Event) -> None:
        told.events.append(event)
        commander.hear(event)

    async with asyncio.TaskGroup() as tasks:
        connection = Connection(
            "unit",
            profile,
            Selector(unit.address),
            radio.open,
            simulated=True,
            hear=hear,
            report=report,
            rng=random.Random(1),  # noqa: S311 - a seed, no secret
            commands=commander.due,
        )
        commander.attach(connection, lambda *_: None)
        running = [tasks.create_task(connection.run()), tasks.create_task(commander.run())]
        yield told
        for task in running:
            task.cancel()
