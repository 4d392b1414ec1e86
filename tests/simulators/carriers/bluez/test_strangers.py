"""Others at the same units and on the same host: phones, programs that were killed, other programs, the bus and its rules."""

from __future__ import annotations

import asyncio

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDBusError, BleakError
from tests.simulators.carriers.bench import SERVICE, WRITTEN, BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, connected, find, witness
from tests.simulators.carriers.waiting import until

from ptdevice.devices.sig import assigned
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.unit import Characteristic, Service

UPDATED = Service(SERVICE, (Characteristic(assigned(0xFFF9), frozenset({"read"})),))


async def test_a_unit_that_a_phone_holds_is_not_heard_until_it_is_let_go() -> None:
    async with BluezAir() as air, witness() as seen:
        air.publish(BenchUnit())
        air.bluetoothd.devices[UNIT].reach.take()
        air.publish(BenchUnit("C0:DE:00:00:00:02"))
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert UNIT not in air.bluetoothd.tree.objects
        air.bluetoothd.devices[UNIT].reach.let_go()
        await until(lambda: UNIT in air.bluetoothd.tree.objects)


async def test_a_connect_waits_until_the_phone_lets_the_unit_go() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish(unit)
        device = await find(unit)
        air.bluetoothd.devices[UNIT].reach.take()
        client = BleakClient(device)
        connecting = asyncio.create_task(client.connect())
        await until(lambda: air.bluetoothd.connecting)
        air.bluetoothd.devices[UNIT].reach.let_go()
        await connecting
        assert client.is_connected
        await client.disconnect()


async def test_a_unit_that_a_phone_holds_may_advertise_and_break_every_other_link() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        air.publish(unit)
        air.bluetoothd.devices[UNIT].reach.take(refuses=True)
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        assert (await seen.ask(UNIT, "Device1", "Connect")).body == ["le-connection-abort-by-local"]
        assert unit.connected_now
        air.bluetoothd.devices[UNIT].reach.let_go()
        assert not (await seen.ask(UNIT, "Device1", "Connect")).error_name


async def test_a_phone_takes_a_unit_away_from_us() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        seen.take()
        air.bluetoothd.devices[UNIT].reach.take()
        await seen.see("dev ServicesResolved=False Connected=False")


async def test_a_device_that_another_program_removes_loses_its_link_first() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        air.publish(unit)
        client = BleakClient(await find(unit))
        await client.connect()
        await seen.ask(ADAPTER, "Adapter1", "RemoveDevice", "o", UNIT)
        await until(lambda: not client.is_connected)
        await client.disconnect()
        assert not unit.connected_now
        async with BleakClient(await find(unit)) as again:
            assert await again.read_gatt_char(WRITTEN) == b"hello"


async def test_what_was_linked_is_known_after_a_restart_although_it_is_out_of_reach() -> None:
    async with BluezAir(Manners(remembers=True)) as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.publish(BenchUnit("C0:DE:00:00:00:02"))
        await air.bluetoothd.crash()
        air.bluetoothd.devices[UNIT].host.vanish()
        await air.bluetoothd.restart()
        assert [path for path in air.bluetoothd.tree.objects if "dev" in path] == [UNIT]


async def test_services_that_changed_with_the_firmware_are_others_on_the_bus() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.bluetoothd.devices[UNIT].reach.update((UPDATED,))
        seen.take()
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev UUIDs ServicesResolved=True")
        assert "- char fff1" in seen.log
        assert "+ char fff9" in seen.log
        assert seen.log.index("- service fff0") < seen.log.index("+ service fff0")


async def test_services_that_changed_unnoticed_are_asked_for_what_is_not_there() -> None:
    async with BluezAir(Manners(stale_services=True)) as air:
        unit = BenchUnit()
        air.publish(unit)
        device = await find(unit)
        async with BleakClient(device):
            pass
        air.bluetoothd.devices[UNIT].reach.update((UPDATED,))
        async with BleakClient(device) as client:
            with pytest.raises(BleakError, match="Invalid Handle"):
                await client.read_gatt_char(WRITTEN)


async def test_a_rule_of_the_bus_denies_bluez_to_everybody() -> None:
    async with BluezAir(denied=True), witness() as seen:
        reply = await seen.ask("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        assert reply.error_name == "org.freedesktop.DBus.Error.AccessDenied"
        with pytest.raises(BleakDBusError, match="AccessDenied"):
            await BleakScanner.discover(timeout=0.1)


async def test_after_a_restart_of_the_bus_units_are_found_again_at_the_same_address() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish(unit)
        client = BleakClient(await find(unit))
        await client.connect()
        address = air.bus.address
        await air.restart_bus()
        await until(lambda: not client.is_connected)
        await client.disconnect()
        assert air.bus.address == address
        async with BleakClient(await find(unit)) as again:
            assert await again.read_gatt_char(WRITTEN) == b"hello"
