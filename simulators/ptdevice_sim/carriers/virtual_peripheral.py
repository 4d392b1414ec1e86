"""One unit on bumble's stack: its GATT table in bumble's server, its advertising, and what its host says and hears.

Below the stack is a `Sky`: the link in memory of the virtual radio (`virtual_air.Air`) or a controller (`adapter.Adapter`).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Protocol

from bumble import att
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address

from ptdevice_sim.carriers.advertising_data import pack
from ptdevice_sim.host import CONNECTION_TIMEOUT, Host
from ptdevice_sim.unit import AttError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bumble.gatt_server import Server

    from ptdevice_sim import unit as table
    from ptdevice_sim.faults import Faults

READ_NOT_PERMITTED, WRITE_NOT_PERMITTED = 0x02, 0x03  # ATT errors, Core spec Vol 3 Part F 3.4.1.1
ESTABLISHMENT_FAILED = 0x3E  # HCI: connection failed to be established
OUTBOX = 1024  # values that wait for the air: minutes of what any unit here says. A full one loses the newest, counted
WRITABLE = frozenset({"write", "write-without-response"})


class _News:
    """The unit advertises something else."""


class Sky(Protocol):
    """What is below a unit's host stack. A unit is told from others by its address."""

    def stack(self, configuration: DeviceConfiguration) -> Device:
        """A host stack on a controller; name, address and advertising are in the configuration."""
        ...

    def cut(self, address: str, reason: int) -> None:
        """Break this unit's link, if it has one."""
        ...

    def reach(self, address: str, *, within: bool) -> None:
        """Move the unit into reach, or out of it."""
        ...

    async def silence(self, address: str) -> None:
        """No more advertising, and no link."""
        ...


class Peripheral:
    """A unit's radio: `run` it until `leave`, then `close` it. Raises ValueError for advertising data that does not fit."""

    def __init__(self, air: Sky, unit: table.Unit, faults: Faults | None = None) -> None:
        self.host = Host(unit, faults)
        self.overflowed = 0
        self.on_air = asyncio.Event()  # it has begun to advertise
        self._air, self._address = air, unit.address
        said = unit.advertising
        configuration = DeviceConfiguration()
        configuration.advertising_data, configuration.scan_response_data = pack(said)
        configuration.advertising_interval_min = configuration.advertising_interval_max = said.interval_ms
        configuration.name, configuration.address = (
            said.name.split(b"\0")[0].decode(errors="replace"),
            Address(unit.address),
        )
        self._device = air.stack(configuration)
        self._device.gatt_server.max_mtu = unit.mtu
        self._values: dict[str, Characteristic[bytes]] = {}
        self._device.add_services([self._service(service) for service in self.host.services])
        self._device.on(Device.EVENT_CONNECTION, self._connected)
        self._connection: Connection | None = None
        self._gone = asyncio.Event()
        self._leaving = False
        # What to say, a reason to end the link, something new to advertise, or None: the link is gone.
        self._outbox: asyncio.Queue[tuple[str, bytes] | int | _News | None] = asyncio.Queue(OUTBOX)
        self.host.attach(self)

    async def run(self) -> None:
        """Advertise, and say what the unit wants to say, one thing after the other."""
        await self._device.power_on()
        await self._device.start_advertising()
        self.on_air.set()
        while not self._leaving:
            match await self._outbox.get():
                case (uuid, data):
                    await self._say(uuid, data)
                case int(reason) if self._connection is not None:
                    await self._connection.disconnect(reason)
                case _News() if self._connection is None:
                    await self._device.stop_advertising()
                    await self._device.start_advertising()
                case None if not self._leaving:
                    await self._device.start_advertising()

    def leave(self) -> None:
        """End the link and `run`."""
        self.host.close()
        self._leaving = True
        self._air.cut(self._address, CONNECTION_TIMEOUT)
        self._clear()

    async def close(self) -> None:
        """Off, after `run` has ended."""
        await self._air.silence(self._address)
        await self._device.power_off()

    # --- what the host wants (ptdevice_sim.host.Carrier) ---

    def send(self, uuid: str, data: bytes) -> None:
        """Say it when everything before it is said."""
        try:
            self._outbox.put_nowait((uuid, data))
        except asyncio.QueueFull:
            self.overflowed += 1

    def drop(self, reason: int) -> None:
        """A link that breaks breaks now; one that the unit ends is ended after what it said before."""
        if reason == CONNECTION_TIMEOUT or self._outbox.full():
            self._air.cut(self._address, reason)
        else:
            self._outbox.put_nowait(reason)

    def advertise(self, visible: bool) -> None:  # noqa: FBT001 - a switch
        """In or out of reach."""
        self._air.reach(self._address, within=visible)

    def readvertise(self) -> None:
        """Said anew, after what is to be said before."""
        self._device.advertising_data, self._device.scan_response_data = pack(self.host.unit.advertising)
        if not self._outbox.full():
            self._outbox.put_nowait(_News())

    # --- what the central does ---

    def _connected(self, connection: Connection) -> None:
        faults = self.host.faults
        self._connection, self._gone = connection, asyncio.Event()
        connection.on(Connection.EVENT_DISCONNECTION, self._disconnected)
        if faults.refuses_connect():
            self._air.cut(self._address, ESTABLISHMENT_FAILED)
            return
        leaves = faults.loses_discovery()
        leave = partial(self._air.cut, self._address, CONNECTION_TIMEOUT) if leaves else None
        connection.gatt_server = _Porter(self._device.gatt_server, faults, leave)  # type: ignore[assignment] # one verb of it
        if not leaves:
            self.host.on_connected()

    def _disconnected(self, _reason: int) -> None:
        self._connection = None
        self._gone.set()
        self._clear()
        self.host.on_disconnected()

    def _clear(self) -> None:
        """What was to be said to the old link is not said to the next."""
        while not self._outbox.empty():
            self._outbox.get_nowait()
        self._outbox.put_nowait(None)

    def _service(self, service: table.Service) -> Service:
        characteristics = [self._characteristic(characteristic) for characteristic in service.characteristics]
        return Service(service.uuid, characteristics)

    def _characteristic(self, characteristic: table.Characteristic) -> Characteristic[bytes]:
        uuid, names = characteristic.uuid, characteristic.properties
        properties = Characteristic.Properties(0)
        for name in names:
            properties |= Characteristic.Properties[name.upper().replace("-", "_")]
        value = CharacteristicValue(
            read=partial(self._read, uuid, "read" in names), write=partial(self._write, uuid, bool(names & WRITABLE))
        )
        permissions = att.Attribute.Permissions.READABLE | att.Attribute.Permissions.WRITEABLE
        made = self._values[uuid] = Characteristic(uuid, properties, permissions, value)
        made.on(Characteristic.EVENT_SUBSCRIPTION, partial(self._subscribed, uuid))
        return made

    def _read(self, uuid: str, allowed: bool, _connection: Connection) -> bytes:  # noqa: FBT001 - bound once
        if not allowed:
            raise att.ATT_Error(READ_NOT_PERMITTED)
        try:
            return self.host.on_read(uuid)
        except AttError as error:
            raise att.ATT_Error(error.code) from error

    def _write(self, uuid: str, allowed: bool, _connection: Connection, data: bytes) -> None:  # noqa: FBT001 - bound once
        if not allowed:
            raise att.ATT_Error(WRITE_NOT_PERMITTED)
        try:
            self.host.on_write(uuid, data)
        except AttError as error:
            raise att.ATT_Error(error.code) from error

    def _subscribed(self, uuid: str, _connection: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - the CCCD
        self.host.on_subscribe(uuid, notify or indicate)

    async def _say(self, uuid: str, data: bytes) -> None:
        connection, value, server = self._connection, self._values[uuid], self._device.gatt_server
        if connection is None:
            return
        if value.properties & Characteristic.Properties.NOTIFY:
            await server.notify_subscriber(connection, value, data)
            return
        # The next value waits until this one is confirmed; nobody confirms on a link that is lost meanwhile.
        async with asyncio.TaskGroup() as tasks:
            saying = tasks.create_task(server.indicate_subscriber(connection, value, data))
            leaving = tasks.create_task(self._gone.wait())
            await asyncio.wait({saying, leaving}, return_when=asyncio.FIRST_COMPLETED)
            saying.cancel()
            leaving.cancel()


class _Porter:
    """In front of bumble's server: the faults that happen to requests."""

    def __init__(self, server: Server, faults: Faults, leave: Callable[[], None] | None) -> None:
        self._server, self._faults, self._leave = server, faults, leave

    def on_gatt_pdu(self, bearer: att.Bearer, pdu: att.ATT_PDU) -> None:
        """Let a request in, lose it, or lose the link."""
        if self._leave is not None and not isinstance(pdu, att.ATT_Exchange_MTU_Request):
            self._leave()
        elif not (self._faults.mute_writes and self._is_write(pdu)):
            self._server.on_gatt_pdu(bearer, pdu)

    def _is_write(self, pdu: att.ATT_PDU) -> bool:
        """A Write Request to a value; those to a CCCD are subscriptions."""
        return isinstance(pdu, att.ATT_Write_Request) and isinstance(
            self._server.get_attribute(pdu.attribute_handle), Characteristic
        )
