"""Who wears which unit, over time, and so under whom a record is filed. Pure.

A record is filed under whoever wore its unit when it began. What is part of a whole, as a segment is of a session, goes where
the first part of that whole went, so that a session whose assignment runs out meanwhile is not torn apart. When an assignment
has run out, nobody wears the unit until somebody says who does.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ptdevice.model import (
    Bout,
    ExerciseSet,
    Hold,
    LumbarMovement,
    LumbarRange,
    RejectedMovement,
    Repetition,
    SuggestedSet,
)

if TYPE_CHECKING:
    from ptdevice.model import Record

EXERCISE = (Repetition, RejectedMovement, Hold, Bout, ExerciseSet, SuggestedSet, LumbarMovement, LumbarRange)
SPANS = (
    64  # of a unit: what is entered by hand may be a week old, and nobody hands a unit over every two hours all week
)
WHOLES = 256  # sessions and sets whose parts may still come; a unit has one or two at a time


@dataclass(frozen=True, slots=True)
class Span:
    """From `since` to `until` (gateway seconds; None: until further notice) this `subject` wears a unit. None: nobody."""

    since: float
    subject: str | None
    until: float | None = None

    def at(self, moment: float) -> str | None:
        """Who, at this moment of the span."""
        return self.subject if self.until is None or moment < self.until else None


class Wearers(Mapping[str, str | None]):
    """As a mapping: who wears each unit now. `defaults` is who does as long as nothing else is said.

    `pairs` names the two units of each pair; what they measure together is somebody's only where one person wears both.
    """

    def __init__(self, defaults: Mapping[str, str | None], pairs: Mapping[str, tuple[str, str]] | None = None) -> None:
        self._spans = {unit: [Span(-math.inf, subject)] for unit, subject in defaults.items()}
        self._pairs = dict(pairs or {})
        self._wholes: OrderedDict[str, str | None] = OrderedDict()
        self._leaving: dict[str, str | None] = {}

    def __getitem__(self, unit: str) -> str | None:
        return self._spans[unit][-1].subject

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def __len__(self) -> int:
        return len(self._spans)

    def at(self, unit: str, moment: float) -> str | None:
        """Who wore this unit, or both units of this pair, at a gateway second."""
        if unit in self._pairs:
            trunk, pelvis = (self.at(each, moment) for each in self._pairs[unit])
            return trunk if trunk == pelvis else None
        span = next((span for span in reversed(self._spans.get(unit, ())) if span.since <= moment), None)
        return span.at(moment) if span is not None else None

    def of(self, unit: str, record: Record) -> str | None:
        """Under whom this record of a unit or a pair is filed."""
        if unit in self._leaving:
            return self._leaving[unit]
        subject = self.at(unit, self._began(unit, record))
        whole = part_of(record)
        if whole is None:
            return subject
        subject = self._wholes.setdefault(whole, subject)
        self._wholes.move_to_end(whole)
        while len(self._wholes) > WHOLES:
            self._wholes.popitem(last=False)
        return subject

    def _began(self, unit: str, record: Record) -> float:
        """When it began; exercise not before the last change, at which all that was open ended.

        Samples are a little older than their arrival, so what the next person does may seem to have begun before.
        """
        moment: float = getattr(record, "start" if hasattr(record, "start") else "at")
        if not isinstance(record, EXERCISE):
            return moment
        units = self._pairs.get(unit, (unit,))
        return max(moment, *(self._spans[each][-1].since for each in units if each in self._spans), moment)

    # --- changes ---

    def assign(self, unit: str, subject: str | None, since: float, until: float | None = None) -> None:
        """From `since` on it is this one. Never before what was said last: what was filed stays as it is."""
        spans = self._spans[unit]
        spans.append(Span(max(since, spans[-1].since), subject, until))
        del spans[:-SPANS]

    def until(self, unit: str) -> float | None:
        """When the present assignment runs out."""
        return self._spans[unit][-1].until

    def put_off(self, unit: str, until: float | None) -> None:
        """The present assignment ends at another time: the clock was set, or it goes on."""
        self._spans[unit][-1] = replace(self._spans[unit][-1], until=until)

    @contextmanager
    def leaving(self, unit: str) -> Iterator[None]:
        """What is recorded of this unit inside ends because its wearer leaves, and is still the wearer's."""
        self._leaving[unit] = self[unit]
        try:
            yield
        finally:
            del self._leaving[unit]


def part_of(record: Record) -> str | None:
    """The id of the session, set or measurement that this record is a part of."""
    for name in ("session_id", "set_id", "measurement_id"):
        whole: str | None = getattr(record, name, None)
        if whole is not None:
            return whole
    return None
