"""The byte layout of the Health Thermometer Service: the measurement, the 32-bit FLOAT in it, type and interval.

Sources: Health Thermometer Service 1.0; GATT Specification Supplement 9, Temperature Measurement and Temperature Type. The
FLOAT is that of IEEE 11073-20601: a mantissa of 24 bits, an exponent of 8 bits to the base of ten, both signed; five mantissas
are reserved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ptdevice.devices.sig import assigned

SERVICE_UUID = assigned(0x1809)
MEASUREMENT_UUID = assigned(0x2A1C)
TYPE_UUID = assigned(0x2A1D)
INTERVAL_UUID = assigned(0x2A21)

FAHRENHEIT, TIMED, TYPED = 0x01, 0x02, 0x04
FLOAT_SIZE, TIME_SIZE = 4, 7
# Not a number, not at this resolution, +infinity, -infinity, reserved: whatever the exponent, no temperature.
SPECIAL = frozenset({0x7FFFFF, 0x800000, 0x7FFFFE, 0x800002, 0x800001})
NOT_A_NUMBER = 0x7FFFFF

PLACES = {
    1: "armpit",
    2: "body",
    3: "ear",
    4: "finger",
    5: "gastro-intestinal tract",
    6: "mouth",
    7: "rectum",
    8: "toe",
    9: "tympanum",
}


class HtsError(ValueError):
    """Octets that the service cannot mean."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """A value in degrees Celsius (None: one of the special values), and the number of the place, where it is told."""

    celsius: float | None
    place: int | None


def parse_float(data: bytes) -> float | None:
    """An IEEE 11073 FLOAT; None for the special values. Raises HtsError."""
    if len(data) != FLOAT_SIZE:
        raise HtsError("a number of a wrong length")
    mantissa = int.from_bytes(data[:3], "little")
    if mantissa in SPECIAL:
        return None
    exponent = int.from_bytes(data[3:], "little", signed=True)
    signed = mantissa - (1 << 24 if mantissa & 0x800000 else 0)
    # In decimals, as it was meant: 272 * 10**-1 is 27.2, and 272 * 0.1 is not.
    return float(f"{signed}e{exponent}")


def parse_place(data: bytes) -> int:
    """The number of a Temperature Type. Raises HtsError."""
    if len(data) != 1:
        raise HtsError("a place is one octet")
    return data[0]


def parse_measurement(data: bytes) -> Measurement:
    """Flags, the value, a time of the unit's own, a place. Raises HtsError."""
    if not data:
        raise HtsError("a temperature without flags")
    flags, at = data[0], 1 + FLOAT_SIZE
    value = parse_float(data[1:at])
    if flags & TIMED:
        at += TIME_SIZE
    place = None
    if flags & TYPED:
        place = data[at] if at < len(data) else None
        at += 1
    if len(data) < at:
        raise HtsError("a temperature is cut short")
    if len(data) > at:
        raise HtsError("octets that no flag speaks of")
    if value is not None and flags & FAHRENHEIT:
        value = round((value - 32) / 1.8, 6)
    return Measurement(value if value is None or math.isfinite(value) else None, place)


def measurement(celsius: float | None, *, place: int | None = None) -> bytes:
    """A measurement in hundredths of a degree Celsius, or without a value."""
    mantissa = NOT_A_NUMBER if celsius is None else round(celsius * 100) & 0xFFFFFF
    number = mantissa.to_bytes(3, "little") + (b"\0" if celsius is None else b"\xfe")
    return bytes((0 if place is None else TYPED,)) + number + (b"" if place is None else bytes((place,)))
