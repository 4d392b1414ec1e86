"""What ails adapters: stuck, deaf, out of slots, forgetful; and what cures them."""

from __future__ import annotations

import asyncio

import pytest
from dbus_fast import Variant
from tests.simulators.carriers.bench import NOTIFIED, BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, Witness, connected, witness
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.bluez import BluezAir, Manners


async def discovered(air: BluezAir, seen: Witness, unit: BenchUnit) -> str:
    """It is an object on the bus, and nobody discovers any more. Its path."""
    air.publish(unit)
    path = f"{ADAPTER}/dev_{unit.address.replace(':', '_')}"
    await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
    await until(lambda: path in air.bluetoothd.tree.objects)
    await seen.ask(ADAPTER, "Adapter1", "StopDiscovery")
    return path


async def test_a_stuck_adapter_answers_in_progress_until_it_was_off() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = await discovered(air, seen, BenchUnit())
        air.manners.stuck = True
        answers = [await seen.ask(ADAPTER, "Adapter1", "StartDiscovery"), await seen.ask(unit, "Device1", "Connect")]
        assert [reply.error_name for reply in answers] == ["org.bluez.Error.InProgress"] * 2
        await seen.switch(ADAPTER, on=False)
        await seen.switch(ADAPTER, on=True)
        answers = [await seen.ask(unit, "Device1", "Connect"), await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")]
        assert [reply.error_name for reply in answers] == [None, None]


async def test_a_deaf_adapter_discovers_and_hears_nothing_until_it_was_off() -> None:
    async with BluezAir(adapters=("hci0", "hci1")) as air, witness() as seen:
        air.manners.deaf = True
        air.publish(BenchUnit())
        assert not (await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")).error_name
        await seen.ask("/org/bluez/hci1", "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert UNIT not in air.bluetoothd.tree.objects
        seen.take()
        await seen.switch(ADAPTER, on=False)
        await seen.switch(ADAPTER, on=True)
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")


async def test_the_links_of_a_deaf_adapter_stay_and_say_nothing() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")
        air.manners.deaf = True
        seen.take()
        unit.say(b"unheard")
        air.bluetoothd.devices[UNIT].host.poke()
        reading = asyncio.create_task(seen.ask(seen.paths["fff2"], "GattCharacteristic1", "ReadValue", "a{sv}", {}))
        assert (await seen.get(UNIT, "Device1", "Connected")).value is True
        assert not reading.done()
        assert "char fff1 Value" not in seen.log
        reading.cancel()


async def test_a_deaf_adapter_takes_a_write_without_response_and_nobody_gets_it() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        air.manners.deaf = True
        options = {"type": Variant("s", "command")}
        reply = await seen.ask(seen.paths["fff3"], "GattCharacteristic1", "WriteValue", "aya{sv}", b"x", options)
        assert not reply.error_name
        assert unit.value == b"hello"


@pytest.mark.parametrize("ailment", ["stuck", "deaf"])
async def test_what_is_incurable_is_cured_by_pulling_it_out_only(ailment: str) -> None:
    async with BluezAir(Manners(incurable=True)) as air, witness() as seen:
        setattr(air.manners, ailment, True)
        await seen.switch(ADAPTER, on=False)
        await seen.switch(ADAPTER, on=True)
        assert getattr(air.manners, ailment)
        air.bluetoothd.adapter.unplug()
        air.bluetoothd.adapter.plug()
        assert not getattr(air.manners, ailment)


async def test_an_adapter_without_a_free_slot_says_so_until_a_link_ends() -> None:
    async with BluezAir(Manners(slots=1)) as air, witness() as seen:
        first = await discovered(air, seen, BenchUnit())
        second = await discovered(air, seen, BenchUnit("C0:DE:00:00:00:02"))
        await seen.ask(first, "Device1", "Connect")
        assert (await seen.ask(second, "Device1", "Connect")).body == ["le-connection-concurrent-connection-limit"]
        await seen.ask(first, "Device1", "Disconnect")
        assert not (await seen.ask(second, "Device1", "Connect")).error_name


async def test_so_many_connects_are_aborted_and_the_next_succeeds() -> None:
    async with BluezAir(Manners(abort_by_local=2)) as air, witness() as seen:
        unit = await discovered(air, seen, BenchUnit())
        answers = [(await seen.ask(unit, "Device1", "Connect")).body for _ in range(3)]
        assert answers == [["le-connection-abort-by-local"]] * 2 + [[]]


async def test_a_device_that_is_not_heard_any_more_vanishes() -> None:
    async with BluezAir(Manners(temporary_s=0.05)) as air, witness() as seen:
        unit = await discovered(air, seen, BenchUnit())
        await seen.see("- dev")
        assert (await seen.ask(unit, "Device1", "Connect")).error_name == "org.freedesktop.DBus.Error.UnknownObject"


async def test_a_device_with_a_link_does_not_vanish() -> None:
    async with BluezAir(Manners(temporary_s=0.3)) as air, witness() as seen:
        path = await discovered(air, seen, BenchUnit())
        await seen.ask(path, "Device1", "Connect")
        later = await discovered(air, seen, BenchUnit("C0:DE:00:00:00:02"))
        await until(lambda: later not in air.bluetoothd.tree.objects)
        assert path in air.bluetoothd.tree.objects
        air.bluetoothd.devices[path].host.drop_link()
        await until(lambda: path not in air.bluetoothd.tree.objects)


async def test_switching_off_ends_a_connect_that_is_under_way() -> None:
    async with BluezAir(Manners(connect_delay_s=float("inf"))) as air, witness() as seen:
        path = await discovered(air, seen, BenchUnit())
        connecting = asyncio.create_task(seen.ask(path, "Device1", "Connect"))
        await until(lambda: air.bluetoothd.connecting)
        air.bluetoothd.adapter.power(on=False)
        assert (await connecting).error_name == "org.bluez.Error.Failed"


async def test_values_of_a_unit_come_through_the_adapter_that_links_it() -> None:
    async with BluezAir(adapters=("hci0", "hci1")) as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")
        unit.say(b"value")
        air.bluetoothd.devices[UNIT].host.poke()
        await seen.see("char fff1 Value")
        assert unit.subscribed == [(NOTIFIED, True)]
