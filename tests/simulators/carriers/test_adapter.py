"""A unit on a controller of its own: here a virtual one behind a socket, with HCI packets in between as with a dongle."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from bleak import BleakClient, BleakScanner
from tests.simulators.carriers.behind_socket import controllers
from tests.simulators.carriers.bench import INDICATED, NOTIFIED, WRITTEN, BenchUnit
from tests.simulators.carriers.observing import LyingStill, observed, radio_on
from tests.simulators.carriers.waiting import until

from ptdevice.link import SIMULATED_SERVICE
from ptdevice.model import HeartRate, MotionSamples, StimulationStatus
from ptdevice_sim.carriers.adapter import AdapterError, serve
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bleak.backends.device import BLEDevice

    from ptdevice_sim.carriers.virtual_radio import VirtualRadio
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit


@contextlib.asynccontextmanager
async def served(unit: Unit, spec: str) -> AsyncIterator[tuple[Host, asyncio.Task[None]]]:
    """The unit on this controller, once it advertises."""
    hosts: list[Host] = []
    serving = asyncio.create_task(serve(unit, spec, hosts.append))
    try:
        await until(lambda: hosts or serving.done())
        if serving.done():
            serving.result()
        yield hosts[0], serving
    finally:
        serving.cancel()
        await asyncio.wait({serving})


async def found(radio: VirtualRadio, address: str) -> BLEDevice:
    scanner: type[Any] = radio.scanner_backend
    async with asyncio.timeout(10):
        device = await BleakScanner.find_device_by_address(address, backend=scanner)
    assert device is not None
    return device


def linked(radio: VirtualRadio, unit: Unit) -> BleakClient:
    return BleakClient(unit.address, backend=radio.client_backend)


async def lost(client: BleakClient) -> None:
    await until(lambda: not client.is_connected)


async def test_a_central_sees_the_unit_its_name_and_the_mark_of_simulation() -> None:
    unit = BenchUnit()
    async with controllers() as (radio, (dongle,)), served(unit, dongle.spec) as (host, _):
        device = await found(radio, unit.address)
        assert device.name == "BENCH"
        async with BleakClient(device, backend=radio.client_backend) as client:
            uuids = [service.uuid for service in client.services]
            assert SIMULATED_SERVICE in uuids
            assert {service.uuid for service in unit.services} < set(uuids)
            await until(lambda: host.is_connected)
        await until(lambda: not host.is_connected)


async def test_values_pass_in_both_directions() -> None:
    unit = BenchUnit()
    async with (
        controllers() as (radio, (dongle,)),
        served(unit, dongle.spec) as (host, _),
        linked(radio, unit) as client,
    ):
        heard: list[bytes] = []
        await client.start_notify(NOTIFIED, lambda _, value: heard.append(bytes(value)))
        await client.start_notify(INDICATED, lambda _, value: heard.append(bytes(value)))
        unit.say(b"one", b"two")
        unit.say(b"three", uuid=INDICATED)
        host.poke()
        await until(lambda: len(heard) == 3)
        assert heard == [b"one", b"two", b"three"]
        await client.write_gatt_char(WRITTEN, b"written", response=True)
        assert host.writes == [(WRITTEN, b"written")]
        assert await client.read_gatt_char(WRITTEN) == b"written"


async def test_a_unit_that_ends_its_link_advertises_again() -> None:
    unit = BenchUnit()
    async with controllers() as (radio, (dongle,)), served(unit, dongle.spec) as (host, _):
        for connects in (1, 2):
            async with linked(radio, unit) as client:
                assert unit.connects == connects
                unit.leave()
                host.poke()
                await lost(client)


async def test_a_unit_out_of_reach_is_neither_linked_nor_seen_until_it_is_back() -> None:
    unit = BenchUnit()
    async with controllers() as (radio, (dongle,)), served(unit, dongle.spec) as (host, _):
        async with linked(radio, unit) as client:
            host.vanish()
            await lost(client)
        await until(lambda: not host.is_connected)
        scanner: type[Any] = radio.scanner_backend
        assert await BleakScanner.find_device_by_address(unit.address, timeout=0.5, backend=scanner) is None
        host.appear()
        assert (await found(radio, unit.address)).address == unit.address


async def test_two_units_on_two_controllers_speak_to_the_gateway_s_own_connections() -> None:
    units: tuple[Unit, ...] = (BeurerEm70(), PolarSensor(LyingStill()))
    async with controllers(2) as (radio, dongles), contextlib.AsyncExitStack() as stack:
        for unit, dongle in zip(units, dongles, strict=True):
            await stack.enter_async_context(served(unit, dongle.spec))
        gateway = await stack.enter_async_context(radio_on(radio))
        back = await stack.enter_async_context(observed(gateway, "beurer_em70", units[0]))
        chest = await stack.enter_async_context(observed(gateway, "polar", units[1]))
        await until(lambda: back.of(StimulationStatus) and chest.of(MotionSamples) and chest.of(HeartRate))


async def test_when_it_ends_the_unit_is_not_seen_any_more() -> None:
    unit = BenchUnit()
    async with controllers() as (radio, (dongle,)):
        async with served(unit, dongle.spec):
            await found(radio, unit.address)
        scanner: type[Any] = radio.scanner_backend
        assert await BleakScanner.find_device_by_address(unit.address, timeout=0.5, backend=scanner) is None


async def test_a_controller_that_is_unplugged_is_told() -> None:
    async with controllers() as (_, (dongle,)), served(BenchUnit(), dongle.spec) as (_, serving):
        await dongle.unplug()
        with pytest.raises(AdapterError, match="is gone: unplugged"):
            await serving


async def test_a_socket_without_a_controller_behind_it_is_told() -> None:
    gone = asyncio.Event()

    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        gone.set()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(AdapterError, match=r"did not answer in 0\.3 s: is a controller behind it"):
            await serve(BenchUnit(), f"tcp-client:127.0.0.1:{port}", list[Any]().append, power_on_s=0.3)
        await gone.wait()


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("nonsense:0", "unknown transport scheme"),
        ("serial:/dev/no-such-line", "No such file or directory"),
        ("tcp-client:127.0.0.1:1", "Connect call failed"),
        ("tcp-client:nowhere", "cannot be opened"),
        ("", "cannot be opened"),
    ],
)
async def test_an_adapter_that_cannot_be_opened_is_told_with_the_reason_and_the_document(spec: str, why: str) -> None:
    with pytest.raises(AdapterError) as caught:
        await serve(BenchUnit(), spec, list[Any]().append)
    assert repr(spec) in str(caught.value)
    assert why in str(caught.value)
    assert "docs/over-the-air.md" in str(caught.value)
