"""Ids that sort by time (RFC 9562, section 5.7). Pure: the clock and the randomness are arguments."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def uuid7(wall_ns: int, randbits: Callable[[int], int]) -> str:
    """A UUID of version 7 from wall nanoseconds and 74 random bits (`random.Random.getrandbits`, `secrets.randbits`)."""
    milliseconds = (wall_ns // 1_000_000) & (1 << 48) - 1
    bits = milliseconds << 80 | 0x7 << 76 | randbits(12) << 64 | 0b10 << 62 | randbits(62)
    return str(uuid.UUID(int=bits))
