"""The byte layout of the Movella (formerly Xsens) DOT: measurement control, payloads, device control, reports, messages.

A payload is a time (u32, microseconds, wraps at 2**32) and, by its mode, floats in a fixed order, padded with zeros to the
length of its characteristic. It does not say which mode it is. All integers and floats are little-endian. Source: the vendor's
"DOT BLE Service Specification", XD0506P, revisions F (October 2021) and C (July 2023). Facts only; no code was taken over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, NamedTuple


def uuid(number: int) -> str:
    """The vendor's 128-bit form of its 16-bit numbers."""
    return f"1517{number:04x}-4947-11e9-8646-d663bd873d93"


CONFIGURATION, MEASUREMENT, BATTERY, MESSAGES = (uuid(n) for n in (0x1000, 0x2000, 0x3000, 0x7000))
INFORMATION_UUID, DEVICE_UUID, REPORT_UUID = uuid(0x1001), uuid(0x1002), uuid(0x1004)
CONTROL_UUID, LONG_UUID, MEDIUM_UUID, SHORT_UUID = (uuid(n) for n in (0x2001, 0x2002, 0x2003, 0x2004))
BATTERY_UUID = uuid(0x3001)
MESSAGE_UUID, ACK_UUID, ANSWER_UUID = uuid(0x7001), uuid(0x7002), uuid(0x7003)

COMPANY = 0x0886  # Xsens, Bluetooth assigned numbers
START, STOP = 1, 0
RATES_HZ = (1, 4, 10, 12, 15, 20, 30, 60)  # 120 is for recording only
LENGTHS = {SHORT_UUID: 20, MEDIUM_UUID: 40, LONG_UUID: 63}
MAG_COUNTS = 4096  # per unit of the field at calibration


class Mode(IntEnum):
    """Measurement modes whose payload is published. 1, 17 and 25 are proprietary."""

    EXTENDED_QUATERNION = 2
    COMPLETE_QUATERNION = 3
    EULER = 4
    QUATERNION = 5
    FREE_ACCELERATION = 6
    EXTENDED_EULER = 7
    COMPLETE_EULER = 16
    DELTA_MAG = 18
    DELTA = 19
    RATE_MAG = 20
    RATE = 21
    CUSTOM_1 = 22
    CUSTOM_2 = 23
    CUSTOM_3 = 24
    CUSTOM_5 = 26


# What a field is on the wire.
FORMATS = {
    "quaternion": "4f",
    "euler": "3f",
    "free_acceleration": "3f",
    "delta_quaternion": "4f",
    "delta_velocity": "3f",
    "acceleration": "3f",
    "angular_rate": "3f",
    "magnetic_field": "3h",
    "status": "H",
    "clipped": "2B",
}
_EXTENDED = ("status", "clipped")
LAYOUTS: dict[int, tuple[str, ...]] = {
    Mode.EXTENDED_QUATERNION: ("quaternion", "free_acceleration", *_EXTENDED),
    Mode.COMPLETE_QUATERNION: ("quaternion", "free_acceleration"),
    Mode.EULER: ("euler",),
    Mode.QUATERNION: ("quaternion",),
    Mode.FREE_ACCELERATION: ("free_acceleration",),
    Mode.EXTENDED_EULER: ("euler", "free_acceleration", *_EXTENDED),
    Mode.COMPLETE_EULER: ("euler", "free_acceleration"),
    Mode.DELTA_MAG: ("delta_quaternion", "delta_velocity", "magnetic_field"),
    Mode.DELTA: ("delta_quaternion", "delta_velocity"),
    Mode.RATE_MAG: ("acceleration", "angular_rate", "magnetic_field"),
    Mode.RATE: ("acceleration", "angular_rate"),
    Mode.CUSTOM_1: ("euler", "free_acceleration", "angular_rate"),
    Mode.CUSTOM_2: ("euler", "free_acceleration", "magnetic_field"),
    Mode.CUSTOM_3: ("quaternion", "angular_rate"),
    Mode.CUSTOM_5: ("quaternion", "acceleration", "angular_rate"),
}
_STRUCTS = {mode: struct.Struct("<I" + "".join(FORMATS[name] for name in names)) for mode, names in LAYOUTS.items()}


class DotError(ValueError):
    """Octets that this protocol cannot mean."""


@dataclass(frozen=True, slots=True)
class Payload:
    """One sample; what its mode does not carry is empty.

    Acceleration (m/s^2, gravity included) and angular rate (deg/s) are in the sensor's axes, `free_acceleration` is in the
    earth's and without gravity. `euler` is roll, pitch and yaw in degrees, a quaternion w, x, y, z. `magnetic_field` is in
    counts; `clipped` says how often acceleration and angular rate were too large.
    """

    time_us: int
    quaternion: tuple[float, ...] = ()
    euler: tuple[float, ...] = ()
    free_acceleration: tuple[float, ...] = ()
    delta_quaternion: tuple[float, ...] = ()
    delta_velocity: tuple[float, ...] = ()
    acceleration: tuple[float, ...] = ()
    angular_rate: tuple[float, ...] = ()
    magnetic_field: tuple[int, ...] = ()
    status: tuple[int, ...] = ()
    clipped: tuple[int, ...] = ()


def payload_uuid(mode: int) -> str:
    """The characteristic that carries this mode."""
    size = _STRUCTS[mode].size
    return next(uuid for uuid, length in LENGTHS.items() if size <= length)


def parse_payload(mode: int, data: bytes) -> Payload:
    """Raises DotError for a payload of another length, padded or not, or one that has more in it than this mode."""
    layout = _STRUCTS[mode]
    if len(data) not in {layout.size, LENGTHS[payload_uuid(mode)]}:
        raise DotError(
            f"a payload of {len(data)} octets, where mode {mode} has {layout.size}; is the ATT MTU too small?"
        )
    if any(data[layout.size :]):
        raise DotError(f"a payload with more in it than mode {mode} has")
    time_us, *values = layout.unpack_from(data)
    taken: dict[str, Any] = {}
    for name in LAYOUTS[mode]:
        count = _count(name)
        taken[name], values = tuple(values[:count]), values[count:]
    return Payload(time_us, **taken)


def payload(mode: int, sample: Payload) -> bytes:
    """The inverse of `parse_payload`, padded."""
    values = [value for name in LAYOUTS[mode] for value in getattr(sample, name)]
    return _STRUCTS[mode].pack(sample.time_us, *values).ljust(LENGTHS[payload_uuid(mode)], b"\0")


def _count(name: str) -> int:
    return int(FORMATS[name][0]) if len(FORMATS[name]) > 1 else 1


# --- measurement control (2001) ---


class Control(NamedTuple):
    """Whether the unit measures (START or STOP), and in which mode."""

    action: int
    mode: int


def parse_control(data: bytes) -> Control:
    """Raises DotError."""
    if len(data) != 3 or data[0] != 1 or data[1] not in {START, STOP}:
        raise DotError("no measurement control")
    return Control(data[1], data[2])


def control(action: int, mode: int) -> bytes:
    """The inverse of `parse_control`."""
    return bytes((1, action, mode))


# --- device control (1002) ---

DEVICE = struct.Struct("<8B16sHB5x")
VISIT_IDENTIFY, VISIT_POWER, VISIT_TIMEOUTS, VISIT_TAG, VISIT_RATE, VISIT_FILTER = (1 << i for i in range(6))


@dataclass(frozen=True, slots=True)
class Device:
    """Settings of the unit. `visit` tells which of them a write applies. Time-outs are minutes and seconds; 0, 0 is never."""

    visit: int = 0
    identify: int = 0
    power: int = 0
    advertising_timeout: tuple[int, int] = (10, 0)
    connected_timeout: tuple[int, int] = (30, 0)
    tag: bytes = b"Xsens DOT"
    rate_hz: int = 60
    filter_profile: int = 0


def parse_device(data: bytes) -> Device:
    """Raises DotError."""
    if len(data) != DEVICE.size or data[7] > 16:
        raise DotError("no device control")
    visit, identify, power, a_min, a_s, c_min, c_s, length, tag, rate, profile = DEVICE.unpack(data)
    return Device(visit, identify, power, (a_min, a_s), (c_min, c_s), tag[:length], rate, profile)


def device(content: Device) -> bytes:
    """The inverse of `parse_device`."""
    times = (*content.advertising_timeout, *content.connected_timeout)
    return DEVICE.pack(
        content.visit,
        content.identify,
        content.power,
        *times,
        len(content.tag),
        content.tag,
        content.rate_hz,
        content.filter_profile,
    )


def with_rate(content: Device, rate_hz: int) -> bytes:
    """A write that sets the output rate and leaves all else as it is."""
    return device(replace(content, visit=VISIT_RATE, rate_hz=rate_hz))


# --- device report (1004), device information (1001), battery (3001) ---


class Report(IntEnum):
    """What the unit tells by itself."""

    POWERED_OFF = 1
    POWER_SAVING = 4
    SINGLE_CLICK = 5
    DOUBLE_CLICK = 6
    TRIPLE_CLICK = 7


REPORT_LENGTH = 36
CLICKS = (Report.SINGLE_CLICK, Report.DOUBLE_CLICK, Report.TRIPLE_CLICK)


def parse_report(data: bytes) -> tuple[int, int | None]:
    """What is reported and, of a click, when by the unit's clock in ms (a u32, or a u64 in older firmware). Raises DotError."""
    if not data:
        raise DotError("an empty report")
    if data[0] not in CLICKS:
        return data[0], None
    if len(data) < 2 or data[1] not in {4, 8} or len(data) < 2 + data[1]:
        raise DotError("a click without its time")
    return data[0], int.from_bytes(data[2 : 2 + data[1]], "little")


def report(kind: int, time_ms: int | None = None) -> bytes:
    """The inverse of `parse_report`, as newer firmware has it."""
    time = b"" if time_ms is None else bytes((4,)) + time_ms.to_bytes(4, "little")
    return (bytes((kind,)) + time).ljust(REPORT_LENGTH, b"\0")


# MAC (reversed), firmware version, build time, SoftDevice version, serial number, product code.
INFORMATION = struct.Struct("<6s3BH5BIQ6s")


def parse_information(data: bytes) -> tuple[str, str]:
    """Firmware version and product code. Address and serial number are left alone. Raises DotError."""
    if len(data) != INFORMATION.size:
        raise DotError("no device information")
    _, major, minor, revision, *_, product = INFORMATION.unpack(data)
    try:
        return f"{major}.{minor}.{revision}", product.rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError as error:
        raise DotError("a product code that is not ASCII") from error


def parse_battery(data: bytes) -> int | None:
    """Per cent; None for a number that is none. The second octet tells whether it charges. Raises DotError."""
    if len(data) != 2:
        raise DotError("no battery level")
    return data[0] if data[0] <= 100 else None
