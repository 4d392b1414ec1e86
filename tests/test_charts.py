"""What is known of persons for stimulation: as it is recorded, and after a restart from the journal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from tests.treatment.test_objections import CLEAR, PRESCRIPTION

from ptdevice.charts import Charts
from ptdevice.errors import JournalError
from ptdevice.journal.store import Page
from ptdevice.model import (
    Assessment,
    Category,
    Contact,
    ElectrodePlacement,
    Moment,
    Output,
    PainRating,
    Record,
    Recurrence,
    RedFlag,
    Reinstated,
    SessionEnd,
    StimulationSegment,
    StimulationSession,
    StopReason,
)
from ptdevice.mqtt import topics
from ptdevice.mqtt.topics import Draft, Entry, Stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

S = 1_000_000_000
NOON = datetime(2026, 12, 7, 12, tzinfo=UTC)
SUBJECTS = {"tens": "k3f7q2xa", "chest": "k3f7q2xa", "spare": None}


@dataclass
class Disk:
    """A journal that keeps drafts."""

    drafts: list[Draft] = field(default_factory=list)
    error: JournalError | None = None

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        assert below is None
        if self.error is not None:
            raise self.error
        return Page([Entry(n, f"i{n}", "e", d) for n, d in enumerate(self.drafts, 1) if d.type in types], 0, None)


@dataclass
class Clinic:
    """A gateway's charts, and its clock."""

    begun: datetime = NOON
    disk: Disk = field(default_factory=Disk)
    synced: bool = True
    at: float = 1000.0

    def __post_init__(self) -> None:
        self.charts = Charts((PRESCRIPTION,), SUBJECTS.get, UTC, self.stamp)
        asyncio.run(self.charts.restore(self.disk))

    def stamp(self) -> Stamp:
        return Stamp("boot", round(self.begun.timestamp()) * S + round(self.at * S), self.at, self.synced)

    def happen(self, *records: Record, unit: str = "tens") -> None:
        for record in records:
            self.disk.drafts.append(topics.draft(record, unit=unit, subject=SUBJECTS[unit], stamp=self.stamp()))
        self.charts.note(unit, records)

    def later(self, **time: float) -> Clinic:
        """The next start of the program, on the same journal."""
        return Clinic(self.begun + timedelta(seconds=self.at) + timedelta(**time), self.disk, at=50.0)

    def ready(self) -> Clinic:
        """Screened, and with pads that somebody looked at."""
        self.happen(replace(CLEAR, at=self.at))
        return self.look()

    def look(self) -> Clinic:
        self.happen(ElectrodePlacement(self.at, None, "lumbar_left", 25.0, 2, "pt-17"))
        return self

    def rules(self, unit: str = "tens") -> list[str]:
        return [each.rule for each in self.charts.objections(unit, PRESCRIPTION, "dglab_coyote3", [None], 6)]


def segment(clinic: Clinic, session_id: str, seconds: float = 100.0) -> StimulationSegment:
    return StimulationSegment(
        session_id, clinic.at - seconds, clinic.at, None, None, 10, 200, None, Contact.UNKNOWN, seconds
    )


def flags(at: float, *red: RedFlag) -> Assessment:
    return Assessment(at, Category.NONSPECIFIC, 1, Recurrence.FIRST, red, False, (), None)


def test_who_is_screened_and_has_pads_may_begin() -> None:
    assert Clinic().rules() == ["screening_missing", "pads_not_confirmed"]
    assert Clinic().ready().rules() == []


def test_a_unit_of_nobody_has_no_session() -> None:
    assert Clinic().ready().rules("spare") == ["no_subject"]


def test_a_clock_that_is_not_set_knows_no_day() -> None:
    clinic = Clinic().ready()
    clinic.synced = False
    assert clinic.rules() == ["clock_unsynced"]


def test_a_screening_outlives_a_restart_and_pads_do_not() -> None:
    assert Clinic().ready().later(minutes=5).rules() == ["pads_not_confirmed"]


def test_a_screening_grows_old_over_restarts() -> None:
    assert Clinic().ready().later(days=29).look().rules() == ["prescription_expired"]
    assert "screening_expired" in Clinic().ready().later(days=30).look().rules()


def test_a_screening_of_an_unset_clock_is_of_an_unknown_day() -> None:
    clinic = Clinic()
    clinic.synced = False
    clinic.ready()
    clinic.synced = True
    assert clinic.rules() == ["screening_missing"]
    assert clinic.later(minutes=1).look().rules() == ["screening_missing"]


def test_pads_of_one_unit_are_not_those_of_another() -> None:
    clinic = Clinic().ready()
    assert clinic.rules("chest") == ["pads_not_confirmed"]


def test_a_session_of_today_keeps_the_gap_also_after_a_restart() -> None:
    clinic = Clinic().ready()
    clinic.happen(segment(clinic, "s1"))
    assert clinic.rules() == ["min_gap"]
    assert clinic.later(minutes=30).look().rules() == ["min_gap"]
    assert clinic.later(hours=3).look().rules() == []


def test_a_session_that_a_crash_cut_off_counts_by_its_segments() -> None:
    clinic = Clinic().ready()
    clinic.happen(segment(clinic, "s1"), segment(clinic, "s2"))
    assert clinic.later(hours=3).look().rules() == ["per_day"]


def test_a_finished_session_counts_once() -> None:
    clinic = Clinic().ready()
    clinic.happen(segment(clinic, "s1"))
    end = StimulationSession(
        id="s1",
        origin="observed",
        start=clinic.at - 100,
        end=clinic.at,
        state=SessionEnd.ENDED,
        reason=StopReason.USER,
        delivered_s=100.0,
        level_max_seen=10,
        level_mean=10.0,
        upward_steps=1,
        level_max=200,
        gaps=0,
        gap_s=0.0,
        final_output=Output.OFF,
    )
    clinic.happen(end)
    assert clinic.rules() == ["min_gap"]
    assert clinic.later(hours=3).look().rules() == []


def test_a_session_of_an_unset_clock_is_of_today_and_just_over() -> None:
    clinic = Clinic().ready()
    clinic.synced = False
    clinic.happen(segment(clinic, "s1"), segment(clinic, "s2"))
    assert clinic.later(days=3).look().rules() == ["per_day", "min_gap"]


def test_a_red_flag_holds_over_restarts_until_a_clinician_speaks() -> None:
    clinic = Clinic().ready()
    clinic.happen(flags(clinic.at, RedFlag.MAJOR_TRAUMA), unit="chest")
    assert (clinic.rules(), clinic.charts.suspended("tens"), clinic.charts.suspended("spare")) == (
        ["suspended"],
        True,
        False,
    )
    later = clinic.later(hours=1)
    later.happen(flags(later.at))  # an assessment without a flag is no clinician's word
    assert later.look().rules() == ["suspended"]
    later.happen(Reinstated(later.at, "dr-4"))
    assert later.rules() == []
    assert later.later(hours=1).look().rules() == []


def test_what_cannot_be_read_is_unknown_and_unknown_is_no_permission() -> None:
    down = Clinic(disk=Disk(error=JournalError("the disk is gone")))
    down.ready()
    assert down.rules() == ["journal_down"]


def test_a_row_of_another_kind_of_version_is_no_permission_either() -> None:
    clinic = Clinic().ready()
    clinic.disk.drafts = [replace(draft, data='{"result": "clear"}') for draft in clinic.disk.drafts]
    assert "journal_down" in clinic.later(minutes=1).rules()


def test_the_version_in_force_is_the_one_that_is_meant() -> None:
    clinic = Clinic()
    old = replace(PRESCRIPTION, last=date(2026, 12, 6))
    new = replace(PRESCRIPTION, version=2, first=date(2026, 12, 7))
    other = replace(PRESCRIPTION, person="somebody")
    charts = Charts((new, old, other), SUBJECTS.get, UTC, clinic.stamp)
    assert charts.prescription("tens", "lumbar-tens") == new
    later = replace(PRESCRIPTION, version=3, first=date(2026, 12, 8), last=date(2027, 1, 31))
    assert Charts((later, new), SUBJECTS.get, UTC, clinic.stamp).prescription("tens", "lumbar-tens") == new
    assert Charts((old,), SUBJECTS.get, UTC, clinic.stamp).prescription("tens", "lumbar-tens") == old
    assert charts.prescription("tens", "elsewhere") is None
    assert charts.prescription("spare", "lumbar-tens") is None


def test_pain_stops_at_its_threshold_and_at_its_rise() -> None:
    clinic = Clinic()
    assert [clinic.charts.pain_stops("tens", PRESCRIPTION.pain, rating, 1000.0) for rating in (5, 6, 7)] == [
        False,
        True,
        True,
    ]
    clinic.happen(PainRating(1000.0, 2, Moment.BEFORE), unit="chest")
    assert [clinic.charts.pain_stops("tens", PRESCRIPTION.pain, rating, 1100.0) for rating in (4, 5)] == [False, True]
    assert not clinic.charts.pain_stops("tens", PRESCRIPTION.pain, 5, 1000.0 + 7201)
    clinic.happen(PainRating(1100.0, 0, Moment.AFTER))
    assert not clinic.charts.pain_stops("tens", PRESCRIPTION.pain, 4, 1200.0)
