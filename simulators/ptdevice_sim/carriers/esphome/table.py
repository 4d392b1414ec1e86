"""A unit's GATT table with handles, as the proxy tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from aioesphomeapi import api_pb2
from bleak.assigned_numbers import CHARACTERISTIC_PROPERTIES

if TYPE_CHECKING:
    from ptdevice_sim.unit import Characteristic, Service

BITS = {name: bit for bit, name in CHARACTERISTIC_PROPERTIES.items()}
CCCD = UUID("00002902-0000-1000-8000-00805f9b34fb")
HALF = (1 << 64) - 1


class Table:
    """Handles are counted up from 1, the way attributes lie: service, declaration, value, CCCD."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.values: dict[int, Characteristic] = {}
        self.subscriptions: dict[int, Characteristic] = {}  # by the handle of the CCCD
        self.told: list[api_pb2.BluetoothGATTService] = []
        handle = 0
        for service in services:
            handle += 1
            told = api_pb2.BluetoothGATTService(uuid=_halves(UUID(service.uuid)), handle=handle)
            for characteristic in service.characteristics:
                handle += 2
                self.values[handle] = characteristic
                bits = sum(BITS[name] for name in characteristic.properties)
                entry = api_pb2.BluetoothGATTCharacteristic(
                    uuid=_halves(UUID(characteristic.uuid)), handle=handle, properties=bits
                )
                if characteristic.properties & {"notify", "indicate"}:
                    handle += 1
                    self.subscriptions[handle] = characteristic
                    entry.descriptors.append(api_pb2.BluetoothGATTDescriptor(uuid=_halves(CCCD), handle=handle))
                told.characteristics.append(entry)
            self.told.append(told)

    def handle(self, uuid: str) -> int:
        """Of a characteristic's value."""
        return next(handle for handle, characteristic in self.values.items() if characteristic.uuid == uuid)


def _halves(uuid: UUID) -> list[int]:
    return [uuid.int >> 64, uuid.int & HALF]
