from __future__ import annotations

import asyncio
import logging
import random
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

import pytest
from bleak.exc import BleakDeviceNotFoundError, BleakError
from tests.simulators.carriers.bench import INDICATED, NOTIFIED, BenchUnit
from tests.simulators.carriers.listening import Ear, Witness, client, scanner
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import Event, HeartRate, MotionSamples
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.connection import LinkReport


@pytest.fixture
async def air() -> AsyncIterator[VirtualRadio]:
    async with VirtualRadio() as radio:
        yield radio


async def test_an_attempt_to_connect_ends_with_the_radio() -> None:
    unit = BenchUnit()
    async with VirtualRadio() as air:
        air.publish(unit).vanish()
        connecting = asyncio.create_task(client(air, unit).connect())
        await until(lambda: air._controller.pending_le_connection)
    with pytest.raises(BleakError, match="switched off"):
        await connecting


async def test_closing_the_radio_leaves_nothing_behind() -> None:
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    unit = BenchUnit()
    async with VirtualRadio() as air:
        air.publish(unit).poke()
        air.publish(BenchUnit("C0:DE:00:00:00:02")).vanish()
        linked = client(air, unit)
        await linked.connect()
        await linked.start_notify(INDICATED, Ear())
    assert not linked.is_connected
    assert asyncio.all_tasks() == before
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined] # asyncio offers no other look
    assert [timer for timer in timers if not timer.cancelled() and "bumble" in repr(timer)] == []


async def test_an_error_in_the_block_leaves_it_as_it_is() -> None:
    async def fail() -> None:
        async with VirtualRadio() as air:
            air.publish(BenchUnit())
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await fail()


async def test_what_is_normal_on_a_radio_is_not_logged(air: VirtualRadio, caplog: pytest.LogCaptureFixture) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    with caplog.at_level(logging.DEBUG):
        async with client(air, unit) as linked:
            await linked.start_notify(NOTIFIED, Ear())
            unit.say(*(bytes(50) for _ in range(20)))
            host.poke()
            await asyncio.sleep(0)
            host.drop_link()
            await until(lambda: not linked.is_connected)
    assert [record for record in caplog.records if record.name.startswith("bumble")] == []


async def test_the_path_of_a_byte_from_the_body_to_the_events() -> None:
    heard: defaultdict[type, list[Event]] = defaultdict(list)
    reports: list[LinkReport] = []
    unit = PolarSensor(SyntheticBody(random.Random(1), start=60.0))  # noqa: S311 - a seed, no secret
    async with VirtualRadio() as air:
        air.publish(unit)
        async with Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio:
            connection = Connection(
                "chest",
                CATALOGUE["polar"],
                Selector(address=unit.address),
                radio.open,
                simulated=True,
                hear=lambda event: heard[type(event)].append(event),
                report=reports.append,
                rng=random.Random(1),  # noqa: S311 - a seed, no secret
            )
            running = asyncio.create_task(connection.run())
            await until(lambda: len(heard[MotionSamples]) >= 5 and heard[HeartRate])
            running.cancel()
            await asyncio.wait({running})
    assert [report.availability for report in reports] == ["online"]
    samples = [
        sample for event in heard[MotionSamples] if isinstance(event, MotionSamples) for sample in event.acceleration
    ]
    assert unit.sent_samples - len(samples) <= 36  # one frame may be under way when the test ends
    assert all(abs(sum(axis * axis for axis in sample) ** 0.5 - 9.80665) < 0.5 for sample in samples)


async def test_a_unit_out_of_reach_is_not_found_and_a_later_attempt_works(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    host.vanish()
    with pytest.raises(BleakDeviceNotFoundError):
        await client(air, unit, 0.2).connect()
    host.appear()
    async with client(air, unit) as linked:
        assert linked.is_connected


async def test_a_unit_that_vanishes_loses_its_link(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    async with client(air, unit) as linked:
        host.vanish()
        await until(lambda: not linked.is_connected)


async def test_connects_go_one_after_the_other(air: VirtualRadio) -> None:
    units = [BenchUnit(f"C0:DE:00:00:00:{i:02X}") for i in range(5)]
    for unit in units:
        air.publish(unit)
    clients = [client(air, unit) for unit in units]
    await asyncio.gather(*(linked.connect() for linked in clients))
    assert all(unit.connected_now for unit in units)
    await asyncio.gather(*(linked.disconnect() for linked in clients))
    await until(lambda: not any(unit.connected_now for unit in units))


async def test_an_attempt_that_was_given_up_leaves_the_unit_and_the_radio_free(air: VirtualRadio) -> None:
    unit, other = BenchUnit(), BenchUnit("C0:DE:00:00:00:02")
    air.publish(unit)
    air.publish(other)
    for turns in [*range(20), *range(20, 160, 7)]:  # in the middle of whatever happens then
        attempt = client(air, unit)
        connecting = asyncio.create_task(attempt.connect())
        for _ in range(turns):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait({connecting})
        if not connecting.cancelled():  # it was quicker
            await attempt.disconnect()
        witness = Witness()
        async with scanner(air, witness):
            await until(partial(witness.advertises, unit))
    async with client(air, other) as one, client(air, unit) as two:
        assert one.is_connected
        assert two.is_connected
