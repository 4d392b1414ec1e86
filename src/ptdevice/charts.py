"""What is known of each person for stimulation: prescriptions, screening, pads, sessions of late, red flags, pain before.

The journal is all the memory there is, but for the pads: who starts anew looks at them anew. A clock that is not set knows no
day, so then nothing may be commanded.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ptdevice.errors import JournalError
from ptdevice.journal.looking_back import look_back, wall_ns
from ptdevice.model import (
    Assessment,
    Audit,
    Decision,
    ElectrodePlacement,
    Moment,
    PainRating,
    Reinstated,
    Screening,
    StimulationSegment,
    StimulationSession,
)
from ptdevice.mqtt.contract import TYPE_PREFIX, TYPE_SUFFIX
from ptdevice.treatment.history import History
from ptdevice.treatment.objections import Objection, Person, objections
from ptdevice.treatment.screening import VALID_DAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import tzinfo

    from ptdevice.config import Settings
    from ptdevice.journal.looking_back import Pages
    from ptdevice.model import Record
    from ptdevice.mqtt.topics import Entry, Stamp
    from ptdevice.programme.prescription import PainRule
    from ptdevice.treatment.prescription import StimulationPrescription

log = logging.getLogger(__name__)

DAY_NS = 86_400_000_000_000
DAYS_KEPT = VALID_DAYS + 1
BEFORE_S = 7200.0  # a rating "before" that is older was before something else
START = "start"  # the audit's word for a session that was allowed to begin
OF_PERSONS = tuple(
    f"{TYPE_PREFIX}{kind}{TYPE_SUFFIX}" for kind in ("assessment", "reinstated", "stimulation.screening")
)
OF_SESSIONS = tuple(
    f"{TYPE_PREFIX}{kind}{TYPE_SUFFIX}" for kind in ("stimulation.segment", "stimulation.session", "audit")
)


@dataclass(slots=True)
class _Chart:
    """One person's. `screened` is the day of the screening; `before` the last rating before a session, and when."""

    history: History
    screening: Screening | None = None
    screened: date | None = None
    suspended: bool = False
    before: tuple[int, float] | None = None
    pads: dict[tuple[str, str | None], ElectrodePlacement] = field(default_factory=dict)


class Charts:
    """One gateway's. `subject_of(unit)` gives who uses a unit now, `whose(unit, record)` under whom a record is filed."""

    def __init__(
        self,
        prescriptions: Sequence[StimulationPrescription],
        subject_of: Callable[[str], str | None],
        zone: tzinfo,
        stamp: Callable[[], Stamp],
    ) -> None:
        self.whose: Callable[[str, Record], str | None] = lambda unit, _: subject_of(unit)
        self._prescriptions, self._subject_of, self._zone, self._stamp = prescriptions, subject_of, zone, stamp
        self._charts: defaultdict[str, _Chart] = defaultdict(lambda: _Chart(History(self._day)))
        self._complete = False  # whether the journal could be read

    # --- what is asked ---

    def prescription(self, unit: str, name: str) -> StimulationPrescription | None:
        """The version that is in force for whoever uses the unit; else the last one, about which `objections` has a word."""
        subject, stamp = self._subject_of(unit), self._stamp()
        versions = [each for each in self._prescriptions if (each.person, each.name) == (subject, name)]
        today = self._day(stamp.wall_ns)
        in_force = [each for each in versions if each.in_force(today)]
        return max(in_force or versions, key=lambda each: each.last, default=None)

    def objections(
        self,
        unit: str,
        prescription: StimulationPrescription,
        device: str,
        channels: Collection[str | None],
        per_day: int,
    ) -> Sequence[Objection]:
        """Everything about whoever uses the unit that speaks against a session now; see `treatment.objections`."""
        subject, stamp = self._subject_of(unit), self._stamp()
        if subject is None:
            return [
                Objection("no_subject", f"Nobody is known to use {unit}, so nobody knows whose session it would be.")
            ]
        if not stamp.synced:
            return [Objection("clock_unsynced", "The gateway's clock is not set, so it does not know what day it is.")]
        chart, today = self._charts[subject], self._day(stamp.wall_ns)
        person = Person(
            now=stamp.mono_s,
            now_ns=stamp.wall_ns,
            today=today,
            screening=chart.screening,
            screened_days=(today - chart.screened).days if chart.screened is not None else None,
            pads={channel: pads for (where, channel), pads in chart.pads.items() if where == unit},
            history=chart.history,
            suspended=chart.suspended,
        )
        found = list(objections(person, prescription, device, channels, per_day))
        if not self._complete:
            text = "The journal could not be read at the start, so nobody knows what was done before it."
            found.insert(0, Objection("journal_down", text))
        return found

    def pads(self, unit: str, channel: str | None) -> ElectrodePlacement | None:
        """The pads as they were last confirmed."""
        subject = self._subject_of(unit)
        return self._charts[subject].pads.get((unit, channel)) if subject is not None else None

    def sessions_today(self, unit: str) -> int:
        """How many sessions of whoever uses the unit began today."""
        subject = self._subject_of(unit)
        return self._charts[subject].history.today(self._stamp().wall_ns) if subject is not None else 0

    def pain_stops(self, unit: str, rule: PainRule, rating: int, now: float) -> bool:
        """Whether a rating during a session stops it, by this rule and the rating before, where there is one."""
        subject = self._subject_of(unit)
        before = self._charts[subject].before if subject is not None else None
        recent = before[0] if before is not None and now - before[1] <= BEFORE_S else None
        return rule.stops(rating, recent)

    def suspended(self, unit: str) -> bool:
        """Whether the plans of whoever uses this unit wait for a clinician."""
        subject = self._subject_of(unit)
        return subject is not None and self._charts[subject].suspended

    # --- what happens ---

    def note(self, unit: str | None, records: Sequence[Record]) -> None:
        """Take in what is being kept."""
        if unit is None:
            return
        stamp = self._stamp()
        for record in records:
            subject = self.whose(unit, record)
            if subject is None:
                continue
            chart = self._charts[subject]
            match record:
                case StimulationSegment(session_id=session_id) | StimulationSession(id=session_id):
                    for moment in (record.start, record.end):
                        chart.history.saw(session_id, stamp.ns(moment) if stamp.synced else None)
                case Audit(action="start", decision=Decision.ALLOWED, session_id=str(session_id)):
                    chart.history.saw(session_id, stamp.ns(record.at) if stamp.synced else None)
                case Screening():
                    chart.screening = record
                    chart.screened = self._day(stamp.ns(record.at)) if stamp.synced else None
                case ElectrodePlacement():
                    chart.pads[unit, record.channel] = record
                case Assessment():
                    chart.suspended = chart.suspended or bool(record.red_flags)
                case Reinstated():
                    chart.suspended = False
                case PainRating(moment=Moment.BEFORE):
                    chart.before = record.rating, record.at
                case _:
                    pass

    def leave(self, unit: str) -> None:
        """Its wearer leaves: the pads come off, and whoever wears it next looks at them anew."""
        for chart in self._charts.values():
            chart.pads = {place: pads for place, pads in chart.pads.items() if place[0] != unit}

    def forget(self, subject: str) -> None:
        """Nothing is known of this person."""
        self._charts.pop(subject, None)

    async def restore(self, journal: Pages) -> None:
        """Read what the journal knows. Trouble with it is an objection from then on."""
        since_ns = self._stamp().wall_ns - DAYS_KEPT * DAY_NS
        try:
            # A red flag has no end but a clinician's word, however long ago it was.
            persons = await look_back(journal, OF_PERSONS, 0, undated=True)
            sessions = await look_back(journal, OF_SESSIONS, since_ns, undated=True)
        except JournalError as error:
            log.warning("what was done before this start is unknown, so nothing can be commanded: %s", error)
            return
        self._complete = True
        for entry in (*persons, *sessions):
            try:
                self._restore(entry)
            except (KeyError, TypeError, ValueError):
                log.warning("record %d is not as this version writes it; nothing can be commanded", entry.sequence)
                self._complete = False

    # --- inside ---

    def _day(self, wall_ns: int) -> date:
        return datetime.fromtimestamp(wall_ns / 1e9, UTC).astimezone(self._zone).date()

    def _restore(self, entry: Entry) -> None:
        row = entry.draft
        if row.subject is None:
            return
        data: Mapping[str, Any] = json.loads(row.data)
        chart, synced = self._charts[row.subject], row.clock == "synced"
        match row.type.removeprefix(TYPE_PREFIX).removesuffix(TYPE_SUFFIX):
            case "stimulation.segment":
                self._saw(chart, str(data["session_id"]), data, synced=synced)
            case "stimulation.session":
                self._saw(chart, str(data["id"]), data, synced=synced)
            case "audit" if (data["action"], data["decision"]) == (START, Decision.ALLOWED):
                chart.history.saw(str(data["session_id"]), row.time_ns if synced else None)
            case "stimulation.screening":
                chart.screening = Screening(
                    at=0.0,  # no longer a gateway second; the day is what counts
                    questionnaire=data["questionnaire"],
                    version=data["version"],
                    result=data["result"],
                    reasons=tuple(data["reasons"]),
                    cautions=tuple(data["cautions"]),
                    cleared=tuple(data["cleared"]),
                    valid_days=data["valid_days"],
                    entered_by=data["entered_by"],
                )
                chart.screened = self._day(row.time_ns) if synced else None
            case "assessment":
                chart.suspended = chart.suspended or bool(data["red_flags"])
            case "reinstated":
                chart.suspended = False

    @staticmethod
    def _saw(chart: _Chart, session_id: str, data: Mapping[str, Any], *, synced: bool) -> None:
        for key in ("start", "end"):
            moment = wall_ns(data[key])
            chart.history.saw(session_id, moment if synced else None)


def charts_of(settings: Settings, subject_of: Callable[[str], str | None], stamp: Callable[[], Stamp]) -> Charts:
    """The charts of a configuration."""
    zone = settings.programmes.timezone
    return Charts(settings.prescriptions.all, subject_of, ZoneInfo(zone) if zone else UTC, stamp)
