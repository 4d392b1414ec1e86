"""The byte layout of the YOKONEX EMS, both generations: frames, queries, and what the unit says.

    offset  size  field
    0       1     0x35
    1       1     command
    2       n     payload, numbers high octet first
    2 + n   1     sum of all octets before, modulo 256

Whatever the unit says has the command 0x71, and begins with what it is about. Source: the vendor's protocol for generation 1
(V1.6) and 2 (V2.0), published with YCY-YOKONEX-OpenSource.
"""

from __future__ import annotations

from dataclasses import dataclass

SERVICE_UUID = "0000ff30-0000-1000-8000-00805f9b34fb"
WRITE_UUID = "0000ff31-0000-1000-8000-00805f9b34fb"
NOTIFY_UUID = "0000ff32-0000-1000-8000-00805f9b34fb"

START = 0x35
CONTROL, MOTOR, STEPS, ANGLE, QUERY = 0x11, 0x12, 0x13, 0x14, 0x71
ABOUT_A, ABOUT_B, ABOUT_MOTOR, ABOUT_BATTERY, ABOUT_STEPS, ABOUT_ANGLE, ABOUT_ERROR = 1, 2, 3, 4, 5, 6, 0x55
PAYLOADS = {
    ABOUT_A: 5,
    ABOUT_B: 5,
    ABOUT_MOTOR: 1,
    ABOUT_BATTERY: 1,
    ABOUT_STEPS: 2,
    ABOUT_ANGLE: 12,
    ABOUT_ERROR: 1,
}

LEVEL_MAX = 0x0114  # 276
NO_ELECTRODE, DISCHARGING, IDLE = range(3)
WRONG_SUM, WRONG_START, WRONG_COMMAND, WRONG_DATA, NOT_IMPLEMENTED = range(1, 6)


class FrameError(ValueError):
    """Not a frame of this protocol."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What the unit says of a channel. `mode` means something only where it is on."""

    electrode: int
    on: bool
    level: int
    mode: int


def frame(command: int, payload: bytes) -> bytes:
    """A whole frame."""
    body = bytes((START, command)) + payload
    return body + bytes((sum(body) & 0xFF,))


def query(about: int) -> bytes:
    """A question."""
    return frame(QUERY, bytes((about,)))


def split(data: bytes) -> tuple[int, bytes, bytes]:
    """The first frame that the unit says: what it is about, its payload, and what follows it. Raises FrameError."""
    if len(data) < 3 or data[0] != START or data[1] != QUERY:
        raise FrameError("not a frame of the unit")
    about = data[2]
    if about not in PAYLOADS:
        raise FrameError(f"a frame about nothing known, 0x{about:02x}")
    end = 3 + PAYLOADS[about]
    if len(data) <= end:
        raise FrameError("a frame cut short")
    if sum(data[:end]) & 0xFF != data[end]:
        raise FrameError("checksum does not fit")
    return about, data[3:end], data[end + 1 :]


def parse_channel(payload: bytes) -> Channel:
    """Raises FrameError."""
    electrode, on, level, mode = payload[0], payload[1], int.from_bytes(payload[2:4], "big"), payload[4]
    if electrode > IDLE or on > 1 or level > LEVEL_MAX:
        raise FrameError("a channel outside the unit's range")
    return Channel(electrode, bool(on), level, mode)


def channel_payload(channel: Channel) -> bytes:
    """The inverse of `parse_channel`."""
    return bytes((channel.electrode, channel.on)) + channel.level.to_bytes(2, "big") + bytes((channel.mode,))


def parse_angle(payload: bytes) -> tuple[int, ...]:
    """Acceleration X, Y, Z and angular rate X, Y, Z in counts. That they are signed is not said; else there were no down."""
    return tuple(int.from_bytes(payload[at : at + 2], "big", signed=True) for at in range(0, 12, 2))


def angle_payload(counts: tuple[int, ...]) -> bytes:
    """The inverse of `parse_angle`."""
    return b"".join(count.to_bytes(2, "big", signed=True) for count in counts)
