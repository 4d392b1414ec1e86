"""An open link: queue, deadlines, loss. In virtual time in process, and on the private bus where D-Bus makes the difference."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.ble.profiles import PORTS, bench_profile
from tests.scripted import in_virtual_time
from tests.simulators.carriers.bench import INDICATED, NOTIFIED, WRITTEN, BenchUnit
from tests.simulators.carriers.bluez.witness import UNIT
from tests.simulators.carriers.waiting import until

import ptdevice
from ptdevice.ble.doubts import Doubt, Evidence, Patience
from ptdevice.ble.link import GATT_S, QUEUE, BleLink
from ptdevice.ble.radio import Radio
from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind, Port
from ptdevice.devices.sig import assigned
from ptdevice.errors import LinkError, LinkLostError
from ptdevice.link import Selector, Write
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.devices.device import Profile
    from ptdevice.link import Packet
    from ptdevice_sim.host import Host


@asynccontextmanager
async def in_process(profile: Profile) -> AsyncIterator[tuple[BleLink, BenchUnit, Host]]:
    async with InProcessAir() as air:
        unit = BenchUnit()
        host = air.publish(unit)
        async with (
            Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio,
            radio.connect(profile, Selector(unit.address)) as link,
        ):
            yield link, unit, host


@asynccontextmanager
async def on_the_bus(profile: Profile) -> AsyncIterator[tuple[BleLink, BenchUnit, Host, BluezAir]]:
    async with BluezAir() as air:
        unit = BenchUnit()
        host = air.publish(unit)
        async with Radio() as radio, radio.connect(profile, Selector(unit.address)) as link:
            yield link, unit, host, air


async def taken(link: BleLink) -> list[Packet]:
    """Everything that waits in the queue of a link that may still be open."""
    packets = []
    try:
        async with asyncio.timeout(0.05):
            while True:
                packets.append(await link.receive())
    except (TimeoutError, LinkError):
        return packets


def doubt(evidence: Evidence) -> Doubt | None:
    """What is doubted ten seconds later, where somebody waits for a unit."""
    later = asyncio.get_running_loop().time() + Patience().mute_s
    evidence.want(later, wanted=True)
    return evidence.doubt(later, Patience())


# --- what a link opens with ---


@in_virtual_time
async def test_ports_are_subscribed_in_the_order_of_the_profile() -> None:
    async with in_process(bench_profile()) as (_, unit, _):
        assert unit.subscribed == [(NOTIFIED, True), (INDICATED, True)]


@in_virtual_time
async def test_a_port_to_be_read_arrives_as_a_packet() -> None:
    ports = (*PORTS[:1], Port("value", WRITTEN, read=True))
    async with in_process(bench_profile(ports=ports)) as (link, _, _):
        packet = await link.receive()
        assert (packet.port, packet.data) == ("value", b"hello")


@in_virtual_time
async def test_a_unit_without_a_required_port_is_not_such_a_unit() -> None:
    ports = (*PORTS, Port("wanting", assigned(0xFFFF)))
    with pytest.raises(LinkError, match="not a Bench unit: it lacks wanting") as refused:
        async with in_process(bench_profile(ports=ports)):
            pass
    assert refused.value.code == "missing_port"


@in_virtual_time
async def test_a_port_that_is_not_required_may_be_missing() -> None:
    ports = (*PORTS, Port("extra", assigned(0xFFFF), subscribe=True, read=True, required=False))
    async with in_process(bench_profile(ports=ports)) as (link, unit, host):
        unit.say(b"here")
        host.poke()
        assert (await link.receive()).data == b"here"


@in_virtual_time
async def test_a_simulated_unit_is_known_by_its_mark() -> None:
    async with in_process(bench_profile()) as (link, _, _):
        assert link.simulated


# --- the queue ---


@in_virtual_time
async def test_packets_come_in_order_with_port_and_time() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        await asyncio.sleep(5.0)
        now = asyncio.get_running_loop().time()
        unit.say(b"one", b"two")
        unit.say(b"three", uuid=INDICATED)
        host.poke()
        packets = [await link.receive() for _ in range(3)]
        assert [(packet.port, packet.data) for packet in packets] == [
            ("told", b"one"),
            ("told", b"two"),
            ("sure", b"three"),
        ]
        assert {packet.at for packet in packets} == {now}


@in_virtual_time
async def test_a_sensors_full_queue_drops_the_oldest_and_counts_them() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        unit.say(*[number.to_bytes(2, "big") for number in range(QUEUE + 3)])
        host.poke()
        kept = [int.from_bytes(packet.data, "big") for packet in await taken(link)]
        assert kept == list(range(3, QUEUE + 3))
        assert link.dropped() == 3


@in_virtual_time
async def test_a_stimulators_full_queue_ends_the_link_and_drops_nothing_that_came_before() -> None:
    async with in_process(bench_profile(kind=Kind.STIMULATOR)) as (link, unit, host):
        unit.say(*[number.to_bytes(2, "big") for number in range(QUEUE + 3)])
        host.poke()
        kept = [int.from_bytes((await link.receive()).data, "big") for _ in range(QUEUE)]
        assert kept == list(range(QUEUE))
        assert link.dropped() == 0
        with pytest.raises(LinkError, match="what it does is unknown") as ended:
            await link.receive()
        assert ended.value.code == "overrun"


@in_virtual_time
async def test_cancelling_a_wait_loses_no_packet() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        received: list[Packet] = []
        for number in range(20):
            waiting = asyncio.create_task(link.receive())
            await asyncio.sleep(0.01)
            unit.say(bytes((number,)))
            host.poke()  # a task that waited has been woken and has not run yet
            waiting.cancel()
            await asyncio.wait({waiting})
            received += [] if waiting.cancelled() else [waiting.result()]
        assert len(received) < 20
        assert [packet.data[0] for packet in [*received, *await taken(link)]] == list(range(20))


# --- loss, and no answer ---


@in_virtual_time
async def test_what_arrived_before_the_loss_is_still_received() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        unit.say(b"last")
        host.poke()
        host.drop_link()
        assert (await link.receive()).data == b"last"
        with pytest.raises(LinkLostError):
            await link.receive()


@in_virtual_time
async def test_a_lost_link_refuses_writes_and_reads() -> None:
    async with in_process(bench_profile()) as (link, _, host):
        host.drop_link()
        with pytest.raises(LinkLostError):
            await link.write(Write("value", b"x"))
        with pytest.raises(LinkLostError):
            await link.read("value")


@in_virtual_time
async def test_a_write_that_is_never_answered_ends_at_its_deadline() -> None:
    async with in_process(bench_profile()) as (link, _, host):
        host.faults.mute_writes = True
        before = asyncio.get_running_loop().time()
        with pytest.raises(LinkError, match="writing to value failed: TimeoutError") as failed:
            await link.write(Write("value", b"x"))
        assert failed.value.code == "gatt_failed"
        assert asyncio.get_running_loop().time() - before == pytest.approx(GATT_S)


@in_virtual_time
async def test_what_is_never_answered_speaks_against_the_adapter_and_a_refusal_does_not() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        unit.refuse = 0x80
        with pytest.raises(LinkError):
            await link.read("value")
        assert doubt(link._evidence) is None
        host.faults.mute_writes = True
        with pytest.raises(LinkError):
            await link.write(Write("value", b"x"))
        assert doubt(link._evidence) is Doubt.MUTE


@in_virtual_time
async def test_a_packet_is_a_sign_that_the_adapter_works() -> None:
    async with in_process(bench_profile()) as (link, unit, host):
        await asyncio.sleep(5.0)
        now = asyncio.get_running_loop().time()
        assert not link._evidence.heard_since(now - 1)
        unit.say(b"one")
        host.poke()
        await link.receive()
        assert link._evidence.heard_since(now - 1)


@in_virtual_time
async def test_a_refusal_is_told_with_the_units_reason() -> None:
    async with in_process(bench_profile()) as (link, unit, _):
        unit.refuse = 0x80
        with pytest.raises(LinkError, match=r"reading value failed.*Application-specific Error 0x80") as failed:
            await link.read("value")
        assert failed.value.code == "gatt_failed"


async def test_a_write_in_flight_ends_when_the_link_is_lost() -> None:
    async with on_the_bus(bench_profile()) as (link, _, host, air):
        host.faults.mute_writes = True
        writing = asyncio.create_task(link.write(Write("value", b"x")))
        await until(lambda: air.bluetoothd.devices[UNIT].attributes.writing)
        began = asyncio.get_running_loop().time()
        host.drop_link()
        with pytest.raises(LinkLostError):
            await writing
        assert asyncio.get_running_loop().time() - began < GATT_S / 2  # and not at its own deadline


@in_virtual_time
async def test_a_link_that_is_lost_while_a_write_gives_up_ends_like_any_other() -> None:
    class Slow:
        """A client whose write clears up for a while when its time is over."""

        is_connected = True
        given_up = False

        def __init__(self, client: Any) -> None:
            self.address, self.services = client.address, client.services

        async def write_gatt_char(self, *_: object, **__: object) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                self.given_up = True
                await asyncio.sleep(1)

    async with in_process(bench_profile()) as (link, _, _):
        slow = Slow(link._client)
        link._client = slow  # type: ignore[assignment]
        writing = asyncio.create_task(link.write(Write("value", b"x")))
        await asyncio.sleep(GATT_S + 0.5)
        assert slow.given_up
        link.lose(LinkLostError("gone"))
        with pytest.raises(LinkLostError, match="gone"):
            await writing


async def test_a_write_in_flight_ends_as_a_lost_link_when_the_bus_dies() -> None:
    async with on_the_bus(bench_profile()) as (link, _, host, air):
        host.faults.mute_writes = True
        writing = asyncio.create_task(link.write(Write("value", b"x")))
        await until(lambda: air.bluetoothd.devices[UNIT].attributes.writing)
        await air.bus.stop()
        with pytest.raises(LinkError):
            await writing


# --- reads on D-Bus, which are announced like notifications ---


@pytest.mark.parametrize("late", [False, True], ids=["announced first", "answered first"])
async def test_a_read_value_is_delivered_once(late: bool) -> None:  # noqa: FBT001 - a parameter
    async with BluezAir(Manners(reply_before_value=late)) as air, Radio() as radio:
        unit = BeurerEm70()
        air.publish(unit)
        async with radio.connect(CATALOGUE["beurer_em70"], Selector(unit.address)) as link:
            packets = await taken(link)
            assert [packet.data for packet in packets if packet.port == "battery"] == [bytes((80,))]


@pytest.mark.parametrize("late", [False, True], ids=["announced first", "answered first"])
async def test_the_same_value_notified_afterwards_is_delivered_again(late: bool) -> None:  # noqa: FBT001 - a parameter
    async with BluezAir(Manners(reply_before_value=late)) as air, Radio() as radio:
        unit = BeurerEm70(battery_pct=5)
        host = air.publish(unit)
        async with radio.connect(CATALOGUE["beurer_em70"], Selector(unit.address)) as link:
            packets = await taken(link)
            unit.battery_low(asyncio.get_running_loop().time())  # notifies 5 %
            host.poke()
            packets += await taken(link)
            assert [packet.data for packet in packets if packet.port == "battery"] == [bytes((5,))] * 2


async def test_notifications_during_a_read_are_all_delivered() -> None:
    async with on_the_bus(bench_profile()) as (link, unit, host, _):
        reading = asyncio.create_task(link.read("value"))
        unit.say(b"hello", b"hello")  # what the read will give, on another port
        host.poke()
        await reading
        packets = await taken(link)
        assert sorted((packet.port, packet.data) for packet in packets) == [
            ("told", b"hello"),
            ("told", b"hello"),
            ("value", b"hello"),
        ]


async def test_closing_a_link_ends_the_units_connection() -> None:
    async with on_the_bus(bench_profile()) as (_, unit, _, _):
        assert unit.connected_now
    await until(lambda: not unit.connected_now)


def test_nobody_asks_for_the_mtu_that_bleak_only_guesses() -> None:
    # BleakClient.mtu_size is 23 on BlueZ, with a warning; a characteristic's max_write_without_response_size is the truth.
    sources = [path for path in Path(ptdevice.__file__).parent.rglob("*.py") if "mtu_size" in path.read_text()]
    assert sources == []
