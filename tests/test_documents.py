"""What the documents promise to cover, they cover."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from ptdevice import __version__
from ptdevice.errors import Code
from ptdevice.journal.migrations import BACKWARDS, MIGRATIONS
from ptdevice.model import FaultKind

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/ptdevice"


@pytest.mark.parametrize("code", get_args(Code))
def test_every_code_of_availability_has_its_paragraph(code: str) -> None:
    text = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert f"### `{code}`\n" in text
    paragraph = text.partition(f"### `{code}`\n")[2].partition("\n#")[0]
    assert len(paragraph.split()) > 8, "what a person does about it"


def test_every_code_is_explained_in_one_place() -> None:
    explained = re.findall(
        r"^### `(\w+)`$", (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(explained) == len(set(explained))


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
    [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "packaging").rglob("*.md"))],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_links_between_documents_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).exists(), target


@pytest.mark.parametrize(
    "file",
    [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))],
    ids=lambda file: str(file.relative_to(ROOT)),
)
def test_links_to_a_place_in_a_document_lead_to_its_heading(file: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#([^)]+)\)", file.read_text(encoding="utf-8")):
        page = (file.parent / target if target else file).read_text(encoding="utf-8")
        headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
        anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert anchor in anchors, f"{target}#{anchor}"


def test_the_page_on_upgrades_knows_the_journal_s_form_and_how_far_it_goes_back() -> None:
    page = (ROOT / "docs/upgrading.md").read_text(encoding="utf-8")
    back = len(MIGRATIONS)
    while back in BACKWARDS:
        back -= 1
    assert f"| {__version__} | {len(MIGRATIONS)} | {back} " in page


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
