"""The byte layout of Polar Measurement Data (PMD): control point, settings, and frames of the three inertial measurements.

A data frame is a type (u8), the time of its *last* sample (u64, ns since 2000-01-01T00:00:00Z), a frame type (u8, bit 7 =
compressed) and a payload. All integers are little-endian. Source: the vendor's "Online measurement" document, version 1.0 of
August 2024, and the unit tests published with its SDK (polarofficial/polar-ble-sdk). Facts only; no code was taken over.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SERVICE_UUID = "fb005c80-02e7-f387-1cad-8acd2d8df0c8"
CONTROL_UUID = "fb005c81-02e7-f387-1cad-8acd2d8df0c8"
DATA_UUID = "fb005c82-02e7-f387-1cad-8acd2d8df0c8"
COMPANY = 0x006B  # Polar Electro Oy, Bluetooth assigned numbers

ACC, GYRO, MAG = 2, 5, 6  # measurement types
TYPE_MASK = 0x3F  # the two high bits of a type octet are flags (bit 7: offline recording)
HEADER = struct.Struct("<BQB")
COMPRESSED = 0x80
CHANNELS = 3
SAMPLES_MAX = 512  # a notification carries at most 512 octets, so no honest frame has more

GET_SETTINGS, START, STOP = 1, 2, 3
RESPONSE, STOPPED = 0xF0, 0x01
FEATURES = 0x0F

RATE, RESOLUTION, RANGE, RANGE_MILLI, CHANNEL_COUNT, FACTOR, SECURITY = range(7)
FACTOR_MAX = 1e6  # known ones are 0.000244 (g per count) and 1; a larger one than this is no scale
SETTING_SIZES = {RATE: 2, RESOLUTION: 2, RANGE: 2, RANGE_MILLI: 4, CHANNEL_COUNT: 1, FACTOR: 4, SECURITY: 16}

Counts = tuple[int, int, int]
Numbers = tuple[int, ...]  # one for each channel


class PmdError(ValueError):
    """Bytes that PMD cannot mean."""


class Status(IntEnum):
    """The control point's answer."""

    OK = 0
    INVALID_OPCODE = 1
    INVALID_TYPE = 2
    NOT_SUPPORTED = 3
    INVALID_LENGTH = 4
    INVALID_PARAMETER = 5
    ALREADY_IN_STATE = 6
    INVALID_RESOLUTION = 7
    INVALID_RATE = 8
    INVALID_RANGE = 9
    INVALID_MTU = 10
    INVALID_CHANNELS = 11
    INVALID_STATE = 12
    IN_CHARGER = 13
    DISK_FULL = 14


@dataclass(frozen=True, slots=True)
class Response:
    """A control point indication. `status` is the raw octet: newer firmware may know more than `Status`."""

    opcode: int
    measurement: int
    status: int
    more: bool
    parameters: bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """A data frame: measurement type, ns since 2000 of the last sample, frame type with bit 7, payload."""

    measurement: int
    last_ns: int
    frame_type: int
    payload: bytes


def parse_response(data: bytes) -> Response:
    """`F0 opcode type status [more] [parameters]`. Raises PmdError."""
    if len(data) < 4 or data[0] != RESPONSE:
        raise PmdError("not a control point response")
    return Response(data[1], data[2] & TYPE_MASK, data[3], len(data) > 4 and data[4] != 0, data[5:])


def response(opcode: int, measurement: int, status: int, parameters: bytes = b"") -> bytes:
    """The inverse of `parse_response`, always complete in one indication."""
    return bytes((RESPONSE, opcode, measurement, status, 0)) + parameters


def parse_settings(data: bytes) -> dict[int, list[int]]:
    """TLVs `type count values` to lists of raw integers by type (FACTOR: the f32's bit pattern). Raises PmdError."""
    settings: dict[int, list[int]] = {}
    at = 0
    while at < len(data):
        size = SETTING_SIZES.get(data[at])
        if size is None:
            raise PmdError(f"an unknown setting {data[at]}")
        if at + 2 > len(data):
            raise PmdError("a setting is cut short")
        end = at + 2 + size * data[at + 1]
        if end > len(data):
            raise PmdError("a setting is cut short")
        settings[data[at]] = [int.from_bytes(data[i : i + size], "little") for i in range(at + 2, end, size)]
        at = end
    return settings


def settings(values: dict[int, list[int]]) -> bytes:
    """The inverse of `parse_settings`."""
    parts = []
    for kind, numbers in values.items():
        parts.append(bytes((kind, len(numbers))))
        parts += [number.to_bytes(SETTING_SIZES[kind], "little") for number in numbers]
    return b"".join(parts)


def factor(bits: int) -> float:
    """A FACTOR setting's value. Raises PmdError for a number that cannot be a scale (NaN would pass for an acceleration)."""
    value: float = struct.unpack("<f", bits.to_bytes(4, "little"))[0]
    if not 0.0 < value <= FACTOR_MAX:
        raise PmdError(f"a scale of {value}")
    return value


def parse_frame(data: bytes) -> Frame:
    """Header and payload. Raises PmdError."""
    if len(data) <= HEADER.size:
        raise PmdError("a data frame without samples")
    kind, last_ns, frame_type = HEADER.unpack_from(data)
    return Frame(kind & TYPE_MASK, last_ns, frame_type, data[HEADER.size :])


def frame(measurement: int, last_ns: int, frame_type: int, payload: bytes) -> bytes:
    """The inverse of `parse_frame`."""
    return HEADER.pack(measurement, last_ns, frame_type) + payload


def parse_raw(frame_type: int, payload: bytes) -> list[Counts]:
    """Raw acceleration: 3 x i8, i16 or i24 per sample, for frame types 0, 1, 2. Raises PmdError."""
    if frame_type not in {0, 1, 2}:
        raise PmdError(f"an unknown raw frame type {frame_type}")
    width = frame_type + 1
    if len(payload) % (CHANNELS * width):
        raise PmdError("a sample is cut short")
    if width == 2:
        return list(struct.iter_unpack("<hhh", payload))
    numbers = [int.from_bytes(payload[i : i + width], "little", signed=True) for i in range(0, len(payload), width)]
    return list(zip(numbers[0::3], numbers[1::3], numbers[2::3], strict=True))


def raw(samples: Sequence[Numbers]) -> bytes:
    """Raw acceleration of frame type 1 (3 x i16)."""
    return b"".join(struct.pack("<hhh", *sample) for sample in samples)


def parse_delta(payload: bytes, channels: int = CHANNELS, width: int = 2) -> list[Numbers]:
    """Delta-compressed samples whose reference has `width` octets a channel. Raises PmdError.

    A reference sample, then blocks `bits, count, packed deltas`. Bits are taken least significant first, channel by channel,
    sample by sample; each delta is two's complement and is added to the sample before. Zero bits yield no samples.
    """
    at = channels * width
    if len(payload) < at:
        raise PmdError("no reference sample")
    last = [int.from_bytes(payload[i : i + width], "little", signed=True) for i in range(0, at, width)]
    samples = [tuple(last)]
    while at < len(payload):
        if at + 2 > len(payload):
            raise PmdError("a block header is cut short")
        bits, count = payload[at], payload[at + 1]
        at += 2
        if bits == 0:
            continue  # as in the vendor's parser
        if bits > 32:
            raise PmdError(f"deltas of {bits} bits")
        size = (bits * channels * count + 7) // 8
        if at + size > len(payload):
            raise PmdError("a block is cut short")
        packed = int.from_bytes(payload[at : at + size], "little")
        at += size
        mask, sign = (1 << bits) - 1, 1 << (bits - 1)
        for _ in range(count):
            for channel in range(channels):
                last[channel] += ((packed & mask) ^ sign) - sign
                packed >>= bits
            samples.append(tuple(last))
        if len(samples) > SAMPLES_MAX:
            raise PmdError("more samples than a notification can hold")
    return samples


def floats(samples: Sequence[Numbers]) -> list[tuple[float, ...]]:
    """Samples whose numbers are the bit patterns of f32. Raises PmdError for what is not finite."""
    values = [
        tuple([struct.unpack("<f", (number & 0xFFFFFFFF).to_bytes(4, "little"))[0] for number in sample])
        for sample in samples
    ]
    if not all(math.isfinite(value) for sample in values for value in sample):
        raise PmdError("a sample that is not a number")
    return values


def delta(samples: Sequence[Numbers], *, block: int = 40) -> bytes:
    """The inverse of `parse_delta`: each block as narrow as its largest delta allows. `samples` are i16 counts."""
    parts = [struct.pack(f"<{len(samples[0])}h", *samples[0])]
    for start in range(1, len(samples), block):
        run = samples[start - 1 : start + block]
        deltas = [b - a for before, after in pairwise(run) for a, b in zip(before, after, strict=True)]
        bits = max(1, *(_width(value) for value in deltas))
        packed = 0
        for i, value in enumerate(deltas):
            packed |= (value & ((1 << bits) - 1)) << (i * bits)
        parts.append(bytes((bits, len(run) - 1)) + packed.to_bytes((bits * len(deltas) + 7) // 8, "little"))
    return b"".join(parts)


def _width(value: int) -> int:
    """Bits that two's complement needs for `value`."""
    return (value if value >= 0 else ~value).bit_length() + 1
