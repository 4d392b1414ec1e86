"""The broker that `mosquitto-config` describes, as a real Mosquitto: who is let in, and what each may say and hear."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import aiomqtt
import pytest
from tests.mqtt.mosquitto import HOST, SEARCH, Mosquitto, free_port

from ptdevice.config import load
from ptdevice.daemon import serve
from ptdevice.errors import BrokerLostError, BrokerRefusedError, NotFoundError, PublishRefusedError
from ptdevice.mosquitto import Plan, access, configuration, instructions
from ptdevice.mqtt.client import Broker, Tls, connect
from ptdevice.mqtt.roles import Role, User
from ptdevice.mqtt.topics import Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.link import Link
    from ptdevice.mqtt.client import Session

DEADLINE_S = 20.0
PREFIX = "ptdevice/v1/home/pi-1"
USERS = (
    User("pi-1", Role.GATEWAY),
    User("pi-2", Role.GATEWAY),
    User("tablet", Role.PATIENT, ("chest", "tens")),
    User("phone", Role.PATIENT),
    User("anna", Role.CLINICIAN),
    User("lab", Role.RESEARCHER),
    User("ha", Role.HOME_ASSISTANT),
    User("store", Role.INGEST),
)
Way = Literal["plain", "passwords", "certificates"]


def plan(folder: Path, way: Way) -> Plan:
    return Plan("home", USERS, folder, "localhost", free_port(), tls=way != "plain", certificates=way == "certificates")


async def run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, stdout=-3, stderr=-3)
    assert await process.wait() == 0, command


@contextlib.asynccontextmanager
async def running(folder: Path, way: Way) -> AsyncIterator[Plan]:
    """What the instructions say, done; on the loopback, and without what only a whole host has."""
    planned = plan(folder, way)
    for name, text in planned.files().items():
        (folder / name).write_text(text, encoding="utf-8")
    if planned.tls:
        await run("sh", str(folder / "certificates.sh"))
    if not planned.certificates:
        (folder / "passwords").write_text("".join(f"{user.name}:secret-of-{user.name}\n" for user in USERS))
        (folder / "passwords").chmod(0o600)
        await run(shutil.which("mosquitto_passwd", path=SEARCH) or "", "-U", str(folder / "passwords"))
    conf = folder / "on-the-loopback.conf"
    text = (folder / "ptdevice.conf").read_text(encoding="utf-8")
    text = text.replace(f"listener {planned.port}\n", f"listener {planned.port} {HOST}\n")
    conf.write_text(f"{text}persistence_location {folder}/\nuser root\nlog_dest none\n", encoding="utf-8")
    broker = Mosquitto(planned.port, conf)
    await broker.start()
    try:
        yield planned
    finally:
        await broker.kill()


def broker(planned: Plan, name: str, client_id: str = "") -> Broker:
    folder = Path(planned.folder)
    own = (folder / f"{name}.pem", folder / f"{name}.key") if planned.certificates else (None, None)
    return Broker(
        HOST,
        client_id or name,
        planned.port,
        username=None if planned.certificates else name,
        password=None if planned.certificates else f"secret-of-{name}",
        tls=Tls(folder / "ca.pem", *own) if planned.tls else None,
    )


async def may_publish(planned: Plan, name: str, topic: str) -> bool:
    """By the broker's own word. Whoever is denied is hung up on afterwards, so everything is asked on its own connection."""
    reason = 0
    try:
        async with connect(broker(planned, name)) as session:
            await session.publish(Message(topic, b"{}", qos=1))
    except PublishRefusedError as error:
        reason = error.reason_code
    assert reason in {0, 135}  # success, not authorized: MQTT 5.0, section 2.4
    return reason == 0


CMD, HA = f"{PREFIX}/cmd", "homeassistant"
PROBES = {
    **{
        f"{CMD}/{unit}/{name}": f"{unit} {name}"
        for unit in ("chest", "back")
        for name in ("stop", "pause", "lower", "rate_pain")
    },
    **{
        f"{CMD}/chest/{name}": name
        for name in ("arm", "raise", "resume", "hold", "begin_set", "assess", "log_modality")
    },
    f"{CMD}/gateway/stop_all": "stop all",
    f"{CMD}/gateway/resend": "resend",
    f"{CMD}/chest/new_thing": "a request nobody knows",
    f"{PREFIX}/cmd": "above requests",
    f"{PREFIX}/ack": "ack",
    f"{PREFIX}/status": "status",
    f"{PREFIX}/unit/chest/state": "state",
    f"{PREFIX}/evt/pain": "record",
    f"{PREFIX}/res/anna": "answer",
    "ptdevice/v1/home/pi-2/status": "another gateway's status",
    "ptdevice/v1/elsewhere/pi-1/cmd/chest/stop": "another site",
    "ptdevice-sim/v1/home/pi-1/status": "simulated",
    f"{HA}/device/ptdevice_pi-1/chest/config": "discovery",
    f"{HA}/device/ptdevice_pi-2/chest/config": "another gateway's discovery",
    f"{HA}/status": "birth of Home Assistant",
    "$SYS/broker/version": "the broker's own",
    "anything": "anything",
}
EASING = {"chest stop", "chest pause", "chest lower", "chest rate_pain", "stop all"}
EASING_BACK = {"back stop", "back pause", "back lower", "back rate_pain"}
MAY_SAY = {
    "pi-1": {"status", "state", "record", "answer", "discovery"},
    "pi-2": {"another gateway's status", "another gateway's discovery"},
    "tablet": EASING,
    "phone": EASING | EASING_BACK,
    "anna": EASING | EASING_BACK | {"arm", "raise", "resume", "hold", "begin_set", "assess", "log_modality", "resend"},
    "lab": set(),
    "ha": {"chest stop", "back stop", "stop all", "birth of Home Assistant"},
    "store": {"ack", "resend"},
}


async def test_each_may_say_what_is_theirs_and_nothing_else(tmp_path: Path) -> None:
    async with running(tmp_path, "plain") as planned:
        said = {
            user.name: {what for topic, what in PROBES.items() if await may_publish(planned, user.name, topic)}
            for user in USERS
        }
    assert said == MAY_SAY


TLS_PROBES = (f"{CMD}/chest/stop", f"{CMD}/chest/arm", f"{PREFIX}/evt/pain", f"{PREFIX}/ack")


@pytest.mark.parametrize("way", ["passwords", "certificates"])
async def test_over_tls_a_user_is_who_the_password_or_the_certificate_says(tmp_path: Path, way: Way) -> None:
    async with running(tmp_path, way) as planned:
        said = {
            user.name: {topic for topic in TLS_PROBES if await may_publish(planned, user.name, topic)} for user in USERS
        }
    stop, arm, record, ack = TLS_PROBES
    assert said == {
        "pi-1": {record}, "pi-2": set(), "tablet": {stop}, "phone": {stop}, "anna": {stop, arm}, "lab": set(),
        "ha": {stop}, "store": {ack},
    }  # fmt: skip


SAID_BY = {
    f"{PREFIX}/info": "pi-1",
    f"{PREFIX}/diag/health": "pi-1",
    f"{PREFIX}/unit/chest/state": "pi-1",
    f"{PREFIX}/unit/back/state": "pi-1",
    f"{PREFIX}/unit/chest/telemetry/exercise": "pi-1",
    f"{PREFIX}/evt/pain": "pi-1",
    f"{PREFIX}/evt/exercise/repetition": "pi-1",
    f"{PREFIX}/res/tablet": "pi-1",
    f"{PREFIX}/res/anna": "pi-1",
    f"{HA}/device/ptdevice_pi-1/chest/config": "pi-1",
    f"{CMD}/chest/stop": "tablet",
    f"{CMD}/chest/arm": "anna",
    f"{PREFIX}/ack": "store",
    "ptdevice/v1/home/pi-2/evt/pain": "pi-2",
    f"{HA}/status": "ha",
    f"{PREFIX}/status": "pi-1",
    "ptdevice/v1/home/pi-2/status": "pi-2",  # last: who hears neither of these two hears nothing more
}
OF_BOTH = {f"{PREFIX}/status", "ptdevice/v1/home/pi-2/status", f"{PREFIX}/info"}
CHEST = {f"{PREFIX}/unit/chest/state", f"{PREFIX}/unit/chest/telemetry/exercise"}
RECORD = {f"{PREFIX}/evt/pain", f"{PREFIX}/evt/exercise/repetition", "ptdevice/v1/home/pi-2/evt/pain"}
PAIN = {f"{PREFIX}/evt/pain", "ptdevice/v1/home/pi-2/evt/pain"}
MAY_HEAR = {
    "pi-1": {f"{CMD}/chest/stop", f"{CMD}/chest/arm", f"{PREFIX}/ack", f"{HA}/status"},
    "tablet": OF_BOTH | CHEST | {f"{PREFIX}/res/tablet"},
    "phone": OF_BOTH | CHEST | {f"{PREFIX}/unit/back/state"},
    "anna": OF_BOTH | CHEST | RECORD | {f"{PREFIX}/unit/back/state", f"{PREFIX}/diag/health", f"{PREFIX}/res/anna"},
    "lab": OF_BOTH | RECORD,
    "ha": OF_BOTH - {f"{PREFIX}/info"}
    | CHEST
    | PAIN
    | {
        f"{PREFIX}/unit/back/state",
        f"{HA}/status",
        f"{HA}/device/ptdevice_pi-1/chest/config",
    },
    "store": OF_BOTH | RECORD,
}


async def test_each_hears_what_is_theirs_and_nothing_else_whatever_they_subscribe_to(tmp_path: Path) -> None:
    heard: dict[str, set[str]] = {name: set() for name in MAY_HEAR}

    async def listen(session: Session, name: str) -> None:
        async for arrival in session.messages():
            heard[name].add(arrival.topic)

    async with running(tmp_path, "plain") as planned, contextlib.AsyncExitStack() as stack:
        tasks = []
        for name in MAY_HEAR:
            session = await stack.enter_async_context(connect(broker(planned, name, f"{name}-listening")))
            for topic_filter in ("#", "$SYS/#", f"{PREFIX}/res/+", "ptdevice/v1/+/+/cmd/+/+"):
                await session.subscribe(topic_filter)
            tasks.append(asyncio.create_task(listen(session, name)))
        for topic, name in SAID_BY.items():
            assert await may_publish(planned, name, topic)
        async with asyncio.timeout(DEADLINE_S):
            while any(len(heard[name]) < len(MAY_HEAR[name]) for name in heard):  # noqa: ASYNC110 - tasks of ours
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    assert heard == MAY_HEAR


@pytest.mark.parametrize("way", ["plain", "passwords"])
async def test_nobody_without_a_password_is_let_in(tmp_path: Path, way: Way) -> None:
    async with running(tmp_path, way) as planned:
        tls = Tls(tmp_path / "ca.pem") if planned.tls else None
        for name, password in ((None, None), ("anna", None), ("anna", "wrong"), ("stranger", "secret-of-anna")):
            with pytest.raises(BrokerRefusedError, match="user name, password"):
                async with connect(Broker(HOST, "x", planned.port, username=name, password=password, tls=tls)):
                    pass


async def test_nobody_without_a_certificate_of_the_authority_is_let_in(tmp_path: Path) -> None:
    async with running(tmp_path, "certificates") as planned:
        with pytest.raises((BrokerRefusedError, BrokerLostError), match=r"mqtt\.cert_file"):
            async with connect(Broker(HOST, "anna", planned.port, username="anna", tls=Tls(tmp_path / "ca.pem"))):
                pass


async def test_a_user_name_beside_a_certificate_changes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path, "certificates") as planned:
        lab = Tls(tmp_path / "ca.pem", tmp_path / "lab.pem", tmp_path / "lab.key")
        async with connect(Broker(HOST, "x", planned.port, username="anna", tls=lab)) as session:
            with pytest.raises(PublishRefusedError):
                await session.publish(Message(f"{CMD}/chest/arm", b"{}", qos=1))


async def test_on_3_1_1_what_is_forbidden_is_not_delivered(tmp_path: Path) -> None:
    async with running(tmp_path, "plain") as planned, connect(broker(planned, "pi-1")) as gateway:
        await gateway.subscribe(f"{CMD}/+/+")
        login = {"username": "tablet", "password": "secret-of-tablet", "protocol": aiomqtt.ProtocolVersion.V311}
        for name in ("arm", "stop"):  # each on a connection of its own: whoever is denied is hung up on
            async with aiomqtt.Client(HOST, planned.port, **login) as tablet:  # type: ignore[arg-type]
                await tablet.publish(f"{CMD}/chest/{name}", b"{}", qos=1)
        async with asyncio.timeout(DEADLINE_S):
            assert (await anext(gateway.messages())).topic == f"{CMD}/chest/stop"


GATEWAY = """\
[gateway]
site = "home"
name = "pi-1"
[journal]
path = "journal.sqlite"
[mqtt]
host = "localhost"
port = {port}
tls = true
ca_file = "ca.pem"
cert_file = "pi-1.pem"
key_file = "pi-1.key"
[home_assistant]
discovery = true
requester = "ha"
[units.chest]
device = "polar"
"""


async def test_a_gateway_lives_at_the_broker_that_was_described_and_home_assistant_finds_it(tmp_path: Path) -> None:
    @contextlib.asynccontextmanager
    async def nobody(*_args: object, **_more: object) -> AsyncIterator[Link]:
        raise NotFoundError("nobody there")
        yield  # what makes it a generator

    heard: dict[str, bytes] = {}
    async with running(tmp_path, "certificates") as planned, connect(broker(planned, "ha")) as home:
        (tmp_path / "ptdevice.toml").write_text(GATEWAY.format(port=planned.port))
        await home.subscribe("#")
        gateway = asyncio.create_task(serve(load(tmp_path / "ptdevice.toml", {}), nobody))
        try:
            async with asyncio.timeout(DEADLINE_S):
                async for arrival in home.messages():
                    heard[arrival.topic] = arrival.payload
                    if arrival.topic == f"{PREFIX}/status":
                        break
                await home.publish(Message(f"{CMD}/chest/stop", b'{"id": "ha-1", "requester": "ha"}', qos=1))
                async for arrival in home.messages():
                    if arrival.topic == f"{PREFIX}/res/ha":
                        break
        finally:
            gateway.cancel()
            await asyncio.wait([gateway])
    assert {f"{HA}/device/ptdevice_pi-1/chest/config", f"{PREFIX}/unit/chest/availability"} <= heard.keys()
    assert not [topic for topic in heard if "/evt/" in topic or "/cmd/" in topic]


def test_without_tls_it_listens_on_the_loopback_only(tmp_path: Path) -> None:
    listeners = [line for line in configuration(plan(tmp_path, "plain")).splitlines() if line.startswith("listener")]
    assert len(listeners) == 1
    assert listeners[0].endswith(" 127.0.0.1")


@pytest.mark.parametrize("way", ["plain", "passwords", "certificates"])
def test_nobody_is_anonymous_and_no_packet_waits_for_another(tmp_path: Path, way: Way) -> None:
    lines = configuration(plan(tmp_path, way)).splitlines()
    assert {"allow_anonymous false", "set_tcp_nodelay true"} <= set(lines)
    assert ("tls_version tlsv1.2" in lines) == (way != "plain")
    assert (
        ("require_certificate true" in lines) == ("use_identity_as_username true" in lines) == (way == "certificates")
    )


def test_rights_stand_behind_a_user_and_no_pattern_gives_more(tmp_path: Path) -> None:
    lines = [line for line in access(plan(tmp_path, "plain")).splitlines() if line and not line.startswith("#")]
    assert lines[0] == "user pi-1"
    assert {line.split()[0] for line in lines} == {"user", "topic"}


def test_a_user_cannot_take_the_name_of_a_file_of_the_broker_s(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a file of the broker's own"):
        Plan("home", (User("ca", Role.CLINICIAN),), tmp_path, "localhost", 8883, certificates=True)


def test_the_instructions_name_every_user_and_what_to_configure(tmp_path: Path) -> None:
    text = instructions(plan(tmp_path, "passwords"))
    for user in USERS:
        assert f"mosquitto_passwd {tmp_path / 'passwords'} {user.name}\n" in text
    assert '  tls = true\n  ca_file = "ca.pem"\n' in text
    assert '  [home_assistant]\n  discovery = true\n  requester = "ha"\n' in text


def test_the_instructions_say_that_a_gateway_needs_copies_for_the_folder_is_closed_to_it(tmp_path: Path) -> None:
    text = instructions(plan(tmp_path, "passwords"))
    assert f"chmod 700 {tmp_path}" in text
    assert "  ca.pem: a copy" in text
    assert "  mqtt-password: the gateway's password" in text
    assert "mqtt-password" not in instructions(plan(tmp_path, "certificates"))
