"""What the documents promise to cover, they cover."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from ptdevice.errors import LinkError
from ptdevice.model import FaultKind

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/ptdevice"


def declared(kind: type[LinkError] = LinkError) -> set[str]:
    return {kind.code}.union(*(declared(below) for below in kind.__subclasses__()))


def codes() -> set[str]:
    """Every reason that a unit's availability can have: of the error classes, and given where an error is made."""
    found = declared()
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id=name), args=[_, ast.Constant(value=str(code))]) if (
                    name.endswith("Error") and name != "RefusedError"
                ):  # of a wish, not of a link
                    found.add(code)
                case ast.Call(func=ast.Attribute(attr="_unheard"), args=[ast.Constant(value=str(code)), _]):
                    found.add(code)
                case ast.Assign(targets=[ast.Name(id="code")], value=ast.Constant(value=str(code))):
                    found.add(code)
    return found


def test_the_codes_are_found_at_all() -> None:
    assert {"no_adverts", "link_lost", "silent", "nonsense", "overrun", "ambiguous", "internal_error"} <= codes()


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_code_of_availability_has_its_paragraph(code: str) -> None:
    assert f"### `{code}`\n" in (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")


def test_the_list_of_decisions_is_complete() -> None:
    folder = ROOT / "docs/decisions"
    listed = re.findall(r"\]\((\d{4}-[a-z-]+\.md)\)", (folder / "README.md").read_text(encoding="utf-8"))
    assert listed == sorted(file.name for file in folder.glob("0*.md"))


@pytest.mark.parametrize("file", sorted((ROOT / "docs/decisions").glob("0*.md")), ids=lambda file: str(file.stem))
def test_a_decision_has_its_four_parts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    places = [text.find(part) for part in ("# 0", "**Status:**", "**Context.**", "**Decision.**", "**Consequences.**")]
    assert places == sorted(places)
    assert places[0] == 0
    assert text.startswith(f"# {file.name[:4]}: ")


@pytest.mark.parametrize(
    "file",
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target


def alarms() -> set[str]:
    """Every code that an alarm can have: written where it is raised, or a unit's own complaint."""
    found = {kind.value for kind in FaultKind}
    for file in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="Alarm"), args=[_, ast.Constant(value=str(code)), *_]):
                    found.add(code)
    return found


def test_every_alarm_has_its_row() -> None:
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert {"link_lost_while_on", "no_range", "overload"} <= alarms()
    assert [code for code in sorted(alarms()) if f"| `{code}` |" not in page] == []
