"""Who listens to the virtual radio in its tests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bleak import BleakClient, BleakScanner

if TYPE_CHECKING:
    from bleak.backends.characteristic import BleakGATTCharacteristic
    from bleak.backends.device import BLEDevice
    from bleak.backends.scanner import AdvertisementData
    from tests.simulators.carriers.bench import BenchUnit

    from ptdevice_sim.carriers.virtual_radio import VirtualRadio

TIMEOUT_S = 10.0


def client(air: VirtualRadio, unit: BenchUnit, seconds: float = TIMEOUT_S, **kwargs: object) -> BleakClient:
    return BleakClient(unit.address, backend=air.client_backend, timeout=seconds, **kwargs)  # type: ignore[arg-type] # passed on


class Ear:
    """What a subscriber hears."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    def __call__(self, _: BleakGATTCharacteristic, data: bytearray) -> None:
        self.heard.append(bytes(data))


class Witness:
    """Who was seen advertising, and what was said last."""

    def __init__(self) -> None:
        self.seen: dict[str, AdvertisementData] = {}
        self.times: Counter[str] = Counter()

    def __call__(self, device: BLEDevice, data: AdvertisementData) -> None:
        self.seen[device.address] = data
        self.times[device.address] += 1

    def advertises(self, unit: BenchUnit) -> bool:
        """More than once: after the first time, a central that still waits for it may connect."""
        return self.times[unit.address] >= 3


def scanner(air: VirtualRadio, witness: Witness, services: list[str] | None = None) -> BleakScanner:
    return BleakScanner(witness, services, backend=air.scanner_backend)
