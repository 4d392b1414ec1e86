"""What reaches the log in lines, and what does not."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re

import pytest
from tests.logs.naming import named

from ptdevice.logs import PRIORITISED, Redacting, colourful, set_up


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def said(text: str, *args: object, level: str = "info", environ: dict[str, str] | None = None) -> str:
    stream = io.StringIO()
    set_up(level, stream, environ or {}, ["hunter2", "hunter2-long"])
    logging.getLogger("ptdevice.x").warning(text, *args)
    return stream.getvalue()


@pytest.mark.parametrize(
    "private",
    ["AA:BB:CC:DD:EE:0F", "aa:bb:cc:dd:ee:0f", "AA-BB-CC-DD-EE-0F", "AA_BB_CC_DD_EE_0F", "hunter2", "hunter2-long"],
)
def test_addresses_and_secrets_are_hidden(private: str) -> None:
    text = said("at %s: gone", private)
    assert private not in text
    assert "at [hidden]: gone" in text


def test_the_serial_number_in_a_name_is_hidden() -> None:
    assert "Polar H10 [hidden] lost" in said("Polar H10 1A2B3C4D lost")


def test_an_address_in_a_bluez_path_is_hidden() -> None:
    assert "/org/bluez/hci0/dev_[hidden]/service0001" in said("/org/bluez/hci0/dev_AA_BB_CC_DD_EE_0F/service0001")


@pytest.mark.parametrize(
    "harmless", ["12:34:56", "00 11 22 33 44 55 66", "0000180d-0000-1000-8000-00805f9b34fb", "2026-11-24"]
)
def test_what_only_looks_alike_is_not_hidden(harmless: str) -> None:
    assert harmless in said("x %s", harmless)


def test_at_debug_addresses_are_shown_and_secrets_are_not() -> None:
    text = said("%s %s", "AA:BB:CC:DD:EE:0F", "hunter2", level="debug")
    assert "AA:BB:CC:DD:EE:0F [hidden]" in text


def test_a_traceback_hides_as_much_as_a_message() -> None:
    stream = io.StringIO()
    set_up("info", stream, {}, ["hunter2"])
    error = ValueError("hunter2 of AA:BB:CC:DD:EE:0F")
    logging.getLogger("ptdevice.x").error("failed", exc_info=error)
    assert "ValueError: [hidden] of [hidden]" in stream.getvalue()


def test_what_is_less_important_than_the_level_is_not_said() -> None:
    assert said("x", level="error") == ""


def test_setting_up_twice_says_things_once() -> None:
    stream = io.StringIO()
    for _ in range(2):
        set_up("info", stream, {})
    logging.getLogger("ptdevice.x").warning("once")
    assert stream.getvalue().count("once") == 1


def test_where_the_journal_is_read_as_lines_each_has_a_priority_and_no_time() -> None:
    record = logging.LogRecord("ptdevice.x", logging.WARNING, "", 0, "one\ntwo", None, None)
    assert Redacting(PRIORITISED).format(record) == "<4>ptdevice.x: one\n<4>two"


def test_elsewhere_a_line_has_time_level_and_origin() -> None:
    assert said("one").endswith(" WARNING ptdevice.x: one\n")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(environ: dict[str, str], *, expected: bool) -> None:
    assert colourful(Terminal(), environ) is expected
    assert not colourful(io.StringIO(), environ)


def test_a_colour_ends_where_its_line_ends() -> None:
    record = logging.LogRecord("x", logging.ERROR, "", 0, "bad", None, None)
    assert Redacting("%(message)s", colours=True).format(record) == "\x1b[31mbad\x1b[0m"


def test_bleak_does_not_tell_of_other_peoples_devices() -> None:
    said("x")
    assert not logging.getLogger("bleak.backends").isEnabledFor(logging.INFO)


# --- for programs ---


def objects(*, level: str = "info") -> tuple[io.StringIO, logging.Logger]:
    stream = io.StringIO()
    set_up(level, stream, {}, ['hun"ter2'], form="json")
    return stream, logging.getLogger("ptdevice.ble.radio")


def test_an_object_in_a_line_has_what_is_known() -> None:
    stream, log = objects()

    async def lose() -> None:
        log.warning("lost %d", 3)

    asyncio.run(named("unit chest", lose()))
    read = json.loads(stream.getvalue())
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", read.pop("time"))
    assert read == {
        "level": "warning",
        "message": "lost 3",
        "subsystem": "ble",
        "logger": "ptdevice.ble.radio",
        "unit": "chest",
    }


def test_an_object_hides_as_much_as_a_line_and_stays_one_line() -> None:
    stream, log = objects()
    log.error('AA:BB:CC:DD:EE:0F\nhun"ter2', exc_info=ValueError('hun"ter2 of AA:BB:CC:DD:EE:0F'))
    assert stream.getvalue().count("\n") == 1
    read = json.loads(stream.getvalue())
    assert read["message"].startswith("[hidden]\n[hidden]\n")
    assert read["message"].endswith("ValueError: [hidden] of [hidden]")
    assert "unit" not in read
