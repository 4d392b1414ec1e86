"""`ptdevice scan` on the command line, on a private bus with a BlueZ that is played."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING

import pytest
from tests.simulators.carriers.bench import BenchUnit

from ptdevice.cli import main
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez import BluezAir, Manners
from ptdevice_sim.faults import Faults
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from typing import Any

    Ask = Callable[..., Awaitable[dict[str, Any]]]

POLAR, OTHER = "C0:DE:1A:2B:3C:4D", "C0:DE:00:00:00:09"
CONFIG = f"""\
[gateway]
site = "s"
name = "g"
[units.chest]
device = "polar"
address = "{POLAR}"
[units.back]
device = "movesense"
"""


def chest() -> PolarSensor:
    return PolarSensor(SyntheticBody(random.Random(1)))  # noqa: S311 - a seed, no secret


@pytest.fixture
def ask(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Ask:
    file = tmp_path / "c.toml"
    file.write_text(CONFIG)

    async def ask(*options: str) -> dict[str, Any]:
        arguments = ["scan", "-q", "--seconds", "1", "--json", "-c", str(file), *options]
        assert await asyncio.to_thread(main, arguments, environ={}) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    return ask


async def test_a_configured_unit_is_heard_by_its_alias_and_one_that_is_not_there_is_missed(ask: Ask) -> None:
    async with BluezAir() as air:
        air.publish(chest())
        air.publish(BenchUnit(OTHER))
        found = await ask()
    assert {each["address"]: (each["device"], each["aliases"]) for each in found["heard"]} == {
        POLAR: ("polar", ["chest"]),
        OTHER: (None, []),
    }
    assert [(each["alias"], each["state"]) for each in found["units"]] == [("chest", "heard"), ("back", "not_heard")]
    assert found["tried"] == []


async def test_a_unit_that_another_program_holds_is_told_as_connected(ask: Ask) -> None:
    async with BluezAir() as air:
        air.publish_held(chest())
        found = await ask()
    assert [(each["address"], each["aliases"]) for each in found["connected"]] == [(POLAR, ["chest"])]
    assert found["units"][0]["state"] == "connected"


async def test_one_that_lets_us_in_is_told_and_let_go(ask: Ask) -> None:
    async with BluezAir() as air:
        host = air.publish(chest())
        found = await ask("--try")
        assert [device.linked for device in air.bluetoothd.devices.values()] == [False]
    assert host.unit.address == POLAR
    (tried,) = found["tried"]
    assert (tried["device"], tried["code"]) == ("polar", "data")
    assert tried["text"] == "it lets us in, and has what is needed; it is a simulated unit"


async def test_one_that_refuses_is_told_as_held_by_somebody(ask: Ask) -> None:
    manners = Manners(refusal=("org.bluez.Error.Failed", "le-connection-refused"))
    async with BluezAir(manners) as air:
        air.publish(chest(), Faults(refuse_connects=1))
        found = await ask("--try")
    assert [each["code"] for each in found["tried"]] == ["held_by_another_host"]


async def test_one_of_a_fitting_name_that_lacks_its_service_is_told_what_it_lacks(ask: Ask) -> None:
    async with BluezAir() as air:
        air.publish(BenchUnit(POLAR, name=b"Polar H10 00000001"))
        found = await ask("--try")
    (tried,) = found["tried"]
    assert (tried["code"], "it lacks pmd_control, pmd_data" in tried["text"]) == ("missing_port", True)


async def test_nobody_is_connected_to_who_was_not_asked_for(ask: Ask) -> None:
    unit = BenchUnit(OTHER)
    async with BluezAir() as air:
        air.publish(unit)
        await ask("--try")
    assert unit.connects == 0


def test_a_configuration_that_is_wrong_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "c.toml"
    file.write_text(CONFIG.replace("polar", "polra"))
    assert main(["scan", "-c", str(file)], environ={}) == 3
    assert "polra" in capsys.readouterr().err
