"""A unit that only advertises, as a link: waited for without an end, heard among others, lost with the radio."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest
from tests.ble.scaffold import promptly
from tests.scripted import in_virtual_time
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.ble.overhearing import QUEUE, OverheardLink
from ptdevice.ble.radio import Radio
from ptdevice.ble.scanning import FIND_S
from ptdevice.connection import Connection, LinkReport
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.errors import LinkError, RadioError
from ptdevice.link import SIMULATED_SERVICE, Selector, Write
from ptdevice.recording import Order, record
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.bthome import BthomeButton

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.link import Link

BTHOME = CATALOGUE["bthome"]
DATA = BTHOME.ports[0].uuid


def radio_on(air: InProcessAir) -> Radio:
    return Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)


async def _all_of(link: Link) -> None:
    while True:
        await link.receive()


def saying(number: int, *, simulated: bool = True) -> Advertisement:
    return Advertisement(
        "Button", frozenset({SIMULATED_SERVICE} if simulated else ()), service_data={DATA: bytes((0x44, 0, number))}
    )


@in_virtual_time
async def test_it_is_waited_for_as_long_as_it_takes() -> None:
    async with asyncio.timeout(3600), InProcessAir() as air, radio_on(air) as radio:
        unit = BthomeButton()
        host = air.publish(unit)
        host.vanish()
        began = asyncio.get_running_loop().time()
        asyncio.get_running_loop().call_later(10 * FIND_S, host.appear)
        async with radio.open(BTHOME, Selector(unit.address)) as link:
            assert (await link.receive()).data == unit.advertising.service_data[DATA]
            assert link.simulated
        assert asyncio.get_running_loop().time() - began == pytest.approx(10 * FIND_S, abs=1.0)


@in_virtual_time
async def test_only_the_unit_with_the_address_is_heard_and_only_while_the_link_is_open() -> None:
    async with asyncio.timeout(3600), InProcessAir() as air, radio_on(air) as radio:
        unit, other = BthomeButton(), BthomeButton(address="DC:4F:22:1A:2B:99", battery_pct=11)
        air.publish(unit)
        air.publish(other)
        async with radio.open(BTHOME, Selector(unit.address.lower())) as link:
            heard = {(await link.receive()).data for _ in range(20)}
            assert heard == {unit.advertising.service_data[DATA]}
            assert air.scanners
        assert not air.scanners


@in_virtual_time
async def test_without_an_address_it_is_not_listened_to() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        air.publish(BthomeButton())
        with pytest.raises(LinkError, match="needs an `address`") as caught:
            async with radio.open(BTHOME, Selector(name="Button")):
                pass
    assert caught.value.code == "ambiguous"


@in_virtual_time
async def test_a_real_one_is_refused_by_a_gateway_for_simulations_and_the_other_way_round() -> None:
    reports: list[LinkReport] = []
    async with InProcessAir() as air, radio_on(air) as radio:
        unit = BthomeButton()
        air.publish(unit)
        connection = Connection(
            "button", BTHOME, Selector(unit.address), radio.open, simulated=False,
            hear=lambda event: pytest.fail(str(event)), report=reports.append, rng=random.Random(1),  # noqa: S311 - a seed, no secret
        )  # fmt: skip
        running = asyncio.create_task(connection.run())
        await asyncio.sleep(5)
        running.cancel()
        await asyncio.wait({running})
    assert [report.code for report in reports] == ["foreign_unit"]


async def test_who_listens_is_told_when_the_scan_cannot_be_taken_up_again() -> None:
    async with BluezAir() as air, Radio() as radio, promptly():
        unit = BthomeButton()
        air.publish(unit)
        async with radio.open(BTHOME, Selector(unit.address)) as link:
            await link.receive()
            async with radio.stations[0].quiet():
                air.bluetoothd.adapter.power(on=False)
            with pytest.raises(RadioError, match="powered_off"):
                await _all_of(link)


async def test_a_connection_to_another_unit_does_not_end_the_listening() -> None:
    async with BluezAir() as air, Radio() as radio, promptly():
        unit, other = BthomeButton(), BenchUnit()
        host = air.publish(unit)
        air.publish(other)
        async with radio.open(BTHOME, Selector(unit.address)) as link:
            await link.receive()
            from tests.ble.scaffold import BENCH  # noqa: PLC0415

            async with radio.open(BENCH, Selector(other.address)):
                unit.press(asyncio.get_running_loop().time())
                host.poke()
                while (await link.receive()).data[-2:] != b"\x3a\x01":
                    pass


@in_virtual_time
async def test_a_scanner_that_hears_nobody_is_started_anew() -> None:
    async with InProcessAir() as air, radio_on(air) as radio:
        unit = BthomeButton()
        opening = asyncio.create_task(radio.open(BTHOME, Selector(unit.address)).__aenter__())
        await asyncio.sleep(1)
        (first,) = air.scanners
        await asyncio.sleep(FIND_S)
        (second,) = air.scanners
        assert first is not second
        opening.cancel()
        await asyncio.wait({opening})


@in_virtual_time
async def test_what_nobody_takes_is_dropped_oldest_first_and_counted() -> None:
    link = OverheardLink(BTHOME)
    for number in range(QUEUE + 3):
        link.hear(saying(number))
    assert link.dropped() == 3
    assert (await link.receive()).data[2] == 3


@in_virtual_time
async def test_other_service_data_is_not_its_business() -> None:
    link = OverheardLink(BTHOME)
    link.hear(Advertisement("Button", service_data={"0000feaa-0000-1000-8000-00805f9b34fb": b"\1"}))
    link.hear(saying(7))
    assert (await link.receive()).data[2] == 7
    assert not link.simulated


@in_virtual_time
async def test_nothing_can_be_said_to_it() -> None:
    link = OverheardLink(BTHOME)
    for attempt in (link.write(Write("advertisement", b"")), link.read("advertisement")):
        with pytest.raises(LinkError, match="only advertises"):
            await attempt


@in_virtual_time
async def test_who_waits_for_the_first_word_is_told_of_the_loss_too() -> None:
    link = OverheardLink(BTHOME)
    receiving = asyncio.create_task(link.receive())
    await asyncio.sleep(1)
    link.lose(RadioError("off"))
    async with asyncio.timeout(5):
        with pytest.raises(RadioError, match="off"):
            await link.open
        with pytest.raises(RadioError, match="off"):
            await receiving


@in_virtual_time
async def test_what_was_heard_is_received_before_the_loss_is_told() -> None:
    link = OverheardLink(BTHOME)
    link.hear(saying(1))
    link.lose(RadioError("off"))
    assert (await link.receive()).data[2] == 1
    with pytest.raises(RadioError, match="off"):
        await link.receive()


@in_virtual_time
async def test_there_is_nothing_to_be_recorded(tmp_path: Path) -> None:
    order = Order(BTHOME, Selector("DC:4F:22:1A:2B:3C"), tmp_path / "button.tape", 5.0)
    with pytest.raises(LinkError, match="only advertises"):
        await record(order, lambda _: pytest.fail("the radio is not needed"))
    assert not (tmp_path / "button.tape").exists()
