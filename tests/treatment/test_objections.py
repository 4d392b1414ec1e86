"""What speaks against a session, one thing at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ptdevice.model import ElectrodePlacement, Screening
from ptdevice.programme.prescription import Days, Weekday
from ptdevice.treatment.history import History
from ptdevice.treatment.objections import PADS_S, Person, objections
from ptdevice.treatment.prescription import FORBIDDEN_SITES, SITES, Mode, StimulationPrescription

S = 1_000_000_000
TODAY = date(2026, 12, 7)  # a Monday
NOW_NS = round(datetime(2026, 12, 7, 12, tzinfo=UTC).timestamp()) * S
DEVICE = "dglab_coyote3"

PRESCRIPTION = StimulationPrescription(
    name="lumbar-tens",
    version=1,
    person="k3f7q2xa",
    prescriber="pt-17",
    first=date(2026, 12, 1),
    last=date(2026, 12, 31),
    device=DEVICE,
    mode=Mode.CONVENTIONAL,
    max_level=40,
    minutes=30,
    per_day=2,
    min_gap_min=120,
    sites=frozenset({"lumbar_left", "lumbar_right"}),
)
CLEAR = Screening(0.0, "stimulation", 1, "clear", (), (), (), 30, "pt-17")
PADS = {channel: ElectrodePlacement(1000.0, channel, "lumbar_left", 25.0, 2, "pt-17") for channel in ("a", "b", None)}


def history(*hours_ago: float) -> History:
    made = History(lambda ns: datetime.fromtimestamp(ns / 1e9, UTC).date())
    for n, hours in enumerate(hours_ago):
        made.saw(f"s{n}", NOW_NS - round(hours * 3600 * S))
    return made


def person(**changes: object) -> Person:
    made = Person(
        now=1000.0, now_ns=NOW_NS, today=TODAY, screening=CLEAR, screened_days=3, pads=PADS, history=history()
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def rules(
    who: Person, prescription: StimulationPrescription = PRESCRIPTION, device: str = DEVICE, per_day: int = 6
) -> list[str]:
    return [each.rule for each in objections(who, prescription, device, ["a", "b"], per_day)]


def test_where_everything_is_right_nothing_speaks_against_it() -> None:
    assert rules(person()) == []


def test_a_red_flag_waits_for_a_clinician() -> None:
    assert rules(person(suspended=True)) == ["suspended"]


@pytest.mark.parametrize(("day", "wanted"), [(30, ["prescription_expired"]), (31, [])])
def test_a_prescription_holds_from_its_first_day_on(day: int, wanted: list[str]) -> None:
    first = date(2026, 12, 8) if wanted else TODAY
    assert rules(person(), replace(PRESCRIPTION, first=first)) == wanted


@pytest.mark.parametrize(("last", "wanted"), [(date(2026, 12, 6), ["prescription_expired"]), (TODAY, [])])
def test_a_prescription_holds_until_its_last_day(last: date, wanted: list[str]) -> None:
    assert rules(person(), replace(PRESCRIPTION, last=last)) == wanted


def test_a_day_off_is_a_day_off() -> None:
    tuesdays = replace(PRESCRIPTION, days=Days(frozenset({Weekday.TUESDAY})))
    assert rules(person(), tuesdays) == ["not_today"]


def test_levels_of_one_unit_mean_nothing_on_another() -> None:
    assert rules(person(), device="bluetens") == ["other_device"]


def test_without_answers_nothing_begins() -> None:
    assert rules(person(screening=None, screened_days=None)) == ["screening_missing"]


def test_answers_of_an_unknown_day_are_none() -> None:
    assert rules(person(screened_days=None)) == ["screening_missing"]


@pytest.mark.parametrize(("days", "wanted"), [(29, []), (30, ["screening_expired"]), (-1, ["screening_expired"])])
def test_answers_grow_old(days: int, wanted: list[str]) -> None:
    assert rules(person(screened_days=days)) == wanted


@pytest.mark.parametrize(
    ("result", "rule"),
    [
        ("blocked", "screening_blocked"),
        ("needs_clearance", "screening_needs_clearance"),
        ("something_later", "screening_needs_clearance"),
    ],
)
def test_only_clear_is_clear(result: str, rule: str) -> None:
    assert rules(person(screening=replace(CLEAR, result=result, reasons=("child",)))) == [rule]


def test_every_channel_needs_pads_that_somebody_looked_at() -> None:
    assert rules(person(pads={})) == ["pads_not_confirmed"] * 2
    assert rules(person(pads={"a": PADS["a"]})) == ["pads_not_confirmed"]
    assert rules(person(pads={None: PADS[None], "a": PADS["a"]})) == ["pads_not_confirmed"]


@pytest.mark.parametrize(
    ("age_s", "wanted"), [(PADS_S, []), (PADS_S + 1, ["pads_not_confirmed"]), (-1, ["pads_not_confirmed"])]
)
def test_pads_that_were_looked_at_long_ago_may_have_moved(age_s: float, wanted: list[str]) -> None:
    old = replace(PADS["a"], at=1000.0 - age_s)
    assert rules(person(pads=PADS | {"a": old})) == wanted


@pytest.mark.parametrize("site", sorted(FORBIDDEN_SITES))
def test_no_prescription_can_allow_a_forbidden_site(site: str) -> None:
    pads = PADS | {"a": replace(PADS["a"], site=site)}
    allowing = replace(PRESCRIPTION, sites=PRESCRIPTION.sites | {site})
    assert rules(person(pads=pads), allowing) == ["site_not_allowed"]


def test_a_site_that_is_not_prescribed_is_refused() -> None:
    pads = PADS | {"b": replace(PADS["b"], site="thigh_left")}
    assert rules(person(pads=pads)) == ["site_not_allowed"]


def test_no_site_is_both_known_and_forbidden() -> None:
    assert not SITES & FORBIDDEN_SITES


@pytest.mark.parametrize(("ceiling", "wanted"), [(6, []), (1, ["per_day"])])
def test_the_stricter_of_prescription_and_ceiling_counts_sessions(ceiling: int, wanted: list[str]) -> None:
    assert rules(person(history=history(3)), per_day=ceiling) == wanted


def test_as_many_as_prescribed_are_enough_for_a_day() -> None:
    assert rules(person(history=history(3, 5))) == ["per_day"]


@pytest.mark.parametrize(("hours", "wanted"), [(1.9, ["min_gap"]), (2.0, [])])
def test_between_two_sessions_lies_the_prescribed_gap(hours: float, wanted: list[str]) -> None:
    assert rules(person(history=history(hours))) == wanted


def test_everything_is_told_at_once_in_a_fixed_order() -> None:
    who = person(suspended=True, screening=None, screened_days=None, pads={}, history=history(0.1, 0.5))
    assert rules(who, replace(PRESCRIPTION, last=date(2026, 12, 2)), "bluetens") == [
        "suspended",
        "prescription_expired",
        "other_device",
        "screening_missing",
        "pads_not_confirmed",
        "pads_not_confirmed",
        "per_day",
        "min_gap",
    ]
