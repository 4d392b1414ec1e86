"""The byte layout of the Nordic Thingy:52's motion service: a configuration, and one characteristic for each feature.

What a feature sends is a fixed row of numbers in fixed point (or floats), without number or time. All are little-endian.
Sources: the vendor's firmware 2.2.0 (NordicSemiconductor/Nordic-Thingy52-FW) and its documentation. Facts only; no code was
taken over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def uuid(number: int) -> str:
    """The vendor's 128-bit form of its 16-bit numbers."""
    return f"ef68{number:04x}-9b35-4933-9b10-52ffa9740042"


CONFIGURATION, USER_INTERFACE, MOTION = uuid(0x0100), uuid(0x0300), uuid(0x0400)
NAME_UUID, FIRMWARE_UUID = uuid(0x0101), uuid(0x0107)
LED_UUID, BUTTON_UUID = uuid(0x0301), uuid(0x0302)
CONFIG_UUID, RAW_UUID = uuid(0x0401), uuid(0x0406)

COMPANY = 0x0059  # Nordic Semiconductor, Bluetooth assigned numbers
PRESSED, RELEASED = b"\x01", b"\x00"

G_PER_COUNT = 1 / 1024
DEG_S_PER_COUNT = 1 / 32
UT_PER_COUNT = 1 / 16

_RAW = struct.Struct("<9h")
_CONFIG = struct.Struct("<4HB")

Counts = tuple[int, int, int]


class ThingyError(ValueError):
    """Octets that this protocol cannot mean."""


def parse_button(data: bytes) -> bool:
    """Whether the button was pressed, or else released. Raises ThingyError."""
    if data not in {PRESSED, RELEASED}:
        raise ThingyError("neither pressed nor released")
    return data == PRESSED


# --- configuration ---


@dataclass(frozen=True, slots=True)
class Config:
    """What the motion features share; from the factory as here. The unit stores it in flash. Intervals are for compensation."""

    pedometer_ms: int = 1000
    temperature_ms: int = 500
    compass_ms: int = 500
    rate_hz: int = 10
    wake_on_motion: int = 1

    @property
    def is_allowed(self) -> bool:
        """Whether the unit takes it."""
        return (
            100 <= self.pedometer_ms <= 5000
            and 100 <= self.temperature_ms <= 5000
            and 100 <= self.compass_ms <= 1000
            and 5 <= self.rate_hz <= 200
            and self.wake_on_motion <= 1
        )


def parse_config(data: bytes) -> Config:
    """Raises ThingyError."""
    if len(data) != _CONFIG.size:
        raise ThingyError("no configuration of the motion service")
    return Config(*_CONFIG.unpack(data))


def config(content: Config) -> bytes:
    """The inverse of `parse_config`."""
    c = content
    return _CONFIG.pack(c.pedometer_ms, c.temperature_ms, c.compass_ms, c.rate_hz, c.wake_on_motion)


# --- raw samples ---


@dataclass(frozen=True, slots=True)
class Raw:
    """One sample in counts. **Acceleration is positive on the axis that points down**: the negative of the specific force."""

    acceleration: Counts
    angular_rate: Counts
    magnetic_field: Counts


def parse_raw(data: bytes) -> Raw:
    """Raises ThingyError."""
    if len(data) != _RAW.size:
        raise ThingyError("no raw sample")
    numbers = _RAW.unpack(data)
    return Raw(numbers[0:3], numbers[3:6], numbers[6:9])


def raw(sample: Raw) -> bytes:
    """The inverse of `parse_raw`."""
    return _RAW.pack(*sample.acceleration, *sample.angular_rate, *sample.magnetic_field)


# --- the unit's own orientation, and its firmware ---


@dataclass(frozen=True, slots=True)
class Feature:
    """A characteristic that sends numbers, each so many counts to one."""

    uuid: str
    layout: struct.Struct
    scale: int


QUATERNION = Feature(uuid(0x0404), struct.Struct("<4i"), 1 << 30)  # w, x, y, z
EULER = Feature(uuid(0x0407), struct.Struct("<3i"), 1 << 16)  # roll, pitch, yaw in degrees
MATRIX = Feature(uuid(0x0408), struct.Struct("<9h"), 1 << 14)  # row by row
HEADING = Feature(uuid(0x0409), struct.Struct("<i"), 1 << 16)  # degrees
GRAVITY = Feature(uuid(0x040A), struct.Struct("<3f"), 1)  # m/s^2
FEATURES = (QUATERNION, EULER, MATRIX, HEADING, GRAVITY)


def parse_feature(feature: Feature, data: bytes) -> tuple[float, ...]:
    """Raises ThingyError."""
    if len(data) != feature.layout.size:
        raise ThingyError("not what this feature sends")
    return tuple([number / feature.scale for number in feature.layout.unpack(data)])


def feature(kind: Feature, values: Sequence[float]) -> bytes:
    """The inverse of `parse_feature`."""
    if kind is GRAVITY:
        return kind.layout.pack(*values)
    return kind.layout.pack(*[round(value * kind.scale) for value in values])


def parse_firmware(data: bytes) -> str:
    """The version, as "2.2.0". Raises ThingyError."""
    if len(data) != 3:
        raise ThingyError("no firmware version")
    return ".".join(map(str, data))
