from __future__ import annotations

import asyncio

import pytest
from bleak import BleakClient
from bleak.exc import BleakError
from tests.simulators.carriers.bench import COMMANDED, INDICATED, NOTIFIED, SERVICE, WRITTEN, BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, connected, find, witness
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.bluez import BluezAir


async def test_a_powered_off_adapter_lets_links_go_and_is_not_ready() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        seen.take()
        air.bluetoothd.adapter.power(on=False)
        await seen.see("hci0 Powered=False Discovering=False")
        assert seen.take() == [
            "dev ServicesResolved=False Connected=False",
            "hci0 Powered=False Discovering=False",
        ]
        assert (await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")).error_name == "org.bluez.Error.NotReady"


async def test_a_crash_is_a_name_that_vanishes_and_nothing_else() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        seen.take()
        await air.bluetoothd.crash()
        reply = await seen.ask(UNIT, "Device1", "Connect")
        assert reply.error_name == "org.freedesktop.DBus.Error.ServiceUnknown"
        assert seen.log == ["> Connect", "! ServiceUnknown"]
        assert not unit.connected_now


async def test_after_a_restart_only_the_adapter_is_known() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        await air.bluetoothd.crash()
        await air.bluetoothd.restart()
        reply = await seen.ask("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
        assert list(reply.body[0]) == ["/org/bluez", ADAPTER]


async def test_the_adapter_can_be_late_after_a_restart() -> None:
    async with BluezAir() as air, witness() as seen:
        await air.bluetoothd.crash()
        seen.take()
        restarting = asyncio.create_task(air.bluetoothd.restart(adapter_delay_s=0.2))
        while (await seen.ask("/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")).error_name:  # noqa: ASYNC110 - it answers
            await asyncio.sleep(0.005)
        assert "+ hci0" not in seen.log
        await seen.see("+ hci0")
        await restarting


async def test_more_than_the_socket_takes_arrives_in_order() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        host = air.publish(unit)
        async with BleakClient(await find(unit)) as client:
            heard: list[int] = []
            await client.start_notify(NOTIFIED, lambda _, data: heard.append(int.from_bytes(data[:4], "big")))
            unit.say(*[number.to_bytes(4, "big") + bytes(90) for number in range(5000)])
            host.poke()
            await until(lambda: len(heard) >= 5000)
            assert heard == list(range(5000))


async def test_a_bus_that_is_gone_takes_every_connection_with_it() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish(unit)
        client = BleakClient(await find(unit))
        await client.connect()
        await air.bus.stop()
        await until(lambda: not client.is_connected)
        with pytest.raises((BleakError, EOFError, OSError)):
            await client.read_gatt_char(WRITTEN)
        await client.disconnect()


async def test_all_sorts_of_characteristics_have_their_flags() -> None:
    async with BluezAir() as air:
        unit = BenchUnit()
        air.publish(unit)
        async with BleakClient(await find(unit)) as client:
            service = client.services.get_service(SERVICE)
            assert service is not None
            flags = {characteristic.uuid: set(characteristic.properties) for characteristic in service.characteristics}
        assert flags == {
            NOTIFIED: {"notify"},
            WRITTEN: {"read", "write"},
            COMMANDED: {"read", "write-without-response"},
            INDICATED: {"indicate"},
        }
