"""Programmes over days: noted as they happen, restored from the journal, summed up when a day is over."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.programme.records import on, outcome

from ptdevice.casebook import WATCH_S, Casebook
from ptdevice.errors import JournalError
from ptdevice.journal.store import Page
from ptdevice.model import (
    Adherence,
    ExerciseSet,
    Moment,
    PainRating,
    ProgrammeBegun,
    Record,
    SetEnd,
    SetOutcome,
    Suggestion,
    Watch,
)  # fmt: skip
from ptdevice.motion.exercises import EXERCISES
from ptdevice.mqtt import topics
from ptdevice.mqtt.topics import Draft, Entry, Stamp
from ptdevice.programme.prescription import Days, Dose, Prescribed, Programme, Weekday
from ptdevice.wearers import Wearers

if TYPE_CHECKING:
    from collections.abc import Sequence

SIT_UPS = Prescribed(EXERCISES["sit_up"], Dose(repetitions=10), sets=2)
CORE = Programme("core", 1, "k3f7q", on(1), on(31), (SIT_UPS,))
SUBJECTS = {"chest": "k3f7q", "thigh": "k3f7q", "other": "zzzzz", "back": None}
S = 1_000_000_000


@dataclass
class Disk:
    """A journal that keeps drafts."""

    drafts: list[Draft] = field(default_factory=list)
    error: JournalError | None = None

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        assert below is None
        if self.error is not None:
            raise self.error
        rows = [Entry(n, f"id-{n}", "e", draft) for n, draft in enumerate(self.drafts, 1) if draft.type in types]
        return Page(rows, 0, None)


@dataclass
class Clinic:
    """A gateway's casebook, its clock, and what it said. Gateway second 0 is a moment of `begun`."""

    begun: datetime
    disk: Disk = field(default_factory=Disk)
    programmes: tuple[Programme, ...] = (CORE,)
    synced: bool = True
    at: float = 0.0
    doing: bool = False
    kept: list[tuple[str | None, Record]] = field(default_factory=list)
    state: dict[tuple[str, str], object] = field(default_factory=dict)
    wearers: Wearers = field(default_factory=lambda: Wearers(SUBJECTS))

    def __post_init__(self) -> None:
        self.casebook = Casebook(
            self.programmes, self.wearers, UTC, self.stamp, self.keep, self.file, self.learn, lambda: self.doing
        )

    def stamp(self) -> Stamp:
        return Stamp("boot", round(self.begun.timestamp()) * S + round(self.at * S), self.at, self.synced)

    def file(self, person: str, unit: str | None, records: Sequence[Record]) -> None:
        for record in records:
            self.kept.append((unit, record))
            self.disk.drafts.append(topics.draft(record, unit=unit, subject=person, stamp=self.stamp()))

    def keep(self, unit: str | None, records: Sequence[Record]) -> None:
        for record in records:
            self.kept.append((unit, record))
            self.disk.drafts.append(
                topics.draft(record, unit=unit, subject=SUBJECTS[unit] if unit else None, stamp=self.stamp())
            )

    def learn(self, unit: str, name: str, value: object) -> None:
        self.state[unit, name] = value

    def happen(self, *records: Record, unit: str = "chest") -> None:
        """A unit's records, as the gateway takes them."""
        self.keep(unit, records)
        self.casebook.note(unit, records)

    def until(self, moment: datetime) -> None:
        """Live on, a minute at a time."""
        end = (moment - self.begun).total_seconds()
        while self.at < end:
            self.at = min(self.at + 60.0, end)
            self.casebook.tick(self.at)

    def again(self, begun: datetime, programmes: tuple[Programme, ...] | None = None) -> Clinic:
        """The next start of the program, on the same journal."""
        clinic = Clinic(begun, self.disk, programmes or self.programmes)
        asyncio.run(clinic.casebook.restore(self.disk))
        return clinic

    def adherence(self, period: str = "day") -> list[Adherence]:
        return [each for _, each in self.kept if isinstance(each, Adherence) and each.period == period]


def moment(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


def did(
    clinic: Clinic, day: int, slot: int, state: str = "completed", why: str = "target", count: int = 10
) -> SetOutcome:
    made = replace(outcome(on(day), slot, state, why, done=count), start=clinic.at, end=clinic.at)
    clinic.happen(made)
    return made


def a_set(clinic: Clinic, set_id: str, repetitions: int = 10) -> ExerciseSet:
    return ExerciseSet(set_id, "sit_up", clinic.at, clinic.at, repetitions, None, None, 60, SetEnd.IDLE, 1.0)


def test_a_day_is_summed_up_when_it_is_over() -> None:
    clinic = Clinic(moment(1))
    clinic.until(moment(1, 9))
    did(clinic, 1, 1)
    clinic.until(moment(1, 23, 59))
    assert clinic.adherence() == []
    clinic.until(moment(2, 0, 1))
    (one,) = clinic.adherence()
    assert (one.first_day, one.sets_completed, one.sets_missed, one.sets_unknown, one.share) == (
        "2026-12-01",
        1,
        1,
        0,
        0.5,
    )
    assert [unit for unit, each in clinic.kept if isinstance(each, Adherence)] == ["chest"]


def test_a_week_is_summed_up_on_its_sunday() -> None:
    clinic = Clinic(moment(1))
    clinic.until(moment(7, 0, 5))
    (one,) = clinic.adherence("week")
    assert (one.first_day, one.last_day, one.days_planned) == ("2026-11-30", "2026-12-06", 6)


def test_every_ten_minutes_the_gateway_says_that_it_was_at_work() -> None:
    clinic = Clinic(moment(1))
    clinic.until(moment(1, 1))
    watches = [each for _, each in clinic.kept if isinstance(each, Watch)]
    assert [(each.start, each.end) for each in watches][:2] == [(60.0, 660.0), (660.0, 1260.0)]
    assert all(each.end - each.start == WATCH_S for each in watches)
    clinic.casebook.close(clinic.at + 5.0)
    assert [each.end for _, each in clinic.kept if isinstance(each, Watch)][-1] == clinic.at + 5.0


def test_what_is_due_is_what_is_left_of_today() -> None:
    clinic = Clinic(moment(1, 9))
    did(clinic, 1, 1)
    due = clinic.casebook.due("chest")
    assert due is not None
    programme, day, slots = due["core"]
    assert (programme, day, [slot.number for slot in slots]) == (CORE, date(2026, 12, 1), [2])
    assert clinic.casebook.due("thigh") == due  # another unit of the same person
    assert clinic.casebook.due("other") == {}
    assert (clinic.casebook.person("other"), clinic.casebook.person("back")) == (None, None)


def test_without_a_clock_nobody_knows_what_is_due() -> None:
    clinic = Clinic(moment(1, 9), synced=False)
    assert clinic.casebook.due("chest") is None


def test_without_a_clock_no_day_ends() -> None:
    clinic = Clinic(moment(1, 9), synced=False)
    clinic.until(moment(3))
    assert clinic.adherence() == []
    assert clinic.state == {}


def test_after_a_restart_today_goes_on_where_it_was() -> None:
    before = Clinic(moment(1, 9))
    did(before, 1, 1)
    after = before.again(moment(1, 10))
    due = after.casebook.due("chest")
    assert due is not None
    assert [slot.number for slot in due["core"][2]] == [2]


def test_after_a_restart_within_minutes_a_day_is_whole() -> None:
    before = Clinic(moment(1))
    before.until(moment(1, 9))
    did(before, 1, 1)
    before.casebook.close(before.at)
    after = before.again(moment(1, 9, 10))
    after.until(moment(2, 0, 1))
    (one,) = after.adherence()
    assert (one.sets_completed, one.sets_missed, one.sets_unknown) == (1, 1, 0)
    assert one.down_s == pytest.approx(12 * 60, abs=120)


def test_the_days_without_a_gateway_are_summed_up_at_the_next_start_as_unknown() -> None:
    before = Clinic(moment(1))
    before.until(moment(2, 9))
    did(before, 2, 1)
    before.casebook.close(before.at)
    after = before.again(moment(5, 9))
    after.until(moment(5, 9, 2))
    assert [(each.first_day, each.sets_completed, each.sets_unknown, each.share) for each in after.adherence()] == [
        ("2026-12-02", 1, 1, None),
        ("2026-12-03", 0, 2, None),
        ("2026-12-04", 0, 2, None),
    ]


def test_a_day_is_summed_up_once() -> None:
    before = Clinic(moment(1))
    before.until(moment(2, 0, 1))
    assert len(before.adherence()) == 1
    after = before.again(moment(2, 9))
    after.until(moment(2, 10))
    assert after.adherence() == []


def test_a_crash_costs_what_was_not_yet_said_and_no_more() -> None:
    before = Clinic(moment(1))
    before.until(moment(1, 9, 5))  # the last word was at 09:01; then the power is cut
    after = before.again(moment(1, 9, 7))
    after.until(moment(2, 0, 1))
    (one,) = after.adherence()
    assert one.down_s <= WATCH_S + 3 * 60
    assert one.sets_unknown == 0


def test_sets_that_were_not_planned_are_told_apart_also_after_a_restart() -> None:
    before = Clinic(moment(1, 9))
    before.happen(a_set(before, str(outcome(on(1), 1).set_id)), a_set(before, "extra", 12))
    did(before, 1, 1)
    for clinic in (before, before.again(moment(1, 10))):
        clinic.until(moment(2, 0, 1))
        assert (clinic.adherence()[0].extra_sets, clinic.adherence()[0].extra_repetitions) == (1, 12)
        assert clinic.adherence()[0].overdone


def test_other_people_s_sets_are_theirs() -> None:
    clinic = Clinic(moment(1, 9))
    clinic.happen(a_set(clinic, "x"), unit="other")
    clinic.happen(replace(outcome(on(1), 1)), unit="back")
    clinic.until(moment(2, 0, 1))
    assert (clinic.adherence()[0].extra_sets, clinic.adherence()[0].sets_completed) == (0, 0)


def test_three_days_with_the_dose_met_suggest_more_also_over_a_restart_and_change_nothing() -> None:
    clinic = Clinic(moment(1))
    for day in (1, 2):
        clinic.until(moment(day, 9))
        did(clinic, day, 1)
        did(clinic, day, 2)
    clinic.casebook.close(clinic.at)
    after = clinic.again(moment(2, 9, 5))
    after.until(moment(3, 9))
    did(after, 3, 1)
    did(after, 3, 2)
    after.until(moment(4, 0, 1))
    (one,) = [each for _, each in after.kept if isinstance(each, Suggestion)]
    assert (one.direction, one.sessions, one.exercise) == ("progress", 3, "sit_up")
    due = after.casebook.due("chest")
    assert due is not None
    assert due["core"][0] == CORE


def test_ratings_of_pain_are_remembered() -> None:
    clinic = Clinic(moment(1, 9))
    clinic.happen(PainRating(0.0, 1, Moment.BEFORE))
    after = clinic.again(moment(2, 9))
    after.happen(PainRating(after.at, 4, Moment.BEFORE))
    after.until(moment(3, 0, 1))
    assert "pain_next_day" in [each.reason for _, each in after.kept if isinstance(each, Suggestion)]


def test_the_state_of_every_unit_of_a_person_tells_today_and_the_week() -> None:
    clinic = Clinic(moment(1))
    clinic.until(moment(1, 9))
    did(clinic, 1, 1)
    clinic.until(moment(1, 9, 1))
    for unit in ("chest", "thigh"):
        assert clinic.state[unit, "programme_sets_planned"] == 2
        assert clinic.state[unit, "programme_sets_completed"] == 1
        assert clinic.state[unit, "programme_overdone"] is False
        assert clinic.state[unit, "adherence_week"] == 0.5
    assert {unit for unit, _ in clinic.state} == {"chest", "thigh"}


def test_adherence_is_unknown_in_the_state_too() -> None:
    before = Clinic(moment(1))
    before.until(moment(1, 9))
    before.casebook.close(before.at)
    after = before.again(moment(3, 9))
    did(after, 3, 1)
    after.until(moment(3, 9, 1))
    assert after.state["chest", "adherence_week"] is None


def test_trouble_with_the_journal_leaves_the_past_unknown() -> None:
    before = Clinic(moment(1, 9))
    did(before, 1, 1)
    before.disk.error = JournalError("no")
    after = before.again(moment(1, 10))
    due = after.casebook.due("chest")
    assert due is not None
    assert len(due["core"][2]) == 2
    after.until(moment(2, 0, 1))
    assert after.adherence()[0].share is None


def test_a_record_of_another_version_is_left_out_with_a_word(caplog: pytest.LogCaptureFixture) -> None:
    before = Clinic(moment(1, 9))
    did(before, 1, 1)
    before.disk.drafts[0] = replace(before.disk.drafts[0], data='{"programme": "core"}')
    after = before.again(moment(1, 10))
    due = after.casebook.due("chest")
    assert due is not None
    assert len(due["core"][2]) == 2
    assert "left out of adherence" in caplog.text


def test_what_an_unset_clock_wrote_is_not_believed() -> None:
    before = Clinic(moment(1), synced=False)
    before.casebook.tick(0.0)
    before.at = 22 * 3600.0
    before.casebook.close(before.at)
    before.happen(a_set(before, "extra"), PainRating(before.at, 3, Moment.BEFORE))
    after = before.again(moment(1, 22))
    after.until(moment(2, 0, 1))
    assert (after.adherence()[0].sets_unknown, after.adherence()[0].extra_sets) == (2, 0)


def test_a_set_of_an_unset_clock_belongs_to_no_day() -> None:
    clinic = Clinic(moment(1, 9), synced=False)
    clinic.happen(a_set(clinic, "extra"))
    clinic.synced = True
    clinic.until(moment(2, 0, 1))
    assert clinic.adherence()[0].extra_sets == 0


def test_every_day_since_the_first_that_is_known_is_summed_up() -> None:
    """Twice in a row the program was killed before it could sum up the day before."""
    first = Clinic(moment(1, 9))
    did(first, 1, 1)
    second = first.again(moment(2, 9))
    did(second, 2, 1)
    third = second.again(moment(3, 9))
    third.until(moment(3, 9, 2))
    assert [each.first_day for each in third.adherence()] == ["2026-12-01", "2026-12-02"]


def test_the_share_of_the_week_is_unknown_while_that_of_one_programme_is() -> None:
    twice = (CORE, replace(CORE, name="more"))
    before = Clinic(moment(1), programmes=twice)
    before.until(moment(1, 9))
    did(before, 1, 1, "skipped", "sensor_lost")
    before.until(moment(1, 9, 1))
    assert before.state["chest", "programme_sets_planned"] == 4
    assert before.state["chest", "adherence_week"] is None


def test_six_weeks_are_remembered_and_no_more() -> None:
    long = replace(CORE, last=on(400))
    clinic = Clinic(moment(1), programmes=(long,))
    for day in range(1, 60):
        clinic.until(moment(day, 9))
        did(clinic, day, 1)
    clinic.until(moment(60))
    diary = clinic.casebook._diaries["k3f7q"]
    assert len(diary.outcomes) <= 43
    assert len(clinic.casebook._presence._spans) == 1


def test_a_programme_that_was_cut_off_by_a_kill_is_unknown_and_not_missed() -> None:
    before = Clinic(moment(1))
    before.until(moment(1, 9))
    before.happen(ProgrammeBegun(before.at, "core", 1, "2026-12-01"))
    did(before, 1, 1)  # killed in the middle of the second set, and started again at once
    after = before.again(moment(1, 9, 1))
    due = after.casebook.due("chest")
    assert due is not None
    assert [slot.number for slot in due["core"][2]] == [2]
    after.until(moment(2, 0, 1))
    (one,) = after.adherence()
    assert (one.sets_completed, one.sets_missed, one.sets_unknown, one.share) == (1, 0, 1, None)


def test_a_day_waits_for_a_programme_that_was_begun_before_midnight() -> None:
    clinic = Clinic(moment(1))
    clinic.until(moment(1, 23, 58))
    did(clinic, 1, 1)
    clinic.doing = True
    clinic.until(moment(2, 0, 4))
    assert clinic.adherence() == []
    did(clinic, 1, 2)
    clinic.doing = False
    clinic.until(moment(2, 0, 5))
    assert [(each.sets_completed, each.sets_missed) for each in clinic.adherence()] == [(2, 0)]


def test_a_week_whose_sunday_is_a_day_off_is_summed_up_once() -> None:
    tuesdays = replace(CORE, days=Days(frozenset({Weekday.TUESDAY})))
    before = Clinic(moment(1), programmes=(tuesdays,))
    before.until(moment(7, 9))
    assert len(before.adherence("week")) == 1
    before.casebook.close(before.at)
    after = before.again(moment(7, 10))
    after.until(moment(7, 11))
    assert after.adherence("week") == []


def test_a_first_day_on_which_nothing_was_done_is_summed_up_after_a_night_without_the_program() -> None:
    before = Clinic(moment(1))
    before.until(moment(1, 22))
    before.casebook.close(before.at)
    after = before.again(moment(2, 9))
    after.until(moment(2, 9, 2))
    assert [(each.first_day, each.sets_unknown) for each in after.adherence()] == [("2026-12-01", 2)]


def test_a_set_that_two_sensors_counted_is_one_set_also_after_a_restart() -> None:
    before = Clinic(moment(1, 9))
    before.at = 100.0
    before.happen(replace(outcome(on(1), 1), start=10.0, end=60.0))
    before.happen(replace(a_set(before, "same"), start=20.0, end=55.0), unit="thigh")
    for name, unit in (("extra", "chest"), ("extra-too", "thigh")):
        before.happen(replace(a_set(before, name), start=70.0, end=95.0), unit=unit)
    for clinic in (before, before.again(moment(1, 10))):
        clinic.until(moment(2, 0, 1))
        assert (clinic.adherence()[0].extra_sets, clinic.adherence()[0].extra_repetitions) == (1, 10)
