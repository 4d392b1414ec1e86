"""Processes die in the middle of a stimulation, on a real D-Bus; the unit's own truth tells when its output fell.

How long is not judged here: a busy machine is slow, and `python -m benchmarks.kill` measures it. That it stops is.
"""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING

import pytest
from benchmarks.kill import whole
from benchmarks.kill.report import table, unstoppable
from benchmarks.kill.trial import START_S, UNITS, Fall, trial, until, ward

from ptdevice.devices import CATALOGUE
from ptdevice.outstanding import NAME

if TYPE_CHECKING:
    from pathlib import Path

ALL = list(UNITS)
GO_ON = {"beurer_em70", "bluetens"}  # without a host: by their evidence pages they have no dead-man
SILENT = {"openemsstim"}  # it says nothing of what it does, ever


async def died(case: str, folder: Path, devices: list[str] = ALL) -> dict[str, Fall]:
    rng = random.Random(3)  # noqa: S311 - a seed, no secret
    return {fall.device: fall for fall in await trial(case, folder, devices, rng)}


def test_every_device_that_can_be_commanded_takes_part() -> None:
    assert set(UNITS) == {name for name, profile in CATALOGUE.items() if profile.commanding is not None}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", ["sigterm", "kill9_restart", "link_cut", "stalled"])
async def test_whatever_dies_every_unit_falls_to_zero(tmp_path: Path, case: str) -> None:
    falls = await died(case, tmp_path)
    assert [device for device, fall in falls.items() if fall.seconds is None] == []


@pytest.mark.timeout(120)
async def test_the_helper_stops_every_unit_and_says_what_is_known_and_no_more(tmp_path: Path) -> None:
    falls = await died("kill9_helper", tmp_path)
    assert [device for device, fall in falls.items() if fall.seconds is None] == []
    said = {device: fall.said for device, fall in falls.items()}
    assert said == {device: "NOT CONFIRMED" if device in SILENT else "stopped" for device in ALL}


@pytest.mark.timeout(120)
async def test_where_nobody_is_left_a_unit_without_a_dead_man_goes_on_and_that_is_said(tmp_path: Path) -> None:
    falls = await died("kill9_alone", tmp_path)
    assert {device for device, fall in falls.items() if fall.seconds is None} == GO_ON
    page = "\n".join([*table(list(falls.values())), *unstoppable(list(falls.values()))])
    assert (
        "beurer_em70: cannot be stopped when nobody is left to reach it; it goes on until its own timer ends: 30 min"
        in page
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("case", ["client_gone", "broker_killed", "kill9_helper"])
async def test_a_session_of_the_whole_daemon_falls_to_zero(tmp_path: Path, case: str) -> None:
    rng = random.Random(4)  # noqa: S311 - a seed, no secret
    falls = await whole.trial(case, tmp_path, whole.COMMANDABLE, rng)
    assert [fall.device for fall in falls if fall.seconds is None] == []


@pytest.mark.timeout(120)
async def test_a_unit_is_on_disk_before_it_is_commanded_and_stays_until_it_is_known_to_be_at_zero(
    tmp_path: Path,
) -> None:
    async with ward(tmp_path, ["beurer_em70"]) as one:
        assert await until(lambda: one.flows("beurer_em70"), START_S)
        facts = json.loads((tmp_path / NAME).read_text())["units"]["beurer_em70"]
        assert facts["address"] == one.hosts["beurer_em70"].unit.address
        await one.kill()
        one.hosts["beurer_em70"].vanish()
        await one.stop_all()
        assert one.said == {"beurer_em70": "NOT REACHED"}
        one.hosts["beurer_em70"].appear()
        await one.stop_all()
        assert one.said == {"beurer_em70": "stopped"}
        assert not one.hosts["beurer_em70"].unit.flow.flows  # type: ignore[attr-defined]
