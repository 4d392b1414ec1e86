"""What `ptdevice scan` says about what it heard."""

from __future__ import annotations

import json
import tomllib

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.sightings import report
from ptdevice.sightings.report import NOTHING, Scan
from ptdevice.sightings.seen import Connected, Heard, Tried

FIRST, SECOND = "AA:BB:CC:DD:EE:01", "AA:BB:CC:DD:EE:02"


def no_names(uuid: str) -> str | None:
    return None


def text(*heard: Heard) -> str:
    return report.text(Scan(heard), no_names)


def test_known_units_are_named_and_the_lines_to_add_are_toml() -> None:
    said = text(
        Heard(FIRST, Advertisement("Polar H10 12345678"), -50), Heard(SECOND, Advertisement("Polar H10 87654321"), -60)
    )
    assert "Polar H10 12345678  polar" in said
    assert tomllib.loads(said.split("aliases):", 1)[1])["units"] == {
        "polar-1": {"device": "polar", "address": FIRST},
        "polar-2": {"device": "polar", "address": SECOND},
    }


def test_strange_units_are_told_with_the_reason() -> None:
    said = text(Heard(FIRST, Advertisement("Fridge"), -50), Heard(SECOND, Advertisement(None), None))
    lines = said.splitlines()
    assert lines[1].endswith("Fridge  - (no known device has this name)")
    assert lines[2].endswith("- (it tells no name)")
    assert "?" in lines[2]
    assert "None of these is a device this version knows" in said


def test_columns_stand_below_each_other() -> None:
    head, one, two, *_ = text(
        Heard(FIRST, Advertisement("Comfort"), -5), Heard(SECOND, Advertisement("X"), -100)
    ).splitlines()
    assert one.index("- (") == two.index("- (") == head.index("device")


def test_a_name_cannot_play_with_the_terminal() -> None:
    for said in (
        text(Heard(FIRST, Advertisement("\x1b[2JPolar\0\0"), -50)),
        report.text(Scan([], [Connected(FIRST, "\x1b[2JPolar\0\0")]), no_names),
    ):
        assert "?[2JPolar" in said
        assert "\x1b" not in said
        assert "\0" not in said


def test_silence_comes_with_advice() -> None:
    assert text() == NOTHING


def test_a_unit_that_only_advertises_is_known_by_its_service_data() -> None:
    said = Advertisement("SBBT-002C", service_data={"0000fcd2-0000-1000-8000-00805f9b34fb": b"\x44\x3a\x01"})
    advice = text(Heard(FIRST, said, -50)).split("aliases):", 1)[1]
    assert tomllib.loads(advice)["units"] == {"bthome-1": {"device": "bthome", "address": FIRST}}


# --- with a configuration ---

CHEST = {"chest": CATALOGUE["polar"]}


def test_a_configured_unit_is_marked_and_needs_no_lines() -> None:
    scan = Scan([Heard(FIRST, Advertisement("Polar H10 12345678"), -50, ("chest",))], wanted=CHEST)
    said = report.text(scan, no_names)
    assert "  polar  = chest\n" in said
    assert said.endswith("Of 1 configured units, 1 is there.")


def test_a_configured_unit_that_was_not_heard_is_told_with_why_that_can_be() -> None:
    said = report.text(Scan([Heard(FIRST, Advertisement("Fridge"), -50)], wanted=CHEST), no_names)
    assert "Of 1 configured units, 0 are there.\n  chest (polar): it is off, asleep, out of reach, or connected" in said
    assert "None of these is a device" in report.text(Scan([Heard(FIRST, Advertisement("Fridge"), -50)]), no_names)


def test_a_unit_that_is_connected_is_there_and_told_apart() -> None:
    scan = Scan([], [Connected(FIRST, "Polar H10 12345678", ("chest",))], CHEST)
    said = report.text(scan, no_names)
    assert f"\n  {FIRST}  Polar H10 12345678  = chest\n" in said
    assert "1 is there.\n  chest (polar): connected to this host, by ptdevice or another program" in said


def test_what_was_tried_is_told_with_its_code() -> None:
    said = report.text(Scan([], tried=[Tried(FIRST, "polar", "held_by_another_host", "it said no")]), no_names)
    assert f"\n  {FIRST}  polar: it said no [held_by_another_host]" in said


def test_programs_read_everything() -> None:
    service = "0000180d-0000-1000-8000-00805f9b34fb"
    scan = Scan(
        [
            Heard(FIRST, Advertisement("Polar H10 12345678", frozenset({service})), -50, ("chest",)),
            Heard(SECOND, Advertisement(None, manufacturer_data={0x4C: b""}), None),
        ],
        [Connected("AA:BB:CC:DD:EE:03", None)],
        CHEST,
        [Tried(FIRST, "polar", "data", "well")],
    )
    assert json.loads(report.machine(scan, {service: "Heart Rate"}.get)) == {
        "heard": [
            {
                "address": FIRST,
                "name": "Polar H10 12345678",
                "rssi_dbm": -50,
                "device": "polar",
                "why_not": None,
                "aliases": ["chest"],
                "services": {service: "Heart Rate"},
                "companies": [],
            },
            {
                "address": SECOND,
                "name": None,
                "rssi_dbm": None,
                "device": None,
                "why_not": "it tells no name; company Apple",
                "aliases": [],
                "services": {},
                "companies": [76],
            },
        ],
        "connected": [{"address": "AA:BB:CC:DD:EE:03", "name": None, "aliases": []}],
        "tried": [{"address": FIRST, "device": "polar", "code": "data", "text": "well"}],
        "units": [{"alias": "chest", "device": "polar", "state": "heard", "why": None}],
    }


def test_without_a_configuration_programs_read_of_no_units() -> None:
    assert "units" not in json.loads(report.machine(Scan([]), no_names))
