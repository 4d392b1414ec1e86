"""Values by file descriptor: the same as by signal, but for what a full socket loses."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from bleak import BleakClient
from tests.simulators.carriers.bench import NOTIFIED, BenchUnit
from tests.simulators.carriers.bluez.witness import UNIT, Witness, connected, find, witness
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.unit import Notify

BY_SIGNAL, BY_SOCKET = {"use_start_notify": True}, {"use_start_notify": False}


class Greeter(BenchUnit):
    """It has something to say as soon as somebody listens."""

    def subscribe(self, uuid: str, enabled: bool, now: float) -> list[Notify]:  # noqa: FBT001 - Unit's shape
        super().subscribe(uuid, enabled, now)
        return [Notify(NOTIFIED, b"hello")] if enabled else []


async def acquire(seen: Witness) -> int:
    """The client's end of the socket."""
    reply = await seen.ask(seen.paths["fff1"], "GattCharacteristic1", "AcquireNotify", "a{sv}", {})
    assert reply.body[1] == 100  # the MTU of both sides
    return reply.unix_fds[0]


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("way", [BY_SIGNAL, BY_SOCKET], ids=["by signal", "by socket"])
async def test_values_are_the_same_octets_in_the_same_order_either_way(way: dict[str, bool]) -> None:
    values = [bytes([number]) * (number % 97) for number in range(250)]
    async with BluezAir() as air:
        unit = BenchUnit()
        host = air.publish(unit)
        async with BleakClient(await find(unit)) as client:
            heard: list[bytes] = []
            await client.start_notify(NOTIFIED, lambda _, data: heard.append(bytes(data)), bluez=way)  # type: ignore[arg-type]
            unit.say(*filter(None, values))
            host.poke()
            await until(lambda: len(heard) >= len(list(filter(None, values))))
            await client.stop_notify(NOTIFIED)
    assert heard == list(filter(None, values))
    assert unit.subscribed == [(NOTIFIED, True), (NOTIFIED, False)]


async def test_a_client_that_acquires_is_answered_after_the_signal() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        seen.take()
        os.close(await acquire(seen))
        await seen.see("char fff1 NotifyAcquired=False")
        assert seen.take() == [
            "> AcquireNotify",
            "char fff1 NotifyAcquired=True",
            "< AcquireNotify",
            "char fff1 NotifyAcquired=False",
        ]


async def test_a_value_by_socket_is_not_signalled() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        theirs = await acquire(seen)
        unit.say(b"value")
        air.bluetoothd.devices[UNIT].host.poke()
        assert os.read(theirs, 100) == b"value"
        os.close(theirs)
        await seen.see("char fff1 NotifyAcquired=False")
        assert "char fff1 Value" not in seen.log


async def test_a_client_that_closes_its_end_is_not_subscribed_any_more() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        os.close(await acquire(seen))
        await until(lambda: unit.subscribed == [(NOTIFIED, True), (NOTIFIED, False)])


async def test_a_full_socket_loses_what_does_not_fit_and_tells_nobody() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        theirs = await acquire(seen)
        unit.say(*[number.to_bytes(4, "big") for number in range(5000)])
        air.bluetoothd.devices[UNIT].host.poke()
        lost = air.bluetoothd.devices[UNIT].attributes.acquired.lost
        heard = [int.from_bytes(os.read(theirs, 100), "big") for _ in range(5000 - lost)]
        assert 0 < lost < 5000
        assert heard == list(range(len(heard)))
        os.close(theirs)


async def test_a_lost_link_closes_the_socket_after_it_was_told() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        theirs = await acquire(seen)
        seen.take()
        air.bluetoothd.devices[UNIT].host.drop_link()
        await seen.see("char fff1 NotifyAcquired=False")
        assert seen.take() == ["dev ServicesResolved=False Connected=False", "char fff1 NotifyAcquired=False"]
        assert os.read(theirs, 100) == b""
        os.close(theirs)


async def test_what_is_acquired_is_not_given_twice() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        theirs = await acquire(seen)
        path = seen.paths["fff1"]
        again = await seen.ask(path, "GattCharacteristic1", "AcquireNotify", "a{sv}", {})
        signals = await seen.ask(path, "GattCharacteristic1", "StartNotify")
        assert [again.body, signals.body] == [["Notify acquired"]] * 2
        os.close(theirs)


async def test_a_characteristic_that_only_indicates_cannot_be_acquired() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        reply = await seen.ask(seen.paths["fff4"], "GattCharacteristic1", "AcquireNotify", "a{sv}", {})
        assert reply.error_name == "org.bluez.Error.NotSupported"


async def test_no_descriptor_is_left_behind() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        before = descriptors()
        for _ in range(3):
            os.close(await acquire(seen))
            await seen.see("char fff1 NotifyAcquired=False")
            seen.take()
        assert descriptors() == before


@pytest.mark.parametrize(("way", "heard"), [(BY_SIGNAL, [b"hello"]), (BY_SOCKET, [])], ids=["by signal", "by socket"])
async def test_what_a_unit_says_before_it_answers_the_subscription_is_lost_by_socket_only(
    way: dict[str, bool], heard: list[bytes]
) -> None:
    async with BluezAir(Manners(value_before_answer=True)) as air:
        unit = Greeter()
        host = air.publish(unit)
        async with BleakClient(await find(unit)) as client:
            came: list[bytes] = []
            await client.start_notify(NOTIFIED, lambda _, data: came.append(bytes(data)), bluez=way)  # type: ignore[arg-type]
            unit.say(b"later")
            host.poke()
            await until(lambda: b"later" in came)
    assert came == [*heard, b"later"]
