"""One unit watched through the daemon's own path: radio, connection, codec."""

from __future__ import annotations

import asyncio
import dataclasses
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection, LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import StimulationStatus
from ptdevice.progress import Progress

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.simulators.carriers.airs import Air

    from ptdevice.model import Event, Vector
    from ptdevice_sim.unit import Unit


def radio_on(air: Air) -> Radio:
    return Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)


class LyingStill:
    """On the back, heart at 60."""

    def acceleration(self, now: float) -> Vector:
        return (0.0, 0.0, 9.80665)

    def angular_rate(self, now: float) -> Vector:
        return (0.0, 0.0, 0.0)

    def heart_rate(self, now: float) -> float:
        return 60.0


@dataclasses.dataclass
class Told:
    """What a connection told, and its counters."""

    events: list[Event]
    reports: list[LinkReport]
    progress: Progress = dataclasses.field(default_factory=Progress)

    def of(self, *kinds: type) -> list[Event]:
        """Events of these kinds without their times; of equal ones in a row the first."""
        told = [_timeless(event) for event in self.events if isinstance(event, kinds)]
        return [event for i, event in enumerate(told) if i == 0 or event != told[i - 1]]

    def statuses(self) -> list[StimulationStatus]:
        """All reports of a stimulator of itself."""
        return [event for event in self.events if isinstance(event, StimulationStatus)]

    def reach(self) -> list[tuple[str, str]]:
        return [(report.availability, report.code) for report in self.reports]


def _timeless(event: Event) -> Event:
    fields = {field.name for field in dataclasses.fields(event)}
    return dataclasses.replace(
        event,
        **{  # type: ignore[arg-type] # only fields that are there
            name: value
            for name, value in {"at": 0.0, "remaining_s": None, "elapsed_s": None, "device_ns": ()}.items()
            if name in fields
        },
    )


class InHaste(random.Random):
    """Draws pauses of a twentieth of their length: for whoever waits for many of them."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, b) / 20


@asynccontextmanager
async def observed(
    radio: Radio, device: str, unit: Unit, *, rng: random.Random | None = None, quiet_s: float | None = None
) -> AsyncIterator[Told]:
    """Run a connection to this unit, and note what it tells. `quiet_s`: in place of that of its profile."""
    profile = CATALOGUE[device]
    if quiet_s is not None:
        profile = dataclasses.replace(profile, quiet_s=quiet_s)
    told = Told([], [])
    async with asyncio.TaskGroup() as tasks:
        connection = Connection(
            "unit",
            profile,
            Selector(unit.address),
            radio.open,
            simulated=True,
            hear=told.events.append,
            report=told.reports.append,
            rng=rng or random.Random(1),  # noqa: S311 - a seed, no secret
        )
        told.progress = connection.progress
        running = tasks.create_task(connection.run())
        yield told
        running.cancel()
