"""A circuit breaker: what keeps failing is tried rarely and for a short time, so that the others get the adapter. Pure.

Rare is in proportion to what a try costs: one that is refused at once is as welcome as any, one that spends twenty seconds of
everybody's time comes back after minutes. It never gives up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TRIPS = 3  # failures in a row: a single one is everyday, and so are two on a busy radio
SHARE = 0.1  # of the adapter's time, for a unit that keeps failing
LONGEST_S = 120.0  # it may have come back: nobody waits longer than that
SHORT_S = 8.0  # a try's deadline then; a connection with its discovery takes 0.3 to 5 s where all is well


class State(StrEnum):
    """As in every book."""

    CLOSED = "closed"  # well: tried as usual
    OPEN = "open"  # not tried until its pause is over
    HALF_OPEN = "half-open"  # tried, and short


class Seen(StrEnum):
    """What moves it."""

    SUCCESS = "success"
    FAILURE = "failure"
    TRIP = "trip"  # one failure too many
    DUE = "due"  # the pause is over


TABLE: dict[tuple[State, Seen], State] = {
    (State.CLOSED, Seen.SUCCESS): State.CLOSED,
    (State.CLOSED, Seen.FAILURE): State.CLOSED,
    (State.CLOSED, Seen.TRIP): State.OPEN,
    (State.CLOSED, Seen.DUE): State.CLOSED,
    (State.OPEN, Seen.SUCCESS): State.CLOSED,  # an urgent try waits for no pause
    (State.OPEN, Seen.FAILURE): State.OPEN,
    (State.OPEN, Seen.TRIP): State.OPEN,
    (State.OPEN, Seen.DUE): State.HALF_OPEN,
    (State.HALF_OPEN, Seen.SUCCESS): State.CLOSED,
    (State.HALF_OPEN, Seen.FAILURE): State.OPEN,
    (State.HALF_OPEN, Seen.TRIP): State.OPEN,
    (State.HALF_OPEN, Seen.DUE): State.HALF_OPEN,
}


@dataclass(slots=True)
class Breaker:
    """Of one unit on one adapter."""

    failures: int = 0  # in a row
    until: float = 0.0  # when its pause is over; gateway seconds
    state: State = State.CLOSED

    def succeeded(self) -> None:
        """It works."""
        self.failures, self.until = 0, 0.0
        self.state = TABLE[self.state, Seen.SUCCESS]

    def failed(self, now: float, cost_s: float) -> None:
        """A try failed, and took the adapter for so long."""
        self.failures += 1
        self.state = TABLE[self.state, Seen.TRIP if self.failures >= TRIPS else Seen.FAILURE]
        if self.state is State.OPEN:
            self.until = now + min(cost_s * (1 / SHARE - 1), LONGEST_S)

    def look(self, now: float) -> State:
        """How it stands by now."""
        if now >= self.until:
            self.state = TABLE[self.state, Seen.DUE]
        return self.state
