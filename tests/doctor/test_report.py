"""Findings as they are told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptdevice.doctor import report
from ptdevice.doctor.finding import error, fine, unknown, warning

FINDINGS = [
    fine("disk", "12 MB are left."),
    unknown("power", "Nobody knows."),
    warning("clock", "clock_unsynced", "Not set.", "Set it."),
    error(
        "broker",
        "broker_away",
        "The broker pi-1.lan:1883 at 192.168.1.7 is away; it saw C0:DE:1A:2B:3C:4D.",
        "Start it.",
    ),
]


def test_people_read_what_it_is_and_what_to_do() -> None:
    said = report.text(FINDINGS)
    assert "   ok  disk: 12 MB are left.\n" in said
    assert " WARN  clock: Not set. [clock_unsynced]\n       -> Set it.\n" in said
    assert said.endswith("1 error, 1 warning. Each [code] has its paragraph in docs/troubleshooting.md.\n")


def test_where_nothing_is_wrong_no_page_is_named() -> None:
    assert report.text(FINDINGS[:2]).endswith("\n0 errors, 0 warnings.\n")


def test_programs_read_every_field() -> None:
    read = json.loads(report.machine(FINDINGS))
    assert read[2] == {
        "area": "clock",
        "level": "warning",
        "code": "clock_unsynced",
        "text": "Not set.",
        "fix": "Set it.",
    }
    assert [each["level"] for each in read] == ["ok", "unknown", "warning", "error"]


def test_a_bug_report_tells_nobody_whose_gateway_it_is() -> None:
    page = report.markdown(FINDINGS, {"ptdevice": "0.1.0", "system": "Linux on pi-1"}, ["pi-1", "pi-1.lan", ""])
    assert "| error | broker | broker_away | The broker (redacted):1883 at (IP) is away; it saw (hidden). |" in page
    assert "* system: Linux on (redacted)" in page
    assert "pi-1" not in page


def test_a_private_word_inside_another_stays() -> None:
    assert "12 MB are left" in report.markdown(FINDINGS, {}, ["left-hand", "1", "lef"])


def test_what_is_wrong_with_a_configuration_is_left_out_for_it_may_quote_it() -> None:
    page = report.markdown([error("configuration", "config_invalid", 'units.anna: "anna" is no x', "Mend it.")], {}, [])
    assert "anna" not in page
    assert "| error | configuration | config_invalid | (left out: it may quote the configuration) |" in page


def test_a_cell_cannot_be_broken_out_of() -> None:
    page = report.markdown([fine("disk", "a | b\nc")], {}, [])
    assert page.endswith("| ok | disk | ok | a \\| b c |\n")


@pytest.mark.parametrize(
    "private",
    [
        "10.1.2.3",
        "fe80::1",
        "fe80::1%wlan0",
        "2001:db8:0:1:2:3:4:5",
        "C0:DE:1A:2B:3C:4D",
        "dev_C0_DE_1A_2B_3C_4D",
        "Polar H10 0000000A",
        "Movesense 123456789012",
    ],
)
def test_addresses_and_serial_numbers_of_every_form_are_hidden(private: str) -> None:
    page = report.markdown([fine("broker", f"at {private}: there")], {}, [])
    assert private.removeprefix("dev_").removeprefix("Polar H10 ").removeprefix("Movesense ") not in page
    assert ": there |" in page


@pytest.mark.parametrize("harmless", ["5.66", "6.12.47+rpt-rpi-v8", "12:34:56", "0a12:0001", "hci0::", "1.2.3"])
def test_versions_and_times_are_no_addresses(harmless: str) -> None:
    assert f"a {harmless} b" in report.markdown([fine("versions", f"a {harmless} b")], {}, [])


WORDS = st.from_regex(r"zq[a-z0-9_-]{1,20}[a-z0-9]", fullmatch=True)
AROUND = st.text(st.characters(categories=["P", "S", "Z"]), min_size=1, max_size=3)


@given(st.lists(st.tuples(AROUND, WORDS, st.booleans(), AROUND), min_size=1, max_size=6))
def test_no_private_word_gets_out_wherever_it_stands(parts: list[tuple[str, str, bool, str]]) -> None:
    text = "".join(before + (word.upper() if loud else word) + after for before, word, loud, after in parts)
    private = [word for _, word, _, _ in parts]
    page = report.markdown([fine("x", text), error("x", "some_code", text, text)], {"system": text}, private)
    assert [word for word in private if word in page.lower()] == []
