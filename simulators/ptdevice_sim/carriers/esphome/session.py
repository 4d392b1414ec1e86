"""One client's connection to the simulated proxy: its subscriptions, and the links to units that it asked for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from ptdevice_sim.carriers.esphome.messages import BY_TYPE, TYPES, messages
from ptdevice_sim.carriers.esphome.table import Table
from ptdevice_sim.host import CONNECTION_TIMEOUT
from ptdevice_sim.unit import AttError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice_sim.carriers.esphome.air import EsphomeAir
    from ptdevice_sim.carriers.esphome.wire import Wire

# Passive scan, active connections, remote caching, raw advertisements, scanner state (bluetooth_proxy.h).
FEATURES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5 | 1 << 6
RANDOM = 1
RSSI = -50
FAILED_TO_ESTABLISH = 0x3E  # HCI error, as the firmware passes it on
CONNECT = (
    messages.BLUETOOTH_DEVICE_REQUEST_TYPE_CONNECT_V3_WITH_CACHE,
    messages.BLUETOOTH_DEVICE_REQUEST_TYPE_CONNECT_V3_WITHOUT_CACHE,
)


class Session:
    """Of one client."""

    def __init__(self, air: EsphomeAir, wire: Wire, writer: asyncio.StreamWriter) -> None:
        self._air, self._wire, self._writer = air, wire, writer
        self._counts = False
        self.ended = asyncio.Event()
        self._tables: dict[int, Table] = {}  # of the units it has links to
        self._leaving: set[int] = set()  # units whose link is lost as soon as their services are asked for
        self._on = {
            "HelloRequest": self._hello,
            "AuthenticationRequest": lambda _: self._send(messages.AuthenticationResponse()),
            "PingRequest": lambda _: self._send(messages.PingResponse()),
            "DeviceInfoRequest": self._device_info,
            "SubscribeBluetoothLEAdvertisementsRequest": self._scan,
            "UnsubscribeBluetoothLEAdvertisementsRequest": self._stop_scan,
            "SubscribeBluetoothConnectionsFreeRequest": self._count,
            "BluetoothDeviceRequest": self._link,
            "BluetoothGATTGetServicesRequest": self._services,
            "BluetoothGATTReadRequest": self._read,
            "BluetoothGATTWriteRequest": self._write,
            "BluetoothGATTWriteDescriptorRequest": self._subscribe,
            "BluetoothGATTNotifyRequest": self._notify,
        }

    async def run(self) -> None:
        """Until the client leaves, or is cut off. Its links end with it."""
        try:
            with contextlib.suppress(EOFError, OSError):
                await self._wire.begin()
                while not self._writer.is_closing():
                    kind, octets = await self._wire.receive()
                    message = BY_TYPE[kind].FromString(octets)
                    if isinstance(message, messages.DisconnectRequest):
                        self._send(messages.DisconnectResponse())
                        break
                    if handler := self._on.get(type(message).__name__):
                        handler(message)
        finally:
            self._stop_scan(messages.UnsubscribeBluetoothLEAdvertisementsRequest())
            self._air.free()
            self.ended.set()
            with contextlib.suppress(OSError):
                self._writer.close()
                await self._writer.wait_closed()

    def cut(self) -> None:
        """End it without a word."""
        self._writer.transport.abort()

    # --- what the air tells ---

    def advertise(self, said: Mapping[int, bytes]) -> None:
        """What was heard."""
        if said:
            batch = messages.BluetoothLERawAdvertisementsResponse()
            for address, data in said.items():
                batch.advertisements.add(address=address, rssi=RSSI, address_type=RANDOM, data=data)
            self._send(batch)

    def tell_free(self) -> None:
        """How many slots are free, to whoever asked."""
        if self._counts:
            taken = [*self._air.links, *self._air.foreign]
            free = self._air.slots - len(taken)
            self._send(messages.BluetoothConnectionsFreeResponse(free=free, limit=self._air.slots, allocated=taken))

    def arrived(self, address: int, uuid: str, data: bytes) -> None:
        """A value from a unit."""
        handle = self._tables[address].handle(uuid)
        self._send(messages.BluetoothGATTNotifyDataResponse(address=address, handle=handle, data=data))

    def dropped(self, address: int, reason: int) -> None:
        """A link was lost."""
        self._unlink(address)
        self._send(messages.BluetoothDeviceConnectionResponse(address=address, connected=False, error=reason))
        self._air.free()

    # --- what the client asks ---

    def _hello(self, _: Any) -> None:
        self._send(messages.HelloResponse(api_version_major=1, api_version_minor=12, name="proxy-simulated"))

    def _device_info(self, _: Any) -> None:
        self._send(
            messages.DeviceInfoResponse(
                name="proxy-simulated",
                mac_address="02:00:00:00:00:01",
                bluetooth_mac_address="02:00:00:00:00:02",
                esphome_version="2025.11.0",
                bluetooth_proxy_feature_flags=self._air.features,
            )
        )

    def _scan(self, _: Any) -> None:
        if self._air.serves_another or self._air.subscriber not in {None, self}:
            return  # without a word
        self._air.subscriber = self
        if self._air.features & 1 << 6:
            self._send(messages.BluetoothScannerStateResponse(state=messages.BLUETOOTH_SCANNER_STATE_RUNNING))

    def _stop_scan(self, _: Any) -> None:
        if self._air.subscriber is self:
            self._air.subscriber = None
            for address in list(self._tables):
                self._unlink(address)

    def _count(self, _: Any) -> None:
        self._counts = True
        self.tell_free()

    def _link(self, asked: Any) -> None:
        if asked.request_type in CONNECT:
            self._connect(asked.address)
        else:
            self._unlink(asked.address)
            self._send(messages.BluetoothDeviceConnectionResponse(address=asked.address, connected=False))
            self._air.free()

    def _connect(self, address: int) -> None:
        host = self._air.hosts.get(address)
        answer = messages.BluetoothDeviceConnectionResponse(address=address, connected=False)
        if len(self._air.links) + len(self._air.foreign) >= self._air.slots:
            self._send(answer)  # the firmware gives no reason
            return
        if host is None or not host.is_visible or host.is_connected or host.faults.refuses_connect():
            answer.error = FAILED_TO_ESTABLISH
            self._send(answer)
            return
        self._air.links[address] = self
        if host.faults.loses_discovery():
            self._leaving.add(address)
        self._tables[address] = Table(host.services)
        self._air.free()
        answer.connected, answer.mtu = True, host.unit.mtu
        self._send(answer)
        if address not in self._leaving:
            host.on_connected()

    def _unlink(self, address: int) -> None:
        if self._tables.pop(address, None) is not None:
            del self._air.links[address]
            self._leaving.discard(address)
            self._air.hosts[address].on_disconnected()

    def _services(self, asked: Any) -> None:
        if asked.address in self._leaving:
            self.dropped(asked.address, CONNECTION_TIMEOUT)
            return
        for service in self._tables[asked.address].told:
            self._send(messages.BluetoothGATTGetServicesResponse(address=asked.address, services=[service]))
        self._send(messages.BluetoothGATTGetServicesDoneResponse(address=asked.address))

    def _read(self, asked: Any) -> None:
        uuid = self._tables[asked.address].values[asked.handle].uuid
        try:
            data = self._air.hosts[asked.address].on_read(uuid)
        except AttError as error:
            self._refuse(asked, error)
        else:
            self._send(messages.BluetoothGATTReadResponse(address=asked.address, handle=asked.handle, data=data))

    def _write(self, asked: Any) -> None:
        host = self._air.hosts[asked.address]
        if host.faults.mute_writes and asked.response:
            return
        try:
            host.on_write(self._tables[asked.address].values[asked.handle].uuid, asked.data)
        except AttError as error:
            self._refuse(asked, error)
        else:
            self._send(messages.BluetoothGATTWriteResponse(address=asked.address, handle=asked.handle))

    def _subscribe(self, asked: Any) -> None:
        uuid = self._tables[asked.address].subscriptions[asked.handle].uuid
        self._send(messages.BluetoothGATTWriteResponse(address=asked.address, handle=asked.handle))
        self._air.hosts[asked.address].on_subscribe(uuid, asked.data != b"\0\0")

    def _notify(self, asked: Any) -> None:
        # The proxy's own registration; the unit is subscribed to by its CCCD, which the client writes.
        self._send(messages.BluetoothGATTNotifyResponse(address=asked.address, handle=asked.handle))

    def _refuse(self, asked: Any, error: AttError) -> None:
        answer = messages.BluetoothGATTErrorResponse(address=asked.address, handle=asked.handle, error=error.code)
        self._send(answer)

    def _send(self, message: Any) -> None:
        if not self._writer.is_closing():
            self._writer.write(self._wire.pack(TYPES[type(message)], message.SerializeToString()))
