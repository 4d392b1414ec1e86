from __future__ import annotations

import random
from collections import Counter
from itertools import islice

from benchmarks.soak.cast import LINKED
from benchmarks.soak.faults import DAEMON, GAP_S, KINDS, Fault, plan

ALL = (*KINDS, DAEMON)


def first(seed: int, count: int) -> list[Fault]:
    return [*islice(plan(random.Random(seed), LINKED, ALL), count)]  # noqa: S311 - reproducible, not secret


def test_a_seed_decides_what_happens() -> None:
    assert first(1, 50) == first(1, 50)
    assert first(1, 50) != first(2, 50)


def test_every_kind_happens_as_often_as_its_weight_says() -> None:
    seen = Counter(fault.kind.name for fault in first(1, 3000))
    total = sum(kind.weight for kind in ALL)
    assert all(0.5 < seen[kind.name] / 3000 / (kind.weight / total) < 1.5 for kind in ALL)


def test_a_fault_befalls_one_unit_where_it_is_a_units() -> None:
    assert all((fault.unit in LINKED) == (fault.kind.where == "unit") for fault in first(1, 200))


def test_there_is_one_every_few_seconds_and_each_ends() -> None:
    for fault in first(1, 200):
        assert GAP_S[0] <= fault.gap_s <= GAP_S[1]
        assert fault.kind.lasts_s[0] <= fault.lasts_s <= fault.kind.lasts_s[1]


def test_what_lasts_has_an_end() -> None:
    assert all((kind.end is not None) == (kind.lasts_s[1] > 0) for kind in ALL)
