"""The byte layout of BTHome v2: service data of 0xFCD2, one octet about the unit, then objects of a number and a value.

Source: bthome.io/format (version 2); sizes and examples as in Bluetooth-Devices/bthome-ble 3 (MIT). Facts only.
"""

from __future__ import annotations

from dataclasses import dataclass

from ptdevice.devices.sig import assigned

SERVICE_UUID = assigned(0xFCD2)
ENCRYPTED, HAS_ADDRESS, VERSION_AT, VERSION = 0x01, 0x02, 5, 2
ADDRESS_SIZE = 6

PACKET_ID, BATTERY, BUTTON = 0x00, 0x01, 0x3A
# Numbers of a temperature, and what one is worth in degrees Celsius.
TEMPERATURES = {0x02: 0.01, 0x45: 0.1, 0x57: 1.0, 0x58: 0.35}
# How many octets each object has, for those between the ones that are of use here; texts tell their own length.
SIZES = {
    1: (0x00, 0x01, 0x09, 0x0F, 0x10, 0x11, *range(0x15, 0x30), 0x3A, 0x3B, 0x46, 0x57, 0x58, 0x59, 0x60),
    2: (0x02, 0x03, *range(0x06, 0x09), *range(0x0C, 0x0F), 0x12, 0x13, 0x14, 0x3C, 0x3D, 0x3F, 0x40, 0x41, 0x43, 0x44, 0x45,
        0x47, 0x48, 0x49, 0x4A, 0x51, 0x52, 0x56, 0x5A, 0x5D, 0x5E, 0x5F, 0x61, 0xF0),
    3: (0x04, 0x05, 0x0A, 0x0B, 0x42, 0x4B, 0xF2),
    4: (0x3E, 0x4C, 0x4D, 0x4E, 0x4F, 0x50, 0x55, 0x5B, 0x5C, 0x62, 0x63, 0xF1),
}  # fmt: skip
SIZE_OF = {number: size for size, numbers in SIZES.items() for number in numbers}
TEXTS = frozenset({0x53, 0x54})


class BthomeError(ValueError):
    """Octets that BTHome v2 cannot mean."""


@dataclass(frozen=True, slots=True)
class Advertised:
    """What one advertisement says. `objects` is None where it is encrypted; else numbers and values, in their order."""

    objects: tuple[tuple[int, bytes], ...] | None

    def values(self, number: int) -> list[bytes]:
        """All values of this object, in their order: the third button is the third."""
        return [value for found, value in self.objects or () if found == number]


def parse(data: bytes) -> Advertised:
    """Service data of 0xFCD2. An object of an unknown number ends it: nobody knows how long it is. Raises BthomeError."""
    if not data:
        raise BthomeError("service data without a first octet")
    about, at = data[0], 1
    if about >> VERSION_AT != VERSION:
        raise BthomeError(f"version {about >> VERSION_AT} of the format")
    if about & ENCRYPTED:
        return Advertised(None)
    if about & HAS_ADDRESS:
        at += ADDRESS_SIZE
    objects = []
    while at < len(data):
        number = data[at]
        at += 1
        if number in TEXTS:
            size = 1 + (data[at] if at < len(data) else 0)
        elif number in SIZE_OF:
            size = SIZE_OF[number]
        else:
            break
        if at + size > len(data):
            raise BthomeError("an object is cut short")
        objects.append((number, data[at : at + size]))
        at += size
    return Advertised(tuple(objects))


def data(*objects: tuple[int, bytes], by_event: bool = True) -> bytes:
    """The inverse of `parse`. `by_event`: the unit says that it advertises when something happens, and not evenly."""
    return bytes((VERSION << VERSION_AT | (0x04 if by_event else 0),)) + b"".join(
        bytes((number,)) + value for number, value in objects
    )
