"""Scripts of the Bluetens: what a unit plays, how long, how fast and how wide. The format is in docs/devices/bluetens.md.

    V1D16{R12c|F64P32C12c|R6Pc8F2C1}<S1>

A header (version, base of the numbers, mode), sections in braces, blocks behind bars, and a list of sections to play again.
Read strictly: what this reader does not understand is no script, for the unit might understand it otherwise.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from functools import lru_cache

LENGTH_MAX = 1024  # octets; the vendor's app takes files above 2096 for no scripts
FOREVER = 65535  # as a number of repeats
NUMBER_MAX = 65535
PULSE_US = (20, 400)  # of the vendor's app; the firmware makes a narrower pulse 20 us wide
RATE_MAX_HZ = 1200.0  # of the vendor's app
# The firmware refuses a block whose pulse is not narrower than 3/8 of its period: 3 750 000 / tenths of Hz.
PERIOD_SHARE = 3_750_000
SECTIONS_MAX, PLAYLIST_MAX = 64, 512

_SCRIPT = re.compile(r"V[12]D(10|16)(?:M[0-2])?((?:\{[^{}<>]*\})+)(?:<((?:S[0-9]{1,3})+)>)?")
_BLOCK = re.compile(r"(?:[RIPFTC][0-9a-f]{1,5})*")
_FIELD = re.compile(r"([RIPFTC])([0-9a-f]+)")


class ScriptError(ValueError):
    """Not a script that we understand."""


@dataclass(frozen=True, slots=True)
class Script:
    """What a script does: seconds from start to end (infinite where a block repeats for ever), highest rate, widest pulse."""

    text: str
    duration_s: float
    rate_hz: float
    pulse_us: int

    @property
    def digest(self) -> str:
        """The unit's own digest of the file: MD5, in lower case."""
        return hashlib.md5(self.text.encode("ascii"), usedforsecurity=False).hexdigest()

    @property
    def file(self) -> str:
        """The name that we give the file on the unit: eight digits, and never one that means something to the firmware."""
        return self.digest[:8]


@dataclass(frozen=True, slots=True)
class _Block:
    """Values not given are those of the block before; these are the firmware's own."""

    repeats: int = 1
    pulses: int = 1
    tenth_hz: int = 500
    pause_ms: int = 0
    pulse_us: int = 100

    def duration_ms(self) -> float:
        if self.repeats == FOREVER:
            return float("inf")
        return self.repeats * (10_000 / self.tenth_hz * self.pulses + self.pause_ms)


@lru_cache(maxsize=16)
def parse(text: str) -> Script:
    """Raises ScriptError."""
    match = _SCRIPT.fullmatch(text)
    if match is None or len(text) > LENGTH_MAX:
        raise ScriptError("not a script")
    base, bodies = int(match[1]), match[2][1:-1].split("}{")
    again = [int(number) for number in match[3].split("S")[1:]] if match[3] else []
    if len(bodies) > SECTIONS_MAX or len(again) > PLAYLIST_MAX or not all(1 <= each <= len(bodies) for each in again):
        raise ScriptError("too many sections, or a list of others than there are")
    sections = [_section(body, base) for body in bodies]
    blocks = [block for _, section in sections for block in section]
    if not blocks:
        raise ScriptError("no blocks")
    seconds = sum(ms for ms, _ in sections) / 1000 + sum(sections[each - 1][0] for each in again) / 1000
    rate, pulse = max(block.tenth_hz for block in blocks) / 10, max(block.pulse_us for block in blocks)
    return Script(text, seconds, rate, pulse)


def _section(text: str, base: int) -> tuple[float, list[_Block]]:
    head, *rest = text.split("|")
    own, block, blocks = _values(head, base), _Block(), list[_Block]()
    if not own.keys() <= {"R", "I"}:
        raise ScriptError("a section has repeats and a pause of its own, and no more")
    for each in rest:
        block = _block(block, _values(each, base))
        blocks.append(block)
    total = sum(block.duration_ms() for block in blocks)
    repeats = own.get("R", 1)
    return (float("inf") if repeats == FOREVER else repeats * (total + own.get("I", 0))), blocks


def _block(before: _Block, values: dict[str, int]) -> _Block:
    tenth_hz = values.get("T", values["F"] * 10 if "F" in values else before.tenth_hz)
    block = replace(
        before,
        repeats=values.get("R", before.repeats),
        pulses=values.get("C", before.pulses),
        tenth_hz=tenth_hz,
        pause_ms=values.get("I", before.pause_ms),
        pulse_us=max(values.get("P", before.pulse_us), PULSE_US[0]),
    )
    if not 1 <= block.tenth_hz <= RATE_MAX_HZ * 10 or block.pulse_us > PULSE_US[1]:
        raise ScriptError("a rate above 1200 Hz, or none, or a pulse above 400 us")
    if block.pulse_us >= PERIOD_SHARE / block.tenth_hz or block.repeats == 0 or block.pulses == 0:
        raise ScriptError("a block that the firmware refuses, or that is never played")
    return block


def _values(text: str, base: int) -> dict[str, int]:
    found = _FIELD.findall(text)
    if (
        _BLOCK.fullmatch(text) is None
        or len({name for name, _ in found}) != len(found)
        or {"F", "T"} <= {n for n, _ in found}
    ):
        raise ScriptError(f"{text[:20]!r} is no block")
    try:
        values = {name: int(digits, base) for name, digits in found}
    except ValueError:
        raise ScriptError("a number of another base") from None
    if any(value > NUMBER_MAX for value in values.values()):
        raise ScriptError("a number above 65535")
    return values
