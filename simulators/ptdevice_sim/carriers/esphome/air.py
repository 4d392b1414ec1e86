"""An ESPHome Bluetooth proxy on loopback, with units in its reach: `async with EsphomeAir() as air`.

It does what the firmware does (esphome/components/bluetooth_proxy/bluetooth_proxy.cpp): one subscriber to advertisements, which
come raw and in batches, and no link without one; so many slots and not one more. The messages are those of aioesphomeapi, whose
client is what talks to it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from ptdevice_sim.carriers.advertising_data import pack
from ptdevice_sim.carriers.esphome.session import FEATURES, Session
from ptdevice_sim.carriers.esphome.wire import Clear, Encrypted
from ptdevice_sim.host import Host

if TYPE_CHECKING:
    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Unit

ADVERTISE_S = 0.1
NAME = "proxy-simulated"


class EsphomeAir:
    """The proxy and its units. `key` is its API key, base64 of 32 octets; None: it does not encrypt."""

    def __init__(self, key: str | None = None, slots: int = 3) -> None:
        self.key, self.slots = key, slots
        self.hosts: dict[int, Host] = {}
        self.sessions: set[Session] = set()
        self.subscriber: Session | None = None  # the firmware serves one
        self.serves_another = False  # it has a subscriber already, were it one that is dead
        self.links: dict[int, Session] = {}  # by unit
        self.foreign: set[int] = set()  # addresses that take slots and are none of our units
        self.connections = 0  # of clients, so far
        self.port = 0
        self.features = FEATURES
        self._server: asyncio.Server | None = None
        self._saying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.on()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.off()
        for host in self.hosts.values():
            host.close()

    async def on(self) -> None:
        """Begin to listen, at the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        self._saying = asyncio.create_task(self._advertise(), name="simulated proxy: advertisements")

    async def off(self) -> None:
        """Off, as if unplugged: connections and links are gone without a word."""
        if self._server is None or self._saying is None:
            return
        self._saying.cancel()
        self._server.close()
        for session in list(self.sessions):
            session.cut()
        await asyncio.wait([self._saying])
        await self._server.wait_closed()
        await asyncio.gather(*(session.ended.wait() for session in self.sessions))
        self._server = self._saying = None

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host:
        """Put a unit into its reach."""
        address = int(unit.address.replace(":", ""), 16)
        host = self.hosts[address] = Host(unit, faults)
        host.attach(_Carried(self, address))
        return host

    def free(self) -> None:
        """Tell everybody who asked how many slots are free."""
        for session in self.sessions:
            session.tell_free()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        wire = Clear(reader, writer) if self.key is None else Encrypted(reader, writer, self.key, NAME)
        session = Session(self, wire, writer)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)

    async def _advertise(self) -> None:
        while True:
            said = {
                address: b"".join(pack(host.unit.advertising))
                for address, host in self.hosts.items()
                if host.is_visible and not host.is_connected
            }
            if self.subscriber is not None:
                self.subscriber.advertise(said)
            await asyncio.sleep(ADVERTISE_S)


class _Carried:
    """The host's view of this air."""

    def __init__(self, air: EsphomeAir, address: int) -> None:
        self._air, self._address = air, address

    def send(self, uuid: str, data: bytes) -> None:
        if session := self._air.links.get(self._address):
            session.arrived(self._address, uuid, data)

    def drop(self, reason: int) -> None:
        if session := self._air.links.get(self._address):
            session.dropped(self._address, reason)

    def advertise(self, visible: bool) -> None:  # noqa: FBT001 - a switch
        """Whoever advertises looks at `Host.is_visible`."""

    def readvertise(self) -> None:
        """Whoever advertises looks at what it says."""
