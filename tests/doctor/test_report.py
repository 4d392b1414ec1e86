"""Findings as they are told."""

from __future__ import annotations

import json

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
    assert "| error | broker | broker_away | The broker (redacted):1883 at (IP) is away; it saw (address). |" in page
    assert "* system: Linux on (redacted)" in page
    assert "pi-1" not in page


def test_a_private_word_inside_another_stays() -> None:
    assert "12 MB are left" in report.markdown(FINDINGS, {}, ["left-hand", "1", "lef"])
