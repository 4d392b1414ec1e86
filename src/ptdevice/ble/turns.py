"""Whose turn it is on one adapter. Pure: who asks, when, and how pressing it is; time is an argument.

* One at a time: a turn is granted only when none is held.
* Who waits longest goes first, among the equally pressing: units whose stop may be owed (`URGENT`), then `NORMAL`, then those
  that failed the last times (`SUSPECT`), which would else spend the others' time.
* Nobody starves. Who has waited for AGED_S gets at least every second turn, the oldest first.
* Nor does the scan: after BLIND_S of turns with hardly a pause, units that are to be found get SCAN_S of listening.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

AGED_S = 30.0  # longer than one failing connect with its clean-up (25 s): one of them ages nobody
BLIND_S = 10.0  # the slowest advertising interval (Bluetooth Core 5.4, Vol 6, Part B, 4.4.2.2: 10.24 s)
SCAN_S = 2.0  # units that wait for a connection advertise several times a second
BLIND_URGENT_S = 30.0  # so long even a stop that may be owed goes before; it may itself wait to be found


class Rank(IntEnum):
    """How pressing; the lowest goes first."""

    URGENT = 0
    NORMAL = 1
    SUSPECT = 2


@dataclass(frozen=True, slots=True, eq=False)
class Claim:
    """Somebody wants the adapter for itself. `since`: gateway seconds."""

    rank: Rank
    since: float


@dataclass(slots=True)
class Turns:
    """Of one adapter."""

    holder: Claim | None = None
    waiting: list[Claim] = field(default_factory=list)
    _urgent_last: bool = False
    _since: float = 0.0  # of the present turn, or of the present pause
    _blind_s: float = 0.0  # turns since there was last a pause of SCAN_S

    def ask(self, rank: Rank, now: float) -> Claim:
        """Stand in line."""
        claim = Claim(rank, now)
        self.waiting.append(claim)
        return claim

    def grant(self, now: float, *, seeking: bool) -> Claim | None:
        """Who goes next, and holds it from now on; None: nobody. `seeking`: somebody waits to be found by scanning."""
        if self.holder is not None or not self.waiting:
            return None
        first = self._first(now)
        if seeking and now < self._scan_until(first, now):
            return None
        self.waiting.remove(first)
        self.holder, self._since = first, now
        self._urgent_last = first.rank is Rank.URGENT
        return first

    def leave(self, claim: Claim, now: float) -> None:
        """It is done, or does not want it any more."""
        if claim is self.holder:
            self.holder = None
            self._blind_s += now - self._since
            self._since = now
        elif claim in self.waiting:
            self.waiting.remove(claim)

    def due(self, now: float) -> float | None:
        """When to grant again, where only the scan is in the way."""
        if self.holder is not None or not self.waiting:
            return None
        return self._scan_until(self._first(now), now)

    def _first(self, now: float) -> Claim:
        oldest = min(self.waiting, key=lambda claim: claim.since)
        aged = now - oldest.since >= AGED_S
        if aged and self._urgent_last:
            return oldest
        return min(
            self.waiting,
            key=lambda claim: (min(claim.rank, Rank.NORMAL) if claim is oldest and aged else claim.rank, claim.since),
        )

    def _scan_until(self, first: Claim, now: float) -> float:
        """Until when the present pause belongs to the scan."""
        if now - self._since >= SCAN_S:
            self._blind_s = 0.0
        allowed = BLIND_URGENT_S if first.rank is Rank.URGENT else BLIND_S
        return self._since + SCAN_S if self._blind_s >= allowed else now
