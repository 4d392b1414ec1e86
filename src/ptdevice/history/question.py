"""What is asked of the record: of whom, of which unit, from when to when. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from ptdevice.mqtt.rows import rfc3339

if TYPE_CHECKING:
    from datetime import tzinfo

    from ptdevice.mqtt.rows import Entry

DAY = re.compile(r"\d{4}-\d\d-\d\d")
LAST_NS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Question:
    """None: of all. `until_ns` itself is not in it."""

    since_ns: int = -LAST_NS
    until_ns: int = LAST_NS
    unit: str | None = None
    subject: str | None = None

    def asks(self, entry: Entry) -> bool:
        """Whether this is a row of that unit and that person; its time is for whoever reads the file to judge."""
        row = entry.draft
        return self.unit in {None, row.unit} and self.subject in {None, row.subject}

    def span(self) -> tuple[str | None, str | None]:
        """Its beginning and end as RFC 3339, None where it has none."""
        since = None if self.since_ns == -LAST_NS else rfc3339(self.since_ns)
        return since, None if self.until_ns == LAST_NS else rfc3339(self.until_ns)


def moment(text: str, zone: tzinfo) -> int:
    """A day (its beginning in `zone`) or an RFC 3339 time, in ns since 1970. Raises ValueError."""
    if DAY.fullmatch(text):
        return nanoseconds(midnight(date.fromisoformat(text), zone))
    when = datetime.fromisoformat(text)
    return nanoseconds(when if when.tzinfo is not None else when.replace(tzinfo=zone))


def day_of(text: str, zone: tzinfo) -> tuple[int, int]:
    """A day in `zone` from its first to behind its last moment, in ns since 1970. Raises ValueError."""
    day = date.fromisoformat(text)
    return nanoseconds(midnight(day, zone)), nanoseconds(midnight(day + timedelta(days=1), zone))


def midnight(day: date, zone: tzinfo) -> datetime:
    """The beginning of a day at a place."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def nanoseconds(when: datetime) -> int:
    """Since 1970."""
    return round((when - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) * 1000
