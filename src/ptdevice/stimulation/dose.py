"""What was delivered through each pair of pads over days: sums of what segments and gaps say. Pure.

A pair of pads is a channel of a unit at a site; levels of different units are steps of different sizes and are never added.
Only confirmed time counts. What nothing confirms stands beside it as unknown: the rest of a segment, and gaps of the link.
Charge and energy are unknown as soon as a part of the confirmed time has none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

DAYS_KEPT = 8  # a week, and the day that ends while another begins


class Pads(NamedTuple):
    """Where it was delivered: a channel (None: the only one) and its site (None: nobody said)."""

    channel: str | None
    site: str | None


@dataclass(frozen=True, slots=True)
class Portion:
    """One segment of a session: confirmed seconds at one level, and seconds of it that nothing confirms."""

    session_id: str
    level: int
    delivered_s: float
    unknown_s: float
    charge_mc: float | None = None
    energy_j: float | None = None


@dataclass(slots=True)
class Dose:
    """The sum of portions through one pair of pads."""

    sessions: set[str] = field(default_factory=set)
    unknown_s: float = 0.0
    upward_steps: int = 0
    levels: dict[int, float] = field(default_factory=dict)  # confirmed seconds by level
    _electrical: tuple[float, float] | None = (0.0, 0.0)

    @property
    def delivered_s(self) -> float:
        """Confirmed seconds."""
        return fsum(self.levels.values())

    @property
    def level_mean(self) -> float | None:
        """Weighted with time."""
        delivered = self.delivered_s
        return fsum(level * seconds for level, seconds in self.levels.items()) / delivered if delivered else None

    @property
    def charge_mc(self) -> float | None:
        """Charge, mC, where it is known of all confirmed time."""
        return self._electrical[0] if self._electrical and self.delivered_s else None

    @property
    def energy_j(self) -> float | None:
        """Energy, J, where it is known of all confirmed time."""
        return self._electrical[1] if self._electrical and self.delivered_s else None

    def add(self, portion: Portion, *, upward: bool) -> None:
        """One portion more; `upward` where its level is above the one before in its session."""
        self.sessions.add(portion.session_id)
        self.unknown_s += portion.unknown_s
        self.upward_steps += upward
        if portion.delivered_s <= 0:
            return
        self.levels[portion.level] = self.levels.get(portion.level, 0.0) + portion.delivered_s
        before, self._electrical = self._electrical, None
        if before is not None and portion.charge_mc is not None and portion.energy_j is not None:
            self._electrical = before[0] + portion.charge_mc, before[1] + portion.energy_j

    def merge(self, other: Dose) -> None:
        """The portions of another day."""
        self.sessions |= other.sessions
        self.unknown_s += other.unknown_s
        self.upward_steps += other.upward_steps
        for level, seconds in other.levels.items():
            self.levels[level] = self.levels.get(level, 0.0) + seconds
        before, self._electrical = self._electrical, None
        if before is not None and other._electrical is not None:
            self._electrical = before[0] + other._electrical[0], before[1] + other._electrical[1]


class DoseBook:
    """One unit's doses by day. A day of None is one that nobody knows: the clock could not be trusted."""

    def __init__(self) -> None:
        self._days: dict[date | None, dict[Pads, Dose]] = {}
        self._levels: dict[str, int] = {}  # the latest level by session

    def add(self, day: date | None, pads: Pads, portion: Portion) -> None:
        """A segment of this day."""
        before = self._levels.get(portion.session_id)
        self._levels[portion.session_id] = portion.level
        self._of(day, pads).add(portion, upward=before is not None and portion.level > before)

    def lose(self, day: date | None, pads: Pads, seconds: float) -> None:
        """A gap of this day."""
        self._of(day, pads).unknown_s += seconds

    def finish(self, session_id: str) -> None:
        """The session is over."""
        self._levels.pop(session_id, None)

    def sum(self, days: Iterable[date | None]) -> dict[Pads, Dose]:
        """The doses of these days together."""
        sums: dict[Pads, Dose] = {}
        for day in days:
            for pads, dose in self._days.get(day, {}).items():
                sums.setdefault(pads, Dose()).merge(dose)
        return sums

    def forget(self, before: date) -> None:
        """What was before this day is of no more use here."""
        for day in [day for day in self._days if day is not None and day < before]:
            del self._days[day]

    def _of(self, day: date | None, pads: Pads) -> Dose:
        return self._days.setdefault(day, {}).setdefault(pads, Dose())
