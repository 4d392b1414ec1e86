r"""The byte layout of the Bluetens family: lines of a shell, in chunks of 20 octets.

    host     >stat\r\n
    unit     tick=12,lmd5=2c6d...4f91,str=5\r\n        an answer of its own shape, or
             0: ok\r\n                                 a number and a text
             NOTIFY strength 6\r\n                     whenever the unit likes

Source: the vendor's firmware, published as lubinx/bluetens, and what its app sends, described by suchattai-labs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SERVICE_UUID = "0000ffe0-0000-1000-8000-00805f9b34fb"
SHELL_UUID = "0000ffe1-0000-1000-8000-00805f9b34fb"
COMPANY = 0xBDFF  # the tag 0xFFBD is sent high octet first, so that a Bluetooth stack sees this company

CHUNK = 20  # octets of one value, both ways
LINE_MAX = 256  # octets; the longest answer known, a status with three digests, has 150
END = b"\r\n"
LEAD = b">"
NOTIFY = "NOTIFY "

LEVEL_MAX = 60  # a larger number tells of two channels, packed in a way that nobody has published

_STATUS = re.compile(r"(?:[a-z0-9]+=[^,=]+,)*[a-z0-9]+=[^,=]+")
_DIGEST = re.compile(r"[0-9A-Fa-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,9}")


class LineError(ValueError):
    """Not a line of this protocol."""


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to `stat`: seconds since the script was started (0: it is not running), digest of the last script, level."""

    tick: int
    digest: str
    level: int


def command(text: str) -> bytes:
    """A line from the host."""
    return LEAD + text.encode("ascii") + END


def chunks(line: bytes) -> list[bytes]:
    """A line as it goes over the air."""
    return [line[start : start + CHUNK] for start in range(0, len(line), CHUNK)]


def number(text: str) -> int:
    """A decimal number without a sign. Raises LineError."""
    if _NUMBER.fullmatch(text) is None:
        raise LineError(f"{text!r} is no number")
    return int(text)


def level(text: str) -> int:
    """An intensity of a unit with one channel. Raises LineError."""
    if text.startswith("0x"):
        raise LineError("an intensity of two channels, whose packing is not known")
    value = number(text)
    if value > LEVEL_MAX:
        raise LineError(f"an intensity above {LEVEL_MAX}")
    return value


def parse_status(line: str) -> Status:
    """Pairs of name and value in any order; older firmware has more of them. Raises LineError."""
    if _STATUS.fullmatch(line) is None:
        raise LineError("a status of a strange shape")
    pairs = [pair.split("=") for pair in line.split(",")]
    values = dict(pairs)
    if len(values) != len(pairs) or not {"tick", "lmd5", "str"} <= values.keys():
        raise LineError("a status without tick, lmd5 and str, each once")
    if _DIGEST.fullmatch(values["lmd5"]) is None:
        raise LineError("a digest of not 32 hexadecimal digits")
    return Status(number(values["tick"]), values["lmd5"].lower(), level(values["str"]))


def status_line(status: Status) -> bytes:
    """The inverse of `parse_status`, as firmware 3 says it."""
    return f"tick={status.tick},lmd5={status.digest},str={status.level}".encode("ascii") + END
