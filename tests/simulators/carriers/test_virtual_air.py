from __future__ import annotations

import asyncio
import itertools
import random
import time
from typing import TYPE_CHECKING

import pytest
from bleak import BleakScanner
from bumble.hci import HCI_LE_Rand_Command, HCI_Read_BD_ADDR_Command, HCI_Read_BD_ADDR_ReturnParameters
from tests.simulators.carriers.bench import SERVICE, BenchUnit
from tests.simulators.carriers.listening import Witness, client, scanner
from tests.simulators.carriers.waiting import until

from ptdevice.link import SIMULATED_SERVICE
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.unit import Advertising
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def air() -> AsyncIterator[VirtualRadio]:
    async with VirtualRadio() as radio:
        yield radio


async def test_a_scan_hears_advertisement_and_scan_response_together(air: VirtualRadio) -> None:
    unit = PolarSensor(SyntheticBody(random.Random(1)))  # noqa: S311 - a seed, no secret
    air.publish(unit)
    witness = Witness()
    async with scanner(air, witness):
        await until(lambda: unit.address in witness.seen)
    said = witness.seen[unit.address]
    assert said.local_name == "Polar H10 1A2B3C4D"  # in the advertisement
    assert said.manufacturer_data == unit.advertising.manufacturer_data  # in the scan response
    assert said.service_uuids == list(unit.advertising.service_uuids)


async def test_the_mark_is_in_the_table_and_not_on_air(air: VirtualRadio) -> None:
    unit = BenchUnit()
    air.publish(unit)
    witness = Witness()
    async with scanner(air, witness):
        await until(lambda: unit.address in witness.seen)
    assert witness.seen[unit.address].service_uuids == [SERVICE]
    async with client(air, unit) as linked:
        assert linked.services.get_service(SIMULATED_SERVICE) is not None


async def test_a_unit_advertises_as_often_as_it_says(air: VirtualRadio) -> None:
    air.publish(BenchUnit())  # every 20 ms
    times: list[float] = []
    async with BleakScanner(lambda _device, _data: times.append(time.monotonic()), backend=air.scanner_backend):
        await until(lambda: len(times) >= 20)
    gaps = sorted(after - before for before, after in itertools.pairwise(times))
    assert 0.018 < gaps[len(gaps) // 2] < 0.030


async def test_advertising_that_fits_nowhere_is_refused_when_the_unit_is_published(air: VirtualRadio) -> None:
    unit = BenchUnit()
    unit.advertising = Advertising(b"n" * 40)
    with pytest.raises(ValueError, match="advertises more than fits"):
        air.publish(unit)


async def test_a_value_goes_out_in_one_packet(air: VirtualRadio) -> None:
    for device in (air._central, *(peripheral._device for peripheral in air._peripherals)):
        queue = device.host.le_acl_packet_queue
        assert queue is not None
        assert queue.max_packet_size == 251  # as with the data length extension; without it 27


async def test_a_command_that_was_given_up_does_not_answer_the_next(air: VirtualRadio) -> None:
    trouble: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: trouble.append(context))
    for turns in range(8):
        given_up = asyncio.create_task(air._central.send_sync_command(HCI_LE_Rand_Command()))
        for _ in range(turns):
            await asyncio.sleep(0)
        given_up.cancel()
        answer = await air._central.send_sync_command(HCI_Read_BD_ADDR_Command())
        assert isinstance(answer, HCI_Read_BD_ADDR_ReturnParameters)
    assert trouble == []
