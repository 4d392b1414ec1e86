"""Leases and links compared, on the private bus: what leaked is found, said and put right, and nobody else's is touched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.ble.scaffold import BENCH, promptly, unit_number
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble import power
from ptdevice.ble.auditing import audit, look
from ptdevice.ble.radio import Radio
from ptdevice.ble.slots import SETTLE_S
from ptdevice.errors import LinkLostError, RadioError
from ptdevice.link import Selector
from ptdevice_sim.carriers.bluez import BluezAir, Manners

if TYPE_CHECKING:
    from ptdevice.ble.auditing import End
    from ptdevice.ble.station import Station
    from ptdevice.link import Link


async def all_of(link: Link) -> None:
    while True:
        await link.receive()


async def looked_at(station: Station, after_s: float = SETTLE_S + 1, end: End = power.disconnect) -> None:
    await look(station, await power.links(), asyncio.get_running_loop().time() + after_s, end)


async def test_a_link_that_outlived_its_end_is_ended_again_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with BluezAir(Manners(mute_disconnect=True)) as air, Radio(disconnect_timeout_s=0.2) as radio:
        unit, others = BenchUnit(), unit_number(9)
        air.publish(unit)
        air.publish_held(others)
        async with promptly(), radio.open(BENCH, Selector(unit.address)):
            pass
        assert unit.connected_now
        air.manners.mute_disconnect = False
        await looked_at(radio.stations[0], 1.0)
        assert unit.connected_now  # its end may still come
        await looked_at(radio.stations[0])
        await until(lambda: not unit.connected_now)
        assert others.address in await power.links()
        assert "a link outlived its end" in caplog.text


async def test_of_several_that_outlived_their_end_one_that_cannot_be_ended_keeps_no_other() -> None:
    async with BluezAir(Manners(mute_disconnect=True)) as air, Radio(disconnect_timeout_s=0.2) as radio:
        units = [unit_number(1), unit_number(2)]
        for unit in units:
            air.publish(unit)
            async with promptly(), radio.open(BENCH, Selector(unit.address)):
                pass
        ended = list[str]()

        async def disconnect(path: str, address: str) -> None:
            ended.append(address)
            raise RadioError("its link did not end")

        await looked_at(radio.stations[0], end=disconnect)
        assert ended == [unit.address for unit in units]


async def test_one_that_was_taken_over_meanwhile_is_left_alone() -> None:
    async with BluezAir(Manners(mute_disconnect=True)) as air, Radio(disconnect_timeout_s=0.2) as radio:
        units, slots = [unit_number(1), unit_number(2)], radio.stations[0].admission.slots
        for unit in units:
            air.publish(unit)
            async with promptly(), radio.open(BENCH, Selector(unit.address)):
                pass
        ended = list[str]()

        async def disconnect(path: str, address: str) -> None:
            ended.append(address)
            slots.lease(units[1].address, asyncio.get_running_loop().time())

        await looked_at(radio.stations[0], end=disconnect)
        assert ended == [units[0].address]
        slots.give_back(units[1].address, 0.0)


async def test_a_link_that_bluetoothd_no_longer_has_is_lost(caplog: pytest.LogCaptureFixture) -> None:
    async with BluezAir() as air, Radio() as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await look(radio.stations[0], {}, asyncio.get_running_loop().time() + SETTLE_S + 1)
            with pytest.raises(LinkLostError, match="bluetoothd has no link to it any more"):
                await all_of(link)
        assert "a slot was held for a link that is gone" in caplog.text


@pytest.mark.parametrize("adapter", [None, "hci0", "F0:00:00:00:00:01"])
async def test_links_that_are_as_leased_stay_as_they_are(adapter: str | None) -> None:
    async with BluezAir() as air, Radio(adapter=adapter) as radio:
        unit = BenchUnit()
        air.publish(unit)
        async with promptly(), radio.open(BENCH, Selector(unit.address)) as link:
            await looked_at(radio.stations[0])
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await all_of(link)


async def test_it_goes_on_while_there_is_no_bluetoothd() -> None:
    async with BluezAir() as air, Radio() as radio:
        auditing = asyncio.create_task(audit(radio.stations, 0.01))
        await air.bluetoothd.crash()
        await asyncio.sleep(0.1)
        await air.bluetoothd.restart()
        await asyncio.sleep(0.1)
        assert not auditing.done()
        auditing.cancel()
        await asyncio.wait({auditing})
