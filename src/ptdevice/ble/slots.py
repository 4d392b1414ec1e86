"""How many links an adapter carries, and who has them. Pure: a lease each, and an audit that compares them with what is true.

How many it *can* carry is not known until it says so: a controller tells nobody, and numbers of a data sheet are not those of
its firmware. What it refused for want of room it is taken at its word for, for LEARNT_S; then it is asked again, since another
program's links may have been in the way.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

LEARNT_S = 60.0
SETTLE_S = (
    30.0  # a lease may be without a link, and a link without its lease, while it is made and ended: 20 + 5 s at most
)


class Audit(NamedTuple):
    """What does not agree. `idle`: leases without a link; `strays`: links that were ours and whose end was not confirmed."""

    idle: tuple[str, ...]
    strays: tuple[str, ...]


@dataclass(slots=True)
class Slots:
    """Of one adapter. Units go by their address; each has one lease at most."""

    _leases: dict[str, float] = field(default_factory=dict)  # address → since when
    _given_back: dict[str, float] = field(default_factory=dict)  # address → when; links whose end was not confirmed
    _room: int | None = None
    _learnt_at: float = 0.0

    @property
    def leased(self) -> int:
        """How many links are ours, or are being made."""
        return len(self._leases)

    def room(self, now: float) -> int | None:
        """How many it carries; None: it never said, or that was long ago."""
        return self._room if self._room is not None and now - self._learnt_at < LEARNT_S else None

    def full(self, now: float) -> bool:
        """Whether one more is known to be one too many."""
        room = self.room(now)
        return room is not None and self.leased >= room

    def holds(self, address: str) -> bool:
        """Whether this unit has its lease, still or again."""
        return address in self._leases

    def lease(self, address: str, now: float) -> None:
        """One link more. Raises KeyError where it has one: two of one unit are a bug."""
        if address in self._leases:
            raise KeyError(address)
        self._leases[address] = now
        self._given_back.pop(address, None)

    def give_back(self, address: str, now: float, *, confirmed: bool = True) -> None:
        """It is over; `confirmed`: bluetoothd said so, or there never was a link. Raises KeyError where there was no lease."""
        del self._leases[address]
        if not confirmed:
            self._given_back[address] = now

    def refused(self, now: float) -> None:
        """The adapter had no room for one of those leased. Where that is the only one, others' links are in the way."""
        if self.leased > 1 and not self.tells:
            self._room, self._learnt_at = self.leased - 1, now

    def told(self, limit: int, linked: Collection[str]) -> None:
        """It tells itself how many it carries and whom, and does so again when that changes: a proxy does."""
        self._room, self._learnt_at = max(limit - len(set(linked) - set(self._leases)), 0), math.inf

    @property
    def tells(self) -> bool:
        """Whether it tells so."""
        return self._learnt_at == math.inf

    def carried(self) -> None:
        """Every leased link is there: it carries at least so many."""
        if self._room is not None and self.leased > self._room and not self.tells:
            self._room = None

    def audit(self, connected: frozenset[str], now: float) -> Audit:
        """Compare with the addresses that BlueZ says are connected on this adapter."""
        idle = [a for a, since in self._leases.items() if a not in connected and now - since >= SETTLE_S]
        strays = [a for a, at in self._given_back.items() if a in connected and now - at >= SETTLE_S]
        for address in [a for a, at in self._given_back.items() if a not in connected and now - at >= SETTLE_S]:
            del self._given_back[address]
        return Audit(tuple(sorted(idle)), tuple(sorted(strays)))
