"""A record in the journal, as it will be published, and the moment at which it was written down. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Stamp:
    """One "now" on both clocks: wall nanoseconds since 1970, monotonic seconds since boot `boot_id`."""

    boot_id: str
    wall_ns: int
    mono_s: float
    synced: bool

    def ns(self, at: float) -> int:
        """Wall nanoseconds of a gateway second, as this stamp's clocks relate."""
        return self.wall_ns + round((at - self.mono_s) * 1e9)

    def rfc3339(self, at: float | None = None) -> str:
        """A gateway second (default: now) as RFC 3339 in UTC, with microseconds."""
        return rfc3339(self.wall_ns if at is None else self.ns(at))


def rfc3339(wall_ns: int) -> str:
    """Nanoseconds since 1970 as RFC 3339 in UTC with `Z`, microseconds, always the same length."""
    moment = _EPOCH + timedelta(microseconds=wall_ns // 1000)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


@dataclass(frozen=True, slots=True)
class Draft:
    """A record about to be journalled: everything but its place in the journal. `data` is JSON of the published model."""

    type: str
    unit: str | None
    subject: str | None
    time_ns: int
    mono_us: int
    boot_id: str
    clock: str
    data: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft in its place: `sequence` without holes per `epoch`, and the `id` (UUIDv7) that every redelivery repeats."""

    sequence: int
    id: str
    epoch: str
    draft: Draft
