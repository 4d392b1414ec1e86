"""Whose records these are, and that records were forgotten. See `ptdevice.model` for times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Why somebody begins or ceases to wear a unit."""

    REQUEST = "request"  # somebody said so
    EXPIRED = "expired"  # the time that was said is over
    FORGOTTEN = "forgotten"  # everything about this person was to be forgotten


@dataclass(frozen=True, slots=True)
class Assignment:
    """From `at` on, the person under whom this is filed wears the unit (`assigned`), or wears it no longer.

    `until`, RFC 3339 in UTC: when that ends by itself. `by`: who asked for it.
    """

    at: float
    assigned: bool
    reason: Reason
    until: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The records with these sequence numbers (first and last of each range) were deleted; a copy of them must be, too.

    `rows` is how many they were. Whose they were is not told.
    """

    at: float
    rows: int
    ranges: tuple[tuple[int, int], ...]
    by: str | None = None
