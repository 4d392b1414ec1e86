"""Pain that is rated during stimulation stops it, also from another unit and from a button; so does a red flag."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG as OBSERVED
from tests.clinic import Clinic, in_virtual_time
from tests.commanded import CONFIG, Controller, in_commanded_clinic
from tests.requests.test_exercise import ask

from ptdevice.model import ButtonPressed, Press
from ptdevice.treatment.screening import QUESTIONS

if TYPE_CHECKING:
    from pathlib import Path

FLAGGED: dict[str, Any] = {
    "category": "nonspecific",
    "onset_weeks": 1,
    "recurrence": "first",
    "red_flags": ["major_trauma"],
}
BUTTON = """\
[units.button]
device = "bthome"
address = "C0:DE:1A:2B:3C:4D"
remote_for = "back"
on_press = "pause"
on_long_press = "pain"
on_double_press = "rate_9"
"""


async def ended(clinic: Clinic, controller: Controller) -> Any:
    """The record of the session, and that the unit is at zero."""
    await asyncio.sleep(4.0)
    assert not clinic.em70.delivering
    return next(each for each in clinic.records("stimulation/session") if each["origin"] == "commanded")


@pytest.mark.parametrize(("rating", "stops"), [(5, False), (6, True), (10, True)])
def test_pain_at_its_threshold_stops_a_commanded_session(tmp_path: Path, rating: int, *, stops: bool) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        controller.say("rate_pain", rating=rating, moment="during")
        await asyncio.sleep(4.0)
        assert clinic.em70.delivering is not stops
        alarms = [each["text"] for each in clinic.records("alarm") if each["code"] == "pain_stop"]
        assert [text.startswith(f"Pain was rated {rating}: the stimulation is being stopped") for text in alarms] == [
            True
        ] * stops
        if stops:
            session = await ended(clinic, controller)
            assert (session["reason"], session["final_output"]) == ("pain", "off")
            assert ("end", "stopped", "pain") in controller.audits()

    in_commanded_clinic(story, tmp_path)


@pytest.mark.parametrize(("rating", "stops"), [(3, False), (4, True)])
def test_a_rise_above_the_rating_before_stops_it_too(tmp_path: Path, rating: int, *, stops: bool) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        controller.say("rate_pain", rating=1, moment="before")
        await controller.started()
        controller.say("rate_pain", rating=rating, moment="during")
        await asyncio.sleep(4.0)
        assert clinic.em70.delivering is not stops

    in_commanded_clinic(story, tmp_path)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_pain_at_another_time_stops_nothing(tmp_path: Path, moment: str) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        controller.say("rate_pain", rating=10, moment=moment)
        await asyncio.sleep(4.0)
        assert clinic.em70.delivering

    in_commanded_clinic(story, tmp_path)


def test_a_red_flag_stops_the_session_and_no_other_can_be_armed(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        controller.say("assess", **FLAGGED | {"red_flags": []})
        await asyncio.sleep(4.0)
        assert clinic.em70.delivering
        controller.say("assess", **FLAGGED)
        await ended(clinic, controller)
        assert [each["code"] for each in clinic.records("alarm") if each["code"] == "red_flag_stop"] == [
            "red_flag_stop"
        ]
        refused = await controller.answer(controller.more("arm", prescription="tens", level=2))
        assert (refused["state"], refused["rule"]) == ("refused", "suspended")

    in_commanded_clinic(story, tmp_path)


def test_a_screening_that_speaks_against_it_stops_what_goes_on(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        answers = dict.fromkeys(QUESTIONS, "no") | {"cardiac_pacemaker": "yes"}
        about: dict[str, Any] = {"questionnaire": "stimulation", "version": 1, "entered_by": "pt-17", "valid_days": 7}
        controller.say("screen", answers=answers, **about)
        await ended(clinic, controller)
        assert [each["code"] for each in clinic.records("alarm")] == ["screening_stop"]

    in_commanded_clinic(story, tmp_path)


@pytest.mark.parametrize(
    ("press", "state", "reason"),
    [
        (Press.LONG_PRESS, "completed", "pain"),
        (Press.DOUBLE_PRESS, "completed", "pain"),
        (Press.PRESS, "paused", None),
    ],
)
def test_a_button_lowers_to_nothing(tmp_path: Path, press: Press, state: str, reason: str | None) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        heard = clinic.gateway.bedsides["button"].overheard
        assert heard is not None
        heard(ButtonPressed(asyncio.get_running_loop().time(), 1, press))
        await asyncio.sleep(4.0)
        assert not clinic.em70.delivering
        assert (controller.session["state"], controller.session["reason"]) == (state, reason)
        (pressed,) = clinic.records("remote/press")
        assert pressed["effective"] is True

    in_commanded_clinic(story, tmp_path, config=CONFIG.format(lease_s=0.0) + BUTTON)


def test_where_a_unit_is_only_observed_somebody_is_told_to_switch_it_off(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(3.0)
        await ask(clinic, "back", "rate_pain", rating=9, moment="during")
        assert clinic.records("alarm") == []  # nothing is on
        clinic.press_up()
        await asyncio.sleep(3.0)
        await ask(clinic, "back", "rate_pain", rating=5, moment="during")
        assert clinic.records("alarm") == []
        await ask(clinic, "chest", "rate_pain", rating=6, moment="during")  # the same person
        (alarm,) = [each for each in clinic.records("alarm") if each["code"] == "pain_stop"]
        assert "switch the unit off" in alarm["text"]
        await ask(clinic, "chest", "assess", **FLAGGED)
        assert "switch the unit off" in next(
            each["text"] for each in clinic.records("alarm") if each["code"] == "red_flag_stop"
        )
        assert clinic.em70.delivering  # nothing was written to it

    in_virtual_time(story, tmp_path, config=OBSERVED + 'subject = "k3f7q"\n')


def test_the_pain_of_one_person_is_not_that_of_another(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(3.0)
        clinic.press_up()
        await asyncio.sleep(3.0)
        await ask(clinic, "chest", "rate_pain", rating=9, moment="during")
        assert [each for each in clinic.records("alarm") if each["code"] == "pain_stop"] == []

    in_virtual_time(story, tmp_path, config=OBSERVED + 'subject = "somebody"\n')
