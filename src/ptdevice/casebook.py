"""What becomes of the programmes of all persons of this gateway: noted as it happens, restored from the journal, summed up.

A day is summed up when it is over at the place where the person lives, or at the next start; a week on its Sunday. The journal
is all the memory there is: outcomes, other sets, ratings of pain, and every ten minutes that the gateway was at work.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ptdevice.errors import JournalError
from ptdevice.journal.looking_back import look_back, wall_ns
from ptdevice.model import ExerciseSet, Measure, Moment, PainRating, ProgrammeBegun, SetOutcome, Watch
from ptdevice.motion.machine import State
from ptdevice.mqtt.contract import TYPE_PREFIX, TYPE_SUFFIX
from ptdevice.programme.adherence import Ledger, days, midnight_ns
from ptdevice.programme.diary import DAYS_KEPT, Diary, OtherSet, Rated
from ptdevice.programme.presence import Presence
from ptdevice.programme.progression import suggestions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from ptdevice.config import Settings
    from ptdevice.journal.looking_back import Pages
    from ptdevice.model import Record
    from ptdevice.mqtt.topics import Entry, Stamp
    from ptdevice.programme.prescription import Programme, Slot
    from ptdevice.wearers import Wearers

log = logging.getLogger(__name__)

WATCH_S = 600.0
DAY_NS = 86_400_000_000_000
SUNDAY = 6
KINDS = ("exercise.begun", "exercise.outcome", "exercise.set", "exercise.adherence", "pain", "gateway.watch")


class Casebook:
    """One gateway's. `wearers` tells who wears which unit; `keep` records, `file(person, unit, records)` about a person.

    `learn(unit, name, value)` tells a unit's state, `doing()`: whether anybody does a programme now.
    """

    def __init__(
        self,
        programmes: Sequence[Programme],
        wearers: Wearers,
        zone: tzinfo,
        stamp: Callable[[], Stamp],
        keep: Callable[[str | None, list[Record]], None],
        file: Callable[[str, str | None, list[Record]], None],
        learn: Callable[[str, str, object], None],
        doing: Callable[[], bool] = lambda: False,
    ) -> None:
        self._doing = doing
        self._wearers, self._zone, self._stamp = wearers, zone, stamp
        self._keep, self._file, self._learn = keep, file, learn
        self._told = dict(wearers)
        self._presence = Presence()
        self._diaries = {programme.person: Diary() for programme in programmes}
        self._ledgers: dict[tuple[str, str], Ledger] = {}
        for programme in programmes:
            versions = [each for each in programmes if (each.person, each.name) == (programme.person, programme.name)]
            diary = self._diaries[programme.person]
            self._ledgers[programme.person, programme.name] = Ledger(versions, diary, self._presence, zone)
        self._closed: date | None = None  # the last day that is summed up
        self._watching: float | None = None  # gateway seconds, since the last record of it
        self._changed = True

    # --- who has what to do ---

    def person(self, unit: str) -> str | None:
        """Who uses this unit, where there is a programme for that person."""
        subject = self._wearers.get(unit)
        return subject if subject in self._diaries else None

    def due(self, unit: str) -> dict[str, tuple[Programme, date, list[Slot]]] | None:
        """The programmes with something planned today, and what is left of each. None: what day it is, is unknown."""
        stamp = self._stamp()
        if not stamp.synced:
            return None
        day, person = self._day(stamp.wall_ns), self.person(unit)
        found: dict[str, tuple[Programme, date, list[Slot]]] = {}
        for (whose, name), ledger in self._ledgers.items():
            version = ledger.version(day) if whose == person else None
            if version is not None and version.plan(day):
                found[name] = version, day, ledger.diary.left(version, day)
        return found

    # --- what happens ---

    def note(self, unit: str | None, records: Sequence[Record]) -> None:
        """Take in what is being kept."""
        if unit is None:
            return
        stamp = self._stamp()
        for record in records:
            diary = self._diaries.get(self._wearers.of(unit, record) or "")
            if diary is None:
                continue
            match record:
                case SetOutcome():
                    diary.add(record, (stamp.ns(record.start), stamp.ns(record.end)))
                case ProgrammeBegun():
                    diary.begun.add((record.programme, record.day))
                case ExerciseSet() if stamp.synced:
                    span = stamp.ns(record.start), stamp.ns(record.end)
                    other = OtherSet(self._day(stamp.ns(record.end)), record.exercise, record.repetitions, *span)
                    diary.add_set(record.id, other)
                case PainRating() if stamp.synced:
                    diary.ratings.append(Rated(self._day(stamp.ns(record.at)), record.moment, record.rating))
                case _:
                    continue
            self._changed = True

    def tick(self, now: float) -> None:
        """A second has passed."""
        stamp = self._stamp()
        if self._watching is None:
            self._watching = now
        if now - self._watching >= WATCH_S:
            self._watched(now, stamp)
        if not stamp.synced:
            return
        today = self._day(stamp.wall_ns)
        if self._closed is None:
            self._closed = today - timedelta(days=1)
        # Who began before midnight is let finish: what is done then belongs to the day on which it was begun.
        if self._closed < today - timedelta(days=1) and not self._doing():
            self._watched(now, stamp)  # so that the day is known to its end
            for day in list(days(self._closed + timedelta(days=1), today - timedelta(days=1))):
                self._close(day, now, stamp)
            self._closed = today - timedelta(days=1)
            self._forget(today)
        if self._changed or self._told != self._wearers:
            self._changed, self._told = False, dict(self._wearers)
            self._tell(today, now, stamp)

    def close(self, now: float) -> None:
        """The program stops: it was at work until now."""
        if self._watching is not None:
            self._watched(now, self._stamp())

    async def restore(self, journal: Pages) -> None:
        """Read what the journal knows. Trouble with it leaves that unknown."""
        since_ns = self._stamp().wall_ns - DAYS_KEPT * DAY_NS
        types = [TYPE_PREFIX + kind + TYPE_SUFFIX for kind in KINDS]
        try:
            entries = await look_back(journal, types, since_ns)
        except JournalError as error:
            log.warning("what was done before this start is unknown to programmes: %s", error)
            return
        closed: list[date] = []
        active: list[date] = []
        for entry in entries:
            try:
                self._restore(entry, closed, active)
            except (KeyError, TypeError, ValueError):
                log.warning("record %d is not as this version writes it, and is left out of adherence", entry.sequence)
        if closed or active:
            self._closed = max(closed) if closed else min(active) - timedelta(days=1)
        log.info("%d records of programmes read from the journal", len(entries))

    # --- summing up ---

    def _watched(self, now: float, stamp: Stamp) -> None:
        since, self._watching = self._watching, now
        if since is None or now <= since:
            return
        if stamp.synced:
            self._presence.add(stamp.ns(since), stamp.ns(now))
        self._keep(None, [Watch(since, now)])

    def _close(self, day: date, now: float, stamp: Stamp) -> None:
        for (person, _), ledger in self._ledgers.items():
            records: list[Record] = []
            daily = ledger.adherence("day", day, day, at=now, now_ns=stamp.wall_ns)
            if daily is not None:
                records += [daily, *suggestions(ledger, day, at=now, now_ns=stamp.wall_ns)]
            if day.weekday() == SUNDAY:
                weekly = ledger.adherence("week", day - timedelta(days=6), day, at=now, now_ns=stamp.wall_ns)
                records += [weekly] if weekly is not None else []
            self._file(person, self._unit(person), records)
        self._changed = True

    def _forget(self, today: date) -> None:
        first = today - timedelta(days=DAYS_KEPT)
        self._presence.forget(midnight_ns(first, self._zone))
        for diary in self._diaries.values():
            diary.forget(first)

    def _tell(self, today: date, now: float, stamp: Stamp) -> None:
        """The latest that is known, for the state of the person's units."""
        for person in self._diaries:
            ledgers = [ledger for (whose, _), ledger in self._ledgers.items() if whose == person]
            today_s = [ledger.adherence("day", today, today, at=now, now_ns=stamp.wall_ns) for ledger in ledgers]
            monday = today - timedelta(days=today.weekday())
            week_s = [ledger.adherence("week", monday, today, at=now, now_ns=stamp.wall_ns) for ledger in ledgers]
            known = [each for each in today_s if each is not None]
            shares = [each.share for each in week_s if each is not None]
            whole = [each for each in shares if each is not None]
            values = {
                "programme_sets_planned": sum(each.sets_planned for each in known),
                "programme_sets_completed": sum(each.sets_completed for each in known),
                "programme_overdone": any(each.overdone for each in known),
                "adherence_week": round(sum(whole) / len(whole), 3) if whole and len(whole) == len(shares) else None,
            }
            for unit, subject in self._wearers.items():
                if subject == person:
                    for name, value in values.items():
                        self._learn(unit, name, value)

    def _unit(self, person: str) -> str | None:
        return next((unit for unit, subject in self._wearers.items() if subject == person), None)

    def _day(self, wall_ns: int) -> date:
        return datetime.fromtimestamp(wall_ns / 1e9, UTC).astimezone(self._zone).date()

    # --- from the journal ---

    def _restore(self, entry: Entry, closed: list[date], active: list[date]) -> None:
        row, data = entry.draft, json.loads(entry.draft.data)
        kind = row.type.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX)
        synced = row.clock == "synced"
        if kind == "gateway.watch":
            if synced:
                start_ns = wall_ns(data["start"])
                self._presence.add(start_ns, wall_ns(data["end"]))
                active.append(self._day(start_ns))  # that nothing was done on a first day is something to sum up, too
            return
        diary = self._diaries.get(row.subject or "")
        if diary is None:
            return
        match kind:
            case "exercise.outcome":
                diary.add(_outcome(data), (wall_ns(data["start"]), wall_ns(data["end"])))
                active.append(date.fromisoformat(data["day"]))
            case "exercise.begun":
                diary.begun.add((data["programme"], data["day"]))
                active.append(date.fromisoformat(data["day"]))
            case "exercise.adherence":  # a week's, too: its Sunday may be a day off
                closed.append(date.fromisoformat(data["last_day"]))
            case "exercise.set" if synced:
                day = self._day(row.time_ns)
                span = wall_ns(data["start"]), wall_ns(data["end"])
                diary.add_set(data["id"], OtherSet(day, data["exercise"], data["repetitions"], *span))
            case "pain" if synced:
                diary.ratings.append(Rated(self._day(row.time_ns), Moment(data["moment"]), data["rating"]))


def _outcome(data: Mapping[str, Any]) -> SetOutcome:
    """An outcome as it was; its times are no longer gateway seconds, and of no more use."""
    values = {key: data[key] for key in SetOutcome.__slots__ if key in data}
    State(values["state"])
    return SetOutcome(**{**values, "start": 0.0, "end": 0.0, "measured_by": Measure(values["measured_by"])})


def casebook_of(
    settings: Settings,
    wearers: Wearers,
    stamp: Callable[[], Stamp],
    keep: Callable[[str | None, list[Record]], None],
    file: Callable[[str, str | None, list[Record]], None],
    learn: Callable[[str, str, object], None],
    doing: Callable[[], bool],
) -> Casebook | None:
    """The casebook of a configuration; None where it has no programmes."""
    programmes, zone = settings.programmes.all, settings.programmes.timezone
    if not programmes or zone is None:
        return None
    return Casebook(programmes, wearers, ZoneInfo(zone), stamp, keep, file, learn, doing)
