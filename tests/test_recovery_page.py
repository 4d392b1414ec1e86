"""docs/recovery.md is whole: each row of what happens has a code that exists, and a test that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest
from tests.test_safety import TEST, names_in

from ptdevice.errors import Code

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/recovery.md"
OF_DOCTOR = {"shared_antenna"}  # found by `ptdevice doctor`
SECTIONS = ("What happens, and then", "What users of other programs met")


def rows(page: str) -> list[list[str]]:
    """The cells of every row with a test, of the sections that have one in each."""
    found = []
    for part in re.split(r"^## ", page, flags=re.MULTILINE):
        if not part.startswith(SECTIONS):
            continue
        lines = [line for line in part.splitlines() if line.startswith("| ")]
        cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
        found += [row for row in cells if row[-1].strip() != "test"]
    return found


def holes(root: Path, page: str) -> list[str]:
    """What is missing, one line each."""
    found = []
    for row in rows(page):
        tests = TEST.findall(row[-1])
        if not tests:
            found.append(f"{row[0]}: has no test")
        found += [f"{row[0]}: there is no {file}::{name}" for file, name in tests if name not in names_in(root / file)]
        codes = set(re.findall(r"`(\w+)`", row[-2])) - set(get_args(Code)) - OF_DOCTOR
        found += [f"{row[0]}: {code} is no code" for code in sorted(codes)]
    return found


def test_every_row_has_codes_and_a_test_that_exist() -> None:
    assert holes(ROOT, PAGE.read_text(encoding="utf-8")) == []


def test_every_code_of_an_adapter_is_in_a_row() -> None:
    told = {code for row in rows(PAGE.read_text(encoding="utf-8")) for code in re.findall(r"`(\w+)`", row[-2])}
    wanted = {
        code for code in get_args(Code) if code.startswith(("adapter_", "rfkill_", "no_a", "bluetoothd_", "dbus_"))
    }
    assert wanted <= told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("| it | does | 1 s | `silent` | |", "it: has no test"),
        (
            "| it | does | 1 s | `silent` | `tests/test_health.py::test_nothing` |",
            "it: there is no tests/test_health.py::test_nothing",
        ),
        (
            "| it | does | 1 s | `sillent` | `tests/test_safety.py::test_the_risk_table_is_whole` |",
            "it: sillent is no code",
        ),
    ],
)
def test_a_hole_is_found(row: str, told: str) -> None:
    page = f"## {SECTIONS[0]}\n\n| what happens | does | within | code | test |\n|---|---|---|---|---|\n{row}\n"
    assert holes(ROOT, page) == [told]
