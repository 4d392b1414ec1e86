"""What users of other programs reported, as the daemon's own path gets over it: radio, connection, codec."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

from tests.ble.test_bad_days import steps_ms
from tests.scripted import in_virtual_time
from tests.simulators.carriers.observing import InHaste, LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.ble import power
from ptdevice.ble.radio import Radio
from ptdevice.devices.polar.wire import DATA_UUID
from ptdevice.model import MotionSamples
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.polar import PolarSensor

ON = ("online", "data")
MANY = 4


def number(n: int) -> PolarSensor:
    return PolarSensor(LyingStill(), address=f"C0:DE:00:00:00:{n:02X}", frame_samples=5)


@in_virtual_time
async def test_an_absent_unit_costs_the_others_neither_their_links_nor_a_sample() -> None:
    async with InProcessAir() as air, radio_on(air) as radio, AsyncExitStack() as stack:
        present, absent = [number(1), number(2)], number(3)
        for unit in present:
            air.publish(unit)
        told = [await stack.enter_async_context(observed(radio, "polar", unit)) for unit in present]
        missed = await stack.enter_async_context(observed(radio, "polar", absent))
        await asyncio.sleep(300)
        assert len(missed.reports) >= 3
        assert set(missed.reach()) == {("offline", "no_adverts")}
        for each in told:
            assert each.reach() == [ON]
            assert steps_ms(each) == {10}


@in_virtual_time
async def test_a_unit_that_forgot_one_subscription_of_several_gets_a_new_link() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        unit = number(1)
        host = air.publish(unit)
        async with observed(radio, "polar", unit) as told:
            await asyncio.sleep(10)
            host.on_subscribe(DATA_UUID, False)
            await asyncio.sleep(30)
            assert told.reach() == [ON, ("unknown", "silent"), ON]
            samples = [event for event in told.events if isinstance(event, MotionSamples)]
            assert samples[-1].at > asyncio.get_running_loop().time() - 1


async def test_units_that_fail_together_at_the_start_all_come_back_one_connection_at_a_time() -> None:
    async with BluezAir(Manners(touchy=True, connect_delay_s=0.02)) as air, Radio() as radio, AsyncExitStack() as stack:
        units = [number(n) for n in range(MANY)]
        hosts = [air.publish(unit) for unit in units]
        for host in hosts:
            host.faults.refuse_connects = 2
        told = [
            await stack.enter_async_context(observed(radio, "polar", unit, rng=random.Random(n)))  # noqa: S311 - a seed
            for n, unit in enumerate(units)
        ]
        await until(lambda: all(each.reach()[-1:] == [ON] for each in told))
        failed = ("offline", "connect_failed")
        assert [each.reach() for each in told] == [[failed, failed, ON]] * MANY
        assert air.bluetoothd.adapter.counters.overlaps == 0


async def test_data_that_stop_are_told_while_link_and_bluetoothd_are_as_they_should_be() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = number(1)
        host = air.publish(unit)
        async with observed(radio, "polar", unit, quiet_s=1.5) as told:
            await until(lambda: told.reach() == [ON])
            host.freeze()
            assert set(await power.links()) == {unit.address}
            await until(lambda: told.reach()[1:] == [("unknown", "silent")])
            host.thaw()
            await until(lambda: told.reach()[-1:] == [ON])


async def test_a_restarted_bluetoothd_that_remembers_a_unit_out_of_reach_keeps_nobody_from_finding_it() -> None:
    async with BluezAir(Manners(remembers=True)) as air, Radio() as radio:
        unit = number(1)
        host = air.publish(unit)
        async with observed(radio, "polar", unit, rng=InHaste(1)) as told:
            await until(lambda: told.reach() == [ON])
            await air.bluetoothd.crash()
            host.vanish()
            await air.bluetoothd.restart()
            await until(lambda: air.bluetoothd.adapter.discovering)
            assert told.reach()[-1][0] == "unknown"
            host.appear()
            await until(lambda: told.reach()[-1:] == [ON])
