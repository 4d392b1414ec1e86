from __future__ import annotations

import asyncio

from bleak import BleakClient
from tests.simulators.carriers.bench import NOTIFIED, BenchUnit
from tests.simulators.carriers.bluez.witness import ADAPTER, UNIT, connected, find, witness
from tests.simulators.carriers.waiting import until

from ptdevice.devices.sig import BATTERY_SERVICE, assigned
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.faults import Faults


async def test_a_client_that_vanishes_loses_its_subscriptions() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        async with witness() as other:
            await connected(air, other, unit)
            await other.ask(other.paths["fff1"], "GattCharacteristic1", "StartNotify")
            seen.paths |= other.paths
        await seen.see("char fff1 Notifying=False")
        assert unit.subscribed == [(NOTIFIED, True), (NOTIFIED, False)]


async def test_a_client_that_vanishes_leaves_its_unit_connected() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        async with witness() as other:
            await connected(air, other, unit)
        await until(lambda: len(air.bluetoothd.callers) == 0)
        reply = await seen.ask(UNIT, "org.freedesktop.DBus.Properties", "Get", "ss", "org.bluez.Device1", "Connected")
        assert reply.body[0].value is True


async def test_a_client_that_stays_over_a_lost_link_is_subscribed_again_without_asking() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "StartNotify")
        air.bluetoothd.devices[UNIT].host.drop_link()
        await seen.ask(UNIT, "Device1", "Connect")
        await until(lambda: unit.subscribed == [(NOTIFIED, True), (NOTIFIED, True)])


async def test_disconnecting_ends_a_connect_that_does_not_end() -> None:
    async with BluezAir(Manners(connect_delay_s=float("inf"))) as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        seen.take()
        connecting = asyncio.create_task(seen.ask(UNIT, "Device1", "Connect"))
        await seen.see("> Connect")
        await seen.ask(UNIT, "Device1", "Disconnect")
        assert (await connecting).body == ["br-connection-canceled"]


async def test_a_link_that_is_aborted_at_once_is_signalled_up_and_down() -> None:
    manners = Manners(refusal=("org.bluez.Error.Failed", "le-connection-abort-by-local"))
    async with BluezAir(manners) as air, witness() as seen:
        air.publish(BenchUnit(), Faults(refuse_connects=1))
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        seen.take()
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev Connected=False")
        assert seen.log == ["> Connect", "dev Connected=True", "! Failed", "dev Connected=False"]


async def test_bleak_connects_once_more_after_an_abort() -> None:
    async with BluezAir(Manners(refusal=("org.bluez.Error.Failed", "le-connection-abort-by-local"))) as air:
        unit = BenchUnit()
        air.publish(unit, Faults(refuse_connects=1))
        async with BleakClient(await find(unit)) as client:
            assert client.is_connected


async def test_the_answer_can_overtake_the_signal_of_the_link() -> None:
    async with BluezAir(Manners(reply_before_connected=True)) as air, witness() as seen:
        air.publish(BenchUnit())
        await seen.ask(ADAPTER, "Adapter1", "StartDiscovery")
        await seen.see("+ dev")
        seen.take()
        await seen.ask(UNIT, "Device1", "Connect")
        await seen.see("dev Connected=True")
        assert seen.log[:3] == ["> Connect", "< Connect", "dev Connected=True"]


async def test_a_hidden_service_takes_its_handles_and_is_not_exported() -> None:
    manners = Manners(hidden_services=frozenset({assigned(0x1800), assigned(0x1801), BATTERY_SERVICE}))
    async with BluezAir(manners) as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        assert seen.paths["fff0"] == f"{UNIT}/service000a"
        assert "1801" not in seen.paths


async def test_the_mtu_is_what_both_sides_can() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        interface = "org.bluez.GattCharacteristic1"
        reply = await seen.ask(seen.paths["fff1"], "org.freedesktop.DBus.Properties", "Get", "ss", interface, "MTU")
        assert reply.body[0].value == 100
