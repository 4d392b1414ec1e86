"""Every device that the daemon knows can be played."""

from __future__ import annotations

import pytest
from tests.simulators.clinic.played import play, reach, records, truth, values

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Kind
from ptdevice_sim.clinic.actions import UNIT_ACTIONS
from ptdevice_sim.clinic.devices import DEVICES

HEAD = """\
title = "A test"
duration = "{duration}"
[people.k3f7q]
exercises = [{{ time = "00:00:08", sets = [5] }}]
[units.unit]
device = "DEVICE"
worn_by = "k3f7q"
battery_pct = 60
"""
SENSORS = sorted(name for name, profile in CATALOGUE.items() if Kind.SENSOR in profile.kinds)


def test_every_device_is_played_and_none_that_is_not_one() -> None:
    assert DEVICES.keys() == CATALOGUE.keys()


def test_hands_do_what_there_are_actions_for() -> None:
    assert all(played.hands.keys() <= UNIT_ACTIONS for played in DEVICES.values())


@pytest.mark.parametrize("device", SENSORS)
def test_a_sensor_counts_what_its_wearer_does(device: str) -> None:
    run = play(head=HEAD.replace("DEVICE", device) + 'exercise = "sit_up"\n')
    (done,) = records(run, "exercise/set")
    assert done["repetitions"] == len(truth(run, "unit", "repetition")) == 5


@pytest.mark.parametrize("device", sorted(CATALOGUE))
def test_a_battery_is_as_full_as_the_scenario_says(device: str) -> None:
    run = play("00:00:05 battery = 'unit'; percent = 20", duration="80s", head=HEAD.replace("DEVICE", device))
    first, last = values(run, "unit", "battery_pct")
    assert first == pytest.approx(60, abs=8)  # some units know volts only
    assert last == pytest.approx(20, abs=8)


@pytest.mark.parametrize("device", sorted(CATALOGUE))
def test_a_unit_that_is_switched_off_is_gone_until_it_is_switched_on(device: str) -> None:
    run = play(
        "00:00:10 switch_off = 'unit'",
        "00:00:20 switch_on = 'unit'",
        duration="40s",
        head=HEAD.replace("DEVICE", device),
    )
    assert [state for state, _ in reach(run, "unit")][-2:] == ["unknown", "online"]
    assert truth(run, "unit", "link")[-1] == (40.0, {"connected": False, "in_reach": True})  # the daemon let it go


def test_a_dot_that_is_switched_off_says_so_before_it_goes() -> None:
    run = play("00:00:10 switch_off = 'unit'", duration="20s", head=HEAD.replace("DEVICE", "movella_dot"))
    assert values(run, "unit", "stream_motion")[-1] == "the unit switches itself off"
