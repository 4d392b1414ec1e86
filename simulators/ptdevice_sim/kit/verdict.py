"""What a run is worth: one case per kind of message, and the exit code that a CI understands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice_sim.kit.differences import told
from ptdevice_sim.kit.golden import compared
from ptdevice_sim.kit.selection import below_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ptdevice_sim.clinic.log import Said

OK, DIFFERENT, INVALID = 0, 1, 3  # 2 is argparse's own, for a command line that makes no sense


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that was looked at. `problems` is empty where it is as expected."""

    name: str
    looked_at: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The cases, and the whole in words (empty when all is as expected)."""

    cases: tuple[Case, ...]
    told: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """For the shell."""
        return DIFFERENT if any(case.problems for case in self.cases) else OK


def judge(log: Iterable[Said], expected: Path) -> Verdict:
    """Compare with a golden file. Raises GoldenError."""
    outcome = compared(log, expected)
    counts = Counter(below_prefix(line.topic) for line in outcome.expected)
    kinds = counts.keys() | {below_prefix(line.topic) for line in outcome.got}
    cases = []
    for kind in sorted(kinds):
        found = [difference for difference in outcome.found if below_prefix(difference.topic) == kind]
        cases.append(Case(kind, counts[kind], tuple(told(found, expected=counts[kind]))))
    if not cases:
        # An empty file agrees with an empty run, and with it a typing error in a filter would stay green for ever.
        cases.append(Case("messages", 0, (f"{expected} expects nothing and nothing was said: look at its filters",)))
    return Verdict(tuple(cases), tuple(outcome.told()) or cases[0].problems)
