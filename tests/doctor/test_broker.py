"""The broker as it meets this gateway: a real Mosquitto."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.mqtt.mosquitto import free_port, mosquitto

from ptdevice.config import load
from ptdevice.doctor.broker import examine

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.config import Settings


def settings(folder: Path, port: int, more: str = "") -> Settings:
    file = folder / "c.toml"
    file.write_text(
        f'[gateway]\nsite = "s"\nname = "g"\n[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{more}\n'
        '[units.chest]\ndevice = "polar"\n'
    )
    return load(file, {"SECRET": "right"})


async def codes(configured: Settings) -> list[str]:
    return [finding.code for finding in await examine(configured)]


async def test_a_broker_that_lets_us_is_fine(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        (found,) = await examine(settings(tmp_path, broker.port))
        assert (found.code, found.text.endswith("speaks MQTT 5.")) == ("ok", True)


async def test_mqtt_3_1_1_leaves_unknown_what_it_lets_us_do(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        assert await codes(settings(tmp_path, broker.port, 'protocol = "3.1.1"')) == ["ok", "unknown"]


async def test_no_broker_is_away(tmp_path: Path) -> None:
    assert await codes(settings(tmp_path, free_port())) == ["broker_away"]


async def test_a_wrong_password_is_refused(tmp_path: Path) -> None:
    async with mosquitto(users={"gate": "other"}) as broker:
        login = 'username = "gate"\npassword_env = "SECRET"'
        assert await codes(settings(tmp_path, broker.port, login)) == ["broker_refused"]


async def test_access_rules_without_us_are_told(tmp_path: Path) -> None:
    async with mosquitto(users={"gate": "right"}, acl="user gate\ntopic readwrite elsewhere/#\n") as broker:
        login = 'username = "gate"\npassword_env = "SECRET"'
        assert await codes(settings(tmp_path, broker.port, login)) == ["broker_acl"]
