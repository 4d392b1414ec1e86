"""A commanded EM 70 over MQTT, from `arm` to its record: the whole daemon in virtual time, the simulated unit in process."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from tests.commanded import CONFIG, Controller, in_commanded_clinic

from ptdevice.devices.beurer_em70 import PROFILE
from ptdevice.devices.beurer_em70.wire import CONTROL_UUID as CONTROL

if TYPE_CHECKING:
    from pathlib import Path

    from tests.clinic import Clinic

assert PROFILE.commanding is not None
STOP = (CONTROL, PROFILE.commanding.stop[0].data)


def raising(clinic: Clinic, since: int = 0) -> list[tuple[str, bytes]]:
    """Everything that the unit was told but questions and stops."""
    questions = {(CONTROL, query.data) for query in PROFILE.queries}
    return [said for said in clinic.back.writes[since:] if said not in questions | {STOP}]


def test_a_session_from_arming_over_a_key_of_the_unit_to_its_record(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        armed = await controller.armed(4)
        assert (armed["level"], armed["limited_by"], armed["confirm_within_s"]) == (4, [], 10.0)
        assert controller.session["state"] == "armed"
        assert not clinic.em70.delivering
        clinic.press_up()
        await asyncio.sleep(10.0)
        assert (controller.session["state"], controller.session["output"]) == ("running", "on")
        assert (clinic.em70.level, clinic.em70.delivering) == (4, True)
        await asyncio.sleep(60.0)
        answer = await controller.answer(controller.say("stop"))
        assert answer["state"] == "accepted"
        await asyncio.sleep(3.0)
        assert (clinic.em70.level, clinic.em70.delivering) == (0, False)
        assert (controller.session["state"], controller.session["output"]) == ("completed", "zero")
        (session,) = [each for each in clinic.records("stimulation/session") if each["origin"] == "commanded"]
        assert (session["reason"], session["final_output"]) == ("remote", "off")
        assert session["level_max_seen"] == 4
        assert ("start", "allowed", None) in controller.audits()
        assert ("end", "stopped", "remote") in controller.audits()

    in_commanded_clinic(story, tmp_path)


# --- S-01: off unless it is configured ---


def test_s01_with_a_fresh_configuration_nothing_that_is_asked_for_writes_anything_but_questions(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        asked = [
            controller.more("arm", prescription="tens", level=4),
            controller.more("resume", token="t"),
            controller.more("raise", token="t", level=5),
            controller.say("hold", session="s", token="t"),
        ]
        for id_ in asked:
            answer = await controller.answer(id_)
            assert (answer["state"], answer["rule"]) == ("refused", "command_off")
        stopped = await controller.answer(controller.say("stop"))
        assert (stopped["state"], stopped["rule"]) == ("failed", "command_off")
        assert "by hand" in stopped["detail"]
        await controller.answer(controller.say("stop_all", "gateway"))
        await asyncio.sleep(30.0)
        questions = {(CONTROL, query.data) for query in PROFILE.queries}
        assert set(clinic.back.writes) == questions
        assert clinic.said("/unit/back/session") == []
        assert ("arm", "denied", "command_off") in controller.audits()

    config = CONFIG.format(lease_s=0.0)
    observed = config.replace("enabled = true", "enabled = false")
    bare = config[: config.index("[units.back.command]")]
    for number, text in enumerate((observed, bare)):
        folder = tmp_path / str(number)
        folder.mkdir()
        in_commanded_clinic(story, folder, config=text)


# --- S-02, from the outside ---


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (('accept_unproven = "beurer_em70"\n', ""), "unproven"),
        (('accept_timer = "beurer_em70"\n', ""), "no_deadman"),
        (('site = "lumbar_left"\n', ""), None),
    ],
)
def test_s02_what_the_configuration_lacks_is_told_by_its_rule(
    change: tuple[str, str], rule: str | None, tmp_path: Path
) -> None:
    async def story(_: Clinic, controller: Controller) -> None:
        await controller.prepare()
        answer = await controller.answer(controller.more("arm", prescription="tens", level=4))
        assert (answer["state"], answer["rule"]) == ("refused" if rule else "done", rule)

    in_commanded_clinic(story, tmp_path, config=CONFIG.format(lease_s=0.0).replace(*change))


def test_s02_who_was_not_asked_the_questions_is_not_commanded(tmp_path: Path) -> None:
    async def story(_: Clinic, controller: Controller) -> None:
        await asyncio.sleep(10.0)
        answer = await controller.answer(controller.more("arm", prescription="tens", level=4))
        assert (answer["state"], answer["rule"]) == ("refused", "screening_missing")
        assert ("arm", "denied", "screening_missing") in controller.audits()

    in_commanded_clinic(story, tmp_path)


def test_s02_without_a_prescription_of_that_name_nobody_is_commanded(tmp_path: Path) -> None:
    async def story(_: Clinic, controller: Controller) -> None:
        await controller.prepare()
        answer = await controller.answer(controller.more("arm", prescription="other", level=4))
        assert (answer["state"], answer["rule"]) == ("refused", "no_prescription")

    in_commanded_clinic(story, tmp_path)


# --- S-03 ---


def test_s03_arming_over_the_network_lets_no_current_flow_however_long_one_waits(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.armed()
        await asyncio.sleep(30.0)
        assert (controller.session["state"], controller.session["reason"]) == ("aborted", "arm_timeout")
        assert raising(clinic) == []

    in_commanded_clinic(story, tmp_path)


# --- S-04: stop is taken in any state, any form, before everything else ---


@pytest.mark.parametrize(
    "form",
    [
        {"raw": b""},
        {"raw": b"stop it!"},
        {"raw": b"[]"},
        {"raw": b'{"id": 7, "requester": {}}'},
        {"raw": b"x" * 100_000},
        {"retain": True},
        {"quite": "new", "expires_at": "2001-01-01T00:00:00Z"},
    ],
    ids=str,
)
def test_s04_a_stop_is_obeyed_however_it_is_written_and_is_answered(form: dict[str, Any], tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        before = len(controller.answers())
        controller.say("stop", **form)
        await asyncio.sleep(0.1)
        assert clinic.back.writes[-1] == STOP
        await asyncio.sleep(3.0)
        assert not clinic.em70.delivering
        (answer,) = controller.answers()[before:]
        assert (answer["command"], answer["state"]) == ("back/stop", "accepted")

    in_commanded_clinic(story, tmp_path)


def test_s04_a_stop_waits_for_no_request_before_it(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.broker.latency_s = 2.0  # each answer is acknowledged late, and a request waits for the answer before it
        for _ in range(100):
            controller.say("ping", "gateway")
        asked_at = asyncio.get_running_loop().time()
        controller.say("stop")
        await clinic.until(lambda: clinic.back.writes[-1] == STOP, within_s=5)
        assert asyncio.get_running_loop().time() - asked_at <= 0.5
        clinic.broker.latency_s = 0.01

    in_commanded_clinic(story, tmp_path)


def test_s04_the_same_stop_twice_is_two_stops(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        body = b'{"id": "same", "requester": "tablet"}'
        controller.say("stop", raw=body)
        await asyncio.sleep(5.0)
        await controller.started()
        controller.say("stop", raw=body)
        await asyncio.sleep(0.1)
        assert clinic.back.writes[-1] == STOP

    in_commanded_clinic(story, tmp_path)


def test_s04_a_stop_makes_void_what_was_asked_for_before_it_and_waits_for_its_turn(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        controller.say("stop")
        await asyncio.sleep(0.5)
        arm = controller.more("arm", prescription="tens", level=4, age_s=1.0)
        answer = await controller.answer(arm)
        assert (answer["state"], answer["rule"]) == ("refused", "overtaken")
        assert ("arm", "denied", "overtaken") in controller.audits()

    in_commanded_clinic(story, tmp_path)


@pytest.mark.parametrize("less", ["stop", "pause"])
def test_s04_who_wants_less_makes_void_what_waits_for_the_disk(less: str, tmp_path: Path) -> None:
    disk = asyncio.Event()

    class SlowMark:
        noted = False

        async def begin(self, _link: object) -> bool:
            await disk.wait()
            return True

    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        clinic.gateway.commanding.commanders["back"]._mark = SlowMark()  # type: ignore[assignment]
        arm = controller.more("arm", prescription="tens", level=4)
        await asyncio.sleep(1.0)
        await controller.answer(controller.say(less))
        disk.set()
        await asyncio.sleep(0.5)
        assert (await controller.answer(arm))["rule"] == "overtaken"
        assert controller.session["state"] is None

    in_commanded_clinic(story, tmp_path)


def test_s04_stop_all_stops(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        answer = await controller.answer(controller.say("stop_all", "gateway"))
        assert answer["state"] == "accepted"
        await asyncio.sleep(3.0)
        assert not clinic.em70.delivering
        assert (controller.session["state"], controller.session["reason"]) == ("aborted", "estop")

    in_commanded_clinic(story, tmp_path)


def test_s04_a_unit_that_cannot_be_reached_is_said_to_be_switched_off_by_hand(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.back.vanish()
        await asyncio.sleep(5.0)
        answer = await controller.answer(controller.say("stop"))
        assert (answer["state"], answer["rule"]) == ("failed", "unit_unreachable")
        assert "by hand" in answer["detail"]

    in_commanded_clinic(story, tmp_path)


def test_s04_lower_and_pause_need_no_stamp(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started(4)
        await controller.answer(controller.say("lower", level=2.9, unheard="of"))
        await asyncio.sleep(5.0)
        assert clinic.em70.level == 2
        refused = await controller.answer(controller.say("lower", level="less"))
        assert (refused["state"], refused["rule"]) == ("refused", "malformed")
        await controller.answer(controller.say("pause"))
        await asyncio.sleep(3.0)
        assert (controller.session["state"], controller.session["output"]) == ("paused", "zero")

    in_commanded_clinic(story, tmp_path)


# --- S-09, S-23, S-24: wishes for more are from now, and are asked once ---


def test_s09_a_request_that_is_delivered_twice_has_no_second_effect(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        first = await controller.answer(controller.more("arm", prescription="tens", level=4, id="same"))
        clinic.broker.heard.clear()
        again = await controller.answer(controller.more("arm", prescription="tens", level=4, id="same"))
        assert again["data"] == first["data"]
        await asyncio.sleep(3.0)
        assert controller.audits() == []

    in_commanded_clinic(story, tmp_path)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        ({"age_s": 6.0}, "stale"),
        ({"age_s": -3.0}, "future"),
        ({"retain": True}, "retained"),
        ({"nonce": "used"}, "replayed"),
        ({"sequence": 0}, "out_of_order"),
        ({"expires_in_s": 6}, "malformed"),
        ({"sequence": None}, "malformed"),
        ({"actor": None}, "malformed"),
        ({"level": float("nan")}, "malformed"),
    ],
    ids=str,
)
def test_s23_a_wish_for_more_that_is_not_from_now_is_refused_by_its_rule(
    case: dict[str, Any], rule: str, tmp_path: Path
) -> None:
    async def story(_: Clinic, controller: Controller) -> None:
        await controller.prepare()
        wrong: dict[str, Any] = {"prescription": "tens", "level": 4} | case
        await controller.answer(controller.more("resume", token="t", nonce="used"))
        answer = await controller.answer(controller.more("arm", **wrong))
        assert (answer["state"], answer["rule"]) == ("refused", rule)
        await asyncio.sleep(1.0)
        assert controller.session["state"] is None

    in_commanded_clinic(story, tmp_path)


def test_s24_without_a_clock_nothing_is_armed_and_a_stop_stops(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.ntp[0] = False
        stopped = await controller.answer(controller.say("stop"))
        assert stopped["state"] == "accepted"
        await asyncio.sleep(3.0)
        assert not clinic.em70.delivering
        answer = await controller.answer(controller.more("arm", prescription="tens", level=4))
        assert (answer["state"], answer["rule"]) == ("refused", "clock_unsynced")

    in_commanded_clinic(story, tmp_path)


# --- S-11: a wall clock that jumps changes nothing ---


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_s11_a_wall_clock_that_jumps_moves_no_end(jump_s: float, tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.armed()
        clinic.press_up()
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(600.0)
        clinic.wall_jump_s[0] = jump_s
        await asyncio.sleep(1190.0)
        assert controller.session["state"] == "running"
        await clinic.until(lambda: not clinic.em70.delivering, within_s=15)
        assert abs(asyncio.get_running_loop().time() - began - 1800.0) <= 1.5

    in_commanded_clinic(story, tmp_path)


# --- S-13, S-14, S-15: loss, and what comes after it ---


def test_s13_a_lost_link_is_an_alarm_and_an_output_that_nobody_knows(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.back.vanish()
        await asyncio.sleep(5.0)
        assert (controller.session["state"], controller.session["output"]) == ("link_lost", "unknown")
        alarms = {alarm["code"]: alarm["text"] for alarm in clinic.records("alarm")}
        assert "switch the unit off by hand" in alarms["commanded_link_lost"]

    in_commanded_clinic(story, tmp_path)


def test_s14_after_the_link_is_back_the_first_octets_are_a_stop_and_the_session_ends(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.back.vanish()
        await asyncio.sleep(20.0)
        assert clinic.em70.delivering  # this one goes on without a host
        said = len(clinic.back.writes)
        clinic.back.appear()
        await clinic.until(lambda: len(clinic.back.writes) > said, within_s=60)
        assert clinic.back.writes[said] == STOP
        await asyncio.sleep(5.0)
        assert (controller.session["state"], controller.session["output"]) == ("aborted", "zero")
        after = len(clinic.back.writes)
        await asyncio.sleep(600.0)
        assert raising(clinic, after) == []
        assert not clinic.em70.delivering

    in_commanded_clinic(story, tmp_path)


def test_s15_a_broker_that_comes_back_starts_nothing(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        armed = await controller.started()
        clinic.broker.up = False
        clinic.broker.lose()
        await asyncio.sleep(10.0)
        assert not clinic.em70.delivering  # nobody held it
        clinic.broker.up = True
        await clinic.until(lambda: clinic.broker.session is not None, within_s=120)
        await asyncio.sleep(2.0)
        assert (controller.session["state"], controller.session["reason"]) == ("completed", "heartbeat")
        held = await controller.answer(controller.say("hold", session=armed["session"], token=armed["token"]))
        assert (held["state"], held["rule"]) == ("refused", "no_session")
        await asyncio.sleep(600.0)
        assert not clinic.em70.delivering

    in_commanded_clinic(story, tmp_path, lease_s=10.0)


# --- S-16, S-17, S-18, S-19 against the simulated unit ---


def test_s17_a_unit_that_says_a_level_it_was_never_told_is_stopped_and_latched(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started(4)
        clinic.em70.misbehaviour.says_level = 7
        said = len(clinic.back.writes)
        await clinic.until(lambda: STOP in clinic.back.writes[said:], within_s=5.0)
        clinic.em70.misbehaviour.says_level = None
        await asyncio.sleep(6.0)
        assert not clinic.em70.delivering
        assert controller.session["fault"] == "mismatch"
        answer = await controller.answer(controller.more("arm", prescription="tens", level=4))
        assert (answer["state"], answer["rule"]) == ("refused", "latched")
        acknowledged = await controller.answer(controller.say("acknowledge", actor="pt-17"))
        assert acknowledged["state"] == "done"
        await controller.armed()

    in_commanded_clinic(story, tmp_path)


def test_s18_a_unit_that_ignores_its_stop_is_told_again_and_again_and_a_person_is_told(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.em70.misbehaviour.ignores_stop = True
        said = len(clinic.back.writes)
        controller.say("stop")
        await asyncio.sleep(6.0)
        assert (controller.session["state"], controller.session["output"]) == ("faulted", "unknown")
        assert clinic.back.writes[said:].count(STOP) >= 4
        (alarm,) = [alarm for alarm in clinic.records("alarm") if alarm["code"] == "stop_unconfirmed"]
        assert "by hand" in alarm["text"]
        before = clinic.back.writes.count(STOP)
        await asyncio.sleep(10.0)
        assert clinic.back.writes.count(STOP) >= before + 9

    in_commanded_clinic(story, tmp_path)


def test_s19_an_overload_stops_and_latches(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.em70.overload(asyncio.get_running_loop().time())
        clinic.back.poke()
        await asyncio.sleep(4.0)
        assert STOP in clinic.back.writes[-6:]
        assert (controller.session["fault"], controller.session["reason"]) == ("overload", "overload")

    in_commanded_clinic(story, tmp_path)


# --- S-20, S-21: what dies around it ---


def test_s20_when_the_daemon_ends_the_stop_is_said_before_anything_is_written_down(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.broker.latency_s = 5.0
        ended_at = asyncio.get_running_loop().time()
        stopping = asyncio.create_task(clinic.stop())
        await clinic.until(lambda: clinic.back.writes[-1] == STOP, within_s=1.0)
        assert asyncio.get_running_loop().time() - ended_at <= 1.0
        assert not clinic.em70.delivering
        await stopping

    in_commanded_clinic(story, tmp_path)


def test_s20_a_bug_in_another_task_ends_the_daemon_and_the_stop_is_said_first(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.gateway.bedsides["back"].therapy.tick = lambda _: 1 / 0  # type: ignore[assignment,return-value]
        await asyncio.wait({clinic.running}, timeout=5.0)
        assert clinic.running.done()
        assert isinstance(clinic.running.exception(), ExceptionGroup)
        assert clinic.back.writes[-1] == STOP
        assert not clinic.em70.delivering
        clinic.running = asyncio.create_task(asyncio.sleep(0))

    in_commanded_clinic(story, tmp_path)


def test_s21_a_full_disk_delays_no_stop_and_lets_nothing_new_begin(tmp_path: Path) -> None:
    full = [False]

    class Sql(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
            if full[0] and sql == "COMMIT":
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise error
            return super().execute(sql, parameters)

    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        full[0] = True
        await asyncio.sleep(3.0)
        asked_at = asyncio.get_running_loop().time()
        controller.say("stop")
        await clinic.until(lambda: not clinic.em70.delivering, within_s=2.0)
        assert asyncio.get_running_loop().time() - asked_at <= 1.0
        await asyncio.sleep(3.0)
        answer = await controller.answer(controller.more("arm", prescription="tens", level=4))
        assert (answer["state"], answer["rule"]) == ("refused", "journal_down")
        full[0] = False

    connect = lambda path: sqlite3.connect(path, isolation_level=None, factory=Sql)  # noqa: E731 - one expression
    in_commanded_clinic(story, tmp_path, connect=connect)


# --- S-22, S-27 ---


def test_s22_another_controller_gets_nothing_more_and_its_stop_is_obeyed(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        armed = await controller.started()
        other = Controller(clinic, "other")
        taken = await other.answer(other.say("hold", session=armed["session"], token="guess"))
        assert (taken["state"], taken["rule"]) == ("refused", "not_controller")
        busy = await other.answer(other.more("arm", prescription="tens", level=4))
        assert (busy["state"], busy["rule"]) == ("refused", "busy")
        other.say("stop")
        await asyncio.sleep(3.0)
        assert not clinic.em70.delivering

    in_commanded_clinic(story, tmp_path)


def test_s22_silence_of_the_controller_ends_the_session_within_the_lease(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        armed = await controller.armed()
        clinic.press_up()
        for _ in range(6):
            await asyncio.sleep(2.0)
            controller.say("hold", session=armed["session"], token=armed["token"])
        assert clinic.em70.delivering
        silent_at = asyncio.get_running_loop().time()
        await clinic.until(lambda: not clinic.em70.delivering, within_s=10.0)
        assert asyncio.get_running_loop().time() - silent_at <= 4.0
        await asyncio.sleep(2.0)
        assert controller.session["reason"] == "heartbeat"

    in_commanded_clinic(story, tmp_path, lease_s=3.0)


def test_s27_an_answer_is_no_effect_what_is_said_of_the_output_comes_from_the_unit(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        clinic.em70.misbehaviour.ignores_stop = True
        answer = await controller.answer(controller.say("stop"))
        assert answer["state"] == "accepted"
        await asyncio.sleep(1.0)
        assert (controller.session["state"], controller.session["output"]) == ("ramping_down", "on")
        assert clinic.said("/unit/back/state")[-1]["values"]["output"]["value"] == "on"

    in_commanded_clinic(story, tmp_path)


# --- what is retained ---


def test_a_session_that_is_open_is_said_again_before_it_is_too_old_to_be_believed(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await controller.prepare()
        await controller.started()
        await asyncio.sleep(10.0)
        before = len(clinic.heard("/unit/back/session"))
        await asyncio.sleep(60.0)
        said = clinic.heard("/unit/back/session")
        assert len(said) - before >= 10
        assert said[-1].retain
        assert said[-1].expiry_s == 15
        times = [datetime.fromisoformat(json.loads(message.payload)["time"]) for message in said[-6:]]
        assert all(later - earlier <= timedelta(seconds=6) for earlier, later in pairwise(times))
        until = datetime.fromisoformat(controller.session["valid_until"])
        assert until - times[-1] == timedelta(seconds=15)
        controller.say("stop")
        await asyncio.sleep(5.0)
        assert (controller.session["valid_until"], clinic.heard("/unit/back/session")[-1].expiry_s) == (None, None)

    in_commanded_clinic(story, tmp_path)


def test_a_gateway_that_starts_says_that_there_is_no_session(tmp_path: Path) -> None:
    async def story(clinic: Clinic, controller: Controller) -> None:
        await clinic.until(lambda: clinic.said("/unit/back/session"), within_s=5)
        assert (controller.session["state"], controller.session["output"]) == (None, "unknown")
        await controller.prepare()
        assert controller.session["output"] == "zero"

    in_commanded_clinic(story, tmp_path)
