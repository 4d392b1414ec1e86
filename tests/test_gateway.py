"""The whole daemon in virtual time: what subscribers see, what the journal keeps, and in which order it ends."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.clinic import CONFIG, Clinic, in_virtual_time

from ptdevice.mqtt.topics import Arrival

if TYPE_CHECKING:
    from pathlib import Path

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"


def ask(clinic: Clinic, target: str, name: str, /, **body: Any) -> None:
    payload = json.dumps({"id": f"r-{name}", "requester": "test", **body}).encode()
    clinic.broker.ask(Arrival(f"{PREFIX}/cmd/{target}/{name}", payload))


def test_the_birth_certificate_comes_before_the_gateway_says_online(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/pi-1/status"), within_s=5)
        topics = [message.topic.removeprefix(PREFIX) for message in clinic.broker.heard]
        assert topics.index("/info") < topics.index("/status")
        info = clinic.said("/info")[0]
        assert [unit["alias"] for unit in info["units"]] == ["chest", "back"]
        assert info["units"][1]["level_max"] == 15
        assert clinic.said("/pi-1/status")[0]["state"] == "online"
        born = clinic.broker.heard[: topics.index("/status") + 1]
        assert all(message.retain and message.qos == 1 for message in born)

    in_virtual_time(story, tmp_path)


def test_units_become_online_when_they_have_spoken_and_their_state_tells_what_they_said(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/unit/chest/availability")[-1:] and
                           clinic.said("/unit/chest/availability")[-1]["availability"] == "online", within_s=10)  # fmt: skip
        first = clinic.said("/unit/chest/availability")[0]
        assert (first["availability"], first["code"]) == ("unknown", "starting")
        await asyncio.sleep(5)
        values = clinic.said("/unit/chest/state")[-1]["values"]
        assert values["battery_pct"]["value"] == 90
        assert 60 < values["heart_rate_bpm"]["value"] < 130
        values = clinic.said("/unit/back/state")[-1]["values"]
        assert values["output"]["value"] == "off"
        assert values["level"]["value"] == 0

    in_virtual_time(story, tmp_path)


def test_sit_ups_become_repetitions_and_a_set_at_the_broker(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=3 * MINUTE_S)
        truth = clinic.body.repetitions
        repetitions = clinic.records("exercise/repetition")
        assert len(repetitions) == len(truth) == 10
        assert [rep["index"] for rep in repetitions] == list(range(1, 11))
        assert all(abs(rep["range_deg"] - true.range_deg) < 12 for rep, true in zip(repetitions, truth, strict=True))
        done = clinic.records("exercise/set")[0]
        assert (done["exercise"], done["repetitions"], done["recount"]) == ("sit_up", 10, 10)
        assert done["completeness"] > 0.98
        event = clinic.said("/evt/exercise/set")[0]
        assert event["source"] == "/clinic-a/pi-1/chest"
        assert event["subject"] == "k3f7q"
        assert event["simulated"] is True

    in_virtual_time(story, tmp_path)


def test_an_observed_session_is_recorded_with_its_segments(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/unit/back/state")[-1:] and
                           "output" in clinic.said("/unit/back/state")[-1]["values"], within_s=10)  # fmt: skip
        clinic.chest.vanish()  # a hundred samples a second cost time, even virtual time
        clinic.press_up(3)
        await asyncio.sleep(31 * MINUTE_S)  # the unit's own timer ends it after 30
        (session,) = clinic.records("stimulation/session")
        assert (session["state"], session["reason"], session["final_output"]) == ("ended", "timer", "off")
        assert 1790 <= session["delivered_s"] <= 1800
        assert session["level_max_seen"] == 3
        segments = clinic.records("stimulation/segment")
        assert sum(segment["delivered_s"] for segment in segments) == session["delivered_s"]
        assert all(segment["current_ma"] is None for segment in segments)

    in_virtual_time(story, tmp_path)


def test_a_lost_link_while_on_is_unknown_never_off_and_raises_an_alarm(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(2)
        await asyncio.sleep(20)
        assert clinic.said("/unit/back/state")[-1]["values"]["output"]["value"] == "on"
        clinic.chest.vanish()
        clinic.back.vanish()
        await asyncio.sleep(3)
        assert clinic.said("/unit/back/availability")[-1]["availability"] == "unknown"
        assert clinic.said("/unit/back/state")[-1]["values"]["output"]["value"] == "unknown"
        (alarm,) = clinic.records("alarm")
        assert alarm["code"] == "link_lost_while_on"
        assert "by hand" in alarm["text"]
        await asyncio.sleep(11 * MINUTE_S)
        (session,) = clinic.records("stimulation/session")
        assert (session["state"], session["final_output"]) == ("ended_unverified", "unknown")
        assert session["delivered_s"] < 22
        assert clinic.em70.output_on  # the truth: it went on, and nobody knew

    in_virtual_time(story, tmp_path)


def test_one_unit_in_trouble_does_not_disturb_the_other(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.back.faults.corrupt = 1.0
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=3 * MINUTE_S)
        assert clinic.records("exercise/set")[0]["repetitions"] == 10
        back = clinic.gateway.bedsides["back"].counters()
        assert (back["unit.back.wire_errors"] or 0) > 5
        assert (back["unit.back.connects"] or 0) > 1  # five in a row, and it starts over
        chest = clinic.gateway.bedsides["chest"].counters()
        assert (chest["unit.chest.wire_errors"], chest["unit.chest.connects"]) == (0, 1)

    in_virtual_time(story, tmp_path)


def test_an_hour_without_a_broker_loses_no_record_and_keeps_their_order(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        clinic.broker.up = False
        clinic.broker.lose()
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(2 * MINUTE_S)
        clinic.chest.vanish()
        await asyncio.sleep(HOUR_S)
        heard_before = len(clinic.broker.heard)
        assert (await clinic.journal.counts()).pending > 20
        clinic.broker.up = True
        await clinic.until(lambda: clinic.broker.heard[heard_before:], within_s=MINUTE_S)
        async with asyncio.timeout(MINUTE_S):
            await clinic.gateway.courier.drain()
        sequences = [int(body["sequence"]) for body in map(json.loads, _payloads(clinic)) if "sequence" in body]
        assert sequences == list(range(1, len(sequences) + 1))
        assert len(clinic.records("exercise/repetition")) == 10
        assert len(clinic.records("stimulation/session")) == 1

    in_virtual_time(story, tmp_path)


def _payloads(clinic: Clinic) -> list[bytes]:
    return [message.payload for message in clinic.broker.heard if "/evt/" in message.topic]


def test_a_clock_that_jumps_by_a_day_is_a_record_and_moves_no_duration(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(20)
        clinic.wall_jump_s[0] += DAY_S
        await asyncio.sleep(20)
        (step,) = clinic.records("clock")
        assert abs(step["step_s"] - DAY_S) < 0.001
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=3 * MINUTE_S)
        assert len(clinic.records("exercise/repetition")) == 10
        delivered = clinic.gateway.bedsides["back"].therapy.delivered_s
        assert delivered is not None
        assert abs(delivered - (asyncio.get_running_loop().time() - 8)) < 3

    in_virtual_time(story, tmp_path)


def monotonic_s(event: dict[str, Any], name: str) -> float:
    """A time within a record, on the clock that nobody sets."""
    wall = datetime.fromisoformat(event["data"][name]) - datetime.fromisoformat(event["time"])
    return float(event["monous"]) / 1e6 + wall.total_seconds()


def test_ntp_that_arrives_within_a_set_is_a_correction_on_record_and_moves_nothing_in_it(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: len(clinic.records("exercise/repetition")) == 5, within_s=MINUTE_S)
        clinic.wall_jump_s[0] += DAY_S
        clinic.ntp[0] = True
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=3 * MINUTE_S)
        (step,) = clinic.said("/evt/clock")
        assert step["data"]["synced"] is True
        reps, (one,) = clinic.said("/evt/exercise/repetition"), clinic.said("/evt/exercise/set")
        assert [rep["clock"] for rep in reps] == ["unsynced"] * 5 + ["synced"] * 5
        starts = [monotonic_s(rep, "start") for rep in reps]
        assert all(1.0 < after - before < 8.0 for before, after in pairwise(starts))
        assert monotonic_s(one, "start") == pytest.approx(starts[0], abs=0.1)
        # The correction is what makes one timeline of what was said before and after it.
        early = datetime.fromisoformat(one["data"]["start"]) - datetime.fromisoformat(reps[0]["data"]["start"])
        assert early.total_seconds() == pytest.approx(step["data"]["step_s"], abs=0.1)

    in_virtual_time(story, tmp_path, ntp=False)


def test_a_disk_that_fills_up_degrades_the_gateway_and_loses_nothing(tmp_path: Path) -> None:
    full = [False]

    class Sql(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if full[0] and sql == "COMMIT":
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(sql, parameters)

    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        full[0] = True
        clinic.press_up(1)
        await asyncio.sleep(4 * MINUTE_S)
        assert clinic.said("/pi-1/status")[-1]["state"] == "degraded"
        assert "no space left" in clinic.said("/pi-1/status")[-1]["reason"]
        assert clinic.records("exercise/repetition") == []
        assert clinic.said("/unit/chest/state")[-1]["values"]["heart_rate_bpm"]  # the units go on being heard
        full[0] = False
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=MINUTE_S)
        assert len(clinic.records("exercise/repetition")) == 10
        await asyncio.sleep(3)
        assert clinic.said("/pi-1/status")[-1]["state"] == "online"

    connect = lambda path: sqlite3.connect(path, isolation_level=None, factory=Sql)  # noqa: E731 - one expression
    in_virtual_time(story, tmp_path, connect=connect)


def test_stopping_records_what_is_open_sends_it_and_says_offline_last(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(15)
        began = asyncio.get_running_loop().time()
        await clinic.stop()
        assert asyncio.get_running_loop().time() - began < 2
        (session,) = clinic.records("stimulation/session")
        assert (session["reason"], session["final_output"]) == ("daemon_stop", "unknown")
        (done,) = clinic.records("exercise/set")
        assert done["reason"] == "shutdown"
        assert json.loads(clinic.broker.heard[-1].payload)["state"] == "offline"
        assert not clinic.chest.is_connected
        assert not clinic.back.is_connected

    in_virtual_time(story, tmp_path)


def test_stopping_without_a_broker_keeps_the_last_records_on_disk(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        clinic.broker.up = False
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(15)
        await clinic.stop()
        rows = [entry.draft.type for entry in await clinic.journal.read()]
        assert "dev.ptdevice.stimulation.session.v1" in rows
        assert "dev.ptdevice.exercise.set.v1" in rows

    in_virtual_time(story, tmp_path)


def test_a_set_can_be_asked_for_and_ended_over_mqtt(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(2)
        ask(clinic, "chest", "begin_set", exercise="crunch", target=3)
        await asyncio.sleep(1)
        assert clinic.said("/res/test")[-1]["state"] == "done"
        assert clinic.said("/unit/chest/telemetry/exercise")[-1]["exercise"] == "crunch"
        assert clinic.said("/unit/chest/telemetry/exercise")[-1]["target"] == 3
        await clinic.until(lambda: clinic.records("exercise/repetition"), within_s=30)
        ask(clinic, "chest", "end_set")
        await asyncio.sleep(1)
        assert clinic.records("exercise/set")[0]["reason"] == "ended"

    in_virtual_time(story, tmp_path)


def test_requests_that_make_no_sense_are_refused_with_the_reason(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        asked = [
            ("back", "begin_set", {"exercise": "sit_up"}, "no_motion_sensor"),
            ("chest", "begin_set", {"exercise": "juggling"}, "unknown_exercise"),
            ("chest", "end_set", {}, "no_set"),
        ]
        for number, (target, name, body, rule) in enumerate(asked):
            ask(clinic, target, name, **body, id=f"q{number}")
            await asyncio.sleep(0.5)
            answer = clinic.said("/res/test")[-1]
            assert (answer["state"], answer["rule"]) == ("refused", rule)
        assert clinic.back.writes == [] or all(data[2] in {0x07, 0x08} for _, data in clinic.back.writes)

    in_virtual_time(story, tmp_path)


def test_a_hold_is_measured_live_and_recorded(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(MINUTE_S)  # this person lies still between sets
        ask(clinic, "chest", "begin_set", exercise="stabilisation")
        await asyncio.sleep(8)
        live = clinic.said("/unit/chest/telemetry/exercise")[-1]
        assert (live["phase"], live["held_s"] > 5.0) == ("holding", True)
        ask(clinic, "chest", "end_set", id="e1")
        await asyncio.sleep(1)
        (hold,) = clinic.records("exercise/hold")
        assert (hold["rejected"], hold["breaks"]) == ("hold_short", 0)
        assert clinic.records("exercise/set")[-1]["held_s"] == hold["held_s"]

    in_virtual_time(story, tmp_path)


def test_an_exercise_that_the_sensor_cannot_see_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(1)
        ask(clinic, "chest", "begin_set", exercise="leg_raise")
        await asyncio.sleep(0.5)
        answer = clinic.said("/res/test")[-1]
        assert (answer["state"], answer["rule"]) == ("refused", "cannot_be_seen")
        assert "wear it on the front of the thigh" in answer["detail"]

    in_virtual_time(story, tmp_path, config=CONFIG.replace('subject = "k3f7q"', 'placement = "chest"'))


def test_a_stimulator_hears_nothing_but_questions_whatever_is_asked_for(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(5)
        for number, name in enumerate(("start", "raise", "set_level", "stop", "begin_set")):
            ask(clinic, "back", name, id=f"s{number}", level=5)
            await asyncio.sleep(1)
        await asyncio.sleep(30)
        assert len(clinic.back.writes) > 30
        assert {data[2] for _, data in clinic.back.writes} <= {0x07, 0x08}  # read state, read version
        assert clinic.em70.level == 0

    in_virtual_time(story, tmp_path)


def test_health_tells_progress_per_stage(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(65)
        counters = clinic.said("/diag/health")[-1]["counters"]
        assert counters["unit.chest.packets"] > 100
        assert counters["unit.chest.samples"] > 5000
        assert counters["recorder.kept"] == counters["journal.rows"] > 3
        assert counters["courier.published"] >= counters["journal.rows"] - 2
        assert counters["loop.lag_ms"] < 50

    in_virtual_time(story, tmp_path)


def test_no_address_serial_or_device_name_is_in_anything_published(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(10)
        clinic.back.vanish()  # messages of trouble must not tell either
        await asyncio.sleep(40)
        everything = "\n".join(f"{message.topic} {message.payload.decode()}" for message in clinic.broker.heard)
        for host in (clinic.chest, clinic.back):
            assert host.unit.address not in everything
        assert not re.search(r"(?:[0-9A-F]{2}[:_-]){5}[0-9A-F]{2}", everything)
        assert clinic.polar.advertising.name.decode() not in everything

    in_virtual_time(story, tmp_path)


def test_every_body_says_that_it_is_simulated_and_no_topic_is_a_real_ones(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.records("exercise/set"), within_s=3 * MINUTE_S)
        assert len({message.topic for message in clinic.broker.heard}) > 8
        for message in clinic.broker.heard:
            assert message.topic.startswith("ptdevice-sim/v1/")
            assert json.loads(message.payload)["simulated"] is True

    in_virtual_time(story, tmp_path)


def test_a_gateway_for_people_refuses_simulated_units_and_takes_nothing_in(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(MINUTE_S)
        said = clinic.said("/unit/chest/availability")[-1]
        assert (said["availability"], said["code"]) == ("offline", "foreign_unit")
        assert clinic.said("/unit/chest/state")[-1]["values"] == {}
        assert clinic.gateway.bedsides["chest"].connection.progress.packets == 0

    in_virtual_time(story, tmp_path, config=CONFIG.replace("simulated = true", "simulated = false"))


def test_a_bug_in_one_task_ends_the_daemon_loudly_and_keeps_what_is_open(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.press_up(1)
        await asyncio.sleep(10)

        def broken(now: float) -> None:
            raise ZeroDivisionError

        clinic.gateway.bedsides["chest"].tick = broken  # type: ignore[method-assign] # the bug
        await asyncio.wait([clinic.running], timeout=5)
        error = clinic.running.exception()
        assert isinstance(error, ExceptionGroup)
        assert error.subgroup(ZeroDivisionError)
        rows = [entry.draft.type for entry in await clinic.journal.read()]
        assert "dev.ptdevice.stimulation.session.v1" in rows
        clinic.running = asyncio.create_task(asyncio.sleep(0))  # so that leaving does not raise it again

    in_virtual_time(story, tmp_path)


def test_a_unit_that_stays_away_is_said_to_be_away_once_with_the_time_since_when(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await asyncio.sleep(8)
        clinic.back.vanish()
        await asyncio.sleep(10 * MINUTE_S)  # several tries to find it
        away = clinic.said("/unit/back/availability")[1:]
        assert [(said["availability"], said["code"]) for said in away] == [
            ("online", "data"),
            ("unknown", "link_lost"),
            ("unknown", "no_adverts"),
        ]
        assert away[-1] == clinic.said("/unit/back/availability")[-1]
        clinic.broker.lose()
        await asyncio.sleep(60)
        assert clinic.said("/unit/back/availability")[-1]["time"] == away[-1]["time"]

    in_virtual_time(story, tmp_path)


def test_a_set_that_is_asked_for_shows_at_once_though_no_unit_speaks(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        clinic.chest.vanish()
        clinic.back.vanish()
        await asyncio.sleep(5)
        before = len(clinic.said("/unit/chest/telemetry/exercise"))
        ask(clinic, "chest", "begin_set", target=5)
        await asyncio.sleep(0.5)
        (progress,) = clinic.said("/unit/chest/telemetry/exercise")[before:]
        assert (progress["target"], progress["phase"]) == (5, "waiting")

    in_virtual_time(story, tmp_path)


def test_the_dose_of_a_stimulator_is_said_as_it_grows_and_survives_a_restart(tmp_path: Path) -> None:
    config = CONFIG + 'site = "lumbar_left"\n'

    async def first(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/unit/back/dose"), within_s=5)
        assert clinic.said("/unit/back/dose")[0]["today"] == []
        assert clinic.said("/unit/chest/dose") == []
        clinic.press_up(2)
        await asyncio.sleep(5 * MINUTE_S)
        (pads,) = clinic.said("/unit/back/dose")[-1]["today"]
        assert 230 <= pads["delivered_s"] <= 300  # up to the last segment of two minutes
        await clinic.stop()

    async def second(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/unit/back/dose"), within_s=5)
        body = clinic.said("/unit/back/dose")[0]
        assert body["complete"] is True
        (pads,) = body["today"]
        assert (pads["site"], pads["sessions"], pads["upward_steps"]) == ("lumbar_left", 1, 0)
        assert pads["level_times"] == [[2, pytest.approx(298, abs=3)]]
        assert body["week"] == body["today"]

    in_virtual_time(first, tmp_path, config=config)
    in_virtual_time(second, tmp_path, config=config)


def test_heat_that_somebody_enters_is_on_record_for_the_person_of_the_unit(tmp_path: Path) -> None:
    async def story(clinic: Clinic) -> None:
        await clinic.until(lambda: clinic.said("/pi-1/status"), within_s=5)
        now = datetime.fromisoformat(clinic.said("/pi-1/status")[0]["time"])
        start = (now - timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ask(clinic, "chest", "log_modality", kind="ice", start=start, minutes=15, site="lumbar", entered_by="t7")
        await clinic.until(lambda: clinic.said("/res/test"), within_s=5)
        assert clinic.said("/res/test")[-1]["state"] == "done"
        await clinic.until(lambda: clinic.said("/evt/modality"), within_s=5)
        (event,) = clinic.said("/evt/modality")
        assert (event["subject"], event["data"]["kind"], event["data"]["minutes"]) == ("k3f7q", "ice", 15)
        assert event["data"]["start"][:19] == start[:19]

    in_virtual_time(story, tmp_path)
