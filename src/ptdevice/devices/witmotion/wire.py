"""The byte layout of WitMotion's Bluetooth 5 protocol: frames of 20 octets without checksum, number or time; registers.

`55 61` is a motion frame: acceleration, angular rate and Euler angles, three i16 each. `55 71` answers a read: the number of
the first register and the values of eight in a row. Commands are `FF AA register low high`. All integers are little-endian.
Sources: the vendor's protocol page, its SDK repository (WITMOTION/WitBluetooth_BWT901BLE5_0) and register list
(WITMOTION/WitStandardProtocol_JY901), and what others read from real units. Facts only; no code was taken over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum


def vendor(number: int) -> str:
    """The vendor's 128-bit form of its 16-bit numbers. It ends in 9a34fb, and not in the SIG's 9b34fb."""
    return f"{number:08x}-0000-1000-8000-00805f9a34fb"


SERVICE_UUID = vendor(0xFFE5)
DATA_UUID = vendor(0xFFE4)
COMMAND_UUID = vendor(0xFFE9)

SIZE = 20
START = 0x55
MOTION, REGISTERS = 0x61, 0x71
COMMAND = b"\xff\xaa"

G_PER_COUNT = 16 / 32768
DEG_S_PER_COUNT = 2000 / 32768
DEG_PER_COUNT = 180 / 32768

_MOTION = struct.Struct("<xx9h")
_REGISTERS = struct.Struct("<xxH8h")
_COMMAND = struct.Struct("<2sBH")

Counts = tuple[int, int, int]


class Register(IntEnum):
    """What is read or written here. Writing READ asks for eight registers from the one that is named."""

    SAVE = 0x00
    RATE = 0x03
    BANDWIDTH = 0x1F
    FUSION = 0x24
    READ = 0x27
    TEMPERATURE = 0x40
    QUATERNION = 0x51
    BATTERY = 0x64
    KEY = 0x69


# Output rates by their code. 0x0C sends a single frame, 0x0D none.
RATES_HZ = {1: 0.2, 2: 0.5, 3: 1.0, 4: 2.0, 5: 5.0, 6: 10.0, 7: 20.0, 8: 50.0, 9: 100.0, 0x0B: 200.0}
RATE_ONCE, RATE_NONE = 0x0C, 0x0D
BANDWIDTH_20_HZ = 4
SIX_AXES, NINE_AXES = 1, 0
UNLOCK = 0xB588
REBOOT = 0x00FF  # a value of SAVE, as are 0 (save) and 1 (factory settings)

# Lithium cell, from the vendor's table: at least so many hundredths of a volt are so many per cent.
PERCENT = (
    (396, 100),
    (393, 90),
    (387, 75),
    (382, 60),
    (379, 50),
    (377, 40),
    (373, 30),
    (370, 20),
    (368, 15),
    (350, 10),
    (340, 5),
    (0, 0),
)


@dataclass(frozen=True, slots=True)
class Motion:
    """A motion frame in counts. The angles are roll, pitch and yaw."""

    acceleration: Counts
    angular_rate: Counts
    angles: Counts


@dataclass(frozen=True, slots=True)
class Registers:
    """Eight registers, beginning with number `first`, as signed numbers."""

    first: int
    values: tuple[int, ...]


def frames(data: bytes) -> tuple[list[Motion | Registers], int, bytes]:
    """All frames in a stretch of the stream, how many octets belong to none, and the beginning of a frame that goes on.

    Without a checksum a payload may look like a header. So of two frames that overlap the one is taken after which the next
    frame, or nothing, begins.
    """
    found: list[Motion | Registers] = []
    skipped = at = 0
    while at < len(data):
        begin = _align(data, at)
        skipped += begin - at
        if begin + SIZE > len(data):
            return found, skipped, data[begin:]
        found.append(frame(data[begin : begin + SIZE]))
        at = begin + SIZE
    return found, skipped, b""


def frame(data: bytes) -> Motion | Registers:
    """One frame, whose length and header are right."""
    if data[1] == MOTION:
        numbers = _MOTION.unpack(data)
        return Motion(numbers[0:3], numbers[3:6], numbers[6:9])
    first, *values = _REGISTERS.unpack(data)
    return Registers(first, tuple(values))


def motion(content: Motion) -> bytes:
    """The inverse of `frame` for motion."""
    data = bytearray(_MOTION.pack(*content.acceleration, *content.angular_rate, *content.angles))
    data[:2] = START, MOTION
    return bytes(data)


def registers(content: Registers) -> bytes:
    """The inverse of `frame` for registers."""
    data = bytearray(_REGISTERS.pack(content.first, *content.values))
    data[:2] = START, REGISTERS
    return bytes(data)


def command(register: int, value: int) -> bytes:
    """Write `value` (0 to 65535) to a register."""
    return _COMMAND.pack(COMMAND, register, value)


def parse_command(data: bytes) -> tuple[int, int] | None:
    """Register and value; None for what is not a command."""
    if len(data) != _COMMAND.size or not data.startswith(COMMAND):
        return None
    _, register, value = _COMMAND.unpack(data)
    return register, value


def percent(voltage: int) -> int | None:
    """State of charge from hundredths of a volt, or thousandths, as some models have it; None for what no lithium cell has."""
    centivolts = voltage // 10 if voltage >= 2500 else voltage
    if not 250 <= centivolts <= 450:
        return None
    return next(share for least, share in PERCENT if centivolts >= least)


def _align(data: bytes, at: int) -> int:
    """Where the next frame begins, whole or not; the end, where none does."""
    best = None
    for i in range(at, len(data)):
        if best is not None and i >= best + SIZE:
            break
        if not _is_header(data, i):
            continue
        after = i + SIZE
        if after >= len(data) or _is_header(data, after):
            return i
        if best is None:
            best = i
    return len(data) if best is None else best


def _is_header(data: bytes, at: int) -> bool:
    return data[at] == START and (at + 1 == len(data) or data[at + 1] in {MOTION, REGISTERS})
