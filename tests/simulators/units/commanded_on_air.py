"""A simulated stimulator that is commanded through the daemon's own path, radio to codec, by the guard's own admissions."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.devices.commanding import CASES, guard

from ptdevice.connection import Connection, LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.errors import RefusedError
from ptdevice.link import Selector
from ptdevice.model import StimulationStatus

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.ble.radio import Radio
    from ptdevice.model import Admitted, Event
    from ptdevice_sim.host import Host


@dataclass
class Commander:
    """Who commands: `level` is what is wished now, None nothing. What the unit truly did is noted at each change of it."""

    device: str
    unit: Any
    host: Host
    level: int | None = None
    events: list[Event] = field(default_factory=list)
    reports: list[LinkReport] = field(default_factory=list)
    rises: list[tuple[float, int, int]] = field(
        default_factory=list
    )  # when the true level rose, to what, what was admitted

    def __post_init__(self) -> None:
        self.case, self.profile = CASES[self.device], CATALOGUE[self.device]
        self.highest_lately: list[tuple[float, int]] = []
        self._loop = asyncio.get_running_loop()
        channel = self.case.wish(0).channel
        self._guard = guard(self.profile.level_max or 0, channel, ends=self._loop.time() + 3600.0)
        self._due_at = 0.0
        self._true = 0
        self.host.watch = self.look
        self.connection: Connection | None = None

    @property
    def true_level(self) -> int:
        return self.case.level(self.unit)

    def look(self) -> None:
        """Something happened to the unit."""
        before, self._true = self._true, self.true_level
        if self._true > before:
            now = self._loop.time()
            lately = [level for at, level in self.highest_lately if at >= now - 1.5]
            self.rises.append((now, self._true, max(lately, default=0)))

    def commands(self, now: float) -> list[Admitted]:
        """What `Connection` asks for."""
        assert self.profile.commanding is not None
        if self.level is None or now < self._due_at:
            return []
        self._due_at = now + self.profile.commanding.refresh_s
        self.highest_lately.append((now, self.level))
        try:
            return [self._guard.admit(self.case.wish(self.level), now, now + 1.0)]
        except RefusedError as refused:
            raise AssertionError(refused) from refused

    async def halt(self) -> bool:
        assert self.connection is not None
        return await self.connection.halt()

    def statuses(self) -> list[StimulationStatus]:
        """What the unit said of the channel that is commanded."""
        channel = self.case.wish(0).channel
        return [each for each in self.events if isinstance(each, StimulationStatus) and each.channel == channel]


@asynccontextmanager
async def commanded(radio: Radio, device: str, unit: Any, host: Host) -> AsyncIterator[Commander]:
    """A connection that tells this unit what its commander wishes."""
    commander = Commander(device, unit, host)
    async with asyncio.TaskGroup() as tasks:
        connection = Connection(
            "unit",
            CATALOGUE[device],
            Selector(unit.address),
            radio.open,
            simulated=True,
            hear=commander.events.append,
            report=commander.reports.append,
            rng=random.Random(1),  # noqa: S311 - a seed, no secret
            commands=commander.commands,
        )
        commander.connection = connection
        running = tasks.create_task(connection.run())
        yield commander
        running.cancel()
