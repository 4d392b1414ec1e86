"""Who wears a unit is said over MQTT, kept over a restart, and refused while something of somebody else is open."""

from __future__ import annotations

import asyncio
import itertools
import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG, NOON_NS, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
ANNA, BERT = "a2a2a2a2a2a2a2a2", "b3b3b3b3b3b3b3b3"
NUMBERS = itertools.count()


async def ask(clinic: Clinic, target: str, name: str, /, **body: Any) -> tuple[str, str | None]:
    """What became of it: state and rule."""
    number = f"r-{next(NUMBERS)}"
    payload = json.dumps({"id": number, "requester": "desk", **body}).encode()
    clinic.broker.ask(Arrival(f"{PREFIX}/cmd/{target}/{name}", payload))
    await clinic.until(lambda: [each for each in clinic.said("/res/desk") if each["id"] == number], within_s=10)
    (answer,) = [each for each in clinic.said("/res/desk") if each["id"] == number]
    return answer["state"], answer["rule"]


async def assign(clinic: Clinic, unit: str, subject: str | None, **more: Any) -> tuple[str, str | None]:
    return await ask(clinic, "gateway", "assign", unit=unit, subject=subject, **more)


def filed(clinic: Clinic, kind: str) -> list[str | None]:
    """Under whom the records of this kind are, in order."""
    return [event["subject"] for event in clinic.said(f"/evt/{kind}")]


def moment(clinic: Clinic, seconds: float) -> str:
    """So many seconds from now, as a request says it."""
    now = datetime.fromtimestamp((NOON_NS // 1_000_000_000) + asyncio.get_running_loop().time(), UTC)
    return (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_records_are_filed_under_whoever_is_assigned_and_both_are_told(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert await assign(clinic, "chest", ANNA) == ("done", None)
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=180)
        assert set(filed(clinic, "exercise/repetition")) == {ANNA}
        assert filed(clinic, "exercise/set") == [ANNA]
        told = clinic.said("/evt/assignment")
        assert [(each["source"], each["subject"], each["data"]["assigned"]) for each in told] == [
            ("/clinic-a/pi-1/chest", "k3f7q", False),
            ("/clinic-a/pi-1/chest", ANNA, True),
        ]
        assert told[1]["data"] | {"at": ""} == {
            "at": "", "assigned": True, "reason": "request", "until": None, "by": "desk"
        }  # fmt: skip

    in_virtual_time(story, tmp_path)


def test_a_change_is_refused_while_a_set_is_open_and_possible_when_it_has_ended(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: len(clinic.records("exercise/repetition")) >= 3, within_s=120)
        assert await assign(clinic, "chest", ANNA) == ("refused", "open")
        assert await assign(clinic, "chest", "k3f7q", until=moment(clinic, 600)) == ("done", None), (
            "it is the same person"
        )
        assert await ask(clinic, "chest", "end_set") == ("done", None)
        assert await assign(clinic, "chest", ANNA) == ("done", None)
        await asyncio.sleep(1)
        assert filed(clinic, "exercise/set") == ["k3f7q"]
        assert set(filed(clinic, "exercise/repetition")) == {"k3f7q"}

    in_virtual_time(story, tmp_path)


def test_a_change_is_refused_while_a_stimulator_is_on(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(2)
        await asyncio.sleep(10)
        assert await assign(clinic, "back", ANNA) == ("refused", "open")
        assert filed(clinic, "assignment") == []

    in_virtual_time(story, tmp_path)


def test_a_change_is_refused_while_a_programme_or_a_hold_is_open(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(3)
        assert await ask(clinic, "chest", "begin_set", exercise="plank") == ("done", None)
        sitting = clinic.gateway.bedsides["chest"].sitting
        assert sitting.open is None, "nothing has begun"
        await clinic.until(lambda: sitting.open is not None, within_s=60)
        assert await assign(clinic, "chest", ANNA) == ("refused", "open")

    in_virtual_time(story, tmp_path)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"unit": "nose", "subject": ANNA}, "unknown_unit"),
        ({"unit": "chest", "subject": "anna"}, "no_code"),
        ({"unit": "chest", "subject": None, "until": "2099-01-01T00:00:00Z"}, "malformed"),
        ({"unit": "chest", "subject": ANNA, "until": "tomorrow"}, "malformed"),
        ({"unit": "chest", "subject": ANNA, "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"unit": "chest", "subject": ANNA, "until": "2099-01-01T00:00:00Z"}, "until"),
        ({"unit": "chest"}, "malformed"),
    ],
)
def test_what_is_not_right_is_refused_by_name(tmp_path: Path, more: dict[str, Any], rule: str) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert await ask(clinic, "gateway", "assign", **more) == ("refused", rule)

    in_virtual_time(story, tmp_path)


def test_an_end_is_not_judged_by_a_clock_that_is_not_set(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert await assign(clinic, "chest", ANNA, until=moment(clinic, 60)) == ("refused", "clock_unsynced")
        assert await assign(clinic, "chest", ANNA) == ("done", None)

    in_virtual_time(story, tmp_path, ntp=False)


def test_when_its_time_is_over_exercise_ends_as_the_wearers_and_what_follows_is_nobodys(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "chest", ANNA, until=moment(clinic, 60))
        await clinic.until(lambda: "expired" in [each["reason"] for each in clinic.records("assignment")], within_s=70)
        await asyncio.sleep(120)
        sets = list(zip(clinic.records("exercise/set"), filed(clinic, "exercise/set"), strict=True))
        assert [(done["reason"], whose) for done, whose in sets][:1] == [("ended", ANNA)]
        assert {whose for _, whose in sets[1:]} == {None}
        whose = filed(clinic, "exercise/repetition")
        assert whose[0] == ANNA
        assert whose[-1] is None
        assert whose == sorted(whose, key=lambda each: each is None), "once it is over, nothing more is hers"
        assert filed(clinic, "assignment")[-1] == ANNA

    in_virtual_time(story, tmp_path, sets=(30,))


def test_a_session_that_is_on_when_the_time_is_over_stays_with_whoever_it_began_with(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        await assign(clinic, "back", ANNA, until=moment(clinic, 300))
        clinic.chest.vanish()
        clinic.press_up(2)
        await asyncio.sleep(31 * 60)
        assert filed(clinic, "stimulation/session") == [ANNA]
        assert len(filed(clinic, "stimulation/segment")) > 10
        assert set(filed(clinic, "stimulation/segment")) == {ANNA}
        clinic.press_up(2)
        await asyncio.sleep(31 * 60)
        assert filed(clinic, "stimulation/session") == [ANNA, None]

    in_virtual_time(story, tmp_path)


def test_the_dose_that_is_shown_is_that_of_whoever_wears_the_stimulator_now(tmp_path: Path) -> None:
    def delivered(clinic: Clinic) -> float:
        return float(sum(pads["delivered_s"] for pads in clinic.said("/unit/back/dose")[-1]["today"]))

    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.chest.vanish()
        await assign(clinic, "back", ANNA)
        clinic.press_up(2)
        await asyncio.sleep(31 * 60)
        assert delivered(clinic) > 1700
        await assign(clinic, "back", BERT)
        await asyncio.sleep(2)
        assert delivered(clinic) == 0
        await assign(clinic, "back", ANNA)
        await asyncio.sleep(2)
        assert delivered(clinic) > 1700

    in_virtual_time(story, tmp_path)


def test_what_is_retained_tells_whether_somebody_wears_it_and_never_who_and_nothing_of_the_one_before(
    tmp_path: Path,
) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(4)
        assert clinic.said("/unit/chest/state")[-1]["assigned"] is True
        assert clinic.said("/unit/back/state")[-1]["assigned"] is False
        await asyncio.sleep(2)
        assert "heart_rate_bpm" in clinic.said("/unit/chest/state")[-1]["values"]
        clinic.chest.vanish()
        await asyncio.sleep(20)
        await assign(clinic, "chest", None)
        await assign(clinic, "back", ANNA)
        await asyncio.sleep(2)
        assert clinic.said("/unit/chest/state")[-1]["assigned"] is False
        assert clinic.said("/unit/back/state")[-1]["assigned"] is True
        assert "heart_rate_bpm" not in clinic.said("/unit/chest/state")[-1]["values"]
        retained = [message.payload for message in clinic.broker.heard if message.retain]
        assert not [payload for payload in retained if ANNA.encode() in payload or b"k3f7q" in payload]

    in_virtual_time(story, tmp_path)


def test_a_restart_knows_who_wears_what_and_what_ran_out_meanwhile(tmp_path: Path) -> None:
    async def first(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "chest", ANNA)
        await assign(clinic, "back", BERT, until=moment(clinic, 30))

    async def second(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.records("exercise/repetition"), within_s=60)
        assert filed(clinic, "exercise/repetition")[0] == ANNA
        await asyncio.sleep(5)
        assert clinic.said("/unit/back/state")[-1]["assigned"] is False
        assert [each["reason"] for each in clinic.records("assignment")][-1] == "expired"
        assert filed(clinic, "assignment")[-1] == BERT

    in_virtual_time(first, tmp_path)
    in_virtual_time(second, tmp_path, wall_jump_s=[40.0])


def test_a_restart_without_a_set_clock_files_under_nobody_until_it_can_tell_whether_the_time_is_over(
    tmp_path: Path,
) -> None:
    async def first(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "chest", ANNA, until=moment(clinic, 3600))

    async def second(clinic: Clinic) -> None:
        await clinic.until(lambda: len(clinic.records("exercise/repetition")) >= 2, within_s=60)
        assert set(filed(clinic, "exercise/repetition")) == {None}
        await ask(clinic, "chest", "end_set")
        clinic.ntp[0] = True
        await asyncio.sleep(2)
        assert clinic.gateway.recorder._wearers["chest"] == ANNA
        assert clinic.records("assignment")[2:] == [], "nothing ran out"

    in_virtual_time(first, tmp_path)
    in_virtual_time(second, tmp_path, ntp=False)


def test_a_rating_before_exercise_does_not_count_against_the_next_person(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "rate_pain", rating=0, moment="before")
        assert clinic.gateway.bedsides["chest"].sitting._before is not None
        assert await assign(clinic, "chest", ANNA) == ("done", None)
        assert clinic.gateway.bedsides["chest"].sitting._before is None
        assert filed(clinic, "pain") == ["k3f7q"]

    in_virtual_time(story, tmp_path)


def test_what_somebody_asked_for_does_not_go_on_with_the_next_person(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_set", exercise="squat")
        sitting = clinic.gateway.bedsides["chest"].sitting
        assert sitting.progress is not None
        assert sitting.progress.exercise == "squat"
        await assign(clinic, "chest", ANNA)
        assert sitting.progress.exercise == "sit_up"

    in_virtual_time(story, tmp_path)


def test_an_entry_about_a_time_when_another_wore_it_is_refused(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(180)
        await assign(clinic, "back", ANNA)
        body = {"kind": "heat", "minutes": 1, "entered_by": "t7"}
        assert await ask(clinic, "back", "log_modality", start=moment(clinic, -120), **body) == (
            "refused",
            "another_wearer",
        )
        await asyncio.sleep(120)
        assert await ask(clinic, "back", "log_modality", start=moment(clinic, -90), **body) == ("done", None)
        assert filed(clinic, "modality") == [ANNA]

    in_virtual_time(story, tmp_path)


def test_with_the_disk_in_trouble_nothing_is_promised(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        clinic.gateway.recorder.trouble = "no space left"
        assert await assign(clinic, "chest", ANNA) == ("refused", "journal")

    in_virtual_time(story, tmp_path)


PAIRED = (
    CONFIG
    + """\
[units.upper]
device = "movella_dot"
address = "D4:22:CD:00:00:01"
[units.lower]
device = "movella_dot"
address = "D4:22:CD:00:00:02"
[pairs.lumbar]
trunk = "upper"
pelvis = "lower"
"""
)


def test_another_back_is_calibrated_anew_and_none_is_changed_while_it_is_measured(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        pair = clinic.gateway.pairs["lumbar"]
        for side in pair._motion.sides:
            side.plane = object()  # type: ignore[assignment] # as after a calibration
        assert pair.begin_range(asyncio.get_running_loop().time())
        assert await assign(clinic, "lower", ANNA) == ("refused", "open")
        pair.end_range(asyncio.get_running_loop().time())
        assert await assign(clinic, "lower", ANNA) == ("done", None)
        assert not pair.calibrated

    in_virtual_time(story, tmp_path, config=PAIRED)


def test_what_the_journal_has_of_it_is_found_by_its_index(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "chest", ANNA)

    in_virtual_time(story, tmp_path)
    with sqlite3.connect(tmp_path / "journal.sqlite") as sql:
        query = (
            "EXPLAIN QUERY PLAN SELECT data FROM entry WHERE type = 'dev.ptdevice.assignment.v1' ORDER BY sequence DESC"
        )
        plan = sql.execute(query).fetchall()
    sql.close()
    assert "assignments" in str(plan)


def test_pads_that_were_looked_at_are_looked_at_anew_when_the_unit_comes_back_to_the_same_person(
    tmp_path: Path,
) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await assign(clinic, "back", ANNA)
        pads = {"site": "lumbar_left", "area_cm2": 25.0, "pads": 2, "entered_by": "pt-17"}
        assert await ask(clinic, "back", "confirm_pads", **pads) == ("done", None)
        assert clinic.gateway.charts.pads("back", None) is not None
        await assign(clinic, "back", BERT)
        await assign(clinic, "back", ANNA)
        assert clinic.gateway.charts.pads("back", None) is None

    in_virtual_time(story, tmp_path)
