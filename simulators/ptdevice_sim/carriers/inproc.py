"""In process: bleak's front door, and nothing behind it but the unit. For virtual time and for thousands of connections.

What this does not prove: D-Bus, ATT, MTU, timing. The other two carriers do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakDeviceNotFoundError, BleakError, BleakGATTProtocolError

from ptdevice_sim.host import Host
from ptdevice_sim.unit import AttError

if TYPE_CHECKING:
    from collections.abc import Callable

    from bleak.backends.device import BLEDevice

    from ptdevice_sim.faults import Faults
    from ptdevice_sim.unit import Unit

ADVERTISE_S = 0.1


class InProcessAir:
    """Where units are published: `async with InProcessAir() as air`. The two backend classes are what bleak accepts."""

    def __init__(self) -> None:
        self.hosts: dict[str, Host] = {}
        self.clients: dict[str, InProcessClient] = {}
        self.scanners: dict[InProcessScanner, None] = {}  # those that scan, in order
        self.scanner_backend = type("InProcessScanner", (InProcessScanner,), {"air": self})
        self.client_backend = type("InProcessClient", (InProcessClient,), {"air": self})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def publish(self, unit: Unit, faults: Faults | None = None) -> Host:
        """Put a unit on air."""
        host = Host(unit, faults)
        self.hosts[unit.address] = host
        host.attach(_Carried(self, unit.address))
        self.changed()
        return host

    def changed(self) -> None:
        """A unit began to advertise: whoever scans and saw nothing looks again."""
        for scanner in self.scanners:
            scanner.wake()

    def close(self) -> None:
        """Silence."""
        for host in self.hosts.values():
            host.close()


class _Carried:
    """The host's view of this air."""

    def __init__(self, air: InProcessAir, address: str) -> None:
        self._air, self._address = air, address

    def send(self, uuid: str, data: bytes) -> None:
        if client := self._air.clients.get(self._address):
            client.arrived(uuid, data)

    def drop(self, reason: int) -> None:  # noqa: ARG002 - nobody here looks at it
        if client := self._air.clients.get(self._address):
            client.dropped()

    def advertise(self, visible: bool) -> None:  # noqa: FBT001 - a switch
        """The scanner looks at `Host.is_visible`, when it looks."""
        if visible:
            self._air.changed()

    def readvertise(self) -> None:
        """The scanner looks at what it says, when it looks."""


class InProcessScanner(BaseBleakScanner):
    """Sees every visible unit that nobody is connected to, ten times a second; while there is none, it does not look."""

    air: ClassVar[InProcessAir]

    def __init__(
        self,
        detection_callback: Any,
        service_uuids: list[str] | None,
        scanning_mode: str,  # noqa: ARG002 - bleak's shape
        **kwargs: Any,  # noqa: ARG002 - bleak's shape
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._timer: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Start looking."""
        self.seen_devices = {}
        self.air.scanners[self] = None
        self._look()

    async def stop(self) -> None:
        """Stop looking."""
        self.air.scanners.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def wake(self) -> None:
        """Look again, at the next advertisement."""
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(ADVERTISE_S, self._look)

    def _look(self) -> None:
        self._timer = None
        for host in self.air.hosts.values():
            said = host.unit.advertising
            if not host.is_visible or host.is_connected or not self.is_allowed_uuid(list(said.service_uuids)):
                continue
            data = AdvertisementData(
                # BlueZ and every other stack cut a name at its first NUL.
                local_name=said.name.split(b"\0")[0].decode(),
                manufacturer_data=dict(said.manufacturer_data),
                service_data=dict(said.service_data),
                service_uuids=list(said.service_uuids),
                tx_power=said.tx_power,
                rssi=-50,
                platform_data=(),
            )
            address = host.unit.address
            device = self.create_or_update_device(address, address, data.local_name, host, data)
            self.call_detection_callbacks(device, data)
            self.wake()


class InProcessClient(BaseBleakClient):
    """Connects to a host directly."""

    air: ClassVar[InProcessAir]

    def __init__(self, address_or_ble_device: BLEDevice | str, **kwargs: Any) -> None:
        super().__init__(address_or_ble_device, **kwargs)
        self._host: Host | None = None
        self._callbacks: dict[str, Callable[[bytearray], None]] = {}

    @property
    def name(self) -> str:
        """The unit's name."""
        return self.air.hosts[self.address].unit.advertising.name.decode()

    @property
    def mtu_size(self) -> int:
        """The unit's own limit."""
        return self.air.hosts[self.address].unit.mtu

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        return self._host is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:  # noqa: ARG002, FBT001 - bleak's shape
        """Raises BleakError where the faults say so."""
        host = self.air.hosts.get(self.address)
        if host is None or not host.is_visible:
            raise BleakDeviceNotFoundError(self.address, "not on air")
        await asyncio.sleep(0)
        if host.is_connected or host.faults.refuses_connect():
            raise BleakError("le-connection-abort-by-local")
        if host.faults.loses_discovery():
            raise BleakError("failed to discover services, device disconnected")
        self._host = host
        self.air.clients[self.address] = self
        self.services = _collection(host)
        host.on_connected()

    async def disconnect(self) -> None:
        """End the link from this side."""
        self.dropped()

    def dropped(self) -> None:
        """The link is gone, whoever ended it."""
        host, self._host = self._host, None
        if host is None:
            return
        self.air.clients.pop(self.address, None)
        self._callbacks.clear()
        host.on_disconnected()
        self.air.changed()
        self.services = None
        if self._disconnected_callback is not None:
            self._disconnected_callback()

    def arrived(self, uuid: str, data: bytes) -> None:
        """A value from the unit."""
        if callback := self._callbacks.get(uuid):
            callback(bytearray(data))

    async def pair(self, *args: Any, **kwargs: Any) -> None:
        """No unit here pairs."""
        raise NotImplementedError

    async def unpair(self) -> None:
        """No unit here pairs."""
        raise NotImplementedError

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **kwargs: Any) -> bytearray:  # noqa: ARG002 - bleak's shape
        """Raises BleakGATTProtocolError for an ATT error."""
        try:
            return bytearray(self._linked().on_read(characteristic.uuid))
        except AttError as error:
            raise _protocol(error) from error

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: FBT001 - bleak's shape
        """Raises BleakGATTProtocolError for an ATT error."""
        host = self._linked()
        if host.faults.mute_writes and response:
            await asyncio.Event().wait()
        try:
            host.on_write(characteristic.uuid, bytes(data))
        except AttError as error:
            if response:
                raise _protocol(error) from error

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: Callable[[bytearray], None],
        **kwargs: Any,  # noqa: ARG002 - bleak's shape
    ) -> None:
        """Subscribe."""
        self._callbacks[characteristic.uuid] = callback
        self._linked().on_subscribe(characteristic.uuid, True)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe."""
        self._callbacks.pop(characteristic.uuid, None)
        self._linked().on_subscribe(characteristic.uuid, False)

    async def read_gatt_descriptor(self, *args: Any, **kwargs: Any) -> bytearray:
        """No unit here has descriptors worth reading."""
        raise NotImplementedError

    async def write_gatt_descriptor(self, *args: Any, **kwargs: Any) -> None:
        """No unit here has descriptors worth writing."""
        raise NotImplementedError

    def _linked(self) -> Host:
        if self._host is None:
            raise BleakError("Not connected")
        return self._host


def _collection(host: Host) -> BleakGATTServiceCollection:
    """The GATT table as bleak wants it; handles are counted up from 1."""
    collection = BleakGATTServiceCollection()
    handle = 1
    for service in host.services:
        entry = BleakGATTService(service, handle, str(UUID(service.uuid)))
        collection.add_service(entry)
        handle += 1
        for characteristic in service.characteristics:
            collection.add_characteristic(
                BleakGATTCharacteristic(
                    characteristic,
                    handle,
                    characteristic.uuid,
                    sorted(characteristic.properties),  # type: ignore[arg-type] # bleak lists the property names as literals
                    lambda: host.unit.mtu - 3,
                    entry,
                )
            )
            handle += 2
    return collection


def _protocol(error: AttError) -> BleakGATTProtocolError:
    return BleakGATTProtocolError(error.code)
