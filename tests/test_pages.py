"""The made part of a page is replaced, and nothing else of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.pages import BEGIN, END, renew, renewed

if TYPE_CHECKING:
    from pathlib import Path


def test_a_page_is_renewed_between_its_marks_only() -> None:
    assert renewed(f"before\n{BEGIN}old\n{END}after\n", "new") == f"before\n{BEGIN}\nnew\n{END}after\n"


def test_renewing_twice_changes_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}{END}after\n")
    renew(str(page), "made")
    once = page.read_text()
    renew(str(page), "made")
    assert page.read_text() == once
