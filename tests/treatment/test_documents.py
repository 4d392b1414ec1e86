"""The page and the example say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from ptdevice.config.prescriptions import read_prescriptions
from ptdevice.pages import renewed
from ptdevice.treatment.prescription import Mode
from ptdevice.treatment.screening import table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/prescriptions.md"


def test_the_questions_on_the_page_are_those_that_are_asked() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, table())


def test_every_rule_that_can_object_is_on_the_page() -> None:
    sources = [ROOT / "src/ptdevice/treatment/objections.py", ROOT / "src/ptdevice/charts.py"]
    said = {rule for each in sources for rule in re.findall(r'Objection\("(\w+)"', each.read_text(encoding="utf-8"))}
    said |= {"screening_blocked", "screening_needs_clearance"}
    page = PAGE.read_text(encoding="utf-8")
    assert len(said) >= 12
    assert [rule for rule in sorted(said) if f"`{rule}`" not in page] == []


def test_the_example_can_be_read_and_says_so_that_it_is_none() -> None:
    (example,) = read_prescriptions(ROOT / "config/prescriptions")
    assert (example.name, example.mode, example.per_day) == ("lumbar-tens", Mode.CONVENTIONAL, 2)
    assert (
        (ROOT / "config/prescriptions/lumbar-tens.toml")
        .read_text(encoding="utf-8")
        .startswith("# An example, not advice")
    )
