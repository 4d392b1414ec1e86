"""The byte layout of the Beurer EM 70 (LT1102S): frames, opcodes and the two layouts of the state.

    offset  size  field
    0       1     0x5A
    1       1     length: octets of info + 4
    2       1     command
    3       n     info
    3 + n   2     big-endian sum of all preceding octets

Source: bytes captured on air and published with the public repository Trojan13/ma-ems.
"""

from __future__ import annotations

from dataclasses import dataclass

NAME = "LT1102S"
CONTROL_SERVICE_UUID = "646687fb-033f-9393-6ca2-0e9401adeb32"
CONTROL_UUID = "64668730-033f-9393-6ca2-0e9401adeb32"

START = 0x5A
OVERHEAD = 5  # start, length, command, two octets of sum
INFO_MAX = 15  # the longest known info has 9 octets; what claims much more is not this protocol

ADD, CUT, SET, PROGRAMME, LOCK, PAUSE, STATE, VERSION = range(0x01, 0x09)
BUTTON, ENDED, POWER_OFF, OVERLOAD, LOW_BATTERY = 0x0B, 0x0C, 0x0D, 0x0E, 0x0F

LEVEL_MAX = 15
TREATMENT_S = 30 * 60  # the unit's own timer


class FrameError(ValueError):
    """Not a frame: wrong start, length or sum."""


@dataclass(frozen=True, slots=True)
class State:
    """The info of a state reply (0x07), in the order of the wire. Fields that a layout lacks are None.

    `used` is 0 until output has been used, then 1 (the vendor's app reads 0 as "overload"). `battery` has an unknown scale.
    """

    used: int
    programme: int
    mode: int
    level: int
    minutes: int
    battery: int
    seconds: int
    treatment: int | None = None
    lock: int | None = None


def frame(command: int, info: bytes) -> bytes:
    """A whole frame."""
    body = bytes((START, len(info) + 4, command)) + info
    return body + sum(body).to_bytes(2, "big")


def frame_length(data: bytes) -> int | None:
    """Octets of the frame at the start of `data`, or None while it is incomplete. Raises FrameError."""
    if data[0] != START:
        raise FrameError("bytes outside a frame")
    if len(data) < 2:
        return None
    total = data[1] + 1
    if not OVERHEAD <= total <= OVERHEAD + INFO_MAX:
        raise FrameError("an impossible length")
    return total if len(data) >= total else None


def parse(data: bytes) -> tuple[int, bytes]:
    """Command and info of exactly one frame. Raises FrameError."""
    if len(data) < OVERHEAD or data[0] != START:
        raise FrameError("not a frame")
    if data[1] != len(data) - 1:
        raise FrameError("length does not fit")
    if sum(data[:-2]).to_bytes(2, "big") != data[-2:]:
        raise FrameError("checksum does not fit")
    return data[2], data[3:-2]


def parse_state(info: bytes) -> State:
    """Either layout, told apart by its length: 8 octets as captured on air, 9 as the vendor's app expects.

    In the 9-octet layout the last three are treatment state, 60 minus seconds, and lock. Raises FrameError.
    """
    if len(info) == 8:
        return State(info[0], info[1], info[2], info[3], info[4], info[5], info[6])
    if len(info) == 9:
        if info[7] > 60:
            raise FrameError("more than 60 seconds in a minute")
        seconds = 60 - info[7] if info[7] else 0
        return State(info[0], info[1], info[2], info[3], info[4], info[5], seconds, info[6], info[8])
    raise FrameError("a state of neither 8 nor 9 octets")


def state_info(state: State) -> bytes:
    """The inverse of `parse_state`: 9 octets where `treatment` and `lock` are given, else 8."""
    head = bytes((state.used, state.programme, state.mode, state.level, state.minutes, state.battery))
    if state.treatment is None or state.lock is None:
        return head + bytes((state.seconds, 0))
    return head + bytes((state.treatment, 60 - state.seconds if state.seconds else 0, state.lock))
