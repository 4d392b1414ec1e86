"""Switching an adapter by D-Bus, and what keeps it off."""

from __future__ import annotations

from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, connected, witness

from ptdevice_sim.carriers.bluez import BluezAir, Manners


async def test_a_client_switches_it_off_and_is_answered_before_the_signal() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        seen.take()
        await seen.switch(ADAPTER, on=False)
        await seen.see("hci0 Powered=False Discovering=False")
        assert seen.take() == [
            "> Set",
            "dev ServicesResolved=False Connected=False",
            "< Set",
            "hci0 Powered=False Discovering=False",
        ]


async def test_a_client_switches_it_on_again_and_that_is_one_power_cycle() -> None:
    async with BluezAir() as air, witness() as seen:
        await seen.switch(ADAPTER, on=False)
        await seen.switch(ADAPTER, on=True)
        await seen.see("hci0 Powered=True")
        assert air.bluetoothd.adapter.powered
        assert air.bluetoothd.adapter.counters.power_cycles == 1


async def test_switching_on_what_is_on_is_answered_and_changes_nothing() -> None:
    async with BluezAir() as air, witness() as seen:
        assert not (await seen.switch(ADAPTER, on=True)).error_name
        assert seen.take() == ["> Set", "< Set"]
        assert air.bluetoothd.adapter.counters.power_cycles == 0


async def test_what_rfkill_blocks_cannot_be_switched_on() -> None:
    async with BluezAir() as air, witness() as seen:
        air.bluetoothd.adapter.rfkill(blocked=True)
        reply = await seen.switch(ADAPTER, on=True)
        assert (reply.error_name, reply.body[0]) == ("org.bluez.Error.Blocked", "Blocked through rfkill")
        assert not air.bluetoothd.adapter.powered


async def test_what_rfkill_no_longer_blocks_comes_on_by_itself() -> None:
    async with BluezAir() as air, witness() as seen:
        air.bluetoothd.adapter.rfkill(blocked=True)
        air.bluetoothd.adapter.rfkill(blocked=False)
        await seen.see("hci0 Powered=True")
        assert air.bluetoothd.adapter.powered


async def test_right_after_plugging_it_is_busy_for_a_while() -> None:
    async with BluezAir(Manners(busy_after_plug=1)), witness() as seen:
        assert (await seen.switch(ADAPTER, on=False)).error_name == "org.bluez.Error.Busy"
        assert not (await seen.switch(ADAPTER, on=False)).error_name


async def test_the_state_of_its_power_says_that_rfkill_blocks_it() -> None:
    async with BluezAir(Manners(power_state=True)) as air, witness() as seen:
        told = [(await seen.get(ADAPTER, "Adapter1", "PowerState")).value]
        await seen.switch(ADAPTER, on=False)
        told.append((await seen.get(ADAPTER, "Adapter1", "PowerState")).value)
        air.bluetoothd.adapter.rfkill(blocked=True)
        told.append((await seen.get(ADAPTER, "Adapter1", "PowerState")).value)
        assert told == ["on", "off", "off-blocked"]


async def test_a_property_that_is_nobodys_to_set_is_read_only() -> None:
    async with BluezAir(), witness() as seen:
        reply = await seen.set(ADAPTER, "Adapter1", "Address", "s", "F0:00:00:00:00:09")
        assert reply.error_name == "org.freedesktop.DBus.Error.PropertyReadOnly"


async def test_all_properties_of_an_interface_are_told_at_once() -> None:
    async with BluezAir(), witness() as seen:
        reply = await seen.ask(ADAPTER, "org.freedesktop.DBus.Properties", "GetAll", "s", "org.bluez.Adapter1")
        assert reply.body[0]["Powered"].value is True
