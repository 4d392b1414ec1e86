"""The doses of all stimulators of this gateway: restored from the journal, kept up as records come, said as a retained message.

The journal is all the memory there is, so a restart loses nothing that was recorded. A day begins at midnight where the
programmes' days do (`programmes.timezone`), else in UTC. A segment belongs to the day on which it ended; it is two minutes
long at most.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from ptdevice.errors import JournalError
from ptdevice.journal.looking_back import look_back
from ptdevice.model import Gap, StimulationSegment, StimulationSession
from ptdevice.mqtt.contract import TYPE_PREFIX, TYPE_SUFFIX
from ptdevice.mqtt.dose import dose
from ptdevice.stimulation.dose import DAYS_KEPT, DoseBook, Pads, Portion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ptdevice.journal.looking_back import Pages
    from ptdevice.model import Record
    from ptdevice.mqtt.topics import Entry, Message, Names, Stamp
    from ptdevice.wearers import Wearers

log = logging.getLogger(__name__)

DAY_NS = 86_400_000_000_000
SEGMENT, SESSION, GAP = (
    f"{TYPE_PREFIX}{kind}{TYPE_SUFFIX}" for kind in ("stimulation.segment", "stimulation.session", "gap")
)
STREAM = "stimulation"  # of a gap; the name of a channel follows it


class Post(Protocol):
    """The courier, as far as it is seen from here."""

    def retain(self, message: Message) -> None:
        """Publish the latest of its topic."""
        ...


class Doses:
    """`sites` gives the pads of each stimulator by unit and channel; `wearers`, whose dose it is: that of now is said."""

    def __init__(
        self,
        names: Names,
        sites: Mapping[str, Mapping[str | None, str]],
        timezone: str | None,
        stamp: Callable[[], Stamp],
        wearers: Wearers,
    ) -> None:
        self._names, self._sites, self._stamp, self._wearers = names, sites, stamp, wearers
        self._timezone = timezone or "UTC"
        self._zone = ZoneInfo(timezone) if timezone else UTC
        self._books: defaultdict[tuple[str, str | None], DoseBook] = defaultdict(DoseBook)  # by unit and person
        self._said_of = dict(wearers)
        self._complete = False  # whether the journal could be read
        self._said_day: date | None = None
        self._changed: set[str] = set()

    async def restore(self, journal: Pages) -> None:
        """Read what the journal knows of the last days. Trouble with it is told in what is said from then on."""
        since_ns = self._stamp().wall_ns - DAYS_KEPT * DAY_NS
        try:
            entries = await look_back(journal, (SEGMENT, SESSION, GAP), since_ns, undated=True)
        except JournalError as error:
            log.warning("what was delivered before this start is unknown: %s", error)
            return
        for entry in entries:
            try:
                self._restore(entry)
            except (KeyError, TypeError, ValueError):
                log.warning("record %d is not as this version writes it, and is left out of the dose", entry.sequence)
        self._complete = True

    def note(self, unit: str | None, records: Sequence[Record]) -> None:
        """Take in what is being kept."""
        if unit is None or unit not in self._sites:
            return
        stamp = self._stamp()
        for record in records:
            book = self._books[unit, self._wearers.of(unit, record)]
            match record:
                case StimulationSegment():
                    portion = Portion(
                        record.session_id,
                        record.level,
                        record.delivered_s,
                        max(record.end - record.start - record.delivered_s, 0.0),
                        record.charge_mc,
                        record.energy_j,
                    )
                    book.add(self._day(stamp.ns(record.end), stamp.synced), Pads(record.channel, record.site), portion)
                case Gap() if record.stream.startswith(STREAM):
                    pads = self._pads(unit, record.stream)
                    book.lose(self._day(stamp.ns(record.end), stamp.synced), pads, record.end - record.start)
                case StimulationSession():
                    book.finish(record.id)
                case _:
                    continue
            self._changed.add(unit)

    def forget(self, subject: str) -> None:
        """Nothing was ever delivered to this person, as far as is known here."""
        for unit, whose in list(self._books):
            if whose == subject:
                del self._books[unit, whose]
                self._changed.add(unit)

    def tick(self, post: Post) -> None:
        """A second has passed: say what has changed, and everything when a day has begun."""
        stamp = self._stamp()
        today = self._day(stamp.wall_ns, stamp.synced)
        if today != self._said_day:
            self._said_day = today
            self._changed |= self._sites.keys()
            if today is not None:
                for book in self._books.values():
                    book.forget(today - timedelta(days=DAYS_KEPT))
        self._changed |= {unit for unit in self._sites if self._wearers[unit] != self._said_of.get(unit)}
        self._said_of = dict(self._wearers)
        for unit in sorted(self._changed):
            post.retain(self._message(unit, today, stamp))
        self._changed.clear()

    def announce(self) -> Iterator[Message]:
        """Everything retained, as it is now."""
        stamp = self._stamp()
        for unit in self._sites:
            yield self._message(unit, self._day(stamp.wall_ns, stamp.synced), stamp)

    # --- inside ---

    def _message(self, unit: str, today: date | None, stamp: Stamp) -> Message:
        book = self._books[unit, self._wearers[unit]]
        monday = None if today is None else today - timedelta(days=today.weekday())
        week = [] if monday is None else [monday + timedelta(days=each) for each in range(7)]
        return dose(
            self._names,
            unit,
            day=today,
            week_first_day=monday,
            timezone=self._timezone,
            complete=self._complete,
            today=book.sum([] if today is None else [today]),
            week=book.sum(week),
            undated=book.sum([None]),
            stamp=stamp,
        )

    def _day(self, wall_ns: int, synced: bool) -> date | None:  # noqa: FBT001 - of the same clock
        return datetime.fromtimestamp(wall_ns / 1e9, UTC).astimezone(self._zone).date() if synced else None

    def _pads(self, unit: str, stream: str) -> Pads:
        channel = stream.removeprefix(STREAM).removeprefix("_") or None
        return Pads(channel, self._sites[unit].get(channel))

    def _restore(self, entry: Entry) -> None:
        row = entry.draft
        if row.unit is None or row.unit not in self._sites:
            return
        book = self._books[row.unit, row.subject]
        data: dict[str, Any] = json.loads(row.data)
        day = self._day(row.time_ns, row.clock == "synced")
        if row.type == SEGMENT:
            seconds = (_time(data["end"]) - _time(data["start"])).total_seconds()
            delivered = float(data["delivered_s"])
            portion = Portion(
                str(data["session_id"]),
                int(data["level"]),
                delivered,
                max(seconds - delivered, 0.0),
                data.get("charge_mc"),
                data.get("energy_j"),
            )
            book.add(day, Pads(data.get("channel"), data.get("site")), portion)
        elif row.type == SESSION:
            book.finish(str(data["id"]))
        elif str(data["stream"]).startswith(STREAM):
            book.lose(day, self._pads(row.unit, data["stream"]), float(data["duration_s"]))


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
