"""A bluetoothd, or a D-Bus daemon, that dies. bleak notices the one not at all and the other late."""

from __future__ import annotations

import asyncio

import pytest
from tests.ble.scaffold import BENCH, lost, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.errors import LinkLostError, RadioError
from ptdevice.link import Selector, Write
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.bluez import BluezAir


async def test_the_death_of_bluetoothd_ends_every_link() -> None:
    async with BluezAir() as air, Radio() as radio:
        units = [unit_number(number) for number in range(3)]
        for unit in units:
            air.publish(unit)
        opening = [asyncio.create_task(lost(radio, unit)) for unit in units]
        await until(lambda: all(len(unit.subscribed) == 2 for unit in units))
        await air.bluetoothd.crash()
        async with promptly():
            assert {(await ended).code for ended in opening} == {"bluetoothd_restarted"}


async def test_after_bluetoothds_restart_the_first_try_succeeds() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        opening = asyncio.create_task(lost(radio, unit))
        await until(lambda: len(unit.subscribed) == 2)
        await air.bluetoothd.crash()
        await air.bluetoothd.restart()
        assert (await opening).code == "bluetoothd_restarted"
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await link.write(Write("value", b"x"))
        assert unit.connects == 2


async def test_who_waits_for_a_unit_hears_of_bluetoothds_death_at_once() -> None:
    async with BluezAir() as air, Radio() as radio:
        waiting = asyncio.create_task(lost(radio, BenchUnit()))
        await until(lambda: air.bluetoothd.adapter.discovering)
        await air.bluetoothd.crash()
        async with promptly():
            told = await waiting
        assert isinstance(told, RadioError)
        assert "scanning could not start" in str(told)


async def test_the_death_of_the_bus_ends_every_link() -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        opening = asyncio.create_task(lost(radio, unit))
        await until(lambda: len(unit.subscribed) == 2)
        await air.bus.stop()
        async with promptly():
            assert isinstance(await opening, LinkLostError)


def watched() -> bool:
    return "D-Bus watch" in {task.get_name() for task in asyncio.all_tasks()}


async def test_after_a_restart_of_the_bus_the_death_of_bluetoothd_is_noticed_as_before() -> None:
    async with BluezAir() as air, Radio() as radio:
        await until(watched)
        await air.bus.stop()
        await until(lambda: not watched())
        await air.bluetoothd.crash()
        await air.bus.start()
        await air.bluetoothd.restart()
        await until(watched)
        unit = BenchUnit()
        air.publish(unit)
        opening = asyncio.create_task(lost(radio, unit))
        await until(lambda: len(unit.subscribed) == 2)
        await air.bluetoothd.crash()
        async with promptly():
            assert (await opening).code == "bluetoothd_restarted"


def test_a_bus_that_stays_away_is_told_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus.sock")

    async def minute() -> None:
        async with Radio():
            await asyncio.sleep(60)

    virtual_time.run(minute())
    (told,) = [record.getMessage() for record in caplog.records]
    assert "dbus does not run" in told


async def test_a_bug_in_the_watch_reaches_the_caller() -> None:
    async def broken() -> None:
        raise LookupError("a bug of ours")

    async with BluezAir() as air, promptly():
        with pytest.raises(ExceptionGroup) as ended:  # noqa: PT012 - the block is what ends
            async with Radio() as radio:
                radio.stations[0].restart_scanning = broken  # type: ignore[method-assign] # the bug
                await until(watched)
                await air.bluetoothd.crash()
                await asyncio.Event().wait()
    assert [str(error) for error in ended.value.exceptions] == ["a bug of ours"]


async def test_an_error_in_the_block_leaves_the_radio_as_it_is() -> None:
    async with BluezAir():
        with pytest.raises(LookupError, match="mine"):
            async with Radio():
                raise LookupError("mine")
