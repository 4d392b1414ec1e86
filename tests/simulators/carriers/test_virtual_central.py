from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from bleak.exc import BleakError, BleakGATTProtocolError
from tests.simulators.carriers.bench import NOTIFIED, WRITTEN, BenchUnit
from tests.simulators.carriers.listening import Ear, client
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.faults import Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak import BleakClient


@pytest.fixture
async def air() -> AsyncIterator[VirtualRadio]:
    async with VirtualRadio() as radio:
        yield radio


async def test_the_mtu_is_exchanged_and_the_smaller_one_holds(air: VirtualRadio) -> None:
    unit = BenchUnit()  # takes 100; the central asks for 517
    air.publish(unit)
    async with client(air, unit) as linked:
        assert linked.mtu_size == 100
        written = linked.services.get_characteristic(WRITTEN)
        assert written is not None
        assert written.max_write_without_response_size == 97


async def test_a_value_that_is_longer_than_the_mtu_is_cut(air: VirtualRadio) -> None:
    unit, ear = BenchUnit(), Ear()
    host = air.publish(unit)
    async with client(air, unit) as linked:
        await linked.start_notify(NOTIFIED, ear)
        unit.say(bytes(range(200)))
        host.poke()
        await until(lambda: ear.heard)
    assert ear.heard == [bytes(range(97))]


async def test_a_read_longer_than_the_mtu_is_read_to_its_end(air: VirtualRadio) -> None:
    unit = BenchUnit()
    unit.value = bytes(range(250))
    air.publish(unit)
    async with client(air, unit) as linked:
        assert await linked.read_gatt_char(WRITTEN) == unit.value


@pytest.mark.parametrize("code", [0x0E, 0x80, 0xFD])
async def test_an_att_error_keeps_its_code(air: VirtualRadio, code: int) -> None:
    unit = BenchUnit()
    air.publish(unit)
    unit.refuse = code
    async with client(air, unit) as linked:
        with pytest.raises(BleakGATTProtocolError) as read:
            await linked.read_gatt_char(WRITTEN)
        with pytest.raises(BleakGATTProtocolError) as write:
            await linked.write_gatt_char(WRITTEN, b"x", response=True)
    assert (read.value.args[0], write.value.args[0]) == (code, code)


async def test_a_supervision_timeout_is_told_to_both_sides_once(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    told: list[BleakClient] = []
    async with client(air, unit, disconnected_callback=told.append) as linked:
        host.drop_link()
        await until(lambda: told)
        assert not linked.is_connected
        assert not unit.connected_now
    assert told == [linked]


async def test_a_request_in_flight_ends_when_the_link_is_lost(air: VirtualRadio) -> None:
    unit, faults = BenchUnit(), Faults(mute_writes=True)
    host = air.publish(unit, faults)
    async with client(air, unit) as linked:
        writing = asyncio.create_task(linked.write_gatt_char(WRITTEN, b"x", response=True))
        done, _ = await asyncio.wait({writing}, timeout=0.1)
        assert not done
        host.drop_link()
        with pytest.raises(BleakError, match="Not connected"):
            await writing
    assert not writing.cancelled()


async def test_a_task_that_is_cancelled_in_a_request_stays_cancelled(air: VirtualRadio) -> None:
    unit = BenchUnit()
    air.publish(unit, Faults(mute_writes=True))
    async with client(air, unit) as linked:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await linked.write_gatt_char(WRITTEN, b"x", response=True)
        assert linked.is_connected


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        (Faults(refuse_connects=1), "le-connection-abort-by-local"),
        (Faults(lose_during_discovery=1), "failed to discover"),
    ],
)
async def test_a_connect_that_fails_is_followed_by_one_that_works(air: VirtualRadio, faults: Faults, text: str) -> None:
    unit = BenchUnit()
    air.publish(unit, faults)
    failing = client(air, unit)
    with pytest.raises(BleakError, match=text):
        await failing.connect()
    await failing.disconnect()
    assert unit.connects == 0  # the unit's own program never knew
    async with client(air, unit) as linked:
        assert linked.is_connected


async def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_the_next(air: VirtualRadio) -> None:
    unit = BenchUnit()
    air.publish(unit)
    async with client(air, unit) as linked:
        for turns in range(16):
            unit.value = b"old"
            given_up = asyncio.create_task(linked.read_gatt_char(WRITTEN))
            for _ in range(turns):
                await asyncio.sleep(0)
            given_up.cancel()
            await asyncio.wait({given_up})
            unit.value = b"new"
            assert await linked.read_gatt_char(WRITTEN) == b"new"


async def test_a_connect_that_is_given_up_after_the_link_is_there_ends_the_link(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    for turns in range(0, 40, 4):  # during the exchange of the MTU and discovery
        connecting = asyncio.create_task(client(air, unit).connect())
        while not host.is_connected:  # noqa: ASYNC110 - to the very turn
            await asyncio.sleep(0)
        for _ in range(turns):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait({connecting})
        assert connecting.cancelled()
        await until(lambda: not unit.connected_now)
