from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ptdevice.errors import LinkLostError
from ptdevice.mqtt import commands, contract
from ptdevice.mqtt.commands import DONE, Command, Door, Outcome
from ptdevice.mqtt.desk import Desk
from ptdevice.mqtt.topics import Arrival, Message, Names, Stamp
from ptdevice_sim import virtual_time

NAMES = Names("clinic-a", "pi-1", simulated=True)
STAMP = Stamp("boot-1", 1_795_451_760_000_000_000, 1000.0, synced=True)  # 2026-11-23T16:36:00Z
PING = f"{NAMES.prefix}/cmd/gateway/ping"
BEGIN = f"{NAMES.prefix}/cmd/chest/begin_set"


def door() -> Door:
    return Door(NAMES, ["chest", "tens"])


def arrival(topic: str = PING, *, retain: bool = False, response_topic: str | None = None, **body: Any) -> Arrival:
    body = {"id": "c1", "requester": "alice"} | body
    return Arrival(topic, json.dumps(body).encode(), retain=retain, response_topic=response_topic, correlation=b"corr")


def refusal(answer: Command | Message | None) -> tuple[str, str | None]:
    assert isinstance(answer, Message), answer
    body = json.loads(answer.payload)
    return body["state"], body["rule"]


def test_a_right_request_is_admitted_with_everything_it_says() -> None:
    command = door().admit(arrival(BEGIN, exercise="situp", target=10), STAMP)
    assert command == Command(
        "c1",
        "begin_set",
        "chest",
        "alice",
        f"{NAMES.prefix}/res/alice",
        b"corr",
        contract.BeginSet(id="c1", requester="alice", exercise="situp", target=10),
    )


def test_the_answer_goes_to_the_requester_under_the_command_s_id() -> None:
    guard = door()
    command = guard.admit(arrival(), STAMP)
    assert isinstance(command, Command)
    answer = guard.answer(command, DONE, STAMP)
    assert (answer.topic, answer.qos, answer.retain, answer.correlation) == (
        f"{NAMES.prefix}/res/alice",
        1,
        False,
        b"corr",
    )
    assert json.loads(answer.payload) == {
        "id": "c1", "command": "gateway/ping", "state": "done", "rule": None, "detail": None, "simulated": True,
        "time": "2026-11-23T16:36:00.000000Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (arrival(retain=True), "retained"),
        (arrival(expires_at="2026-11-23T16:35:59Z"), "expired"),
        (arrival(expires_at="tomorrow"), "malformed"),
        (arrival(expires_at="2026-13-45T99:99:99Z"), "malformed"),
        (arrival(surprise=1), "malformed"),
        (arrival(BEGIN, target=0), "malformed"),
        (arrival(BEGIN, target=1.5), "malformed"),
        (arrival(BEGIN, exercise="../etc"), "malformed"),
        (arrival(f"{NAMES.prefix}/cmd/nobody/begin_set"), "unknown_target"),
        (arrival(f"{NAMES.prefix}/cmd/chest/explode"), "unknown_command"),
        (arrival(f"{NAMES.prefix}/cmd/chest/ping"), "unknown_command"),
        (arrival(f"{NAMES.prefix}/cmd/tens/set_intensity", level=99), "unknown_command"),
    ],
)
def test_a_wrong_request_is_refused_by_its_rule(asked: Arrival, rule: str) -> None:
    assert refusal(door().admit(asked, STAMP)) == ("refused", rule)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        (Arrival(PING, b"not json"), "malformed"),
        (Arrival(PING, b"\xff\xfe"), "malformed"),
        (Arrival(PING, b'{"requester": "alice"}'), "malformed"),
        (Arrival(PING, b'{"id": "c1"}'), "malformed"),
        (Arrival(PING, b'{"id": "c1", "requester": "alice"}' + b" " * 5000), "too_large"),
        (Arrival(PING, b"[" * 4000), "malformed"),
        (Arrival("somewhere/else", b"{}"), "unknown_topic"),
        (Arrival(f"{NAMES.prefix}/cmd/a/b/c", b"{}"), "unknown_topic"),
        (Arrival(f"{NAMES.prefix}/cmd/GATEWAY/ping", b"{}"), "unknown_topic"),
    ],
)
def test_what_names_no_requester_is_counted_and_not_answered(asked: Arrival, rule: str) -> None:
    guard = door()
    assert guard.admit(asked, STAMP) is None
    assert guard.refused == {rule: 1}


def test_an_expiry_that_cannot_be_judged_is_refused() -> None:
    unset = Stamp("boot-1", 0, 5.0, synced=False)
    assert refusal(door().admit(arrival(expires_at="2026-11-23T16:36:00Z"), unset)) == ("refused", "clock_unsynced")
    assert isinstance(door().admit(arrival(), unset), Command)


def test_a_request_in_time_is_admitted() -> None:
    assert isinstance(door().admit(arrival(expires_at="2026-11-23T16:36:00.5Z"), STAMP), Command)


def test_a_repeated_id_has_no_second_effect_and_gets_the_same_answer() -> None:
    guard = door()
    command = guard.admit(arrival(), STAMP)
    assert refusal(guard.admit(arrival(), STAMP)) == ("accepted", None)  # still under way
    assert isinstance(command, Command)
    first = guard.answer(command, Outcome("failed", "no_sensor", "no"), STAMP)
    again = guard.admit(arrival(BEGIN), STAMP)  # the same id, whatever else it says now
    assert again == first


def test_two_requesters_may_use_the_same_id() -> None:
    guard = door()
    assert isinstance(guard.admit(arrival(requester="alice"), STAMP), Command)
    assert isinstance(guard.admit(arrival(requester="bob"), STAMP), Command)


def test_the_memory_of_ids_is_bounded() -> None:
    guard = door()
    for number in range(3 * commands.REMEMBERED):
        guard.admit(arrival(id=f"c{number}"), STAMP)
    assert len(guard._answers) == commands.REMEMBERED


@pytest.mark.parametrize(
    "hostile",
    [
        f"{NAMES.prefix}/status",
        f"{NAMES.prefix}/res/",
        f"{NAMES.prefix}/res/a/b",
        f"{NAMES.prefix}/res/+",
        f"{NAMES.prefix}/res/../status",
        "$SYS/broker",
        "homeassistant/switch/config",
        "ptdevice-sim/v1/clinic-a/pi-2/res/alice",
        "",
    ],
)
def test_a_hostile_response_topic_makes_us_speak_nowhere_else(hostile: str) -> None:
    command = door().admit(arrival(response_topic=hostile), STAMP)
    assert isinstance(command, Command)
    assert command.reply == f"{NAMES.prefix}/res/alice"


def test_a_response_topic_of_our_own_is_used() -> None:
    command = door().admit(arrival(response_topic=f"{NAMES.prefix}/res/alice-2"), STAMP)
    assert isinstance(command, Command)
    assert command.reply == f"{NAMES.prefix}/res/alice-2"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("id", "requester", "expires_at", "exercise", "target", "stop"), JSON)
)
PAYLOADS = (
    st.binary(max_size=300)
    | JSON.map(lambda value: json.dumps(value).encode())
    | FIELDS.map(lambda value: json.dumps(value).encode())
)
TOPICS = st.sampled_from([PING, BEGIN, f"{NAMES.prefix}/cmd/x/y"]) | st.text(max_size=40).map(
    lambda text: f"{NAMES.prefix}/cmd/{text}"
) | st.text(max_size=40)  # fmt: skip


@given(TOPICS, PAYLOADS, st.booleans(), st.none() | st.text(max_size=60), st.none() | st.binary(max_size=300))
@example(PING, b'{"id": NaN, "requester": Infinity}', False, None, None)
def test_nothing_that_arrives_raises_or_makes_us_speak_outside_our_answers(
    topic: str,
    payload: bytes,
    retain: bool,  # noqa: FBT001 - drawn, not passed
    response: str | None,
    correlation: bytes | None,
) -> None:
    admitted = door().admit(Arrival(topic, payload, retain, response, correlation), STAMP)
    if isinstance(admitted, Message):
        assert admitted.topic.startswith(f"{NAMES.prefix}/res/")
        assert not admitted.retain
    elif admitted is not None:  # it was a right request by chance
        assert (admitted.unit, admitted.name) in {(None, "ping"), ("chest", "begin_set")}
        assert not retain


TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"  # the example of W3C Trace Context, 3.2


@pytest.mark.parametrize(
    ("sent", "given_back"),
    [(TRACE, TRACE), (None, None), ("", None), (TRACE + "\n", None), (TRACE + "x" * 4000, None), ("anything", None)],
)
async def test_an_answer_belongs_to_the_trace_of_its_request_and_gives_back_nothing_else(
    sent: str | None, given_back: str | None
) -> None:
    async def execute(command: Command) -> Outcome:
        return DONE

    desk = Desk(door(), execute, lambda: STAMP)
    answer = await desk.handle(replace(arrival(), trace=TRACE.replace("01", "00")))
    assert answer is not None
    assert answer.trace == TRACE.replace("01", "00")
    again = await desk.handle(replace(arrival(), trace=sent))  # the known answer, and this copy's trace
    assert again is not None
    assert again.trace == given_back


async def test_the_desk_carries_out_what_was_admitted_and_answers() -> None:
    done: list[str] = []

    async def execute(command: Command) -> Outcome:
        done.append(command.title)
        return DONE

    desk = Desk(door(), execute, lambda: STAMP)
    assert refusal(await desk.handle(arrival())) == ("done", None)
    assert refusal(await desk.handle(arrival())) == ("done", None)
    assert await desk.handle(Arrival(PING, b"")) is None
    assert done == ["gateway/ping"]


async def test_what_the_program_foresees_is_answered_as_failed() -> None:
    async def execute(_command: Command) -> Outcome:
        raise LinkLostError("the sensor is away")

    answer = await Desk(door(), execute, lambda: STAMP).handle(arrival())
    assert refusal(answer) == ("failed", "error")


def test_what_takes_too_long_is_answered_as_failed() -> None:
    async def execute(_command: Command) -> Outcome:
        await asyncio.sleep(3600)
        return DONE

    async def ask() -> None:
        assert refusal(await Desk(door(), execute, lambda: STAMP).handle(arrival())) == ("failed", "timeout")

    virtual_time.run(ask())
