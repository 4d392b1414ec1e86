"""What people enter before stimulation: what is recorded of it, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import ValidationError

from ptdevice.devices import CATALOGUE
from ptdevice.model import ElectrodePlacement, Record, Reinstated, Screening
from ptdevice.mqtt.commands import Command, Outcome
from ptdevice.mqtt.contract import ConfirmPads, Reinstate, Request, Screen
from ptdevice.requests.treatment import TreatmentRequests
from ptdevice.treatment.prescription import FORBIDDEN_SITES
from ptdevice.treatment.screening import QUESTIONS

UNITS = {"tens": "dglab_coyote3", "belt": "beurer_em70", "chest": "polar", "spare": "beurer_em70"}
SUBJECTS = {"tens": "k3f7q", "belt": "k3f7q", "chest": "k3f7q"}
NO = dict.fromkeys(QUESTIONS, "no")


@dataclass
class Desk:
    kept: list[tuple[str, list[Record]]] = field(default_factory=list)

    def ask(self, model: type[Request], unit: str, /, **body: Any) -> Outcome:
        requests = TreatmentRequests(
            {alias: CATALOGUE[device] for alias, device in UNITS.items()},
            SUBJECTS.get,
            lambda to, records: self.kept.append((to, records)),
            lambda: 1000.0,
        )
        request = model.model_validate_json(
            json.dumps({"id": "1", "requester": "tablet", "entered_by": "pt-17"} | body)
        )
        outcome = requests.handlers()[model](Command("1", "x", unit, "tablet", "res/tablet", None, request))
        assert isinstance(outcome, Outcome)
        return outcome

    def screen(self, unit: str = "tens", **body: Any) -> Outcome:
        return self.ask(Screen, unit, **{"questionnaire": "stimulation", "version": 1, "answers": NO} | body)

    def pads(self, unit: str = "tens", **body: Any) -> Outcome:
        return self.ask(
            ConfirmPads, unit, **{"channel": "a", "site": "lumbar_left", "area_cm2": 25.0, "pads": 2} | body
        )


def test_what_follows_from_the_answers_is_recorded_and_the_answers_are_not() -> None:
    desk = Desk()
    outcome = desk.screen(answers=NO | {"child": "yes", "epilepsy": "yes"}, cleared=["epilepsy"], valid_days=7)
    assert outcome == Outcome("done", detail="needs_clearance: child")
    wanted = Screening(1000.0, "stimulation", 1, "needs_clearance", ("child",), (), ("epilepsy",), 7, "pt-17")
    assert desk.kept == [("tens", [wanted])]


def test_no_to_everything_is_clear() -> None:
    assert Desk().screen() == Outcome("done", detail="clear")


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({"questionnaire": "other"}, "unknown_questionnaire"),
        ({"version": 2}, "unknown_questionnaire"),
        ({"answers": NO | {"pace_maker": "no"}}, "unknown_question"),
        ({"cleared": ["everything"]}, "unknown_question"),
    ],
)
def test_questions_that_this_version_does_not_ask_are_refused_and_nothing_is_kept(
    body: dict[str, Any], rule: str
) -> None:
    desk = Desk()
    assert (desk.screen(**body).rule, desk.kept) == (rule, [])


@pytest.mark.parametrize(
    "body",
    [{"answers": NO | {"child": "maybe"}}, {"valid_days": 31}, {"valid_days": 0}, {"answers": {"Bad Name": "no"}}],
)
def test_a_body_that_is_wrong_does_not_pass_the_door(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Desk().screen(**body)


def test_pads_are_recorded_by_channel() -> None:
    desk = Desk()
    assert desk.pads().state == desk.pads("belt", channel=None).state == "done"
    assert desk.kept == [
        ("tens", [ElectrodePlacement(1000.0, "a", "lumbar_left", 25.0, 2, "pt-17")]),
        ("belt", [ElectrodePlacement(1000.0, None, "lumbar_left", 25.0, 2, "pt-17")]),
    ]


@pytest.mark.parametrize(
    ("unit", "body", "rule"),
    [
        ("tens", {"channel": None}, "unknown_channel"),
        ("tens", {"channel": "c"}, "unknown_channel"),
        ("belt", {"channel": "a"}, "unknown_channel"),
        ("chest", {}, "no_stimulator"),
        ("spare", {"channel": None}, "no_subject"),
        ("tens", {"site": "knee"}, "unknown_site"),
        *(("tens", {"site": site}, "site_not_allowed") for site in sorted(FORBIDDEN_SITES)),
    ],
)
def test_pads_that_cannot_be_are_refused_and_nothing_is_kept(unit: str, body: dict[str, Any], rule: str) -> None:
    desk = Desk()
    assert (desk.pads(unit, **body).rule, desk.kept) == (rule, [])


@pytest.mark.parametrize("body", [{"area_cm2": 0.5}, {"area_cm2": 201}, {"pads": 3}, {"area_cm2": "25"}])
def test_pads_of_no_size_do_not_pass_the_door(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Desk().pads(**body)


def test_a_clinician_s_word_is_recorded_about_the_person() -> None:
    desk = Desk()
    assert desk.ask(Reinstate, "chest").state == "done"
    assert desk.kept == [("chest", [Reinstated(1000.0, "pt-17")])]


@pytest.mark.parametrize("model", [Screen, Reinstate])
def test_a_unit_of_nobody_has_nobody_to_enter_anything_about(model: type[Request]) -> None:
    desk = Desk()
    outcome = desk.screen("spare") if model is Screen else desk.ask(model, "spare")
    assert (outcome.rule, desk.kept) == ("no_subject", [])
