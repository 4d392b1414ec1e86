"""The broker as it meets this gateway: a real Mosquitto."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from tests.mqtt.mosquitto import free_port, mosquitto

from ptdevice.broker import broker_of
from ptdevice.config import load
from ptdevice.doctor.broker import examine
from ptdevice.mqtt.client import connect
from ptdevice.mqtt.topics import Message, Names

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.config import Settings


OURS = Names("s", "g", simulated=False).prefix
BOOT = "11111111-1111-4111-8111-111111111111"
LOGIN = 'username = "gate"\npassword_env = "SECRET"'


def settings(folder: Path, port: int, more: str = "") -> Settings:
    file = folder / "c.toml"
    file.write_text(
        f'[gateway]\nsite = "s"\nname = "g"\n[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{more}\n'
        '[units.chest]\ndevice = "polar"\n'
    )
    return load(file, {"SECRET": "right"})


async def codes(configured: Settings) -> list[str]:
    return [finding.code for finding in await examine(configured, BOOT)]


async def test_a_broker_that_lets_us_say_what_is_ours_and_nothing_else_is_fine(tmp_path: Path) -> None:
    async with mosquitto(users={"gate": "right"}, acl=f"user gate\ntopic readwrite {OURS}/#\n") as broker:
        found = await examine(settings(tmp_path, broker.port, LOGIN), BOOT)
        there, _, own = found
        assert (there.code, there.text.endswith("speaks MQTT 5.")) == ("ok", True)
        assert (own.code, "nothing in the name of another" in own.text) == ("ok", True)


async def test_a_broker_that_lets_us_say_anything_is_a_warning(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        assert await codes(settings(tmp_path, broker.port)) == ["ok", "unknown", "broker_open"]


async def test_the_gateway_that_runs_is_told_by_its_retained_status(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        configured = settings(tmp_path, broker.port)
        async with connect(broker_of("g", configured.mqtt)) as session:
            status = json.dumps({"state": "online", "boot_id": BOOT, "version": "7"}).encode()
            await session.publish(Message(f"{OURS}/status", status, qos=1, retain=True))
            _, found, _ = await examine(configured, BOOT)
    assert (found.area, found.code, found.text) == ("service", "ok", "A gateway 7 runs, and says that it is online.")


async def test_what_is_asked_leaves_nothing_at_the_broker(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        configured = settings(tmp_path, broker.port)
        await examine(configured, BOOT)
        async with connect(broker_of("g", configured.mqtt)) as session:
            await session.subscribe("#", retained=True)
            await session.publish(Message("end", b"", qos=1))
            async with asyncio.timeout(10):
                assert (await anext(session.messages())).topic == "end"


async def test_mqtt_3_1_1_leaves_unknown_what_it_lets_us_do(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        assert await codes(settings(tmp_path, broker.port, 'protocol = "3.1.1"')) == ["ok", "unknown", "unknown"]


async def test_no_broker_is_away(tmp_path: Path) -> None:
    assert await codes(settings(tmp_path, free_port())) == ["broker_away"]


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    async with mosquitto(users={"gate": "other"}) as broker:
        assert await codes(settings(tmp_path, broker.port, LOGIN)) == ["broker_refused"]


async def test_access_rules_without_us_are_told(tmp_path: Path) -> None:
    async with mosquitto(users={"gate": "right"}, acl="user gate\ntopic readwrite elsewhere/#\n") as broker:
        assert await codes(settings(tmp_path, broker.port, LOGIN)) == ["broker_acl"]
