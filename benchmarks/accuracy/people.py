"""Whether the counter's numbers are fitted to the people they were chosen on.

Each person in turn is left out. From all settings of a small grid around the numbers that the counter uses, the one that
counts the *others* best is taken, and then asked to count the person who was left out. Where that differs from the numbers
in use by more than chance, those are fitted to people. Ties, of which there are many on a plateau, go to the setting nearest
to the one in use; the worst of the tied ones is shown too.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import TYPE_CHECKING

from benchmarks import reps_adapter
from benchmarks.accuracy.report import progress
from ptdevice.model import Repetition, SetEnd
from ptdevice.motion import agreement, swing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import ModuleType

    from benchmarks.accuracy.report import Report
    from benchmarks.recordings import Set
    from ptdevice.model import MotionSamples

    Packets = list[MotionSamples]

GRID: dict[tuple[ModuleType, str], tuple[float, ...]] = {
    (swing, "TURN"): (0.32, 0.4, 0.48),
    (swing, "BACK"): (0.5, 0.6, 0.7),
    (swing, "HISTORY"): (0.4, 0.5, 0.6),
    (agreement, "AGREE"): (0.5, 0.6, 0.7),
}
PLATEAU: tuple[tuple[ModuleType, str], ...] = (
    (swing, "TURN"),
    (swing, "BACK"),
    (swing, "BACK_EARLY"),
    (swing, "HISTORY"),
    (swing, "NOISE"),
    (swing, "LEAVE"),
    (swing, "BEYOND"),
    (swing, "SHORTEST_S"),
    (swing, "REST_S"),
    (agreement, "AGREE"),
)
A_FIFTH = (0.8, 1.2)
WITHIN_ONE = frozenset({"mex"})  # their truth is uncertain by one

Setting = tuple[float, ...]


@contextlib.contextmanager
def changed(numbers: Sequence[tuple[ModuleType, str]], values: Setting) -> Iterator[None]:
    """The counter with other numbers, for a while."""
    before = [getattr(module, name) for module, name in numbers]
    for (module, name), value in zip(numbers, values, strict=True):
        setattr(module, name, value)
    try:
        yield
    finally:
        for (module, name), value in zip(numbers, before, strict=True):
            setattr(module, name, value)


def errors(work: Sequence[tuple[Set, Packets]]) -> list[int]:
    """Live count minus truth, of each set, with the numbers that are set."""
    found = []
    for each, packets in work:
        counter = reps_adapter.counter()
        records = [record for packet in packets for record in counter.feed(packet)]
        records += counter.finish(packets[-1].at, SetEnd.ENDED)
        found.append(sum(isinstance(record, Repetition) for record in records) - each.true)
    return found


def loss(each: Set, error: int) -> int:
    """What is minimised: the error, less the one by which the truth is uncertain where it is."""
    return max(abs(error) - 1, 0) if each.dataset in WITHIN_ONE else abs(error)


def prepared(sets: Sequence[Set]) -> list[tuple[Set, Packets]]:
    return [
        (each, [*reps_adapter.packets(each.signal.t, each.signal.acc, each.signal.gyr, each.signal.rate_hz)])
        for each in sets
        if each.core or each.exercise == "burpee" or each.dataset in WITHIN_ONE
    ]


def show(report: Report, sets: Sequence[Set]) -> None:
    work = prepared(sets)
    plateau(report, work)
    leave_one_out(report, work)


def plateau(report: Report, work: Sequence[tuple[Set, Packets]]) -> None:
    report.section(
        "Each number moved by a fifth",
        "Live count of the core, one number at a time. Where the columns resemble each other the number lies on a plateau, and "
        "its exact value does not matter.",
    )
    core = [(each, packets) for each, packets in work if each.core]
    rows = []
    for number in PLATEAU:
        module, name = number
        used = getattr(module, name)
        row = [f"`{module.__name__.rpartition('.')[2]}.{name}`", f"{used:g}"]
        for share in (A_FIFTH[0], 1.0, A_FIFTH[1]):
            progress(f"{name} x {share}")
            with changed([number], (share * used,)):
                found = errors(core)
            exact, near = (100.0 * sum(abs(e) <= most for e in found) / len(found) for most in (0, 1))
            row.append(f"{exact:.1f} / {near:.1f}")
        rows.append(row)
    progress("")
    report.table(("number", "in use", "x 0.8: exact / within 1 %", "as it is", "x 1.2"), rows)


def leave_one_out(report: Report, work: Sequence[tuple[Set, Packets]]) -> None:
    names = ", ".join(f"{name} {{{', '.join(f'{v:g}' for v in values)}}}" for (_, name), values in GRID.items())
    settings = [*itertools.product(*GRID.values())]
    report.section(
        "Leave one person out",
        f"Live count; all {len(settings)} settings of {names}. The loss of a set is its error, on the mat (`mex`) what is "
        "beyond the one by which truth is uncertain. *Others' best*: the setting with the least loss on everybody else, the "
        "nearest to the one in use where several tie; *worst tied*: the one of those that does worst on whom it did not see.",
    )
    in_use = tuple(float(getattr(module, name)) for module, name in GRID)
    losses: dict[Setting, list[int]] = {}
    for k, setting in enumerate(settings, 1):
        progress(f"setting {k} of {len(settings)}")
        with changed([*GRID], setting):
            losses[setting] = [loss(each, e) for (each, _), e in zip(work, errors(work), strict=True)]
    progress("")
    people: dict[str, list[int]] = {}
    for i, (each, _) in enumerate(work):
        people.setdefault("mat: " + each.person if each.dataset in WITHIN_ONE else each.person, []).append(i)
    rows = [row(person, mine, losses, in_use) for person, mine in people.items()]
    mat = [row for row in rows if row[0].startswith("mat: ")]
    rows = [row for row in rows if row not in mat]
    if mat:
        sums = [str(sum(int(row[column]) for row in mat)) for column in (1, 5, 6, 7)]
        rows.append([f"{len(mat)} people on the mat, each left out in turn", sums[0], "", "", "", *sums[1:]])
    report.table(
        (
            "left out",
            "sets",
            "others' best",
            "of its loss on the others",
            "tied",
            "in use",
            "others' best",
            "worst tied",
        ),
        rows,
    )
    whole = {setting: sum(each) for setting, each in losses.items()}
    as_good = sum(each <= whole[in_use] for each in whole.values())
    report.say(
        f"Loss of all {len(work)} sets: {whole[in_use]} with the numbers in use; {min(whole.values())} at best and "
        f"{max(whole.values())} at worst of the grid. {as_good} of {len(settings)} settings do at least as well as that."
    )


def row(person: str, mine: list[int], losses: dict[Setting, list[int]], in_use: Setting) -> list[str]:
    apart = set(mine)
    others = {setting: sum(x for i, x in enumerate(each) if i not in apart) for setting, each in losses.items()}
    held_out = {setting: sum(each[i] for i in mine) for setting, each in losses.items()}
    least = min(others.values())
    tied = [setting for setting in losses if others[setting] == least]
    best = min(tied, key=lambda s: sum(abs(a - b) / b for a, b in zip(s, in_use, strict=True)))
    return [
        person,
        str(len(mine)),
        " ".join(f"{value:g}" for value in best),
        f"{least} (in use: {others[in_use]})",
        str(len(tied)),
        str(held_out[in_use]),
        str(held_out[best]),
        str(max(held_out[setting] for setting in tied)),
    ]
