"""The controller that a kernel is lent, here to a host stack behind a socket. With a real kernel: `make test-bluez`."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from bumble.core import UUID
from bumble.device import Device, DeviceConfiguration, Peer
from bumble.hci import Address
from bumble.host import Host as HciHost
from bumble.transport.tcp_server import open_tcp_server_transport_with_socket
from tests.simulators.carriers.bench import WRITTEN, BenchUnit
from tests.simulators.carriers.waiting import until

from ptdevice_sim.carriers.kernel_radio import KernelRadio, KernelRadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bumble.device import Connection


@asynccontextmanager
async def lent() -> AsyncIterator[tuple[KernelRadio, Device]]:
    """A radio, and a host stack in the kernel's place."""
    # With IPPROTO_TCP, or asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    server.bind(("127.0.0.1", 0))
    transport = await open_tcp_server_transport_with_socket(server)
    host = HciHost(transport.source, transport.sink)
    kernel = Device(config=DeviceConfiguration(name="kernel", address=Address("F0:00:00:00:00:09")), host=host)
    try:
        async with KernelRadio(f"tcp-client:127.0.0.1:{server.getsockname()[1]}") as radio:
            await until(lambda: transport.sink.transport is not None)  # type: ignore[attr-defined] # a class inside a function
            await kernel.power_on()
            yield radio, kernel
    finally:
        transport.server.close()  # type: ignore[attr-defined] # the same
        if (open_ := transport.sink.transport) is not None:  # type: ignore[attr-defined] # the same
            open_.close()


async def linked(kernel: Device, unit: BenchUnit) -> Connection:
    return await kernel.connect_le(Address(unit.address, Address.RANDOM_DEVICE_ADDRESS), timeout=15)


async def test_a_host_stack_reads_a_unit_through_the_controller_it_was_lent() -> None:
    async with lent() as (radio, kernel):
        unit = BenchUnit()
        radio.publish(unit)
        peer = Peer(await linked(kernel, unit))
        await peer.discover_all()  # type: ignore[no-untyped-call] # bumble leaves it without types
        (written,) = peer.get_characteristics_by_uuid(UUID(WRITTEN))
        assert await written.read_value() == b"hello"


async def test_no_advertisement_is_as_strong_as_the_one_before() -> None:
    strengths: list[int] = []
    async with lent() as (radio, kernel):
        radio.publish(BenchUnit())
        kernel.on(Device.EVENT_ADVERTISEMENT, lambda advertisement: strengths.append(advertisement.rssi))
        await kernel.start_scanning(legacy=True, filter_duplicates=False)
        await until(lambda: len(strengths) >= 3)
    assert set(strengths) == {-50, -51}


async def test_when_the_adapter_is_pulled_a_linked_unit_knows_that_its_central_is_gone() -> None:
    async with lent() as (radio, kernel):
        unit = BenchUnit()
        host = radio.publish(unit)
        await linked(kernel, unit)
        await until(lambda: host.is_connected)
        await radio.unplug()
        await until(lambda: not unit.connected_now)


async def test_a_kernel_that_lends_nothing_is_told() -> None:
    with pytest.raises(KernelRadioError, match="vhci:/nowhere"):
        async with asyncio.timeout(15), KernelRadio("vhci:/nowhere"):
            pass
