"""Requests, from the broker to what they do, in a whole gateway in virtual time."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"
NUMBERS = count(1)


async def ask(clinic: Clinic, target: str, name: str, /, **body: Any) -> dict[str, Any]:
    """Ask, and give back the answer."""
    body = {"id": f"r{next(NUMBERS)}", "requester": "test"} | body
    clinic.broker.ask(Arrival(f"{PREFIX}/cmd/{target}/{name}", json.dumps(body).encode()))
    await clinic.until(
        lambda: [answer for answer in clinic.said("/res/test") if answer["id"] == body["id"]], within_s=5
    )
    answer: dict[str, Any] = clinic.said("/res/test")[-1]
    assert answer["id"] == body["id"]
    return answer


def cues(clinic: Clinic) -> list[str]:
    return [cue["cue"] for cue in clinic.said("/unit/chest/telemetry/cue")]


def test_a_set_that_is_asked_for_is_guided_with_words(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_set", target=3)
        await clinic.until(lambda: "done" in cues(clinic), within_s=60)
        assert cues(clinic)[:5] == ["ready", "go", "count", "count", "count"]
        ready, *_ = said = clinic.said("/unit/chest/telemetry/cue")
        (done,) = [cue for cue in said if cue["cue"] == "done"]  # the next set may have begun
        assert "breastbone" in ready["text"]
        assert (done["state"], done["target"]) == ("completed", 3)

    in_virtual_time(story, tmp_path)


def test_a_set_that_nobody_asked_for_is_counted_without_a_word(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=180)
        assert cues(clinic) == []
        assert {said["state"] for said in clinic.said("/unit/chest/telemetry/exercise")} == {"ready", "active"}

    in_virtual_time(story, tmp_path)


def test_a_paused_set_counts_nothing_and_goes_on_when_asked(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_set")
        await clinic.until(lambda: cues(clinic).count("count") == 4, within_s=60)
        assert (await ask(clinic, "chest", "pause_set"))["state"] == "done"
        await asyncio.sleep(8)
        assert cues(clinic)[-1] == "pause"
        assert clinic.said("/unit/chest/telemetry/exercise")[-1]["state"] == "paused"
        assert (await ask(clinic, "chest", "resume_set"))["state"] == "done"
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=180)
        (one,) = clinic.records("exercise/set")
        assert 5 <= one["repetitions"] < 10

    in_virtual_time(story, tmp_path)


@pytest.mark.parametrize("reason", ["pain", "fatigue", "other"])
def test_a_set_that_is_stopped_for_a_reason_keeps_the_reason(tmp_path: Path, reason: str) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_set")
        await clinic.until(lambda: cues(clinic).count("count") == 4, within_s=60)
        assert (await ask(clinic, "chest", "end_set", reason=reason))["state"] == "done"
        await asyncio.sleep(1)
        assert clinic.records("exercise/set")[0]["stopping"] == reason
        assert clinic.said("/unit/chest/telemetry/cue")[-1]["state"] == "aborted"

    in_virtual_time(story, tmp_path)


@pytest.mark.parametrize(
    ("target", "name", "body", "rule"),
    [
        ("chest", "pause_set", {}, "no_set"),
        ("chest", "resume_set", {}, "not_paused"),
        ("chest", "end_set", {"reason": "boredom"}, "malformed"),
        ("back", "pause_set", {}, "no_motion_sensor"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, target: str, name: str, body: dict[str, Any], rule: str
) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        answer = await ask(clinic, target, name, **body)
        assert (answer["state"], answer["rule"]) == ("refused", rule)
        assert answer["detail"]

    in_virtual_time(story, tmp_path)


# --- programmes ---

PROGRAMMES = '[programmes]\nfolder = "programmes"\ntimezone = "Europe/Berlin"\n'
CORE = """\
[programme]
name = "core"
version = 2
person = "k3f7q"
valid_from = 2026-09-01
valid_until = 2026-12-31
[[exercises]]
exercise = "sit_up"
repetitions = 3
rest_s = 5
sets = 2
"""


def with_programmes(folder: Path, **files: str) -> str:
    """The configuration of a clinic with these programmes."""
    (folder / "programmes").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / "programmes" / f"{name}.toml").write_text(text)
    return PROGRAMMES + CONFIG


def outcomes(clinic: Clinic) -> list[tuple[int, str, str]]:
    return [(data["slot"], data["state"], data["why"]) for data in clinic.records("exercise/outcome")]


SECOND = """
[units.thigh]
device = "movella_dot"
subject = "k3f7q"
"""


def test_a_day_s_programme_is_guided_recorded_and_summed_up(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "rate_pain", rating=2, moment="before"))["state"] == "done"
        assert (await ask(clinic, "chest", "begin_programme"))["state"] == "done"
        await clinic.until(lambda: len(outcomes(clinic)) == 2, within_s=120)
        assert [outcome[1:] for outcome in outcomes(clinic)] == [("completed", "target"), ("completed", "target")]
        first = clinic.records("exercise/outcome")[0]
        assert (first["programme"], first["version"], first["day"]) == ("core", 2, "2026-09-21")
        assert (first["prescribed_repetitions"], first["done_repetitions"], first["measured_by"]) == (3, 3, "motion")
        assert first["set_id"] in [data["id"] for data in clinic.records("exercise/set")]
        await clinic.until(lambda: cues(clinic)[-2:] == ["done", "done"], within_s=1)  # live words come in batches
        said = [cue for cue in cues(clinic) if cue != "count"]
        assert said == ["ready", "go", "done", "rest", "ready", "go", "done", "done"]
        rest = next(cue for cue in clinic.said("/unit/chest/telemetry/cue") if cue["cue"] == "rest")
        assert (rest["seconds"], rest["set_index"], rest["sets"]) == (5.0, 2, 2)
        await asyncio.sleep(2)
        state = clinic.said("/unit/chest/state")[-1]["values"]
        assert (state["programme_sets_completed"]["value"], state["adherence_week"]["value"]) == (2, 1.0)
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "done_today"
        (pain,) = clinic.records("pain")
        assert (pain["rating"], pain["moment"]) == (2, "before")
        clinic.wall_jump_s[0] += 10 * 3600  # past midnight
        await clinic.until(lambda: clinic.records("exercise/adherence"), within_s=10)
        day = clinic.records("exercise/adherence")[0]
        assert (day["period"], day["sets_completed"], day["share"]) == ("day", 2, 1.0)

    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, core=CORE), sets=(3, 3))


def test_a_programme_goes_on_after_a_restart_where_it_was(tmp_path: Path) -> None:
    async def first(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_programme")
        await clinic.until(lambda: len(outcomes(clinic)) == 1, within_s=120)
        await clinic.until(lambda: cues(clinic)[-1] == "count", within_s=60)  # the second set is going on

    async def second(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "begin_programme"))["state"] == "done"
        await clinic.until(lambda: outcomes(clinic), within_s=120)
        assert outcomes(clinic) == [(2, "completed", "target")]  # the first set was done before
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "done_today"

    config = with_programmes(tmp_path, core=CORE)
    in_virtual_time(first, tmp_path, config=config, sets=(3, 3))
    in_virtual_time(second, tmp_path, config=config, sets=(3, 3))


def test_the_last_thing_that_is_recorded_is_that_the_gateway_was_there(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(20)
        await clinic.stop()
        last = (await clinic.journal.read())[-1].draft
        assert last.type == "dev.ptdevice.gateway.watch.v1"

    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, core=CORE))


def test_pain_stops_the_programme_with_a_word_to_the_person(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_programme")
        await clinic.until(lambda: cues(clinic).count("count") == 2, within_s=60)
        await ask(clinic, "chest", "rate_pain", rating=6, moment="during")
        await asyncio.sleep(1)
        assert outcomes(clinic) == [(1, "aborted", "pain"), (2, "skipped", "pain")]
        assert clinic.records("exercise/set")[0]["stopping"] == "pain"
        (alarm,) = clinic.records("alarm")
        assert alarm["code"] == "pain_stop"
        assert cues(clinic)[-1] == "done"

    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, core=CORE))


def test_a_red_flag_ends_the_programme_and_suspends_it_until_a_clinician_speaks(tmp_path: Path) -> None:
    flagged = {"category": "nonspecific", "onset_weeks": 1, "recurrence": "first", "red_flags": ["major_trauma"]}

    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_programme")
        assert (await ask(clinic, "chest", "assess", **flagged))["state"] == "done"
        assert [skipped["why"] for skipped in clinic.records("exercise/outcome")] == ["ended", "programme_ended"]
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "suspended"

    async def after_a_restart(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "suspended"
        assert (await ask(clinic, "chest", "reinstate", entered_by="dr-4"))["state"] == "done"
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "done_today"

    config = with_programmes(tmp_path, core=CORE)
    in_virtual_time(story, tmp_path, config=config)
    in_virtual_time(after_a_restart, tmp_path, config=config)


def test_a_programme_can_be_skipped_through_hurried_and_ended(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_programme")
        assert (await ask(clinic, "chest", "skip_set"))["state"] == "done"
        assert (await ask(clinic, "chest", "begin_set", exercise="crunch"))["rule"] == "programme_running"
        assert (await ask(clinic, "chest", "begin_set"))["state"] == "done"  # cuts the rest short
        assert (await ask(clinic, "chest", "begin_set"))["rule"] == "programme_running"
        assert (await ask(clinic, "chest", "end_programme"))["state"] == "done"
        await asyncio.sleep(1)
        assert [slot for slot, *_ in outcomes(clinic)] == [1, 2]
        for name in ("skip_set", "end_programme"):
            assert (await ask(clinic, "chest", name))["state"] == "refused"

    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, core=CORE))


@pytest.mark.parametrize(
    ("files", "body", "rule"),
    [
        ({}, {}, "no_programme"),
        ({"core": CORE.replace("k3f7q", "zzzzz")}, {}, "no_programme"),
        ({"core": CORE.replace("2026-09-01", "2026-10-01")}, {}, "not_due"),
        ({"core": CORE}, {"programme": "other"}, "not_due"),
        ({"core": CORE, "more": CORE.replace('"core"', '"more"')}, {}, "which_programme"),
        ({"core": CORE.replace("sit_up", "leg_raise")}, {}, "cannot_be_seen"),
    ],
)
def test_a_programme_that_cannot_be_done_is_refused(
    tmp_path: Path, files: dict[str, str], body: dict[str, str], rule: str
) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        answer = await ask(clinic, "chest", "begin_programme", **body)
        assert (answer["state"], answer["rule"]) == ("refused", rule)
        assert answer["detail"]

    config = with_programmes(tmp_path, **files).replace('subject = "k3f7q"', 'subject = "k3f7q"\nplacement = "chest"')
    in_virtual_time(story, tmp_path, config=config.replace("[units.back]", '[units.back]\nsubject = "zzzzz"'))


WALK = CORE.replace('"sit_up"', '"walking_bouts"').replace("repetitions = 3", "minutes = 1\nheart_rate_bpm = [40, 120]")


def test_minutes_at_a_heart_rate_are_refused_until_the_unit_tells_one_and_then_measured(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        clinic.chest.vanish()
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "begin_programme"))["rule"] == "no_heart_rate"
        clinic.chest.appear()
        await clinic.until(lambda: "heart_rate_bpm" in clinic.said("/unit/chest/state")[-1]["values"], within_s=60)
        assert (await ask(clinic, "chest", "begin_programme"))["state"] == "done"
        await clinic.until(lambda: outcomes(clinic), within_s=90)
        first = clinic.records("exercise/outcome")[0]
        assert (first["state"], first["done_s"], first["measured_by"]) == ("completed", 60, "heart_rate")

    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, walk=WALK))


def test_the_person_is_guided_by_the_clock_though_no_unit_speaks(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        clinic.chest.vanish()
        clinic.back.vanish()
        await asyncio.sleep(5)
        assert (await ask(clinic, "chest", "begin_programme"))["state"] == "done"
        await asyncio.sleep(70)
        assert cues(clinic) == ["ready", "go", *["count"] * 5, "done", "rest", "ready"]

    config = with_programmes(tmp_path, core=CORE.replace("repetitions = 3", "minutes = 1"))
    in_virtual_time(story, tmp_path, config=config)


def test_one_of_several_programmes_is_asked_for_by_name(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        assert (await ask(clinic, "chest", "begin_programme", programme="more"))["state"] == "done"
        await ask(clinic, "chest", "end_programme")
        await asyncio.sleep(1)
        assert {data["programme"] for data in clinic.records("exercise/outcome")} == {"more"}

    files = {"core": CORE, "more": CORE.replace('"core"', '"more"')}
    in_virtual_time(story, tmp_path, config=with_programmes(tmp_path, **files))


def test_without_programmes_the_gateway_says_nothing_new(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1300)
        assert clinic.records("gateway/watch") == []
        assert "adherence_week" not in clinic.said("/unit/chest/state")[-1]["values"]

    in_virtual_time(story, tmp_path)


# --- assessments and pain ---

ASSESSMENT = {"category": "nonspecific", "onset_weeks": 3, "recurrence": "first", "red_flags": []}


def test_an_assessment_is_kept_under_the_subject_and_its_hint_is_told(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        answer = await ask(clinic, "chest", "assess", **ASSESSMENT)
        assert answer["state"] == "done"
        assert answer["detail"].startswith("A hint, not a diagnosis")
        await asyncio.sleep(1)
        (record,) = clinic.records("assessment")
        assert (record["category"], record["onset_weeks"], record["referral_hint"]) == ("nonspecific", 3, True)
        (event,) = clinic.said("/evt/assessment")
        assert event["subject"] == "k3f7q"

    in_virtual_time(story, tmp_path)


@pytest.mark.parametrize(
    ("target", "name", "body", "rule"),
    [
        ("back", "assess", ASSESSMENT, "no_subject"),
        ("chest", "assess", ASSESSMENT | {"note": "he fell off a horse"}, "malformed"),
        ("chest", "assess", ASSESSMENT | {"category": "a slipped disc"}, "malformed"),
        ("chest", "assess", ASSESSMENT | {"red_flags": ["horse"]}, "malformed"),
        ("chest", "assess", ASSESSMENT | {"onset_weeks": 521}, "malformed"),
        ("chest", "assess", ASSESSMENT | {"onset_weeks": -1}, "malformed"),
        ("chest", "rate_pain", {"rating": 11, "moment": "before"}, "malformed"),
        ("chest", "rate_pain", {"rating": -1, "moment": "before"}, "malformed"),
        ("chest", "rate_pain", {"rating": 3.5, "moment": "before"}, "malformed"),
        ("chest", "rate_pain", {"rating": 3}, "malformed"),
        ("chest", "rate_pain", {"rating": 3, "moment": "always"}, "malformed"),
    ],
)
def test_what_is_no_assessment_and_no_rating_is_refused(
    tmp_path: Path, target: str, name: str, body: dict[str, Any], rule: str
) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        answer = await ask(clinic, target, name, **body)
        assert (answer["state"], answer["rule"]) == ("refused", rule)
        await asyncio.sleep(1)
        assert clinic.records("assessment") == clinic.records("pain") == []

    in_virtual_time(story, tmp_path)


def test_pain_can_be_rated_beside_a_stimulator_and_moves_nothing(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(2)
        await asyncio.sleep(5)
        assert (await ask(clinic, "back", "rate_pain", rating=9, moment="during"))["state"] == "done"
        await asyncio.sleep(5)
        assert clinic.records("pain")[0]["rating"] == 9
        assert clinic.em70.level == 2
        assert {data[2] for _, data in clinic.back.writes} <= {0x07, 0x08}  # read state, read version

    in_virtual_time(story, tmp_path)


def test_nobody_does_a_programme_twice_at_once(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        assert (await ask(clinic, "chest", "begin_programme"))["state"] == "done"
        for unit in ("chest", "thigh"):
            answer = await ask(clinic, unit, "begin_programme")
            assert (answer["state"], answer["rule"]) == ("refused", "programme_running")
        assert outcomes(clinic) == []
        assert (await ask(clinic, "chest", "end_programme"))["state"] == "done"

    config = with_programmes(tmp_path, core=CORE)
    in_virtual_time(story, tmp_path, config=config + SECOND)


def test_pain_that_is_entered_at_another_unit_of_the_person_stops_the_programme(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        await ask(clinic, "chest", "begin_programme")
        await clinic.until(lambda: "count" in cues(clinic), within_s=60)
        assert (await ask(clinic, "thigh", "rate_pain", rating=8, moment="during"))["state"] == "done"
        await asyncio.sleep(1)
        assert outcomes(clinic)[0] == (1, "aborted", "pain")

    config = with_programmes(tmp_path, core=CORE)
    in_virtual_time(story, tmp_path, config=config + SECOND, sets=(3, 3))
