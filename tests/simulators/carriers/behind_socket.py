"""Virtual controllers as a dongle would be: on an air that a bleak central is on too, with HCI over TCP in between."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from bumble.transport.tcp_server import open_tcp_server_transport_with_socket

from ptdevice_sim.carriers.virtual_air import Station
from ptdevice_sim.carriers.virtual_radio import VirtualRadio

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@contextlib.asynccontextmanager
async def controllers(count: int = 1) -> AsyncIterator[tuple[VirtualRadio, list[Dongle]]]:
    """A central on the virtual radio, and that many controllers on the same air, each to be opened by its `spec`."""
    async with VirtualRadio() as radio, contextlib.AsyncExitStack() as stack:
        dongles = []
        for number in range(count):
            dongle = Dongle()
            await dongle.plug_in(radio, number)
            stack.push_async_callback(dongle.unplug)
            dongles.append(dongle)
        yield radio, dongles


class Dongle:
    """One controller behind a socket."""

    async def plug_in(self, radio: VirtualRadio, number: int) -> None:
        # With IPPROTO_TCP, or asyncio leaves Nagle's algorithm on, and every answer takes 40 ms.
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        server.bind(("127.0.0.1", 0))
        self.spec = f"tcp-client:127.0.0.1:{server.getsockname()[1]}"
        self._transport = await open_tcp_server_transport_with_socket(server)
        source, sink = self._transport.source, self._transport.sink
        self.controller = Station(f"dongle {number}", host_source=source, host_sink=sink, link=radio._air)

    async def unplug(self) -> None:
        """Out of the socket: the program that has it open sees the transport end."""
        self._transport.server.close()  # type: ignore[attr-defined] # bumble leaves its class inside a function
        if (open_ := self._transport.sink.transport) is not None:  # type: ignore[attr-defined]
            open_.close()
        self.controller.le_legacy_advertiser.stop()
