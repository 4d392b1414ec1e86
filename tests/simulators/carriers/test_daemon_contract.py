"""The daemon's own path, radio to codec, on every carrier: the same units must lead to the same events."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.airs import AIRS, Air
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection, LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import (
    Battery,
    Contact,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    HeartRate,
    LevelChanged,
    MotionSamples,
    Output,
    StimulationStatus,
    StreamChanged,
)
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.model import Event, Vector
    from ptdevice_sim.unit import Unit

pytestmark = pytest.mark.parametrize("name", AIRS)


class LyingStill:
    """On the back, heart at 60."""

    def acceleration(self, now: float) -> Vector:
        return (0.0, 0.0, 9.80665)

    def heart_rate(self, now: float) -> float:
        return 60.0


@dataclasses.dataclass
class Told:
    events: list[Event]
    reports: list[LinkReport]

    def of(self, *kinds: type) -> list[Event]:
        """Events of these kinds without their times; of equal ones in a row the first."""
        told = [_timeless(event) for event in self.events if isinstance(event, kinds)]
        return [event for i, event in enumerate(told) if i == 0 or event != told[i - 1]]

    def reach(self) -> list[tuple[str, str]]:
        return [(report.availability, report.code) for report in self.reports]


def _timeless(event: Event) -> Event:
    fields = {field.name for field in dataclasses.fields(event)}
    return dataclasses.replace(
        event,
        **{  # type: ignore[arg-type] # only fields that are there
            name: value for name, value in {"at": 0.0, "remaining_s": None, "device_ns": ()}.items() if name in fields
        },
    )


@asynccontextmanager
async def observed(air: Air, device: str, unit: Unit) -> AsyncIterator[Told]:
    told = Told([], [])
    async with (
        Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio,
        asyncio.TaskGroup() as tasks,
    ):
        connection = Connection(
            "unit",
            CATALOGUE[device],
            Selector(unit.address),
            radio.open,
            simulated=True,
            hear=told.events.append,
            report=told.reports.append,
            rng=random.Random(1),  # noqa: S311 - a seed, no secret
        )
        running = tasks.create_task(connection.run())
        yield told
        running.cancel()


async def test_a_stimulators_hour_in_short(name: str) -> None:
    async with AIRS[name]() as air:
        unit = BeurerEm70()
        host = air.publish(unit)
        now = asyncio.get_running_loop().time
        async with observed(air, "beurer_em70", unit) as told:
            await until(lambda: told.of(StimulationStatus))
            unit.press_up(now())
            host.poke()
            await until(lambda: len(told.of(StimulationStatus)) == 2)
            unit.overload(now())
            host.poke()
            await until(lambda: len(told.of(StimulationStatus)) == 3)
            unit.switch_off(now())
            host.poke()
            await until(lambda: ("unknown", "link_lost") in told.reach())

        def status(output: Output, level: int) -> StimulationStatus:
            return StimulationStatus(0.0, output, level, 15, programme=9, mode=1)

        assert told.of(object) == [
            Battery(0.0, 80),
            DeviceInformation(0.0, "manufacturer_name", "Beurer"),
            DeviceInformation(0.0, "model_number", "LT1102S"),
            DeviceInformation(0.0, "firmware_revision", "1.0"),
            status(Output.OFF, 0),
            LevelChanged(0.0, 1, by_hand=True),
            status(Output.ON, 1),
            DeviceFault(0.0, FaultKind.OVERLOAD),
            status(Output.OFF, 0),
        ]


async def test_a_sensors_set_in_short_with_a_lost_link_in_it(name: str) -> None:
    async with AIRS[name]() as air:
        unit = PolarSensor(LyingStill(), frame_samples=5)
        host = air.publish(unit)
        async with observed(air, "polar", unit) as told:
            await until(lambda: told.of(HeartRate))
            host.drop_link()
            await until(lambda: told.reach() == [("online", "data"), ("unknown", "link_lost"), ("online", "data")])
            await until(lambda: len(told.of(StreamChanged, MotionSamples)) == 4)
        still = MotionSamples(0.0, 100.0, (), ((0.0, 0.0, pytest.approx(9.80665)),) * 5)  # type: ignore[arg-type] # it compares
        told_once = [
            Battery(0.0, 90),
            DeviceInformation(0.0, "manufacturer_name", "Polar Electro Oy"),
            DeviceInformation(0.0, "model_number", "H10"),
            DeviceInformation(0.0, "firmware_revision", "5.0.0"),
        ]
        assert told.of(Battery, DeviceInformation) == told_once * 2
        assert (
            told.of(StreamChanged, MotionSamples)
            == [
                StreamChanged(0.0, "acceleration", running=True, reason="100 Hz"),
                still,
            ]
            * 2
        )
        assert told.of(HeartRate) == [HeartRate(0.0, 60, Contact.OK, (1000.0,))]


async def test_no_sample_of_a_hundred_hertz_is_lost_or_told_twice(name: str) -> None:
    async with AIRS[name]() as air:
        unit = PolarSensor(LyingStill(), frame_samples=1)
        air.publish(unit)
        async with observed(air, "polar", unit) as told:
            await until(lambda: len([event for event in told.events if isinstance(event, MotionSamples)]) >= 100)
        times = [ns for event in told.events if isinstance(event, MotionSamples) for ns in event.device_ns]
        steps = {round((after - before) / 1e6) for before, after in itertools.pairwise(times)}
        assert steps == {10}
