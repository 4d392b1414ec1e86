"""The byte layout of the DG-LAB Coyote V3: what a host commands (B0, BF) and what the unit says (B1, BE).

    B0, every 100 ms   B0 | sequence, modes | strength A | strength B | A: 4 periods, 4 intensities | B: the same
    BF, limits         BF | limit A | limit B | frequency balance A, B | intensity balance A, B
    B1, strengths      B1 | sequence | strength A | strength B
    BE, limits         BE | as BF

Source: the vendor's document, coyote/v3/README_V3.md of DG-LAB-OPENSOURCE. No value is wider than an octet.
"""

from __future__ import annotations

from dataclasses import dataclass

NAME = "47L121"  # 47L121000; the wireless sensor is 47L120100
SERVICE_UUID = "0000180c-0000-1000-8000-00805f9b34fb"
WRITE_UUID = "0000150a-0000-1000-8000-00805f9b34fb"
NOTIFY_UUID = "0000150b-0000-1000-8000-00805f9b34fb"
BATTERY_SERVICE_UUID = "0000180a-0000-1000-8000-00805f9b34fb"  # the vendor's own, not the SIG's Device Information
BATTERY_UUID = "00001500-0000-1000-8000-00805f9b34fb"

OUTPUT, LIMITS, STRENGTHS, LIMITS_TOLD = 0xB0, 0xBF, 0xB1, 0xBE
STRENGTH_MAX = 200
WINDOW_S = 0.1  # how long a B0 lasts: four slots of 25 ms
SLOTS = 4
PERIODS, INTENSITIES = range(10, 241), range(101)
KEEP, MORE, LESS, ABSOLUTE = range(4)


class FrameError(ValueError):
    """Not a frame of this protocol."""


@dataclass(frozen=True, slots=True)
class Wave:
    """100 ms of one channel. A value out of range mutes the channel for that time."""

    periods: tuple[int, ...]
    intensities: tuple[int, ...]

    @property
    def sounds(self) -> bool:
        """Whether the unit takes it."""
        return all(value in PERIODS for value in self.periods) and all(
            value in INTENSITIES for value in self.intensities
        )


@dataclass(frozen=True, slots=True)
class Drive:
    """A B0, in the order of the wire: how each strength is meant, and its value; then the waves."""

    sequence: int
    modes: tuple[int, int]
    strengths: tuple[int, int]
    waves: tuple[Wave, Wave]


def parse_strengths(data: bytes) -> tuple[int, int, int]:
    """Sequence (0: a wheel was turned), strength A, strength B of a B1. Raises FrameError."""
    if len(data) != 4 or data[0] != STRENGTHS:
        raise FrameError("strengths are four octets")
    _, sequence, a, b = data
    if sequence > 15:
        raise FrameError("a sequence above 15")
    if a > STRENGTH_MAX or b > STRENGTH_MAX:
        raise FrameError(f"a strength above {STRENGTH_MAX}")
    return sequence, a, b


def strengths(sequence: int, a: int, b: int) -> bytes:
    """A B1."""
    return bytes((STRENGTHS, sequence, a, b))


def parse_drive(data: bytes) -> Drive:
    """A B0. Raises FrameError."""
    if len(data) != 20 or data[0] != OUTPUT:
        raise FrameError("a drive is twenty octets")
    waves = [Wave(tuple(data[at : at + SLOTS]), tuple(data[at + SLOTS : at + 2 * SLOTS])) for at in (4, 12)]
    return Drive(data[1] >> 4, (data[1] >> 2 & 3, data[1] & 3), (data[2], data[3]), (waves[0], waves[1]))


def drive_frame(drive: Drive) -> bytes:
    """The inverse of `parse_drive`."""
    head = bytes((OUTPUT, drive.sequence << 4 | drive.modes[0] << 2 | drive.modes[1], *drive.strengths))
    return head + b"".join(bytes((*wave.periods, *wave.intensities)) for wave in drive.waves)


def limits_frame(limits: tuple[int, int], balances: tuple[int, int, int, int]) -> bytes:
    """A BF."""
    return bytes((LIMITS, *limits, *balances))


def parse_limits(data: bytes) -> tuple[int, int]:
    """The limits of a BE. Raises FrameError."""
    if len(data) != 7 or data[0] != LIMITS_TOLD:
        raise FrameError("limits are seven octets")
    return data[1], data[2]


def period_code(period_ms: float) -> int:
    """The octet for a period of 10 to 1000 ms, by the vendor's table. Raises ValueError."""
    if not 10 <= period_ms <= 1000:
        raise ValueError(f"a period of {period_ms} ms")
    if period_ms <= 100:
        return round(period_ms)
    return round((period_ms - 100) / 5 + 100) if period_ms <= 600 else round((period_ms - 600) / 10 + 200)
