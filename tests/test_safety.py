"""The risk table of docs/safety.md is whole: every hazard names a rule, every rule and every control a test that exists."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/safety.md"
RULES = [f"S-{number:02}" for number in range(1, 38)]
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def rows(page: str, section: str) -> list[list[str]]:
    """The cells of the table in a section of the page."""
    part = re.split(r"^## ", page, flags=re.MULTILINE)
    (text,) = [each for each in part if each.startswith(f"{section}\n")]
    lines = [line for line in text.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@cache
def names_in(path: Path) -> frozenset[str]:
    """The names of the tests in a file; none where there is no such file."""
    if not path.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def holes(root: Path, page: str) -> list[str]:
    """What is missing, one line each."""
    rules, risks = rows(page, "Rules"), rows(page, "Risks")
    found = [f"{rule}: is not told exactly once" for rule in RULES if [row[0] for row in rules].count(rule) != 1]
    found += [f"{row[0]}: is no rule" for row in rules if row[0] not in RULES]
    controlled: set[str] = set()
    for hazard, cause, _, named, _ in risks:
        told = re.findall(r"S-\d+", named)
        controlled.update(told)
        if not told:
            found.append(f"{hazard} ({cause}): names no rule")
        found += [f"{hazard} ({cause}): {rule} is no rule" for rule in told if rule not in RULES]
    found += [f"{rule}: is against no hazard" for rule in RULES if rule not in controlled]
    for row in rules + risks:
        tests = TEST.findall(row[-1])
        if not tests:
            found.append(f"{row[0]}: has no test")
        found += [f"{row[0]}: there is no {file}::{name}" for file, name in tests if name not in names_in(root / file)]
    return found


def test_the_risk_table_is_whole() -> None:
    assert holes(ROOT, PAGE.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("taken", "instead", "hole"),
    [
        (r"^\| S-17 .*\n", "", "S-17: is not told exactly once"),
        (r"^\| S-17 ", "| S-38 ", "S-38: is no rule"),
        (r"^(\| S-17 \|[^|]*\|).*$", r"\1 |", "S-17: has no test"),
        (r"test_a_lost_link_is_unknown_and_never_off", "test_a_lost_link_is_fine", "there is no tests/stimulation"),
        (
            r"tests/stimulation/test_session\.py",
            "tests/stimulation/test_gone.py",
            "there is no tests/stimulation/test_gone",
        ),
        (r"\| S-36 \|(.*)$", r"| nothing |\1", "names no rule"),
        (r"\| S-05 \| `", "| S-55 | `", "S-55 is no rule"),
        (r"^(\| Painful jump of current \| Somebody far[^`]*\|) `.*$", r"\1 |", "Painful jump of current: has no test"),
        (r"S-37 \| `tests", "S-36 | `tests", "S-37: is against no hazard"),
    ],
)
def test_what_is_missing_in_a_risk_table_is_found(taken: str, instead: str, hole: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    changed = re.sub(taken, instead, page, flags=re.MULTILINE)
    assert changed != page
    assert any(hole in found for found in holes(ROOT, changed))
