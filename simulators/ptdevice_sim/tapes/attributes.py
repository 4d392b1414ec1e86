"""What a capture's discovery tells of a unit's attributes: services, characteristics, and which handle is what."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from uuid import UUID

from ptdevice.devices.sig import assigned
from ptdevice.tape.words import Characteristic, Service

PRIMARY, CHARACTERISTIC = assigned(0x2800), assigned(0x2803)
CCCD = assigned(0x2902)
# Declarations, and descriptors of characteristics (Assigned Numbers 3.6, 3.7): no values of a characteristic.
DESCRIPTORS = frozenset(assigned(number) for first in (0x2800, 0x2900) for number in range(first, first + 0x20))
# Bits of the properties octet (Core spec Vol 3 Part G 3.3.1.1).
PROPERTIES = (
    "broadcast",
    "read",
    "write-without-response",
    "write",
    "notify",
    "indicate",
    "authenticated-signed-writes",
    "extended-properties",
)


@dataclass(slots=True)
class Declared:
    """A characteristic's declaration."""

    value_handle: int
    uuid: str
    properties: frozenset[str]


@dataclass(slots=True)
class Attributes:
    """One unit's attributes, as far as they are known. Handles have 16 bits, so this is bounded by itself."""

    services: dict[int, tuple[int, str]] = field(default_factory=dict)  # first handle → last handle, UUID
    declared: dict[int, Declared] = field(default_factory=dict)  # handle of the declaration → characteristic
    types: dict[int, str] = field(default_factory=dict)  # other attributes' UUIDs by handle, descriptors above all
    told: dict[int, str] = field(default_factory=dict)  # as the user says, which goes before everything

    def value(self, handle: int) -> str | None:
        """The UUID of the characteristic of which this is the value."""
        if handle in self.told:
            return None if self.told[handle] == CCCD else self.told[handle]
        for declared in self.declared.values():
            if declared.value_handle == handle:
                return declared.uuid
        uuid = self.types.get(handle)
        return None if uuid is None or uuid in DESCRIPTORS else uuid

    def subscribed(self, handle: int, data: bytes) -> str | None:
        """The UUID of the characteristic whose CCCD this is. Where descriptors were not discovered, `data` decides."""
        kind = self.told.get(handle) or self.types.get(handle)
        if kind != CCCD and (kind is not None or data not in {b"\0\0", b"\1\0", b"\2\0"}):
            return None
        values = {each.value_handle for each in self.characteristics().values()}
        values |= {known for known, uuid in self.told.items() if uuid != CCCD}
        below = [value for value in values if value < handle]
        return self.value(max(below)) if below and handle not in values else None

    def characteristics(self) -> dict[int, Declared]:
        """By the handle of the declaration: as it was read, else as attributes' types tell (then without properties)."""
        by_type = {
            handle: Declared(handle + 1, self.types[handle + 1], frozenset())
            for handle, uuid in self.types.items()
            if uuid == CHARACTERISTIC and handle + 1 in self.types
        }
        return dict(sorted((by_type | self.declared).items()))

    def table(self) -> tuple[Service, ...]:
        """The GATT table, in the order of handles; empty where nothing was discovered."""
        starts = sorted(self.services)
        inside: dict[int, list[Characteristic]] = {start: [] for start in starts}
        for handle, found in self.characteristics().items():
            place = bisect_right(starts, handle) - 1
            if place >= 0 and handle <= self.services[starts[place]][0]:
                inside[starts[place]].append(Characteristic(found.uuid, found.properties))
        return tuple(Service(self.services[start][1], tuple(inside[start])) for start in starts)

    # --- what answers to discovery tell ---

    def learn_services(self, data: bytes, size: int) -> None:
        """Of a Read By Group Type Response: first handle, last handle, UUID."""
        for entry in entries(data, size, least=6):
            uuid = long_uuid(entry[4:])
            if uuid is not None:
                self.services[_u16(entry, 0)] = (_u16(entry, 2), uuid)

    def learn_ranges(self, data: bytes, uuid: str) -> None:
        """Of a Find By Type Value Response: first handle, last handle of services with this UUID."""
        for entry in entries(data, 4, least=4):
            self.services[_u16(entry, 0)] = (_u16(entry, 2), uuid)

    def learn_characteristics(self, data: bytes, size: int) -> None:
        """Of a Read By Type Response: declaration handle, properties, value handle, UUID."""
        for entry in entries(data, size, least=7):
            uuid = long_uuid(entry[5:])
            if uuid is not None:
                names = frozenset(name for bit, name in enumerate(PROPERTIES) if entry[2] >> bit & 1)
                self.declared[_u16(entry, 0)] = Declared(_u16(entry, 3), uuid, names)

    def learn_types(self, data: bytes, form: int) -> None:
        """Of a Find Information Response: handle, UUID of 16 (form 1) or 128 bits (form 2)."""
        for entry in entries(data, {1: 4, 2: 18}.get(form, 0), least=4):
            uuid = long_uuid(entry[2:])
            if uuid is not None:
                self.types[_u16(entry, 0)] = uuid


def entries(data: bytes, size: int, *, least: int) -> list[bytes]:
    """The whole entries of a list; what is left over at a cut end is left out."""
    return [data[at : at + size] for at in range(0, len(data) - size + 1, size)] if size >= least else []


def long_uuid(octets: bytes) -> str | None:
    """The 128-bit form of a UUID of 16 or 128 bits as it is on air; None for another size."""
    if len(octets) == 2:
        return assigned(_u16(octets, 0))
    return str(UUID(bytes=octets[::-1])) if len(octets) == 16 else None


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")
