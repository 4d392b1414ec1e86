"""An open link on bleak: notifications into a bounded queue, reads and writes under deadlines, one loss that ends it all.

What happens when the queue is full: a sensor's oldest packet is dropped and counted; a stimulator's is never dropped, for then
the state of the body is unknown, and the link ends with the code `overrun`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bleak.exc import BleakError, BleakGATTProtocolError

from ptdevice.ble import reasons
from ptdevice.ble.doubts import Evidence
from ptdevice.devices.device import Kind
from ptdevice.errors import LinkError, LinkLostError
from ptdevice.link import SIMULATED_SERVICE, Packet
from ptdevice.tape.words import Characteristic, Direction, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

    from bleak import BleakClient
    from bleak.backends.characteristic import BleakGATTCharacteristic

    from ptdevice.devices.device import Profile
    from ptdevice.link import Write
    from ptdevice.tape.recorder import Tap

T = TypeVar("T")

QUEUE = 1024  # packets: 10 s of the fastest sensor known here, one notification per sample at 100 Hz
ECHO_S = 1.0  # how long a read value's announcement may lag behind the answer to the read
GATT_S = 5.0  # bleak has no deadline on GATT operations; the longest honest answer is a connection interval or two away

# What bleak lets out of a GATT operation whose link is dying: EOFError when its D-Bus connection closes, BrokenPipe likewise.
GATT_ERRORS = (BleakError, EOFError, OSError, TimeoutError)


class BleLink:
    """The `ptdevice.link.Link` of one connected BleakClient. A `tap` sees what passes."""

    def __init__(
        self, client: BleakClient, profile: Profile, tap: Tap | None = None, evidence: Evidence | None = None
    ) -> None:
        self.simulated = any(service.uuid == SIMULATED_SERVICE for service in client.services)
        self.address = client.address
        self._tap: Tap | None = None  # until it is opened
        self._evidence = evidence or Evidence()
        self._client, self._profile = client, profile
        self._loop = asyncio.get_running_loop()
        self._packets: deque[Packet] = deque()
        self._wake = asyncio.Event()
        self._lost: LinkError | None = None
        self._dropped = 0
        self._lossless = Kind.STIMULATOR in profile.kinds
        self._reading: dict[str, list[bytes]] = {}
        self._echoes: dict[str, tuple[bytes, float]] = {}  # port → value read, until when its announcement is expected
        self._deadlines: set[asyncio.Timeout] = set()  # of operations in flight: a stop does not wait for a read
        self._ports = self._resolve()
        if tap is not None:
            tap.opened(self._loop.time(), client.address, _name(client), _table(client))
            self._tap = tap

    def _resolve(self) -> dict[str, BleakGATTCharacteristic]:
        by_uuid: dict[str, BleakGATTCharacteristic] = {}
        for service in self._client.services:
            for characteristic in service.characteristics:
                by_uuid.setdefault(
                    characteristic.uuid, characteristic
                )  # some units have a service twice: the first counts
        missing = [port.name for port in self._profile.ports if port.required and port.uuid not in by_uuid]
        if missing:
            text = f"not a {self._profile.title}: it lacks {', '.join(missing)}"
            raise LinkError(text, "missing_port")
        return {port.name: by_uuid[port.uuid] for port in self._profile.ports if port.uuid in by_uuid}

    async def prepare(self) -> None:
        """Subscribe in the order of the profile's ports, then read what is to be read once. Raises LinkError."""
        present = [port for port in self._profile.ports if port.name in self._ports]
        for port in present:
            if port.subscribe:
                arrived = partial(self._arrived, port.name)
                characteristic = self._ports[port.name]
                self._passed(self._loop.time(), Direction.SUBSCRIBE, characteristic)
                operation = partial(self._client.start_notify, characteristic, arrived)
                await self._gatt(f"subscribing to {port.name}", characteristic, operation)
        for port in present:
            if port.read:
                await self.read(port.name)

    async def receive(self) -> Packet:
        """The next packet. Raises LinkLostError, or LinkError `overrun`, once all are taken."""
        while not self._packets:
            if self._lost is not None:
                raise self._lost
            self._wake.clear()
            await self._wake.wait()
        return self._packets.popleft()

    async def write(self, write: Write) -> None:
        """Write once. Raises LinkError."""
        characteristic = self._ports[write.port]
        operation = partial(self._client.write_gatt_char, characteristic, write.data, response=write.acked)
        way = Direction.WRITE if write.acked else Direction.WRITE_WITHOUT_RESPONSE
        self._passed(self._loop.time(), way, characteristic, write.data)
        await self._gatt(f"writing to {write.port}", characteristic, operation)

    async def read(self, port: str) -> None:
        """Read a port; the value arrives as a packet, once.

        BlueZ announces a read value as a property change, which reaches subscribers like a notification, and on another D-Bus
        connection than the answer: before it, or after it. Such a value is not delivered twice. Raises LinkError.
        """
        characteristic, announced = self._ports[port], list[bytes]()
        self._reading[port] = announced
        value: bytes | None = None
        try:
            operation = partial(self._client.read_gatt_char, characteristic)
            value = bytes(await self._gatt(f"reading {port}", characteristic, operation))
        finally:
            del self._reading[port]
            at, unannounced = self._loop.time(), value not in announced
            if value is not None and not unannounced:
                announced.remove(value)  # the answer to the read; the others were notifications
            for notified in announced:
                self._passed(at, _way(characteristic), characteristic, notified)
        self._passed(at, Direction.READ, characteristic, value)
        if unannounced:
            self._echoes[port] = (value, at + ECHO_S)
            self._put(Packet(at, port, value))

    def dropped(self) -> int:
        """Packets dropped so far."""
        return self._dropped

    def lose(self, error: LinkError) -> None:
        """The link is gone. What arrived may still be received; an operation in flight ends now."""
        if self._lost is None:
            self._lost = error
            self._wake.set()
            for deadline in self._deadlines:
                if not deadline.expired():  # one that has passed, and whose operation still clears up
                    deadline.reschedule(self._loop.time())
        self.close()

    def close(self) -> None:
        """Nothing passes any more."""
        tap, self._tap = self._tap, None
        if tap is not None:
            tap.closed(self._loop.time())

    def _arrived(self, port: str, characteristic: BleakGATTCharacteristic, data: bytearray) -> None:
        # Called inside the D-Bus reader, once per value: take the time, copy, put away. Nothing else.
        at, value = self._loop.time(), bytes(data)
        self._evidence.heard_at = at
        if self._reading and port in self._reading:
            self._reading[port].append(value)
        elif self._echoes and self._is_echo(port, value):
            return
        else:
            self._passed(at, _way(characteristic), characteristic, value)
        self._put(Packet(at, port, value))

    def _is_echo(self, port: str, value: bytes) -> bool:
        expected, until = self._echoes.get(port, (None, 0.0))
        if value != expected:
            return False
        del self._echoes[port]
        return self._loop.time() <= until

    def _put(self, packet: Packet) -> None:
        if self._lost is not None:
            return
        if len(self._packets) >= QUEUE:
            if self._lossless:
                text = f"{len(self._packets)} packets of a stimulator wait unread; what it does is unknown"
                self.lose(LinkError(text, "overrun"))
                return
            self._packets.popleft()
            self._dropped += 1
        self._packets.append(packet)
        self._wake.set()

    def _passed(
        self, at: float, direction: Direction, characteristic: BleakGATTCharacteristic, data: bytes = b""
    ) -> None:
        if self._tap is not None:
            self._tap.passed(at, direction, characteristic.uuid, data)

    async def _gatt(
        self, what: str, characteristic: BleakGATTCharacteristic, operation: Callable[[], Coroutine[Any, Any, T]]
    ) -> T:
        if self._lost is not None:
            raise self._lost
        deadline = asyncio.timeout(GATT_S)
        try:
            async with deadline:
                self._deadlines.add(deadline)
                return await operation()
        except GATT_ERRORS as error:
            if isinstance(error, BleakGATTProtocolError):
                code = bytes((error.args[0] & 0xFF,))
                self._passed(self._loop.time(), Direction.ERROR, characteristic, code)
            if self._lost is not None:
                raise self._lost from error
            if isinstance(error, TimeoutError):
                self._evidence.mute(self._loop.time())
            if not self._client.is_connected:
                raise LinkLostError(f"the link was lost while {what}") from error
            raise LinkError(f"{what} failed: {str(error) or type(error).__name__}", reasons.of_gatt(error)) from error
        finally:
            self._deadlines.discard(deadline)


def _way(characteristic: BleakGATTCharacteristic) -> Direction:
    """Every stack asks for notifications where there are any."""
    return Direction.NOTIFY if "notify" in characteristic.properties else Direction.INDICATE


def _name(client: BleakClient) -> str | None:
    """The unit's name; where it has none, bleak gives its address."""
    name = client.name
    return None if name.replace("-", ":").upper() == client.address.upper() else name


def _table(client: BleakClient) -> tuple[Service, ...]:
    return tuple(
        Service(
            service.uuid,
            tuple(Characteristic(found.uuid, frozenset(found.properties)) for found in service.characteristics),
        )
        for service in client.services
    )
