"""A unit's GATT table with handles, as the proxy tells it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from bleak.assigned_numbers import CHARACTERISTIC_PROPERTIES

from ptdevice_sim.carriers.esphome.messages import messages

if TYPE_CHECKING:
    from ptdevice_sim.unit import Characteristic, Service

BITS: dict[str, int] = {name: bit for bit, name in CHARACTERISTIC_PROPERTIES.items()}
CCCD = UUID("00002902-0000-1000-8000-00805f9b34fb")
HALF = (1 << 64) - 1


class Table:
    """Handles are counted up from 1, the way attributes lie: service, declaration, value, CCCD."""

    def __init__(self, services: tuple[Service, ...]) -> None:
        self.values: dict[int, Characteristic] = {}
        self.subscriptions: dict[int, Characteristic] = {}  # by the handle of the CCCD
        self.told: list[Any] = []
        handle = 0
        for service in services:
            handle += 1
            told = messages.BluetoothGATTService(uuid=_halves(UUID(service.uuid)), handle=handle)
            for characteristic in service.characteristics:
                handle += 2
                self.values[handle] = characteristic
                bits = sum(BITS[name] for name in characteristic.properties)
                entry = messages.BluetoothGATTCharacteristic(
                    uuid=_halves(UUID(characteristic.uuid)), handle=handle, properties=bits
                )
                if characteristic.properties & {"notify", "indicate"}:
                    handle += 1
                    self.subscriptions[handle] = characteristic
                    entry.descriptors.append(messages.BluetoothGATTDescriptor(uuid=_halves(CCCD), handle=handle))
                told.characteristics.append(entry)
            self.told.append(told)

    def handle(self, uuid: str) -> int:
        """Of a characteristic's value."""
        return next(handle for handle, characteristic in self.values.items() if characteristic.uuid == uuid)


def _halves(uuid: UUID) -> list[int]:
    return [uuid.int >> 64, uuid.int & HALF]
