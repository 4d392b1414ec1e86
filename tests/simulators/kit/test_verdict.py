"""A verdict: which cases there are, which of them fail, what the shell and a CI's reader of JUnit XML are told."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from tests.simulators.story import two_sets

from ptdevice_sim.kit import golden, junit
from ptdevice_sim.kit.verdict import Case, judge

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice_sim.clinic.log import Said


def expected(folder: Path) -> Path:
    path = folder / "x.jsonl"
    golden.update(two_sets(), path)
    return path


def one_range_wrong() -> list[Said]:
    log = two_sets()
    body = json.loads(log[3].payload)
    body["data"]["range_deg"] = 7
    return [*log[:3], replace(log[3], payload=json.dumps(body).encode()), *log[4:]]


def test_each_kind_of_message_is_a_case(tmp_path: Path) -> None:
    verdict = judge(two_sets(), expected(tmp_path))
    assert [(case.name, case.looked_at) for case in verdict.cases] == [
        ("evt/exercise/repetition", 5),
        ("status", 2),
        ("unit/chest/availability", 2),
    ]
    assert (verdict.exit_code, verdict.told) == (0, ())


def test_only_the_case_that_differs_fails_and_the_exit_code_is_1(tmp_path: Path) -> None:
    verdict = judge(one_range_wrong(), expected(tmp_path))
    failed = [case for case in verdict.cases if case.problems]
    assert [case.name for case in failed] == ["evt/exercise/repetition"]
    assert failed[0].problems[0] == "1 changed; 5 messages expected"
    assert "expected 60, got 7" in failed[0].problems[1]
    assert verdict.exit_code == 1


def test_a_kind_that_nobody_expected_is_a_failing_case(tmp_path: Path) -> None:
    alarm = replace(two_sets()[3], topic="ptdevice-sim/v1/clinic-a/pi-1/evt/alarm")
    verdict = judge([*two_sets(), alarm], expected(tmp_path))
    assert [(case.name, case.looked_at) for case in verdict.cases if case.problems] == [("evt/alarm", 0)]


def test_a_golden_file_that_looks_at_nothing_fails(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    golden.update(two_sets(), path, topics=("evt/repetitoin",))
    verdict = judge(two_sets(), path)
    assert verdict.exit_code == 1
    assert "look at its filters" in verdict.told[0]


def test_junit_has_a_suite_with_counts_and_the_difference_as_text(tmp_path: Path) -> None:
    path = tmp_path / "reports" / "out.xml"
    junit.write(path, "two sets", judge(one_range_wrong(), expected(tmp_path)).cases, took_s=1.5)
    suite = ET.parse(path).getroot()[0]  # noqa: S314 - we wrote it
    assert (suite.get("name"), suite.get("tests"), suite.get("failures"), suite.get("time")) == (
        "two sets",
        "3",
        "1",
        "1.500",
    )
    failures = suite.findall("testcase/failure")
    assert [failure.get("message") for failure in failures] == ["1 changed; 5 messages expected"]
    assert "data.range_deg  expected 60, got 7" in (failures[0].text or "")


def test_whatever_a_message_holds_the_xml_can_be_read() -> None:
    nasty = "a <b> & \x00\x1b[31m \ud800 ]]> \"'"
    written = junit.document(nasty, [Case(nasty, 1, (nasty,))], took_s=0)
    case = ET.fromstring(written)[0][0]  # noqa: S314 - we wrote it
    assert case.get("name") == "a <b> & \ufffd\ufffd[31m \ufffd ]]> \"'"
