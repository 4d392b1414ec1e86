from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections import Counter, defaultdict
from functools import partial
from typing import TYPE_CHECKING

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError
from bumble.hci import HCI_LE_Rand_Command, HCI_Read_BD_ADDR_Command, HCI_Read_BD_ADDR_ReturnParameters
from tests.simulators.carriers.bench import COMMANDED, INDICATED, NOTIFIED, SERVICE, WRITTEN, BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import SIMULATED_SERVICE, Selector
from ptdevice.model import Event, HeartRate, MotionSamples
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.faults import Faults
from ptdevice_sim.unit import Advertising
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData

    from ptdevice.connection import LinkReport

TIMEOUT_S = 10.0


@pytest.fixture
async def air() -> AsyncIterator[VirtualRadio]:
    async with VirtualRadio() as radio:
        yield radio


def client(air: VirtualRadio, unit: BenchUnit, seconds: float = TIMEOUT_S, **kwargs: object) -> BleakClient:
    return BleakClient(unit.address, backend=air.client_backend, timeout=seconds, **kwargs)  # type: ignore[arg-type] # passed on


class Ear:
    """What a subscriber hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, _: BleakGATTCharacteristic, data: bytearray) -> None:
        self.heard.append(bytes(data))


class Witness:
    """Who was seen advertising, and what was said last."""

    def __init__(self) -> None:
        self.seen: dict[str, AdvertisementData] = {}
        self.times: Counter[str] = Counter()

    def __call__(self, device: BLEDevice, data: AdvertisementData) -> None:
        self.seen[device.address] = data
        self.times[device.address] += 1

    def advertises(self, unit: BenchUnit) -> bool:
        """More than once: after the first time, a central that still waits for it may connect."""
        return self.times[unit.address] >= 3


def scanner(air: VirtualRadio, witness: Witness, services: list[str] | None = None) -> BleakScanner:
    return BleakScanner(witness, services, backend=air.scanner_backend)


# --- advertising ---


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


async def test_a_scan_for_a_service_leaves_out_units_that_do_not_advertise_it(air: VirtualRadio) -> None:
    wanted, other = BenchUnit(), BenchUnit("C0:DE:00:00:00:02", advertises=SERVICE.replace("fff0", "abcd"))
    air.publish(other)
    air.publish(wanted)
    witness, all_of_them = Witness(), Witness()
    async with scanner(air, all_of_them), scanner(air, witness, [SERVICE]):
        await until(lambda: len(all_of_them.seen) == 2 and witness.seen)
    assert set(witness.seen) == {wanted.address}


async def test_a_unit_advertises_as_often_as_it_says(air: VirtualRadio) -> None:
    air.publish(BenchUnit())  # every 20 ms
    times: list[float] = []
    async with BleakScanner(lambda _device, _data: times.append(time.monotonic()), backend=air.scanner_backend):
        await until(lambda: len(times) >= 20)
    gaps = sorted(after - before for before, after in itertools.pairwise(times))
    assert 0.018 < gaps[len(gaps) // 2] < 0.030


async def test_a_unit_with_a_link_does_not_advertise_and_does_again_after_it(air: VirtualRadio) -> None:
    unit, other, witness = BenchUnit(), BenchUnit("C0:DE:00:00:00:02"), Witness()
    air.publish(unit)
    air.publish(other)
    async with client(air, unit):
        async with scanner(air, witness):
            await until(lambda: other.address in witness.seen)
        assert unit.address not in witness.seen
    async with scanner(air, witness):
        await until(lambda: unit.address in witness.seen)


async def test_advertising_that_fits_nowhere_is_refused_when_the_unit_is_published(air: VirtualRadio) -> None:
    unit = BenchUnit()
    unit.advertising = Advertising(b"n" * 40)
    with pytest.raises(ValueError, match="advertises more than fits"):
        air.publish(unit)


# --- links ---


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


async def test_services_and_properties_come_from_discovery(air: VirtualRadio) -> None:
    unit = BenchUnit()
    air.publish(unit)
    async with client(air, unit) as linked:
        found = {c.uuid: set(c.properties) for service in linked.services for c in service.characteristics}
    assert found[NOTIFIED] == {"notify"}
    assert found[WRITTEN] == {"read", "write"}
    assert found[COMMANDED] == {"read", "write-without-response"}
    assert found[INDICATED] == {"indicate"}


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


async def test_nothing_is_heard_after_unsubscribing(air: VirtualRadio) -> None:
    unit, ear, other = BenchUnit(), Ear(), Ear()
    host = air.publish(unit)
    async with client(air, unit) as linked:
        await linked.start_notify(NOTIFIED, ear)
        await linked.start_notify(INDICATED, other)
        await linked.stop_notify(NOTIFIED)
        unit.say(b"1")
        unit.say(b"2", uuid=INDICATED)
        host.poke()
        await until(lambda: other.heard)
    assert ear.heard == []
    assert unit.subscribed == [(NOTIFIED, True), (INDICATED, True), (NOTIFIED, False)]


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


async def test_a_command_that_is_refused_is_refused_in_silence(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    unit.refuse = 0x0E
    async with client(air, unit) as linked:
        await linked.write_gatt_char(COMMANDED, b"x", response=False)
        await until(lambda: host.writes)
        unit.refuse = None
        assert await linked.read_gatt_char(WRITTEN) == b"hello"


@pytest.mark.parametrize(("uuid", "code"), [(NOTIFIED, 0x02), (INDICATED, 0x02)])
async def test_what_is_not_readable_is_not_read(air: VirtualRadio, uuid: str, code: int) -> None:
    unit = BenchUnit()
    air.publish(unit)
    async with client(air, unit) as linked:
        with pytest.raises(BleakGATTProtocolError) as refused:
            await linked.read_gatt_char(uuid)
    assert refused.value.args[0] == code


# --- how links end ---


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


async def test_a_unit_out_of_reach_is_not_found_and_a_later_attempt_works(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    host.vanish()
    with pytest.raises(BleakDeviceNotFoundError):
        await client(air, unit, 0.2).connect()
    host.appear()
    async with client(air, unit) as linked:
        assert linked.is_connected


async def test_a_unit_that_vanishes_loses_its_link(air: VirtualRadio) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    async with client(air, unit) as linked:
        host.vanish()
        await until(lambda: not linked.is_connected)


async def test_connects_go_one_after_the_other(air: VirtualRadio) -> None:
    units = [BenchUnit(f"C0:DE:00:00:00:{i:02X}") for i in range(5)]
    for unit in units:
        air.publish(unit)
    clients = [client(air, unit) for unit in units]
    await asyncio.gather(*(linked.connect() for linked in clients))
    assert all(unit.connected_now for unit in units)
    await asyncio.gather(*(linked.disconnect() for linked in clients))
    await until(lambda: not any(unit.connected_now for unit in units))


async def test_an_attempt_that_was_given_up_leaves_the_unit_and_the_radio_free(air: VirtualRadio) -> None:
    unit, other = BenchUnit(), BenchUnit("C0:DE:00:00:00:02")
    air.publish(unit)
    air.publish(other)
    for turns in [*range(20), *range(20, 160, 7)]:  # in the middle of whatever happens then
        attempt = client(air, unit)
        connecting = asyncio.create_task(attempt.connect())
        for _ in range(turns):
            await asyncio.sleep(0)
        connecting.cancel()
        await asyncio.wait({connecting})
        if not connecting.cancelled():  # it was quicker
            await attempt.disconnect()
        witness = Witness()
        async with scanner(air, witness):
            await until(partial(witness.advertises, unit))
    async with client(air, other) as one, client(air, unit) as two:
        assert one.is_connected
        assert two.is_connected


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


# --- the radio itself ---


async def test_a_value_goes_out_in_one_packet(air: VirtualRadio) -> None:
    for device in (air._central, *(peripheral._device for peripheral in air._peripherals)):
        queue = device.host.le_acl_packet_queue
        assert queue is not None
        assert queue.max_packet_size == 251  # as with the data length extension; without it 27


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


async def test_an_attempt_to_connect_ends_with_the_radio() -> None:
    unit = BenchUnit()
    async with VirtualRadio() as air:
        air.publish(unit).vanish()
        connecting = asyncio.create_task(client(air, unit).connect())
        await until(lambda: air._controller.pending_le_connection)
    with pytest.raises(BleakError, match="switched off"):
        await connecting


async def test_closing_the_radio_leaves_nothing_behind() -> None:
    loop = asyncio.get_running_loop()
    before = asyncio.all_tasks()
    unit = BenchUnit()
    async with VirtualRadio() as air:
        air.publish(unit).poke()
        air.publish(BenchUnit("C0:DE:00:00:00:02")).vanish()
        linked = client(air, unit)
        await linked.connect()
        await linked.start_notify(INDICATED, Ear())
    assert not linked.is_connected
    assert asyncio.all_tasks() == before
    timers: list[asyncio.TimerHandle] = loop._scheduled  # type: ignore[attr-defined] # asyncio offers no other look
    assert [timer for timer in timers if not timer.cancelled() and "bumble" in repr(timer)] == []


async def test_an_error_in_the_block_leaves_it_as_it_is() -> None:
    async def fail() -> None:
        async with VirtualRadio() as air:
            air.publish(BenchUnit())
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        await fail()


async def test_what_is_normal_on_a_radio_is_not_logged(air: VirtualRadio, caplog: pytest.LogCaptureFixture) -> None:
    unit = BenchUnit()
    host = air.publish(unit)
    with caplog.at_level(logging.DEBUG):
        async with client(air, unit) as linked:
            await linked.start_notify(NOTIFIED, Ear())
            unit.say(*(bytes(50) for _ in range(20)))
            host.poke()
            await asyncio.sleep(0)
            host.drop_link()
            await until(lambda: not linked.is_connected)
    assert [record for record in caplog.records if record.name.startswith("bumble")] == []


# --- the whole path: radio, connection, codec ---


async def test_the_path_of_a_byte_from_the_body_to_the_events() -> None:
    heard: defaultdict[type, list[Event]] = defaultdict(list)
    reports: list[LinkReport] = []
    unit = PolarSensor(SyntheticBody(random.Random(1), start=60.0))  # noqa: S311 - a seed, no secret
    async with VirtualRadio() as air:
        air.publish(unit)
        async with Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio:
            connection = Connection(
                "chest",
                CATALOGUE["polar"],
                Selector(address=unit.address),
                radio.open,
                simulated=True,
                hear=lambda event: heard[type(event)].append(event),
                report=reports.append,
                rng=random.Random(1),  # noqa: S311 - a seed, no secret
            )
            running = asyncio.create_task(connection.run())
            await until(lambda: len(heard[MotionSamples]) >= 5 and heard[HeartRate])
            running.cancel()
            await asyncio.wait({running})
    assert [report.availability for report in reports] == ["online"]
    samples = [
        sample for event in heard[MotionSamples] if isinstance(event, MotionSamples) for sample in event.acceleration
    ]
    assert unit.sent_samples - len(samples) <= 36  # one frame may be under way when the test ends
    assert all(abs(sum(axis * axis for axis in sample) ** 0.5 - 9.80665) < 0.5 for sample in samples)
