"""How long a stimulation script of a Bluetens runs. The format is that of docs/devices/bluetens.md.

    V1D16{R12c|F64P32C12c|R6Pc8F2C1}<S1>

A header (version, base of the numbers, mode), sections in braces, blocks behind bars, and a list of sections to play again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_HEADER = re.compile(r"V[12]D(10|16)(?:M[0-2])?")
_SECTION = re.compile(r"\{([^{}<>]*)\}")
_FIELD = re.compile(r"([RIPFTCN])([0-9a-f]*)")
_AGAIN = re.compile(r"<((?:S\d+)*)>")
FOREVER = 65535  # as a number of repeats


class ScriptError(ValueError):
    """Not a script."""


@dataclass(frozen=True)
class _Block:
    """Values not given are those of the block before; these are the firmware's own."""

    repeat: int = 1
    cluster: int = 1
    tenth_hz: int = 500
    interval_ms: int = 0

    def duration_ms(self) -> float:
        if self.repeat == FOREVER:
            return float("inf")
        return self.repeat * (10_000 / self.tenth_hz * self.cluster + self.interval_ms)


def duration_s(script: str) -> float:
    """Seconds from start to end; infinite where a block repeats for ever. Raises ScriptError."""
    header = _HEADER.match(script)
    if header is None:
        raise ScriptError("a script begins with its version and its base")
    base, body = int(header[1]), script[header.end() :]
    sections = [_section_ms(text, base) for text in _SECTION.findall(body)]
    again = _AGAIN.search(body)
    played = [int(number) for number in again[1].split("S")[1:]] if again else []
    if _AGAIN.sub("", _SECTION.sub("", body)) or not sections or not all(1 <= n <= len(sections) for n in played):
        raise ScriptError("not sections, and a list of them")
    return (sum(sections) + sum(sections[n - 1] for n in played)) / 1000


def _section_ms(text: str, base: int) -> float:
    head, *blocks = text.split("|")
    own = _values(head, base)
    block, total = _Block(), 0.0
    for each in blocks:
        values = _values(each, base)
        tenth_hz = values.get("T", values["F"] * 10 if "F" in values else block.tenth_hz)
        if tenth_hz == 0:
            raise ScriptError("a frequency of 0")
        block = replace(
            block,
            repeat=values.get("R", block.repeat),
            cluster=values.get("C", block.cluster),
            interval_ms=values.get("I", block.interval_ms),
            tenth_hz=tenth_hz,
        )
        total += block.duration_ms()
    return own.get("R", 1) * (total + own.get("I", 0))


def _values(text: str, base: int) -> dict[str, int]:
    if _FIELD.sub("", text):
        raise ScriptError(f"{text!r} is no block")
    return {name: int(digits or "0", base) for name, digits in _FIELD.findall(text)}
