"""What `ptdevice scan` says about what it heard."""

from __future__ import annotations

import tomllib

from ptdevice.devices.device import Advertisement
from ptdevice.sightings import NOTHING, report

FIRST, SECOND = "AA:BB:CC:DD:EE:01", "AA:BB:CC:DD:EE:02"


def test_known_units_are_named_and_the_lines_to_add_are_toml() -> None:
    text = report(
        [
            (FIRST, Advertisement("Polar H10 12345678"), -50),
            (SECOND, Advertisement("Polar H10 87654321"), -60),
        ]
    )
    assert "Polar H10 12345678  polar" in text
    assert tomllib.loads(text.split("aliases):", 1)[1])["units"] == {
        "polar-1": {"device": "polar", "address": FIRST},
        "polar-2": {"device": "polar", "address": SECOND},
    }


def test_strange_units_are_told_with_the_reason() -> None:
    text = report([(FIRST, Advertisement("Fridge"), -50), (SECOND, Advertisement(None), None)])
    lines = text.splitlines()
    assert lines[1].endswith("Fridge  - (no known device has this name)")
    assert lines[2].endswith("- (it tells no name)")
    assert "?" in lines[2]
    assert "None of these is a device this version knows" in text


def test_columns_stand_below_each_other() -> None:
    head, one, two, *_ = report(
        [(FIRST, Advertisement("Comfort"), -5), (SECOND, Advertisement("X"), -100)]
    ).splitlines()
    assert one.index("- (") == two.index("- (") == head.index("device")


def test_a_name_cannot_play_with_the_terminal() -> None:
    text = report([(FIRST, Advertisement("\x1b[2JPolar\0\0"), -50)])
    assert "?[2JPolar " in text
    assert "\x1b" not in text
    assert "\0" not in text


def test_silence_comes_with_advice() -> None:
    assert report([]) == NOTHING


def test_a_unit_that_only_advertises_is_known_by_its_service_data() -> None:
    said = Advertisement("SBBT-002C", service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x44\x3a\x01"})
    text = report([(FIRST, said, -50)])
    assert tomllib.loads(text.split("aliases):", 1)[1])["units"] == {"bthome-1": {"device": "bthome", "address": FIRST}}
