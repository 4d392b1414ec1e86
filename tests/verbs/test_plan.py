"""`ptdevice plan` on the command line, on a private bus with a BlueZ that is played."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING

import pytest

from ptdevice.cli import main
from ptdevice.journal.sole import Sole
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

POLAR = "C0:DE:1A:2B:3C:4D"
CONFIG = f"""\
[gateway]
site = "s"
name = "g"
simulated = true
[journal]
path = "journal.sqlite"
[units.chest]
device = "polar"
address = "{POLAR}"
[units.button]
device = "bthome"
address = "C0:DE:00:00:00:07"
"""


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    file = tmp_path / "c.toml"
    file.write_text(CONFIG)

    def ask(*options: str) -> tuple[int, str, str]:
        code = main(["plan", "-q", "-c", str(file), *options], environ={})
        said = capsys.readouterr()
        return code, said.out, said.err

    return ask


def chest() -> PolarSensor:
    return PolarSensor(SyntheticBody(random.Random(1)))  # noqa: S311 - a seed, no secret


async def test_what_fits_is_tried_and_told(ask: Callable[..., tuple[int, str, str]]) -> None:
    async with BluezAir() as air:
        air.publish(chest())
        code, said, _ = await asyncio.to_thread(ask, "--seconds", "3", "--json")
    found = json.loads(said)
    assert code == 0
    assert found["fit"] in {"fits", "doubtful"}  # as quick as this machine is
    assert [each["alias"] for each in found["trial"]["units"]] == ["chest"]
    assert found["estimate"]["unlinked"] == ["button"]


async def test_without_a_trial_nobody_is_connected_to(ask: Callable[..., tuple[int, str, str]]) -> None:
    async with BluezAir() as air:
        unit = chest()
        told: list[float] = []
        unit.connected = told.append  # type: ignore[assignment,method-assign]  # it would be told
        air.publish(unit)
        code, said, _ = await asyncio.to_thread(ask, "--no-trial")
    assert (code, told) == (0, [])
    assert said.endswith("not limits.\n")


def test_it_can_be_worked_out_without_bluetooth(
    ask: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus.sock")
    code, said, _ = ask("--no-trial", "--json")
    assert (code, json.loads(said)["estimate"]["usual_links"]) == (0, None)


async def test_a_unit_that_somebody_holds_is_not_disturbed(ask: Callable[..., tuple[int, str, str]]) -> None:
    async with BluezAir() as air:
        air.publish_held(chest())
        code, said, why = await asyncio.to_thread(ask)
        assert [device.linked for device in air.bluetoothd.devices.values()] == [True]
    assert (code, said) == (1, "")
    assert "chest: connected to this host already, by ptdevice or another program" in why


async def test_beside_a_daemon_it_refuses(ask: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    running = Sole(tmp_path / "journal.sqlite")
    try:
        async with BluezAir():
            code, _, why = await asyncio.to_thread(ask)
    finally:
        running.release()
    assert code == 1
    assert "ptdevice runs with this configuration" in why


def test_a_unit_that_is_not_configured_is_told(ask: Callable[..., tuple[int, str, str]]) -> None:
    code, _, why = ask("--unit", "knee")
    assert (code, "there is no unit knee" in why) == (3, True)


async def test_one_unit_can_be_asked_about_alone(ask: Callable[..., tuple[int, str, str]]) -> None:
    async with BluezAir():
        _, said, _ = await asyncio.to_thread(ask, "--no-trial", "--json", "--unit", "button")
    assert json.loads(said)["estimate"]["links"] == 0
