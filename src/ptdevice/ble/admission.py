"""Who may try to connect on one adapter, how soon, how long, and how pressing it is: breakers and slots together. Pure.

Addresses are those of units, `unit` is one of the configuration: whoever has no address is somebody all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.ble.breaker import SHORT_S, Breaker, State
from ptdevice.ble.slots import Slots
from ptdevice.ble.turns import Rank
from ptdevice.errors import LinkError

if TYPE_CHECKING:
    from collections.abc import Hashable

    from ptdevice.errors import Code

# What a failure says nothing about the unit of: the host's Bluetooth, or a unit that simply went.
NOT_ITS_FAULT: frozenset[Code] = frozenset(
    {"radio_unavailable", "no_adverts", "out_of_slots", "ambiguous", "proxy_away", "proxy_refused", "proxy_busy"}
)
TOLD_S = 5.0  # a shorter pause is none: whoever connects has one of its own
UNWELL = 5  # failures in a row, of several units: it is hardly theirs


class Terms(NamedTuple):
    """Of one try. `connect_s`: its deadline at most."""

    rank: Rank
    connect_s: float


@dataclass(slots=True)
class Admission:
    """Of one adapter."""

    slots: Slots = field(default_factory=Slots)
    _breakers: dict[Hashable, Breaker] = field(default_factory=dict)  # of units that have failed
    _failures: int = 0  # in a row, of whomever
    _failed: set[Hashable] = field(default_factory=set)

    @property
    def well(self) -> bool:
        """Whether failures are the units' own, as far as can be told."""
        return self._failures < UNWELL or len(self._failed) < 2

    def due(self, unit: Hashable) -> float:
        """When this unit may be tried next."""
        breaker = self._breakers.get(unit)
        return breaker.until if breaker is not None else 0.0

    def terms(self, unit: Hashable, now: float, *, urgent: bool, connect_s: float) -> Terms:
        """How it is tried, now that it is."""
        breaker = self._breakers.get(unit)
        if breaker is None or breaker.look(now) is State.CLOSED:
            return Terms(Rank.URGENT if urgent else Rank.NORMAL, connect_s)
        return Terms(Rank.URGENT if urgent else Rank.SUSPECT, min(connect_s, SHORT_S))

    def has_room(self, name: str, now: float) -> None:
        """Raises LinkError where it is known that there is none."""
        if self.slots.full(now):
            room = self.slots.room(now)
            text = (
                f"{name} carries {room} connection{'' if room == 1 else 's'}, as it said when one more was tried, and all are "
                "in use; take a unit away, or add an adapter"
            )
            if self.slots.tells:
                text = f"{name} has no connection free, as it tells itself; take a unit away, or add an adapter"
            raise LinkError(text, "out_of_slots")

    def succeeded(self, unit: Hashable) -> None:
        """It is connected and subscribed to."""
        self._failures = 0
        self._failed.clear()
        self.slots.carried()
        if (breaker := self._breakers.pop(unit, None)) is not None:
            breaker.succeeded()

    def failed(self, unit: Hashable, error: LinkError, now: float, cost_s: float) -> LinkError:
        """It did not get so far, and took the adapter for so long. Gives back what to say of it."""
        if error.code == "out_of_slots":
            self.slots.refused(now)
        if error.code in NOT_ITS_FAULT:
            return error
        self._failures += 1
        self._failed.add(unit)
        breaker = self._breakers.setdefault(unit, Breaker())
        breaker.failed(now, cost_s)
        if breaker.state is State.CLOSED or breaker.until - now < TOLD_S:
            return error
        text = (
            f"{error} ({breaker.failures} times in a row; so that the other units get their turn, it is tried again in "
            f"{breaker.until - now:.0f} s at the earliest, and then for {SHORT_S:g} s at most)"
        )
        # A cause that is known says more than that it is tried rarely.
        return LinkError(text, "backing_off" if error.code == "connect_failed" else error.code)
