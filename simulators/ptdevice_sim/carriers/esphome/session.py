"""One client's connection to the simulated proxy: its subscriptions, and the links to units that it asked for."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from aioesphomeapi import api_pb2
from aioesphomeapi.core import MESSAGE_TYPE_TO_PROTO

from ptdevice_sim.carriers.esphome.table import Table
from ptdevice_sim.unit import AttError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.message import Message

    from ptdevice_sim.carriers.esphome.air import EsphomeAir
    from ptdevice_sim.carriers.esphome.wire import Wire

TYPES = {message: kind for kind, message in MESSAGE_TYPE_TO_PROTO.items()}
# What the firmware of 2025 can: passive scan, active connections, remote caching, raw advertisements (bluetooth_proxy.h).
FEATURES = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 5
RANDOM = 1
RSSI = -50
FAILED_TO_ESTABLISH = 0x3E  # HCI error, as the firmware passes it on
CONNECT = (
    api_pb2.BLUETOOTH_DEVICE_REQUEST_TYPE_CONNECT_V3_WITH_CACHE,
    api_pb2.BLUETOOTH_DEVICE_REQUEST_TYPE_CONNECT_V3_WITHOUT_CACHE,
)


class Session:
    """Of one client."""

    def __init__(self, air: EsphomeAir, wire: Wire, writer: asyncio.StreamWriter) -> None:
        self._air, self._wire, self._writer = air, wire, writer
        self._scans = self._counts = False
        self._tables: dict[int, Table] = {}  # of the units it has links to
        self._on = {
            "HelloRequest": self._hello,
            "AuthenticationRequest": lambda _: self._send(api_pb2.AuthenticationResponse()),
            "PingRequest": lambda _: self._send(api_pb2.PingResponse()),
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
                    message = MESSAGE_TYPE_TO_PROTO[kind].FromString(octets)
                    if isinstance(message, api_pb2.DisconnectRequest):
                        self._send(api_pb2.DisconnectResponse())
                        break
                    if handler := self._on.get(type(message).__name__):
                        handler(message)
        finally:
            for address in list(self._tables):
                self._unlink(address)
            self._air.free()
            with contextlib.suppress(OSError):
                self._writer.close()
                await self._writer.wait_closed()

    def cut(self) -> None:
        """End it without a word."""
        self._writer.transport.abort()

    # --- what the air tells ---

    def advertise(self, said: Mapping[int, bytes]) -> None:
        """What was heard, to whoever scans."""
        if self._scans and said:
            batch = api_pb2.BluetoothLERawAdvertisementsResponse()
            for address, data in said.items():
                batch.advertisements.add(address=address, rssi=RSSI, address_type=RANDOM, data=data)
            self._send(batch)

    def tell_free(self) -> None:
        """How many slots are free, to whoever asked."""
        if self._counts:
            links = self._air.links
            free = self._air.slots - len(links)
            self._send(api_pb2.BluetoothConnectionsFreeResponse(free=free, limit=self._air.slots, allocated=links))

    def arrived(self, address: int, uuid: str, data: bytes) -> None:
        """A value from a unit."""
        handle = self._tables[address].handle(uuid)
        self._send(api_pb2.BluetoothGATTNotifyDataResponse(address=address, handle=handle, data=data))

    def dropped(self, address: int, reason: int) -> None:
        """A link was lost."""
        self._unlink(address)
        self._send(api_pb2.BluetoothDeviceConnectionResponse(address=address, connected=False, error=reason))
        self._air.free()

    # --- what the client asks ---

    def _hello(self, _: Message) -> None:
        self._send(api_pb2.HelloResponse(api_version_major=1, api_version_minor=12, name="proxy-simulated"))

    def _device_info(self, _: Message) -> None:
        self._send(
            api_pb2.DeviceInfoResponse(
                name="proxy-simulated",
                mac_address="02:00:00:00:00:01",
                bluetooth_mac_address="02:00:00:00:00:02",
                esphome_version="2025.11.0",
                bluetooth_proxy_feature_flags=FEATURES,
            )
        )

    def _scan(self, _: Message) -> None:
        self._scans = True

    def _stop_scan(self, _: Message) -> None:
        self._scans = False

    def _count(self, _: Message) -> None:
        self._counts = True
        self.tell_free()

    def _link(self, asked: api_pb2.BluetoothDeviceRequest) -> None:
        if asked.request_type in CONNECT:
            self._connect(asked.address)
        else:
            self._unlink(asked.address)
            self._send(api_pb2.BluetoothDeviceConnectionResponse(address=asked.address, connected=False))
            self._air.free()

    def _connect(self, address: int) -> None:
        host = self._air.hosts.get(address)
        answer = api_pb2.BluetoothDeviceConnectionResponse(address=address, connected=False)
        if len(self._air.links) >= self._air.slots:
            self._send(answer)  # the firmware gives no reason
            return
        if host is None or not host.is_visible or host.is_connected or host.faults.refuses_connect():
            answer.error = FAILED_TO_ESTABLISH
            self._send(answer)
            return
        self._air.links[address] = self
        self._tables[address] = Table(host.services)
        self._air.free()
        answer.connected, answer.mtu = True, host.unit.mtu
        self._send(answer)
        host.on_connected()

    def _unlink(self, address: int) -> None:
        if self._tables.pop(address, None) is not None:
            del self._air.links[address]
            self._air.hosts[address].on_disconnected()

    def _services(self, asked: api_pb2.BluetoothGATTGetServicesRequest) -> None:
        for service in self._tables[asked.address].told:
            self._send(api_pb2.BluetoothGATTGetServicesResponse(address=asked.address, services=[service]))
        self._send(api_pb2.BluetoothGATTGetServicesDoneResponse(address=asked.address))

    def _read(self, asked: api_pb2.BluetoothGATTReadRequest) -> None:
        uuid = self._tables[asked.address].values[asked.handle].uuid
        try:
            data = self._air.hosts[asked.address].on_read(uuid)
        except AttError as error:
            self._refuse(asked, error)
        else:
            self._send(api_pb2.BluetoothGATTReadResponse(address=asked.address, handle=asked.handle, data=data))

    def _write(self, asked: api_pb2.BluetoothGATTWriteRequest) -> None:
        host = self._air.hosts[asked.address]
        if host.faults.mute_writes and asked.response:
            return
        try:
            host.on_write(self._tables[asked.address].values[asked.handle].uuid, asked.data)
        except AttError as error:
            self._refuse(asked, error)
        else:
            self._send(api_pb2.BluetoothGATTWriteResponse(address=asked.address, handle=asked.handle))

    def _subscribe(self, asked: api_pb2.BluetoothGATTWriteDescriptorRequest) -> None:
        uuid = self._tables[asked.address].subscriptions[asked.handle].uuid
        self._send(api_pb2.BluetoothGATTWriteResponse(address=asked.address, handle=asked.handle))
        self._air.hosts[asked.address].on_subscribe(uuid, asked.data != b"\0\0")

    def _notify(self, asked: api_pb2.BluetoothGATTNotifyRequest) -> None:
        # The proxy's own registration; the unit is subscribed to by its CCCD, which the client writes.
        self._send(api_pb2.BluetoothGATTNotifyResponse(address=asked.address, handle=asked.handle))

    def _refuse(self, asked: api_pb2.BluetoothGATTReadRequest | api_pb2.BluetoothGATTWriteRequest, error: AttError) -> None:
        answer = api_pb2.BluetoothGATTErrorResponse(address=asked.address, handle=asked.handle, error=error.code)
        self._send(answer)

    def _send(self, message: Message) -> None:
        if not self._writer.is_closing():
            self._writer.write(self._wire.pack(TYPES[type(message)], message.SerializeToString()))
