"""Several adapters on the private bus: where a unit is reached, and what becomes of it when its adapter goes."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from tests.ble.profiles import bench_profile
from tests.ble.scaffold import BENCH, lost, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice.errors import LinkError, LinkLostError, RadioError
from ptdevice.link import Selector, Write
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.units.bthome import BthomeButton

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.link import Link

FIRST, SECOND = "F0:00:00:00:00:01", "F0:00:00:00:00:02"
BOTH = ("hci0", "hci1")


def through(air: BluezAir, name: str) -> int:
    """How many links this adapter has."""
    return sum(device.linked for device in air.bluetoothd.adapters[name].devices)


@asynccontextmanager
async def linked(radio: Radio, unit: BenchUnit, adapter: str | None = None) -> AsyncIterator[Link]:
    async with promptly(), radio.open(BENCH, Selector(unit.address, adapter=adapter)) as link:
        yield link


# --- by address ---


async def test_an_adapter_is_found_by_its_address_whatever_its_name() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapter=SECOND.lower()) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with linked(radio, unit):
            assert (through(air, "hci0"), through(air, "hci1")) == (0, 1)


async def test_an_adapter_that_comes_back_under_another_name_is_still_the_one_that_is_meant() -> None:
    async with BluezAir() as air, Radio(adapter=FIRST) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with linked(radio, unit) as link:
            air.bluetoothd.renumber("hci0", "hci3")
            with pytest.raises(LinkLostError):
                await link.receive()
        async with linked(radio, unit) as link:
            await link.write(Write("value", b"x"))
        assert radio.stations[0].name == "hci3"


async def test_an_address_that_no_adapter_has_is_told() -> None:
    async with BluezAir(), Radio(adapter="F0:00:00:00:00:99") as radio:
        with pytest.raises(RadioError, match="adapter F0:00:00:00:00:99 not found: it is not plugged in"):
            await radio.scan(0.1)


# --- which one ---


async def test_a_unit_is_reached_through_the_only_adapter_that_hears_it() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        unit = BenchUnit()
        air.publish(unit, adapters=["hci1"])
        async with linked(radio, unit):
            assert through(air, "hci1") == 1


async def test_two_units_that_both_adapters_hear_alike_have_one_each() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=[FIRST, SECOND]) as radio:
        units = [unit_number(number) for number in (1, 2)]
        for unit in units:
            air.publish(unit)
        async with linked(radio, units[0]), linked(radio, units[1]):
            assert (through(air, "hci0"), through(air, "hci1")) == (1, 1)


@pytest.mark.parametrize("bound", BOTH)
async def test_a_unit_that_is_bound_to_an_adapter_is_reached_through_no_other(bound: str) -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with linked(radio, unit, bound):
            assert through(air, bound) == 1


async def test_a_unit_moves_to_another_adapter_when_its_own_is_pulled_out() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        unit = BenchUnit()
        air.publish(unit, adapters=BOTH)
        async with linked(radio, unit) as link:
            (used,) = [name for name in BOTH if through(air, name)]
            air.bluetoothd.adapters[used].unplug()
            with pytest.raises(LinkLostError):
                await link.receive()
        (other,) = [name for name in BOTH if name != used]
        async with linked(radio, unit) as link:
            await link.write(Write("value", b"x"))
            assert through(air, other) == 1


async def test_a_unit_that_only_advertises_is_heard_as_long_as_one_adapter_works() -> None:
    async with BluezAir(Manners(repeat_s=0.1), adapters=BOTH) as air, Radio(adapters=BOTH) as radio, promptly():
        air.bluetoothd.adapters["hci0"].unplug()
        unit = BthomeButton()
        air.publish(unit)
        async with radio.open(CATALOGUE["bthome"], Selector(unit.address)) as link:
            await link.receive()


async def test_units_of_one_kind_that_different_adapters_hear_are_not_guessed_between() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=BOTH) as radio, promptly():
        for number, name in enumerate(BOTH):
            air.publish(unit_number(number), adapters=[name])
        with pytest.raises(LinkError) as told:
            async with radio.open(BENCH, Selector()):
                pass
        assert told.value.code == "ambiguous"


async def test_a_scan_tells_a_unit_once_however_many_hear_it() -> None:
    async with BluezAir(adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        air.publish(unit_number(1))
        air.publish(unit_number(2), adapters=["hci1"])
        assert len(await radio.scan(0.3)) == 2


# --- slots ---


async def test_where_one_adapter_is_full_the_other_has_the_unit() -> None:
    async with BluezAir(Manners(slots=1), adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        for name in BOTH:
            air.bluetoothd.adapters[name].manners.slots = 1
        one, two = unit_number(1), unit_number(2)
        for unit in (one, two):
            air.publish(unit)
        async with linked(radio, one), linked(radio, two):
            assert (through(air, "hci0"), through(air, "hci1")) == (1, 1)


async def test_a_full_adapter_is_not_tried_again_and_that_it_is_full_is_told() -> None:
    async with BluezAir(Manners(slots=2)) as air, Radio(adapter="hci0") as radio:
        units = [unit_number(number) for number in range(4)]
        for unit in units:
            air.publish(unit)
        async with linked(radio, units[0]), linked(radio, units[1]):
            assert (await lost(radio, units[2])).code == "out_of_slots"
            connects = air.bluetoothd.adapter.counters.connects
            told = await lost(radio, units[3])
            assert told.code == "out_of_slots"
            assert "hci0 carries 2 connections" in str(told)
            assert air.bluetoothd.adapter.counters.connects == connects
        async with linked(radio, units[2]):
            assert units[2].connected_now


async def test_a_unit_whose_stop_may_be_owed_gets_the_slot_of_a_sensor() -> None:
    async with BluezAir(Manners(slots=1)) as air, Radio() as radio:
        sensor, stimulator = unit_number(1), unit_number(2)
        for unit in (sensor, stimulator):
            air.publish(unit)
        listening = asyncio.create_task(lost(radio, sensor))
        await until(lambda: len(sensor.subscribed) == 2)
        urgent = Selector(stimulator.address, urgent=True)
        async with promptly(), radio.open(BENCH, urgent):
            assert stimulator.connected_now
            assert "let go for a unit that is to be stopped" in str(await listening)


async def test_one_sensor_is_let_go_for_it_and_does_not_come_back_before_it_however_long_its_end_takes() -> None:
    async with (
        BluezAir(Manners(slots=2, disconnect_delay_s=1.0)) as air,
        Radio() as radio,
        asyncio.TaskGroup() as tasks,
    ):
        units = [unit_number(number) for number in range(3)]
        for unit in units:
            air.publish(unit)
        told = list[str]()

        async def comes_back(unit: BenchUnit) -> None:
            while True:
                told.append((await lost(radio, unit)).code)
                await asyncio.sleep(0.01)

        sensors = [tasks.create_task(comes_back(unit)) for unit in units[:2]]
        await until(lambda: all(len(unit.subscribed) == 2 for unit in units[:2]))
        async with promptly(), radio.open(BENCH, Selector(units[2].address, urgent=True)):
            assert units[2].connected_now
            assert [unit.connects for unit in units[:2]] == [1, 1]
            assert sum(unit.connected_now for unit in units[:2]) == 1
        assert set(told) == {"out_of_slots"}
        for sensor in sensors:
            sensor.cancel()


async def test_a_stimulator_is_never_let_go_for_another_one() -> None:
    async with BluezAir(Manners(slots=2)) as air, Radio() as radio:
        units = [unit_number(number) for number in range(3)]
        for unit in units:
            air.publish(unit)
        listening = asyncio.create_task(lost(radio, units[0]))
        await until(lambda: len(units[0].subscribed) == 2)
        stimulator = bench_profile(kind=Kind.STIMULATOR)
        async with (
            promptly(),
            radio.open(stimulator, Selector(units[1].address)),  # it came last
            radio.open(stimulator, Selector(units[2].address, urgent=True)),
        ):
            assert (await listening).code == "out_of_slots"
            assert [unit.connected_now for unit in units] == [False, True, True]


# --- one at a time ---


async def test_nothing_overlaps_on_any_adapter_whatever_comes_and_goes() -> None:
    manners = Manners(connect_delay_s=0.02, scan_answer_s=0.01, repeat_s=0.05, disconnect_delay_s=0.02)
    async with BluezAir(manners, adapters=BOTH) as air, Radio(adapters=BOTH) as radio:
        absent = asyncio.create_task(lost(radio, unit_number(99)))
        units = [unit_number(number) for number in range(6)]
        hosts = [air.publish(unit) for unit in units]
        hosts[5].faults.refuse_connects = 1000

        async def comes_and_goes(unit: BenchUnit, times: int) -> None:
            for _ in range(times):
                try:
                    async with radio.open(BENCH, Selector(unit.address)) as link:
                        await link.write(Write("value", b"x"))
                except LinkError:
                    await asyncio.sleep(0.01)

        async with asyncio.timeout(30), asyncio.TaskGroup() as tasks:
            for unit in units:
                tasks.create_task(comes_and_goes(unit, 4))
            for station in radio.stations:
                tasks.create_task(station.restart_scanning())
        absent.cancel()
        await asyncio.wait({absent})
        assert [adapter.counters.overlaps for adapter in air.bluetoothd.adapters.values()] == [0, 0]
        assert [station.admission.slots.leased for station in radio.stations] == [0, 0]
        assert all(unit.connects for unit in units[:5])


async def test_between_two_turns_that_follow_each_other_the_scanner_is_not_started() -> None:
    async with BluezAir(Manners(connect_delay_s=0.2)) as air, Radio() as radio:
        absent = asyncio.create_task(lost(radio, unit_number(99)))
        units = [unit_number(number) for number in range(6)]
        for unit in units:
            air.publish(unit)
        opening = [asyncio.create_task(lost(radio, unit)) for unit in units]
        await until(lambda: all(len(unit.subscribed) == 2 for unit in units))
        assert air.bluetoothd.adapter.counters.discoveries <= 3
        for task in (absent, *opening):
            task.cancel()
        await asyncio.wait({absent, *opening})
