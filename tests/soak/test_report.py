from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from benchmarks.soak.cast import CAST, LINKED, MOVING
from benchmarks.soak.report import away, page, verdict
from benchmarks.soak.samples import Sample
from benchmarks.soak.soak import Books, Findings

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = [(1, "a"), (2, "b"), (3, "c")]
TRUTH = {
    "done": dict.fromkeys(MOVING, 4),
    "whole": dict.fromkeys(MOVING, 3),
    "sessions": {"back": 2, "leg": 1},
    "presses": 5,
}


def sample(i: int, phase: str) -> Sample:
    return Sample(
        10.0 * i,
        phase,
        1,
        rss_mb=60.0 + 0.1 * (i % 2),
        descriptors=21,
        threads=3,
        tasks=42,
        bus_connections=9,
        online=dict.fromkeys(CAST, True),
        connects=dict.fromkeys(CAST, 1 + i // 10),
    )


def good() -> Findings:
    phases = ["peace before"] * 6 + ["faults"] * 300 + ["peace after"] * 6
    samples = [sample(i, phase) for i, phase in enumerate(phases)]
    return Findings(samples=samples, books=Books([*ROWS], [*ROWS], undelivered=0), truth=TRUTH)


def test_a_good_run_passes_and_says_so() -> None:
    assert verdict(good()) == []
    assert "PASSED" in "\n".join(page(good()))


def more_tasks(findings: Findings) -> None:
    for each in findings.samples[-3:]:
        each.tasks = 45


def more_descriptors(findings: Findings) -> None:
    for each in findings.samples[-3:]:
        each.descriptors = 24


def more_connections(findings: Findings) -> None:
    for each in findings.samples[-3:]:
        each.bus_connections = 10


def more_memory(findings: Findings) -> None:
    for i, each in enumerate(findings.samples):
        each.rss_mb = 60 + 0.1 * (i % 2) + 10 * i / 360


def late(findings: Findings) -> None:
    findings.recoveries.took_s = {"link lost": [1.0, 190.0]}


def not_back(findings: Findings) -> None:
    findings.missing_at_end = ["spine"]


def fell(findings: Findings) -> None:
    findings.fallen = ["daemon"]


def lost(findings: Findings) -> None:
    findings.books.processed.pop()


def twice(findings: Findings) -> None:
    findings.books.processed.append(ROWS[-1])


def strange(findings: Findings) -> None:
    findings.books.processed.append((4, "d"))


def out_of_order(findings: Findings) -> None:
    findings.books.processed[:2] = findings.books.processed[1::-1]


def undelivered(findings: Findings) -> None:
    findings.books.undelivered = 1


def unknown(findings: Findings) -> None:
    findings.books.undelivered = None


def empty(findings: Findings) -> None:
    findings.books = Books(undelivered=0)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (more_tasks, "tasks: 42 at peace before, 45 at peace after"),
        (more_descriptors, "descriptors: 21"),
        (more_connections, "bus connections: 9"),
        (more_memory, "memory grows"),
        (late, "after 'link lost' somebody was away for 190 s"),
        (not_back, "spine was not back"),
        (fell, "daemon ended by itself"),
        (lost, "1 of 3 records of the journal did not reach the consumer"),
        (twice, "processed more than once"),
        (strange, "that the journal does not have"),
        (out_of_order, "out of order"),
        (undelivered, "1 records are not marked as delivered"),
        (unknown, "not marked as delivered"),
        (empty, "no records at all"),
    ],
)
def test_each_thing_that_is_wrong_fails_the_run_in_words(spoil: Callable[[Findings], None], words: str) -> None:
    findings = good()
    spoil(findings)
    assert words in " ".join(verdict(findings))
    assert "FAILED" in "\n".join(page(findings))
    assert "PASSED" not in "\n".join(page(findings))


def test_what_a_second_life_of_the_daemon_has_is_not_compared_with_the_first() -> None:
    findings = good()
    for i, each in enumerate(findings.samples):
        findings.samples[i] = replace(each, life=1 if i < 30 else 2, tasks=42 if i < 30 else 60)
    assert verdict(findings) == []


def test_the_start_and_the_life_that_closes_the_books_are_not_judged() -> None:
    findings = good()
    away_at_start = [replace(sample(-i, "start"), online=dict.fromkeys(CAST, False)) for i in range(20, 0, -1)]
    closing = [replace(sample(400 + i, "books"), life=2) for i in range(5)]
    findings.samples = [*away_at_start, *findings.samples, *closing]
    assert verdict(findings) == []
    more_tasks(findings)
    assert verdict(findings) == []
    for each in findings.samples[-8:-5]:  # the last ones before the books
        each.tasks = 45
    assert "tasks: 42" in " ".join(verdict(findings))


def test_a_link_between_two_samples_is_a_break_of_being_away() -> None:
    findings = good()
    for i, each in enumerate(findings.samples[20:40]):
        each.online = {**each.online, "chest": False}
        each.connects = {**each.connects, "chest": 3 + i}
    assert away(findings.samples)["chest"] == 0


def test_every_unit_that_takes_part_is_in_the_table() -> None:
    text = "\n".join(page(good()))
    assert all(f"\n{alias}" in text for alias in LINKED)
