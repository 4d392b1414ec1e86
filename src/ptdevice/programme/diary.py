"""What is known of one person's exercise, day by day: outcomes of planned sets, other sets, ratings of pain."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.programme.course import NOT_THE_PERSON

if TYPE_CHECKING:
    from datetime import date

    from ptdevice.model import Moment, SetOutcome
    from ptdevice.programme.prescription import Programme, Slot

DAYS_KEPT = 42  # six weeks: the longest streak that a suggestion asks for, on alternate days, with room


@dataclass(frozen=True, slots=True)
class OtherSet:
    """A set that was counted and belongs to no planned one, as far as is known."""

    day: date
    exercise: str
    repetitions: int
    start_ns: int = 0
    end_ns: int = 0


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating of pain on its day."""

    day: date
    moment: Moment
    rating: int


@dataclass(slots=True)
class Diary:
    """One person's. Bounded by `forget`."""

    outcomes: dict[tuple[str, str, int], SetOutcome] = field(default_factory=dict)  # by programme, day and slot
    others: dict[str, OtherSet] = field(default_factory=dict)  # by the id of the set
    ratings: list[Rated] = field(default_factory=list)
    begun: set[tuple[str, str]] = field(default_factory=set)  # programmes by name and day
    planned: dict[tuple[str, str, int], tuple[int, int]] = field(default_factory=dict)  # when a planned set was done

    def add(self, outcome: SetOutcome, span_ns: tuple[int, int] = (0, 0)) -> None:
        """Take in what became of a planned set. What says nothing about the person gives way; what does, stands."""
        key = outcome.programme, outcome.day, outcome.slot
        known = self.outcomes.get(key)
        if known is None or known.why in NOT_THE_PERSON:
            self.outcomes[key] = outcome
            self.planned[key] = span_ns
        if outcome.set_id is not None:
            self.others.pop(outcome.set_id, None)

    def add_set(self, set_id: str, other: OtherSet) -> None:
        """Take in a set that was counted; if it turns out to be a planned one, its outcome will say so."""
        if all(outcome.set_id != set_id for outcome in self.outcomes.values()):
            self.others[set_id] = other

    def unplanned(self, day: date) -> list[OtherSet]:
        """Sets of a day that were not planned. What a second sensor of the same person counted at the same time is no other."""
        done = list(self.planned.values())
        found: list[OtherSet] = []
        for other in sorted(self.others.values(), key=lambda each: each.start_ns):
            if other.day == day and not any(other.start_ns < end and start < other.end_ns for start, end in done):
                found.append(other)
                done.append((other.start_ns, other.end_ns))
        return found

    def left(self, programme: Programme, day: date) -> list[Slot]:
        """What is left of a day's plan: sets of which nothing is known, or nothing about the person."""
        return [
            slot
            for slot in programme.plan(day)
            if (outcome := self.outcome(programme, day, slot)) is None or outcome.why in NOT_THE_PERSON
        ]

    def outcome(self, programme: Programme, day: date, slot: Slot) -> SetOutcome | None:
        """What became of a planned set, if that is known."""
        return self.outcomes.get((programme.name, day.isoformat(), slot.number))

    def worst(self, day: date, *moments: Moment) -> int | None:
        """The highest rating of a day at these moments; None: there is none."""
        return max((each.rating for each in self.ratings if each.day == day and each.moment in moments), default=None)

    def forget(self, before: date) -> None:
        """Forget what was before this day."""
        first = before.isoformat()  # ISO dates are in order as text
        self.outcomes = {key: outcome for key, outcome in self.outcomes.items() if key[1] >= first}
        self.planned = {key: span for key, span in self.planned.items() if key[1] >= first}
        self.begun = {key for key in self.begun if key[1] >= first}
        self.others = {key: other for key, other in self.others.items() if other.day >= before}
        self.ratings = [each for each in self.ratings if each.day >= before]
