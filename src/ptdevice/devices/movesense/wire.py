"""The byte layout of Movesense's GATT SensorData Protocol (GSP): commands, answers, and the values of resources.

A command is `code, ref, data`; the ref is the client's choice, and whatever comes because of the command carries it. What comes
is `kind, ref, data`: the result of a command (u16 status, as in HTTP, then a value), or a value that was subscribed to. A value
of more than 150 octets comes in parts. All integers and floats are little-endian. Sources: the vendor's page "GATT SensorData
Protocol" (GD-77), the sample in its device library (gatt_sensordata_app), and what others captured from real units. Facts
only; no code was taken over.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector


def uuid(number: int) -> str:
    """The vendor's 128-bit form of its 16-bit numbers."""
    return f"3480{number:04x}-7185-4d5d-b431-630e7050e8f0"


SERVICE_UUID, COMMAND_UUID, DATA_UUID = uuid(0x2252), uuid(0x0001), uuid(0x0002)
MEMBER = 0xFDF3  # the 16-bit service that newer units advertise; the one above does not fit beside the name
COMPANY = 0x009F  # Suunto, Bluetooth assigned numbers

PART = 150  # octets of a value in one notification
PARTS = 3
TEXT_MAX = 64
HELLO_VERSION = 1

RATES_HZ = (13, 26, 52, 104, 208, 416, 833, 1666)
ACCELERATION, ANGULAR_RATE, MAGNETIC_FIELD = "acceleration", "angular_rate", "magnetic_field"
# What `/Meas/<name>/<rate>` sends, one array after the other: m/s^2 with gravity, deg/s, uT.
ARRAYS: dict[str, tuple[str, ...]] = {
    "Acc": (ACCELERATION,),
    "Gyro": (ANGULAR_RATE,),
    "Magn": (MAGNETIC_FIELD,),
    "IMU6": (ACCELERATION, ANGULAR_RATE),
    "IMU6m": (ACCELERATION, MAGNETIC_FIELD),
    "IMU9": (ACCELERATION, ANGULAR_RATE, MAGNETIC_FIELD),
}
HEART_RATE = "/Meas/HR"
ENERGY = "/System/Energy/Level"
TIME = "/Time/Detailed"

_VECTOR = struct.Struct("<3f")
_TIME = struct.Struct("<QIII")


class GspError(ValueError):
    """Octets that this protocol cannot mean."""


class Code(IntEnum):
    """What a client may ask for. There is no general write."""

    HELLO = 0
    SUBSCRIBE = 1
    UNSUBSCRIBE = 2
    FETCH_LOG = 3
    GET = 4
    CLEAR_LOGBOOK = 5
    PUT_LOGGER_CONFIG = 6
    PUT_SYSTEM_MODE = 7
    PUT_UTC_TIME = 8
    PUT_LOGGER_STATE = 9


class Kind(IntEnum):
    """What a notification is. A value goes on in SECOND and THIRD where a part has PART octets."""

    RESULT = 1
    VALUE = 2
    SECOND = 3
    THIRD = 4


class Status(IntEnum):
    """The status of a result."""

    OK = 200
    CREATED = 201
    ACCEPTED = 202
    BAD_REQUEST = 400
    UNAUTHORIZED = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    CONFLICT = 409
    TOO_MANY_REQUESTS = 429
    INTERNAL_ERROR = 500
    NOT_IMPLEMENTED = 501
    UNAVAILABLE = 503
    NO_SPACE = 507


class SystemMode(IntEnum):
    """What PUT_SYSTEM_MODE may ask for. APPLICATION starts the unit anew."""

    POWER_OFF = 1
    APPLICATION = 5
    FIRMWARE_UPDATE = 12


@dataclass(frozen=True, slots=True)
class Command:
    """What a client writes."""

    code: int
    ref: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Told:
    """What a unit notifies: its kind, the ref of the command that it belongs to, and the rest."""

    kind: int
    ref: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Samples:
    """A value of a motion resource: ms of its first sample (u32, since the unit woke up), and arrays of one length."""

    first_ms: int
    arrays: tuple[tuple[Vector, ...], ...]


def motion_path(name: str, rate_hz: int) -> str:
    """The resource that sends these arrays at this rate."""
    return f"/Meas/{name}/{rate_hz}"


# --- commands ---


def command(code: int, ref: int, data: bytes = b"") -> bytes:
    """What is written."""
    return bytes((code, ref)) + data


def path(text: str) -> bytes:
    """A resource as a command's data."""
    return text.encode() + b"\0"


def parse_command(data: bytes) -> Command:
    """Raises GspError."""
    if len(data) < 2:
        raise GspError("half a command")
    return Command(data[0], data[1], data[2:])


# --- what comes ---


def parse_told(data: bytes) -> Told:
    """Raises GspError."""
    if len(data) < 2 or data[0] not in set(Kind):
        raise GspError("neither a result nor a value")
    return Told(data[0], data[1], data[2:])


def parse_result(data: bytes) -> tuple[int, bytes]:
    """Status, and the value that comes with it. Raises GspError. One old build says 507 with its octets exchanged."""
    if len(data) < 2:
        raise GspError("a result without a status")
    status = int.from_bytes(data[:2], "little")
    return (int.from_bytes(data[:2], "big") if data[:2] == b"\x01\xfb" else status), data[2:]


def result(ref: int, status: int, value: bytes = b"") -> bytes:
    """The inverse of `parse_told` and `parse_result`."""
    return bytes((Kind.RESULT, ref)) + status.to_bytes(2, "little") + value


def parts(ref: int, value: bytes) -> list[bytes]:
    """A value that was subscribed to, in notifications. Raises GspError for one that is too long for them."""
    pieces = [value[i : i + PART] for i in range(0, len(value), PART)]
    if len(pieces) > PARTS:
        raise GspError("a value that no notifications carry")
    return [bytes((kind, ref)) + piece for kind, piece in zip(Kind, [b"", *pieces], strict=False) if piece]


# --- values ---


def parse_samples(arrays: int, data: bytes) -> Samples:
    """A value of so many arrays, which say neither their number nor their length. Raises GspError."""
    body = data[4:]
    if not body or len(body) % (_VECTOR.size * arrays):
        raise GspError(f"a value of {len(data)} octets, which {arrays} arrays cannot have")
    vectors = tuple(_VECTOR.iter_unpack(body))
    if not all(map(math.isfinite, (number for vector in vectors for number in vector))):
        raise GspError("a sample that is not a number")
    each = len(vectors) // arrays
    return Samples(
        int.from_bytes(data[:4], "little"), tuple(vectors[i : i + each] for i in range(0, len(vectors), each))
    )


def samples(content: Samples) -> bytes:
    """The inverse of `parse_samples`."""
    vectors = (vector for array in content.arrays for vector in array)
    return content.first_ms.to_bytes(4, "little") + b"".join(_VECTOR.pack(*vector) for vector in vectors)


def parse_heart_rate(data: bytes) -> tuple[float, tuple[int, ...]]:
    """Average in beats per minute, RR intervals in ms. Raises GspError."""
    if len(data) < 4 or len(data) % 2:
        raise GspError("no heart rate")
    average: float = struct.unpack_from("<f", data)[0]
    if not 0.0 <= average <= 1000.0:
        raise GspError("a heart rate that no heart has")
    return average, tuple(int.from_bytes(data[i : i + 2], "little") for i in range(4, len(data), 2))


def heart_rate(average: float, rr_ms: Sequence[int]) -> bytes:
    """The inverse of `parse_heart_rate`."""
    return struct.pack(f"<f{len(rr_ms)}H", average, *rr_ms)


def parse_hello(data: bytes) -> tuple[str, str, str]:
    """Product, name of the firmware, its version; serial number and address are left alone. Raises GspError.

    The answer to HELLO is a result without a status: the protocol's version, then five texts that end in NUL. The vendor's
    first sample says `Hello` instead, and of itself nothing; a unit that is out of slots says a status all the same.
    """
    if data == b"Hello" or len(data) == 2:
        return "", "", ""
    texts = data[1:].split(b"\0")
    if len(texts) < 5 or not data:
        raise GspError("no answer to a greeting")
    if data[0] != HELLO_VERSION:
        return "", "", ""  # in which order that has them nobody knows, and one of them is the serial number
    try:
        _, product, _, application, version = (text.decode() for text in texts[:5])
    except UnicodeDecodeError as error:
        raise GspError("text that is not UTF-8") from error
    return product[:TEXT_MAX], application[:TEXT_MAX], version[:TEXT_MAX]


def hello(texts: Sequence[str]) -> bytes:
    """Serial number, product, address, firmware and its version, as protocol version 1 says them."""
    return bytes((HELLO_VERSION,)) + b"".join(text.encode() + b"\0" for text in texts)


def time_detailed(utc_us: int, relative_ms: int) -> bytes:
    """A value of TIME. Its tick rate does not mean the time: that is in ms whatever it says."""
    return _TIME.pack(utc_us, relative_ms, 1024, 20)
