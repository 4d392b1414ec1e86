"""The fuzzer begins with something for every target, and finds nothing in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.fuzz import seeds, targets

if TYPE_CHECKING:
    from pathlib import Path

SEEDS = list(seeds.every())


@pytest.mark.parametrize("target", targets.TARGETS, ids=[target.__name__ for target in targets.TARGETS])
def test_every_target_has_a_seed_and_finds_nothing_in_it(target: object) -> None:
    number = [each.__name__ for each in targets.TARGETS].index(getattr(target, "__name__", ""))
    mine = [seed for _, seed in SEEDS if seed[0] == number]
    assert mine
    for seed in mine:
        targets.one(seed)


def test_they_are_files_of_names_that_differ(tmp_path: Path) -> None:
    seeds.sow(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == dict(SEEDS)
    assert len(dict(SEEDS)) == len(SEEDS)
