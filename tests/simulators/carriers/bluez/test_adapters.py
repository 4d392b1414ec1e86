"""Several adapters: who hears whom, and what plugging and numbering does."""

from __future__ import annotations

import asyncio

from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, connected, witness
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.bluez import BluezAir, Manners

SECOND = "/org/bluez/hci1"
UNIT_OF_SECOND = f"{SECOND}/dev_C0_DE_00_00_00_01"
BOTH = ("hci0", "hci1")


async def test_every_adapter_has_an_address_of_its_own() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        told = [(await seen.get(each.path, "Adapter1", "Address")).value for each in air.bluetoothd.adapters.values()]
        assert told == ["F0:00:00:00:00:01", "F0:00:00:00:00:02"]


async def test_a_unit_in_reach_of_both_is_a_device_of_each_that_discovers() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(SECOND, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert UNIT_OF_SECOND in air.bluetoothd.tree.objects
        assert UNIT not in air.bluetoothd.tree.objects


async def test_a_unit_in_reach_of_one_is_not_heard_by_the_other() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        air.publish(BenchUnit(), adapters=["hci0"])
        air.publish(BenchUnit("C0:DE:00:00:00:02"), adapters=["hci1"])
        await seen.ask(SECOND, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert set(air.bluetoothd.devices) == {UNIT, f"{SECOND}/dev_C0_DE_00_00_00_02"}


async def test_a_unit_that_is_linked_through_one_is_not_heard_by_the_other() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.publish(BenchUnit("C0:DE:00:00:00:02"))
        await seen.ask(SECOND, "Adapter1", "StartDiscovery")
        await until(lambda: f"{SECOND}/dev_C0_DE_00_00_00_02" in air.bluetoothd.tree.objects)
        assert UNIT_OF_SECOND not in air.bluetoothd.tree.objects


async def test_a_link_that_is_lost_lets_the_other_adapter_hear_the_unit() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.bluetoothd.devices[UNIT].host.drop_link()
        await seen.ask(SECOND, "Adapter1", "StartDiscovery")
        await until(lambda: UNIT_OF_SECOND in air.bluetoothd.tree.objects)


async def test_switching_one_adapter_off_leaves_the_other_ones_links_alone() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.bluetoothd.adapters["hci1"].power(on=False)
        assert air.bluetoothd.devices[UNIT].linked
        assert not air.bluetoothd.adapters["hci1"].powered


async def test_manners_are_each_adapters_own() -> None:
    async with BluezAir(adapters=BOTH) as air, witness() as seen:
        air.bluetoothd.adapters["hci1"].manners.stuck = True
        assert not (await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")).error_name
        assert (await seen.ask(SECOND, "Adapter1", "StartDiscovery")).error_name == "org.bluez.Error.InProgress"


async def test_an_adapter_that_is_plugged_under_another_number_keeps_its_address_and_its_units() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        air.bluetoothd.renumber("hci0", "hci1")
        await seen.see("+ hci1")
        assert seen.take()[-3:] == ["hci0 Powered=False Discovering=False", "- hci0", "+ hci1"]
        assert (await seen.get(SECOND, "Adapter1", "Address")).value == "F0:00:00:00:00:01"
        assert not unit.connected_now
        await seen.ask(SECOND, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert not (await seen.ask(UNIT_OF_SECOND, "Device1", "Connect")).error_name


async def test_an_adapter_that_is_pulled_out_stays_away_when_bluetoothd_restarts() -> None:
    async with BluezAir(adapters=BOTH) as air:
        air.bluetoothd.adapters["hci0"].unplug()
        await air.bluetoothd.crash()
        await air.bluetoothd.restart()
        assert [path for path in air.bluetoothd.tree.objects if "hci" in path] == [SECOND]


async def test_an_adapter_that_comes_while_bluetoothd_is_down_is_there_after_the_restart() -> None:
    async with BluezAir() as air:
        air.bluetoothd.adapter.unplug()
        await air.bluetoothd.crash()
        air.bluetoothd.adapter.plug()
        assert ADAPTER not in air.bluetoothd.tree.objects
        await air.bluetoothd.restart()
        assert ADAPTER in air.bluetoothd.tree.objects


async def test_what_is_asked_one_after_the_other_does_not_overlap() -> None:
    async with BluezAir() as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
        await seen.ask(UNIT, "Device1", "Connect")
        counters = air.bluetoothd.adapter.counters
        assert (counters.discoveries, counters.connects, counters.overlaps) == (1, 1, 0)


async def test_a_connect_during_a_discovery_overlaps() -> None:
    async with BluezAir() as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        await seen.ask(UNIT, "Device1", "Connect")
        assert air.bluetoothd.adapter.counters.overlaps == 1


async def test_a_discovery_during_a_connect_overlaps() -> None:
    async with BluezAir(Manners(connect_delay_s=float("inf"))) as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
        connecting = asyncio.create_task(seen.ask(UNIT, "Device1", "Connect"))
        await until(lambda: air.bluetoothd.connecting)
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        assert air.bluetoothd.adapter.counters.overlaps == 1
        await seen.ask(UNIT, "Device1", "Disconnect")
        await connecting
