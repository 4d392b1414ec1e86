"""Random requests, keys, hands, faults, losses and stops through the conductor: the book of whoever looks on agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from benchmarks.conductor_steps import walk

if TYPE_CHECKING:
    from collections import Counter


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    return walk(60_000, 20_261_128)


def test_in_sixty_thousand_random_steps_nothing_is_told_that_nobody_allowed(seen: Counter[str]) -> None:
    assert seen["told above 0"] > 1000
    assert seen["begun"] > 50


@pytest.mark.parametrize(
    "what",
    [
        *(f"arm: {rule}" for rule in ("done", "busy", "latched", "unit_unreachable", "over_limit")),
        *("resume: done", "resume: not_controller", "raise: above_hand", "raise: remote_raise_off"),
        *(f"in {state}" for state in ("armed", "ramping_up", "running", "paused", "lead_off", "link_lost")),
        *("stop", "emergency", "pause", "lower", "by hand", "lies", "runs away", "alarms"),
    ],
)
def test_the_steps_go_everywhere(seen: Counter[str], what: str) -> None:
    assert seen[what] > 0
