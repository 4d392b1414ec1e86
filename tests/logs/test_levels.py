"""How much each part of the program says."""

from __future__ import annotations

import asyncio
import io
import logging

import pytest

from ptdevice.logs import LEVELS, passing, set_up
from ptdevice.logs.subsystems import LOGGERS, SUBSYSTEMS, subsystem_of
from ptdevice_sim import virtual_time

BLE, MQTT = logging.getLogger("ptdevice.ble.radio"), logging.getLogger("ptdevice.mqtt.courier")


def test_a_part_may_say_more_or_less_than_the_rest() -> None:
    stream = io.StringIO()
    set_up("info", stream, {}, levels={"ble": "debug", "mqtt": "error"})
    for log in (BLE, MQTT, logging.getLogger("ptdevice.gateway")):
        log.debug("debug")
        log.warning("warning")
    said = [line.split(" ", 2)[2].strip() for line in stream.getvalue().splitlines()]
    assert said == [
        "DEBUG   ptdevice.ble.radio: debug",
        "WARNING ptdevice.ble.radio: warning",
        "WARNING ptdevice.gateway: warning",
    ]


def test_addresses_are_shown_only_of_the_part_that_is_configured_to_debug() -> None:
    stream = io.StringIO()
    set_up("info", stream, {}, levels={"ble": "debug"})
    for log in (BLE, MQTT):
        log.warning("AA:BB:CC:DD:EE:0F")
    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["AA:BB:CC:DD:EE:0F", "[hidden]"]


def test_a_part_that_was_turned_up_shows_no_address() -> None:
    stream = io.StringIO()
    set_up("info", stream, {})
    LEVELS.change("ble", "debug")
    BLE.debug("AA:BB:CC:DD:EE:0F")
    assert stream.getvalue().endswith("DEBUG   ptdevice.ble.radio: [hidden]\n")
    assert not logging.getLogger("bleak.backends").isEnabledFor(logging.INFO)


def test_a_line_that_may_tell_whose_unit_it_is_needs_the_configuration() -> None:
    stream = io.StringIO()
    set_up("info", stream, {})
    LEVELS.change("devices", "debug")
    log = logging.getLogger("ptdevice.connection")
    log.getChild("octets").debug("octets: c0 de")
    log.debug("plain")
    assert [line.rpartition(": ")[2] for line in stream.getvalue().splitlines()] == ["plain"]
    set_up("info", stream, {}, levels={"devices": "debug"})
    log.getChild("octets").debug("octets: c0 de")
    assert stream.getvalue().endswith("octets: c0 de\n")


def test_a_change_is_over_after_its_time() -> None:
    set_up("info", io.StringIO(), {})

    async def scene() -> list[str]:
        passing.for_a_while("ble", "debug", 60.0)
        await asyncio.sleep(59.0)
        during = LEVELS.level("ble")
        await asyncio.sleep(2.0)
        return [during, LEVELS.level("ble")]

    assert virtual_time.run(scene()) == ["debug", "info"]
    assert not BLE.isEnabledFor(logging.DEBUG)


def test_of_two_changes_the_last_one_counts_and_ends_by_its_own_time() -> None:
    set_up("info", io.StringIO(), {})

    async def scene() -> list[str]:
        passing.for_a_while("ble", "debug", 10.0)
        await asyncio.sleep(5.0)
        passing.for_a_while("ble", "error", 10.0)
        await asyncio.sleep(6.0)
        during = LEVELS.level("ble")
        await asyncio.sleep(5.0)
        return [during, LEVELS.level("ble")]

    assert virtual_time.run(scene()) == ["error", "info"]


def test_a_signal_turns_all_up_and_another_one_back() -> None:
    set_up("warning", io.StringIO(), {})

    async def scene() -> tuple[list[str], list[str]]:
        passing.everything()
        up = [LEVELS.level(each) for each in SUBSYSTEMS]
        passing.as_configured()
        return up, [LEVELS.level(each) for each in SUBSYSTEMS]

    up, back = virtual_time.run(scene())
    assert (set(up), set(back)) == ({"debug"}, {"warning"})


def test_setting_up_makes_changes_void() -> None:
    set_up("info", io.StringIO(), {})
    LEVELS.change("mqtt", "debug")
    set_up("info", io.StringIO(), {})
    assert LEVELS.level("mqtt") == "info"


@pytest.mark.parametrize(
    ("logger", "subsystem"),
    [
        ("ptdevice.ble.radio", "ble"),
        ("bleak.backends.bluezdbus.manager", "ble"),
        ("ptdevice.connection", "devices"),
        ("ptdevice.requests.stimulation", "stimulation"),
        ("ptdevice.requests.forgetting", "gateway"),
        ("ptdevice.bleach", "gateway"),
        ("asyncio", "gateway"),
        ("root", "gateway"),
    ],
)
def test_a_logger_belongs_to_the_longest_name_that_begins_its_own(logger: str, subsystem: str) -> None:
    assert subsystem_of(logger) == subsystem


def test_every_subsystem_has_loggers() -> None:
    assert set(LOGGERS.values()) == set(SUBSYSTEMS)
