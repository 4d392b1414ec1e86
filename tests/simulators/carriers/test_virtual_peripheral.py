from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from bleak.exc import BleakGATTProtocolError
from tests.simulators.carriers.bench import INDICATED, NOTIFIED, BenchUnit
from tests.simulators.carriers.listening import Ear, client
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.virtual_radio import VirtualRadio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def air() -> AsyncIterator[VirtualRadio]:
    async with VirtualRadio() as radio:
        yield radio


@pytest.mark.parametrize("uuid", [NOTIFIED, INDICATED])
async def test_notifications_and_indications_arrive_in_order(air: VirtualRadio, uuid: str) -> None:
    unit, ear = BenchUnit(), Ear()
    host = air.publish(unit)
    values = [bytes((i,)) for i in range(100)]
    async with client(air, unit) as linked:
        await linked.start_notify(uuid, ear)
        unit.say(*values, uuid=uuid)
        host.poke()
        await until(lambda: len(ear.heard) == 100)
    assert ear.heard == values
    assert air.delivered == 100


@pytest.mark.parametrize(("uuid", "code"), [(NOTIFIED, 0x02), (INDICATED, 0x02)])
async def test_what_is_not_readable_is_not_read(air: VirtualRadio, uuid: str, code: int) -> None:
    unit = BenchUnit()
    air.publish(unit)
    async with client(air, unit) as linked:
        with pytest.raises(BleakGATTProtocolError) as refused:
            await linked.read_gatt_char(uuid)
    assert refused.value.args[0] == code


async def test_what_a_unit_says_before_it_leaves_arrives_before_the_end(air: VirtualRadio) -> None:
    unit, ear = BenchUnit(), Ear()
    host = air.publish(unit)
    gone: list[int] = []
    async with client(air, unit, disconnected_callback=lambda _: gone.append(len(ear.heard))) as linked:
        await linked.start_notify(INDICATED, ear)
        await linked.start_notify(NOTIFIED, ear)
        unit.say(b"1", uuid=INDICATED)
        unit.say(b"2")
        unit.leave()
        host.poke()
        await until(lambda: gone)
    assert ear.heard == [b"1", b"2"]
    assert gone == [2]


async def test_what_was_not_said_in_time_is_not_said_on_the_next_link(air: VirtualRadio) -> None:
    unit, ear = BenchUnit(), Ear()
    host = air.publish(unit)
    async with client(air, unit) as linked:
        await linked.start_notify(NOTIFIED, ear)
        unit.say(*(bytes((i,)) for i in range(50)))
        host.poke()
        host.drop_link()
        await until(lambda: not linked.is_connected)
    later = Ear()
    async with client(air, unit) as linked:
        await linked.start_notify(NOTIFIED, later)
        unit.say(b"new")
        host.poke()
        await until(lambda: later.heard)
    assert later.heard == [b"new"]
    assert len(ear.heard) < 50


async def test_a_unit_that_says_more_than_its_outbox_holds_loses_the_newest_and_lives_on(air: VirtualRadio) -> None:
    unit, ear = BenchUnit(), Ear()
    host = air.publish(unit)
    values = [i.to_bytes(2, "big") for i in range(1100)]
    async with client(air, unit) as linked:
        await linked.start_notify(NOTIFIED, ear)
        unit.say(*values)
        host.poke()
        await until(lambda: len(ear.heard) == 1024)
        await linked.start_notify(INDICATED, ear)
        unit.say(b"first", uuid=INDICATED)  # what comes after it waits until it is confirmed
        unit.say(*values)
        host.poke()
        await asyncio.sleep(0)  # that one is under way: a place is free
        unit.say(b"last")
        host.poke()
        host.drop_link()
        await until(lambda: not linked.is_connected)
    assert ear.heard == values[:1024]
    assert air._peripherals[0].overflowed == 1100 - 1024 + 1101 - 1024
    async with client(air, unit) as linked:
        assert linked.is_connected
