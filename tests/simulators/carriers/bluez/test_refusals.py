from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from dbus_fast import MessageType, Variant
from tests.simulators.carriers.bench import BenchUnit
from tests.simulators.carriers.bluez.witness import UNIT, Witness, connected, witness

from ptdevice_sim.carriers.bluez import BluezAir

if TYPE_CHECKING:
    from dbus_fast import Message


ERRORS = {
    0x02: ("org.bluez.Error.NotPermitted", "Read not permitted"),
    0x03: ("org.bluez.Error.NotPermitted", "Write not permitted"),
    0x05: ("org.bluez.Error.NotPermitted", "Not paired"),
    0x06: ("org.bluez.Error.NotSupported", "Operation is not supported"),
    0x08: ("org.bluez.Error.NotAuthorized", "Operation Not Authorized"),
    0x0D: ("org.bluez.Error.InvalidArguments", "Invalid Length"),
    0x0E: ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x0e"),
    0x80: ("org.bluez.Error.Failed", "Operation failed with ATT error: 0x80"),
}


async def read(seen: Witness, uuid: str) -> Message:
    return await seen.ask(seen.paths[uuid], "GattCharacteristic1", "ReadValue", "a{sv}", {})


async def write(seen: Witness, uuid: str, kind: str) -> Message:
    options = {"type": Variant("s", kind)}
    return await seen.ask(seen.paths[uuid], "GattCharacteristic1", "WriteValue", "aya{sv}", b"x", options)


@pytest.mark.parametrize("code", ERRORS, ids=hex)
async def test_an_att_error_becomes_the_error_that_bluez_makes_of_it(code: int) -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        unit.refuse = code
        reply = await read(seen, "fff2")
        assert (reply.error_name, reply.body[0]) == ERRORS[code]


async def test_a_write_without_response_hears_of_no_error() -> None:
    async with BluezAir() as air, witness() as seen:
        unit = BenchUnit()
        await connected(air, seen, unit)
        unit.refuse = 0x03
        assert (await write(seen, "fff3", "command")).message_type is MessageType.METHOD_RETURN


@pytest.mark.parametrize(("uuid", "kind"), [("fff2", "command"), ("fff3", "request"), ("fff1", "request")])
async def test_a_write_of_a_sort_that_the_characteristic_lacks_is_not_supported(uuid: str, kind: str) -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        assert (await write(seen, uuid, kind)).error_name == "org.bluez.Error.NotSupported"


async def test_a_characteristic_that_does_not_notify_cannot_be_subscribed() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        reply = await seen.ask(seen.paths["fff2"], "GattCharacteristic1", "StartNotify")
        assert reply.error_name == "org.bluez.Error.NotSupported"


async def test_a_second_write_while_one_is_in_flight_is_in_progress() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.bluetoothd.devices[UNIT].host.faults.mute_writes = True
        muted = asyncio.create_task(write(seen, "fff2", "request"))
        await seen.see("> WriteValue")
        assert (await write(seen, "fff2", "request")).error_name == "org.bluez.Error.InProgress"
        assert not muted.done()
        muted.cancel()


async def test_a_unit_without_a_link_is_not_connected() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        air.bluetoothd.devices[UNIT].host.drop_link()
        assert (await read(seen, "fff2")).body == ["Not connected"]


async def test_a_path_where_nothing_is_is_an_unknown_object() -> None:
    async with BluezAir(), witness() as seen:
        reply = await seen.ask(UNIT, "Device1", "Connect")
        assert reply.error_name == "org.freedesktop.DBus.Error.UnknownObject"


async def test_what_is_not_simulated_is_an_unknown_method() -> None:
    async with BluezAir() as air, witness() as seen:
        await connected(air, seen, BenchUnit())
        reply = await seen.ask(UNIT, "Device1", "ConnectProfile")
        assert reply.error_name == "org.freedesktop.DBus.Error.UnknownMethod"
