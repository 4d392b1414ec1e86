"""Requests, from the broker to what they do, in a whole gateway in virtual time."""

from __future__ import annotations

import asyncio
import json
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import Clinic, in_virtual_time

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
        ready, done = clinic.said("/unit/chest/telemetry/cue")[0], clinic.said("/unit/chest/telemetry/cue")[-1]
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
