"""Certificates between gateway and broker: a real Mosquitto, and a real openssl."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from tests.doctor.scaffold import codes, saying
from tests.mqtt.authority import Authority
from tests.mqtt.mosquitto import HOST, free_port, mosquitto

from ptdevice.config import load
from ptdevice.doctor.asking import ask
from ptdevice.doctor.certificates import examine

if TYPE_CHECKING:
    from pathlib import Path

    from tests.mqtt.authority import Pair

    from ptdevice.config import Mqtt

DAY = timedelta(days=1)
LAST_YEAR_S = 365 * 86_400


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def listener(server: Pair) -> str:
    return f"certfile {server.certificate}\nkeyfile {server.key}"


def settings(folder: Path, port: int, more: str = "", host: str = HOST) -> Mqtt:
    file = folder / "c.toml"
    file.write_text(
        f'[gateway]\nsite = "s"\nname = "g"\n[mqtt]\nhost = "{host}"\nport = {port}\n{more}\n'
        '[units.chest]\ndevice = "polar"\n'
    )
    return load(file, {}).mqtt


def trusting(authority: Authority) -> str:
    return f'tls = true\nca_file = "{authority.certificate}"'


async def test_without_tls_there_is_nothing_to_look_at(tmp_path: Path) -> None:
    assert await examine(settings(tmp_path, free_port()), ask, time.time()) == []


async def test_certificates_that_last_are_fine(authority: Authority, tmp_path: Path) -> None:
    async with mosquitto(listener=listener(authority.sign("broker", host=HOST))) as broker:
        mqtt = settings(tmp_path, broker.port, trusting(authority))
        found = await examine(mqtt, ask, time.time() - LAST_YEAR_S)
    assert codes(found) == ["ok", "ok"]
    assert found[0].text == "The broker's certificate lasts 365 days more."


async def test_one_that_ends_within_a_month_is_a_warning(authority: Authority, tmp_path: Path) -> None:
    async with mosquitto(listener=listener(authority.sign("broker", host=HOST, ends=31 * DAY))) as broker:
        mqtt = settings(tmp_path, broker.port, trusting(authority))
        assert codes(await examine(mqtt, ask, time.time())) == ["ok", "tls_expires_soon"]
        assert codes(await examine(mqtt, ask, time.time() + 2 * 86_400))[0] == "tls_expires_soon"


@pytest.mark.parametrize(
    ("begins", "ends", "host", "code"),
    [
        (-2 * DAY, -DAY, HOST, "tls_expired"),
        (DAY, 2 * DAY, HOST, "tls_not_yet_valid"),
        (-DAY, DAY, "broker.example", "tls_name"),
    ],
)
async def test_a_broker_that_does_not_prove_itself_is_told_by_why(
    authority: Authority, tmp_path: Path, begins: timedelta, ends: timedelta, host: str, code: str
) -> None:
    async with mosquitto(listener=listener(authority.sign("b", host=host, begins=begins, ends=ends))) as broker:
        (found,) = await examine(settings(tmp_path, broker.port, trusting(authority)), ask, time.time())
    assert (found.level, found.code) == ("error", code)


async def test_a_broker_of_an_unknown_authority_is_told(authority: Authority, tmp_path: Path) -> None:
    async with mosquitto(listener=listener(authority.sign("broker", host=HOST))) as broker:
        assert codes(await examine(settings(tmp_path, broker.port, "tls = true"), ask, time.time())) == [
            "tls_authority"
        ]


@pytest.mark.parametrize(
    ("ends", "later_s", "code"), [(60 * DAY, 0, "ok"), (20 * DAY, 0, "tls_expires_soon"), (DAY, 172_800, "tls_expired")]
)
async def test_our_own_certificate_is_looked_at(
    authority: Authority, tmp_path: Path, ends: timedelta, later_s: float, code: str
) -> None:
    own = authority.sign("g", ends=ends)
    async with mosquitto(listener=listener(authority.sign("broker", host=HOST))) as broker:
        keys = f'{trusting(authority)}\ncert_file = "{own.certificate}"\nkey_file = "{own.key}"'
        mqtt = settings(tmp_path, broker.port, keys)
        assert codes(await examine(mqtt, ask, time.time() + later_s))[-1] == code
        assert codes(await examine(mqtt, saying(), time.time()))[-1] == "unknown"


async def test_a_broker_that_is_away_is_left_to_who_connects(authority: Authority, tmp_path: Path) -> None:
    assert await examine(settings(tmp_path, free_port(), trusting(authority)), ask, time.time()) == []
