from __future__ import annotations

import asyncio

import pytest
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import UNIT

from ptdevice.ble.bluez_watch import Change, Changes, bluez_watch, is_connected
from ptdevice.errors import RadioError
from ptdevice_sim.carriers.bluez import BluezAir


async def test_a_restart_is_told_as_gone_and_then_there() -> None:
    async with BluezAir() as air, bluez_watch() as changes, asyncio.timeout(10):
        await air.bluetoothd.crash()
        await air.bluetoothd.restart()
        assert [await changes.next(), await changes.next()] == [Change.GONE, Change.THERE]


async def test_the_end_of_the_bus_is_told() -> None:
    async with BluezAir() as air, bluez_watch() as changes, asyncio.timeout(10):
        await air.bus.stop()
        while await changes.next() is not Change.BUS_LOST:
            pass


async def test_the_same_news_twice_is_told_once() -> None:
    changes = Changes()
    for change in (Change.THERE, Change.GONE, Change.THERE, Change.GONE):
        changes.add(change)
    assert [await changes.next(), await changes.next()] == [Change.GONE, Change.THERE]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await changes.next()


async def test_a_watch_leaves_no_task_behind() -> None:
    async with BluezAir():
        before = asyncio.all_tasks()
        async with bluez_watch():
            assert len(asyncio.all_tasks()) > len(before)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() == before


@pytest.mark.parametrize("address", ["unix:path=/nowhere/bus.sock", "nonsense:", "garbage"])
async def test_without_a_bus_it_says_what_to_look_at(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    with pytest.raises(RadioError, match=r"no D-Bus system bus .*: dbus does not run, or this user may not reach it"):
        async with bluez_watch():
            pass


async def test_bluetoothd_is_asked_and_not_the_memory_of_bleak() -> None:
    async with BluezAir() as air:
        host = air.publish_held(BenchUnit())
        assert await is_connected(UNIT)
        host.drop_link()
        assert not await is_connected(UNIT)


async def test_a_unit_that_bluetoothd_does_not_know_is_not_connected() -> None:
    async with BluezAir() as air:
        assert not await is_connected(UNIT)
        await air.bluetoothd.crash()
        assert not await is_connected(UNIT)
