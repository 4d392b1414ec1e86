"""When what happens: entries that repeat written out, spans as a beginning and an end, keys pressed one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from ptdevice_sim.clinic.actions import Press

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice_sim.clinic.actions import Entry
    from ptdevice_sim.clinic.scenario import Exercises, Scenario

T = TypeVar("T", "Entry", "Exercises")

PRESS_S = 0.6  # from one press of a key to the next, as a thumb does it


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do at scenario second `t_s`. `over`: the end of the entry's span, not its beginning."""

    t_s: float
    entry: Entry
    over: bool = False


def steps(scenario: Scenario) -> list[Step]:
    """The whole timeline in order; what stands first in the file happens first."""
    found = [
        step for entry in scenario.at for at_s, once in times(entry, scenario.duration) for step in _steps(at_s, once)
    ]
    return sorted((step for step in found if step.t_s < scenario.duration), key=lambda step: step.t_s)


def bouts(exercises: Sequence[Exercises], duration_s: float) -> list[tuple[float, Exercises]]:
    """When each bout begins, in order."""
    return sorted((bout for one in exercises for bout in times(one, duration_s)), key=lambda bout: bout[0])


def times(entry: T, duration_s: float) -> Iterator[tuple[float, T]]:
    """An entry at each of its times before the end."""
    end_s = duration_s if entry.until is None else min(entry.until, duration_s)
    at_s, count = entry.time, 0
    while at_s < end_s or count == 0:
        yield at_s, entry
        if entry.every is None:
            return
        count += 1
        at_s = entry.time + count * entry.every


def _steps(at_s: float, entry: Entry) -> Iterator[Step]:
    if isinstance(entry, Press):
        for i in range(entry.times):
            yield Step(at_s + i * PRESS_S, entry)
        return
    yield Step(at_s, entry)
    span = getattr(entry, "span", None)
    if span is not None:
        yield Step(at_s + span, entry, over=True)
