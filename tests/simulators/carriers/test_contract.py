"""One unit, every carrier, the same experience through bleak's own API. What may differ is named in `airs.DIFFERENCES`."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakError, BleakGATTProtocolError
from tests.simulators.carriers.airs import AIRS, DIFFERENCES, Air
from tests.simulators.carriers.bench import COMMANDED, INDICATED, NAME, NOTIFIED, SERVICE, WRITTEN, BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.devices.sig import assigned
from ptdevice.link import SIMULATED_SERVICE
from ptdevice_sim.faults import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

    from ptdevice_sim.host import Host

pytestmark = pytest.mark.parametrize("name", AIRS)


@asynccontextmanager
async def on_air(name: str, faults: Faults | None = None) -> AsyncIterator[tuple[Air, BenchUnit, Host]]:
    async with AIRS[name]() as air:
        unit = BenchUnit()
        yield air, unit, air.publish(unit, faults)


async def heard(air: Air, address: str, services: list[str] | None = None) -> tuple[BLEDevice, AdvertisementData]:
    """The unit and what it said, from a scan of its own."""
    async with (
        asyncio.timeout(15),
        BleakScanner(service_uuids=services, backend=air.scanner_backend) as scanner,
    ):
        async for device, said in scanner.advertisement_data():
            if device.address == address:
                return device, said
    raise AssertionError("the scanner ended by itself")


async def client_of(air: Air, unit: BenchUnit, gone: Callable[[BleakClient], None] | None = None) -> BleakClient:
    device, _ = await heard(air, unit.address)
    return BleakClient(device, gone, timeout=15, backend=air.client_backend)


def told(heard: list[bytes]) -> Callable[[BleakGATTCharacteristic, bytearray], None]:
    return lambda _, data: heard.append(bytes(data))


# --- advertising ---


async def test_an_advertisement_says_what_the_unit_says_and_a_name_ends_at_its_first_nul(name: str) -> None:
    async with on_air(name) as (air, unit, _):
        device, said = await heard(air, unit.address)
        assert device.name == NAME
        assert said.local_name == NAME
        assert said.service_uuids == [SERVICE]
        assert said.manufacturer_data == {0x0822: b"\1\2\3"}
        assert said.tx_power == 4


async def test_a_scan_for_a_service_sees_only_units_that_advertise_it(name: str) -> None:
    async with on_air(name) as (air, unit, _):
        other = BenchUnit("C0:DE:00:00:00:02", name=b"OTHER", advertises=assigned(0x180D))
        air.publish(other)
        seen: set[str] = set()
        async with BleakScanner(
            lambda device, _: seen.add(device.address), service_uuids=[assigned(0x180D)], backend=air.scanner_backend
        ):
            await until(lambda: other.address in seen)
            await asyncio.sleep(0.1)  # the unit next to it advertises as often
        assert unit.address not in seen


async def test_a_connected_unit_does_not_advertise(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit):
        other = BenchUnit("C0:DE:00:00:00:02", name=b"OTHER")
        air.publish(other)
        seen: set[str] = set()
        async with BleakScanner(lambda device, _: seen.add(device.address), backend=air.scanner_backend):
            await until(lambda: other.address in seen)
            await asyncio.sleep(0.1)  # the unit next to it would advertise as often
        assert seen == {other.address}


async def test_a_unit_out_of_reach_is_not_heard_until_it_is_back(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        host.vanish()
        marker = BenchUnit("C0:DE:00:00:00:02", name=b"MARKER")
        air.publish(marker)
        seen: set[str] = set()
        async with BleakScanner(lambda device, _: seen.add(device.address), backend=air.scanner_backend):
            await until(lambda: marker.address in seen)
            await asyncio.sleep(0.1)  # the unit next to it would advertise as often
            assert unit.address not in seen
            host.appear()
            await until(lambda: unit.address in seen)


# --- the table ---


async def test_the_services_are_the_units_own_the_mark_of_simulation_and_nothing_unnamed(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        added = {assigned(int(number, 16)) for number in DIFFERENCES[name].own_services}
        assert {service.uuid for service in client.services} == {SERVICE, SIMULATED_SERVICE} | added


async def test_characteristics_come_in_the_order_of_the_table_with_their_properties(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        service = client.services.get_service(SERVICE)
        assert service is not None
        table = sorted(service.characteristics, key=lambda characteristic: characteristic.handle)
        assert [(entry.uuid, set(entry.properties)) for entry in table] == [
            (NOTIFIED, {"notify"}),
            (WRITTEN, {"read", "write"}),
            (COMMANDED, {"read", "write-without-response"}),
            (INDICATED, {"indicate"}),
        ]


async def test_a_write_command_may_be_as_long_as_the_units_mtu_allows(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        characteristic = client.services.get_characteristic(COMMANDED)
        assert characteristic is not None
        assert characteristic.max_write_without_response_size == unit.mtu - 3


async def test_handles_are_those_of_values_or_of_declarations_as_named(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        service = client.services.get_service(SERVICE)
        first = client.services.get_characteristic(NOTIFIED)
        assert service is not None
        assert first is not None
        assert first.handle - service.handle == (2 if DIFFERENCES[name].value_handles else 1)


# --- reading and writing ---


async def test_a_read_gives_what_the_unit_answers(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        assert await client.read_gatt_char(WRITTEN) == b"hello"


async def test_an_acknowledged_write_has_arrived_when_it_returns(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        await client.write_gatt_char(WRITTEN, b"abc", response=True)
        assert host.writes == [(WRITTEN, b"abc")]


async def test_a_write_command_arrives(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        await client.write_gatt_char(COMMANDED, b"abc", response=False)
        await until(lambda: host.writes == [(COMMANDED, b"abc")])


@pytest.mark.parametrize("code", [0x02, 0x06, 0x08, 0x0E, 0x13, 0x80, 0xFD], ids=hex)
async def test_a_refused_read_raises_the_units_error_code(name: str, code: int) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        unit.refuse = code
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.read_gatt_char(WRITTEN)
        assert refused.value.code == code


@pytest.mark.parametrize("code", [0x03, 0x06, 0x0D, 0x80, 0xFD], ids=hex)
async def test_a_refused_write_raises_the_units_error_code(name: str, code: int) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        unit.refuse = code
        with pytest.raises(BleakGATTProtocolError) as refused:
            await client.write_gatt_char(WRITTEN, b"abc", response=True)
        assert refused.value.code == code


async def test_a_demand_for_pairing_raises_as_named(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        unit.refuse = 0x05
        with pytest.raises(BleakError) as refused:
            await client.read_gatt_char(WRITTEN)
        assert type(refused.value).__name__ == DIFFERENCES[name].error_of_0x05


async def test_a_refused_write_command_is_silent_and_the_link_goes_on(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        unit.refuse = 0x03
        await client.write_gatt_char(COMMANDED, b"abc", response=False)
        await until(lambda: host.writes)
        unit.refuse = None
        assert await client.read_gatt_char(WRITTEN) == b"hello"


# --- notifications ---


async def test_notifications_arrive_all_of_them_once_in_order(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        values = [number.to_bytes(2, "big") * 20 for number in range(200)]
        arrived: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        unit.say(*values)
        host.poke()
        await until(lambda: len(arrived) >= len(values))
        assert arrived == values


async def test_equal_and_empty_values_are_values_too(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        arrived: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        unit.say(b"a", b"a", b"", b"a")
        host.poke()
        await until(lambda: len(arrived) >= 4)
        assert arrived == [b"a", b"a", b"", b"a"]


async def test_the_longest_notification_arrives_whole(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        arrived: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        unit.say(bytes(range(unit.mtu - 3)))
        host.poke()
        await until(lambda: arrived)
        assert arrived == [bytes(range(unit.mtu - 3))]


async def test_indications_arrive_all_of_them_in_order(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        arrived: list[bytes] = []
        await client.start_notify(INDICATED, told(arrived))
        unit.say(*[bytes((number,)) for number in range(20)], uuid=INDICATED)
        host.poke()
        await until(lambda: len(arrived) >= 20)
        assert arrived == [bytes((number,)) for number in range(20)]


async def test_what_is_said_before_anybody_subscribes_is_not_sent(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        unit.say(b"early")
        host.poke()
        arrived: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        unit.say(b"in time")
        host.poke()
        await until(lambda: arrived)
        assert arrived == [b"in time"]
        assert host.unsubscribed == 1


async def test_the_unit_is_told_of_each_subscription_and_of_its_end(name: str) -> None:
    async with on_air(name) as (air, unit, _), await client_of(air, unit) as client:
        await client.start_notify(NOTIFIED, told([]))
        await client.stop_notify(NOTIFIED)
        await until(lambda: unit.subscribed == [(NOTIFIED, True), (NOTIFIED, False)])


async def test_after_unsubscribing_nothing_arrives(name: str) -> None:
    async with on_air(name) as (air, unit, host), await client_of(air, unit) as client:
        arrived: list[bytes] = []
        marks: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        await client.start_notify(INDICATED, told(marks))
        await client.stop_notify(NOTIFIED)
        await until(lambda: (NOTIFIED, False) in unit.subscribed)
        unit.say(b"late")
        unit.say(b"mark", uuid=INDICATED)
        host.poke()
        await until(lambda: marks)
        assert arrived == []


async def test_what_two_units_say_is_not_mixed_up(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        other = BenchUnit("C0:DE:00:00:00:02", name=b"OTHER")
        other_host = air.publish(other)
        first, second = await client_of(air, unit), await client_of(air, other)
        async with first, second:
            mine: list[bytes] = []
            its: list[bytes] = []
            await first.start_notify(NOTIFIED, told(mine))
            await second.start_notify(NOTIFIED, told(its))
            for _ in range(20):
                unit.say(b"mine")
                other.say(b"its")
                host.poke()
                other_host.poke()
            await until(lambda: len(mine) >= 20 and len(its) >= 20)
        assert (set(mine), set(its)) == ({b"mine"}, {b"its"})


# --- the end of a link, and the next one ---


async def test_a_lost_link_is_told_once_and_ends_everything(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        gone: list[bool] = []
        client = await client_of(air, unit, lambda client: gone.append(client.is_connected))
        await client.connect()
        host.drop_link()
        await until(lambda: gone)
        with pytest.raises((BleakError, EOFError, OSError)):
            await client.read_gatt_char(WRITTEN)
        await client.disconnect()
        assert gone == [False]
        assert not unit.connected_now


async def test_a_unit_that_ends_the_link_by_itself_looks_the_same(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        gone: list[bool] = []
        client = await client_of(air, unit, lambda client: gone.append(client.is_connected))
        await client.connect()
        unit.leave()
        host.poke()
        await until(lambda: gone)
        await client.disconnect()
        assert gone == [False]
        assert not unit.connected_now


async def test_what_was_said_before_the_link_was_ended_arrives(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        gone: list[bool] = []
        client = await client_of(air, unit, lambda client: gone.append(client.is_connected))
        await client.connect()
        arrived: list[bytes] = []
        await client.start_notify(NOTIFIED, told(arrived))
        unit.say(b"last words")
        unit.leave()
        host.poke()
        await until(lambda: gone)
        await client.disconnect()
        assert arrived == [b"last words"]


async def test_our_own_disconnect_is_told_once_to_both_sides(name: str) -> None:
    async with on_air(name) as (air, unit, _):
        gone: list[bool] = []
        client = await client_of(air, unit, lambda client: gone.append(client.is_connected))
        await client.connect()
        assert unit.connected_now
        await client.disconnect()
        assert gone == [False]
        assert not client.is_connected
        await until(lambda: not unit.connected_now)


async def test_after_a_loss_the_unit_can_be_found_and_connected_again(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        client = await client_of(air, unit)
        await client.connect()
        host.drop_link()
        await until(lambda: not client.is_connected)
        await client.disconnect()
        async with await client_of(air, unit) as again:
            assert await again.read_gatt_char(WRITTEN) == b"hello"
        assert unit.connects == 2


async def test_a_subscription_ends_with_its_link(name: str) -> None:
    async with on_air(name) as (air, unit, host):
        arrived: list[bytes] = []
        client = await client_of(air, unit)
        await client.connect()
        await client.start_notify(NOTIFIED, told(arrived))
        host.drop_link()
        await until(lambda: not client.is_connected)
        await client.disconnect()
        async with await client_of(air, unit) as again:
            unit.say(b"to nobody")
            host.poke()
            await again.start_notify(NOTIFIED, told(arrived))
            unit.say(b"to somebody")
            host.poke()
            await until(lambda: arrived)
        assert arrived == [b"to somebody"]


async def test_a_refused_connect_raises_and_the_next_one_can_succeed(name: str) -> None:
    async with on_air(name, Faults(refuse_connects=1)) as (air, unit, _):
        client = await client_of(air, unit)
        with pytest.raises(BleakError):
            await client.connect()
        await client.disconnect()
        assert unit.connects == 0
        async with await client_of(air, unit) as again:
            assert again.is_connected


async def test_a_link_lost_during_discovery_raises_and_the_next_one_can_succeed(name: str) -> None:
    async with on_air(name, Faults(lose_during_discovery=1)) as (air, unit, _):
        client = await client_of(air, unit)
        with pytest.raises(BleakError):
            await client.connect()
        await client.disconnect()
        async with await client_of(air, unit) as again:
            assert await again.read_gatt_char(WRITTEN) == b"hello"


async def test_a_muted_write_is_not_answered_and_a_muted_command_is_not_missed(name: str) -> None:
    async with on_air(name, Faults(mute_writes=True)) as (air, unit, _), await client_of(air, unit) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await client.write_gatt_char(WRITTEN, b"abc", response=True)
        await client.write_gatt_char(COMMANDED, b"abc", response=False)
        assert client.is_connected
