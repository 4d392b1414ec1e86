"""A unit that only advertises, as a link: what it says of itself arrives as packets, and nothing can be said to it.

A port of such a unit is service data; its UUID is that of the data. The link is open once the unit was heard, and stays open
however long it rests; it is lost when nothing can be heard any more because scanning is impossible.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from ptdevice.errors import LinkError
from ptdevice.link import SIMULATED_SERVICE, Packet

if TYPE_CHECKING:
    from ptdevice.devices.device import Advertisement, Profile
    from ptdevice.link import Write

QUEUE = 64  # advertisements that wait to be taken: each is repeated, and they come a few times a second


class OverheardLink:
    """The `ptdevice.link.Link` of one unit that advertises. `open` is set, or fails, once it is known whose it is."""

    def __init__(self, profile: Profile) -> None:
        self.simulated = False
        self._loop = asyncio.get_running_loop()
        self.open: asyncio.Future[None] = self._loop.create_future()
        self._ports = {port.uuid: port.name for port in profile.ports}
        self._packets: deque[Packet] = deque(maxlen=QUEUE)
        self._wake = asyncio.Event()
        self._lost: LinkError | None = None
        self._dropped = 0

    def hear(self, said: Advertisement) -> None:
        """The unit advertised."""
        at = self._loop.time()
        for uuid, data in said.service_data.items():
            if uuid in self._ports:
                self._dropped += len(self._packets) == QUEUE
                self._packets.append(Packet(at, self._ports[uuid], bytes(data)))
                self._wake.set()
        if not self.open.done():
            self.simulated = SIMULATED_SERVICE in said.service_uuids
            self.open.set_result(None)

    async def receive(self) -> Packet:
        """The next packet. Raises LinkError once all are taken and nothing more can come."""
        while not self._packets:
            if self._lost is not None:
                raise self._lost
            self._wake.clear()
            await self._wake.wait()
        return self._packets.popleft()

    async def write(self, write: Write) -> None:
        """Always raises LinkError."""
        raise LinkError(f"nothing can be written to {write.port}: the unit only advertises", "broadcast")

    async def read(self, port: str) -> None:
        """Always raises LinkError."""
        raise LinkError(f"{port} cannot be read: the unit only advertises", "broadcast")

    def dropped(self) -> int:
        """Packets dropped so far."""
        return self._dropped

    def lose(self, error: LinkError) -> None:
        """Nothing can be heard any more."""
        self._lost = error
        self._wake.set()
        if not self.open.done():
            self.open.set_exception(error)


class Ear:
    """One of several adapters that may hear it. The link is lost when the last of them can hear nothing any more."""

    def __init__(self, link: OverheardLink, hearing: set[Ear]) -> None:
        self._link, self._hearing = link, hearing
        hearing.add(self)

    def hear(self, said: Advertisement) -> None:
        """The unit advertised; what two hear is said twice, as if the unit had repeated it, and every unit does."""
        self._hearing.add(self)
        self._link.hear(said)

    def lose(self, error: LinkError) -> None:
        """Scanning is impossible here, for now."""
        self._hearing.discard(self)
        if not self._hearing:
            self._link.lose(error)
