"""The page shows the tables as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ptdevice.pages import renewed
from ptdevice.stimulation import commanded, machine
from ptdevice.stimulation.limits import HARD
from ptdevice.stimulation.reference import ceilings, commanded_diagram, knowledge, made, observed_diagram

if TYPE_CHECKING:
    from enum import Enum

PAGE = Path(__file__).parents[2] / "docs/safety.md"
DRAWN: list[tuple[str, list[tuple[Enum, Enum, Enum]]]] = [
    (commanded_diagram(), [(*pair, target) for pair, target in commanded.TABLE.items()]),
    (observed_diagram(), [(*pair, target) for pair, target in machine.TABLE.items()]),
]


def test_the_page_shows_the_tables_as_they_are() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == renewed(page, made()), "run: python -m ptdevice.stimulation.reference docs/safety.md"


@pytest.mark.parametrize(("drawn", "pairs"), DRAWN, ids=["commanded", "observed"])
def test_a_diagram_has_an_arrow_for_every_line_of_its_table_and_no_other(
    drawn: str, pairs: list[tuple[Enum, Enum, Enum]]
) -> None:
    arrows = [line.strip().partition(": ") for line in drawn.splitlines() if ": " in line]
    shown = {(ends, what.split()[0]) for ends, _, whats in arrows for what in whats.split(", ")}
    assert shown == {(f"{a.name.lower()} --> {b.name.lower()}", heard.name.lower()) for a, heard, b in pairs}


def test_every_compiled_ceiling_and_every_state_is_shown() -> None:
    limits = [getattr(HARD.limits, name) for name in HARD.limits.__slots__]
    assert len(ceilings().splitlines()) - 2 == sum(limit is not None for limit in limits)
    assert all(f"`{state}`" in knowledge() for state in commanded.State)
