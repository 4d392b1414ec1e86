"""The byte layout of Capture2Go packages: frame and checksum, commands, status, samples, orientation.

A package is `02, crc32, size, header, payload`; the checksum is zlib's, over header and payload. Integers are little-endian.
Source: "Capture2Go Communication Protocol" and the SDK 1.0.1 of SensorStim Neurotechnology (sensorstim/capture2go_sdk, MIT).
Facts only; no code was taken over.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE_UUID = "80030001-e629-4c98-9324-aa7fc0c66de7"
COMMAND_UUID = "80030002-e629-4c98-9324-aa7fc0c66de7"
DATA_UUID = "80030003-e629-4c98-9324-aa7fc0c66de7"

FRAME = struct.Struct("<BIBH")
START_OCTET = 0x02
SIZE_AT, CHECKED_FROM = 5, 6
PAYLOAD_MAX = 236
REAL_TIME_MAX = 3  # packages in front of a notification, told by its first octet: FF none, FE one, FD two, FC three

GYR_DEG_S = 2000 / 32768  # a count
ACC_MPS2 = 16 * 9.81 / 32768  # a count; 9.81, as the vendor has it
PACKED = 8  # samples in a packed package

Counts = tuple[int, int, int]


class C2gError(ValueError):
    """Octets that no package can mean."""


class Header(IntEnum):
    """The packages that are spoken of here; those with samples are in `samples_of`."""

    SET_MODE = 0x0120
    MODE = 0x0122
    START = 0x0150
    STARTED = 0x0151
    STOP = 0x0152
    STOPPED = 0x0153
    CLEAR = 0x0158  # stop streaming, and forget what is not sent
    CLEARED = 0x0159
    SET_TIME = 0x0170
    TIME = 0x0171
    ROUND_TRIP = 0x0172
    GET_STATUS = 0x0200
    STATUS = 0x0201
    ERROR = 0xFFFF


class Refusal(IntEnum):
    """Codes of the error package that a host without a file system may meet."""

    WRONG_STATE = 0xFB
    BAD_PACKAGE = 0xFC
    UNKNOWN_COMMAND = 0xFD
    BUFFER_FULL = 0xFE


class State(IntEnum):
    """What the unit does."""

    OFF = 0
    IDLE = 1
    STREAMING = 2
    RECORDING = 3


@dataclass(frozen=True, slots=True)
class Package:
    """One package whose checksum was right."""

    header: int
    payload: bytes


def package(header: int, payload: bytes = b"") -> bytes:
    """The octets of a package."""
    checked = header.to_bytes(2, "little") + payload
    return FRAME.pack(START_OCTET, zlib.crc32(checked), len(payload), header) + payload


def parse_package(data: bytes) -> Package:
    """The package that these octets begin with. Raises C2gError."""
    if len(data) < FRAME.size:
        raise C2gError("a package is cut short")
    start, checksum, size, header = FRAME.unpack_from(data)
    end = FRAME.size + size
    if start != START_OCTET or size > PAYLOAD_MAX:
        raise C2gError("no package begins here")
    if end > len(data):
        raise C2gError("a package is cut short")
    if zlib.crc32(data[CHECKED_FROM:end]) != checksum:
        raise C2gError("a wrong checksum")
    return Package(header, data[FRAME.size : end])


# --- the measurement mode ---

MODE = struct.Struct("<q8BHBQ3?")
RATE_CODES = {200: 1, 100: 2, 50: 3, 25: 4, 10: 5, 1: 6}
RATES_HZ = {code: rate for rate, code in RATE_CODES.items()}
PACKED_AT, STATUS_AT, WITHOUT_MAG_AT = 10, 14, 29  # octets of the payload


def mode(*, packed: int, status_s: int) -> bytes:
    """Full packed samples of this rate code, without the magnetometer, and a status every so many seconds; nothing else."""
    return MODE.pack(0, 0, 0, packed, 0, 0, 0, status_s, 0, 0, 0, 0, False, False, True)


# --- status, errors ---

STATUS = struct.Struct("<qBB3h?BB")
CHARGING = 128
ERROR = struct.Struct("<BH")


@dataclass(frozen=True, slots=True)
class Status:
    """The unit's own report. `battery` is the octet as it came: percent, and 128 more while it charges."""

    ns: int
    state: int
    battery: int


def parse_status(payload: bytes) -> Status:
    """Raises C2gError."""
    ns, state, _, _, _, _, _, battery, _ = _unpack(STATUS, payload)
    return Status(ns, state, battery)


def status(told: Status) -> bytes:
    """The inverse of `parse_status`, of a unit with a link, no bias, not synchronised, 97 % of its storage free."""
    return STATUS.pack(told.ns, told.state, 2, 0, 0, 0, False, told.battery, 97)


def parse_error(payload: bytes) -> tuple[int, int]:
    """Code, and the command that it is about. Raises C2gError."""
    code, command = _unpack(ERROR, payload)
    return code, command


# --- samples ---

TAIL = struct.Struct("<QhB")  # orientation of the first sample, heading offset, error flags
FIRST = struct.Struct("<q")
FAMILIES = {0x022: (PACKED, 3), 0x023: (PACKED, 2), 0x024: (1, 3), 0x025: (1, 2)}  # samples, sensors


@dataclass(frozen=True, slots=True)
class Samples:
    """Of one package: rate, time of the first sample on the unit's clock, and counts, as many of each."""

    rate_hz: int
    first_ns: int
    gyr: tuple[Counts, ...]
    acc: tuple[Counts, ...]


def samples_of(told: Package) -> Samples | None:
    """What a "full" package (packed or not, with or without magnetometer) has; None for other packages. Raises C2gError."""
    family, rate_hz = FAMILIES.get(told.header >> 4), RATES_HZ.get(told.header & 0xF)
    if family is None or rate_hz is None:
        return None
    number, sensors = family
    if len(told.payload) != FIRST.size + number * sensors * 6 + TAIL.size:
        raise C2gError("samples of a wrong length")
    (first_ns,) = FIRST.unpack_from(told.payload)
    rows = list(struct.iter_unpack("<hhh", told.payload[FIRST.size : -TAIL.size]))
    return Samples(rate_hz, first_ns, tuple(rows[:number]), tuple(rows[number : 2 * number]))


def packed(told: Samples, orientation: int) -> bytes:
    """A packed package without magnetometer; `orientation` is that of the first sample."""
    rows = b"".join(struct.pack("<hhh", *row) for row in (*told.gyr, *told.acc))
    header = 0x0230 | RATE_CODES[told.rate_hz]
    return package(header, FIRST.pack(told.first_ns) + rows + TAIL.pack(orientation, 0, 0))


# --- orientation: the three smallest parts of a quaternion in 20 bits each, and which is left out ---

PART_MAX = 0xFFFFF
AT_REST, DISTURBED = 1 << 62, 1 << 63


def orientation(quaternion: Sequence[float], *, at_rest: bool = False, disturbed: bool = False) -> int:
    """A unit quaternion (w, x, y, z) as 64 bits."""
    omitted = max(range(4), key=lambda i: abs(quaternion[i]))
    sign = math.copysign(1.0, quaternion[omitted])
    bits = omitted << 60 | (AT_REST if at_rest else 0) | (DISTURBED if disturbed else 0)
    for place, i in enumerate((3, 2, 1)):
        part = sign * quaternion[(omitted + i) % 4]
        bits |= round((part + math.sqrt(0.5)) * PART_MAX / math.sqrt(2)) << 20 * place
    return bits


def _unpack(form: struct.Struct, payload: bytes) -> tuple[int, ...]:
    if len(payload) != form.size:
        raise C2gError("a payload of a wrong length")
    return form.unpack(payload)
