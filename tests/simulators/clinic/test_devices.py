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


NO_PERCENTAGE = {"bluetens", "openemsstim"}  # volts only; a number that nobody measures


@pytest.mark.parametrize("device", sorted(CATALOGUE.keys() - NO_PERCENTAGE))
def test_a_battery_is_as_full_as_the_scenario_says(device: str) -> None:
    run = play("00:00:05 battery = 'unit'; percent = 20", duration="80s", head=HEAD.replace("DEVICE", device))
    first, last = values(run, "unit", "battery_pct")
    assert first == pytest.approx(60, abs=8)  # some units know volts only
    assert last == pytest.approx(20, abs=8)


HEARD_BY_LINK = sorted(name for name, profile in CATALOGUE.items() if not profile.broadcast)


@pytest.mark.parametrize("device", HEARD_BY_LINK)
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


def test_a_bluetens_tells_volts_stops_when_its_pads_are_off_and_starts_when_somebody_wants_it() -> None:
    run = play(
        "00:00:05 press = 'unit'",
        "00:00:20 pads_off = 'unit'",
        "00:00:30 pads_on = 'unit'",
        "00:00:40 press = 'unit'; times = 2",
        "00:01:00 battery = 'unit'; percent = 20",
        duration="80s",
        head=HEAD.replace("DEVICE", "bluetens"),
    )
    assert values(run, "unit", "battery_mv") == [3690, 3230]
    assert values(run, "unit", "battery_pct") == []
    outputs = [detail["output"] for _, detail in truth(run, "unit", "output")]
    assert outputs == ["off", "on", "off", "off", "on", "on"]
    first, second = records(run, "stimulation/session")
    assert (first["reason"], second["reason"]) == ("lead_off", "daemon_stop")
    assert first["delivered_s"] == pytest.approx(17, abs=1.5)  # 15 s of current, and 3 s until the unit missed its load
    assert [record["code"] for record in records(run, "alarm")] == ["lead_off"]


def test_a_coyote_that_says_nothing_by_itself_is_read_often_enough_to_be_known_to_be_there() -> None:
    run = play(duration="200s", head=HEAD.replace("DEVICE", "dglab_coyote3"))
    assert [state for state, _ in reach(run, "unit")].count("online") == 1


def test_the_wheels_of_a_coyote_are_known_and_its_output_is_not() -> None:
    run = play(
        "00:00:05 press = 'unit'; times = 3; channel = 'b'",
        duration="20s",
        head=HEAD.replace("DEVICE", "dglab_coyote3"),
    )
    assert values(run, "unit", "b_level")[-1] == 3
    assert values(run, "unit", "a_output")[-1] == "off"
    assert set(values(run, "unit", "b_output")) == {"unknown"}
    when, detail = truth(run, "unit", "output_b")[-1]
    assert when == pytest.approx(6.2)
    assert detail == {"output": "off", "level": 3}
    assert records(run, "stimulation/session") == []


def test_one_unit_is_a_stimulator_with_two_channels_and_counts_what_its_wearer_does() -> None:
    run = play(
        "00:00:03 press = 'unit'; times = 2",
        "00:00:03 press = 'unit'; times = 1; channel = 'b'",
        "00:00:30 pads_off = 'unit'",
        "00:00:40 pads_on = 'unit'",
        "00:00:50 press = 'unit'; times = 2; key = 'down'",
        duration="60s",
        head=HEAD.replace("DEVICE", "yokonex_ems") + 'exercise = "sit_up"\n',
    )
    (done,) = records(run, "exercise/set")
    assert done["repetitions"] == len(truth(run, "unit", "repetition")) == 5
    a, b = records(run, "stimulation/session")
    assert (a["channel"], a["level_max_seen"], a["reason"]) == ("a", 10, "unknown")
    assert (b["channel"], b["level_max_seen"], b["reason"]) == ("b", 5, "daemon_stop")
    assert a["delivered_s"] == pytest.approx(26.4 + 10.6, abs=2.5)  # not while its pads were off
    contacts = [(each["channel"], each["contact"]) for each in records(run, "stimulation/segment")]
    assert set(contacts) == {("a", "ok"), ("b", "ok")}
    assert values(run, "unit", "steps") == [0]
