"""What speaks against an adapter, and what for it. Pure: who hears and tries tells it, with the time.

Three things do, from the weakest to the strongest. *Silence* is none of its fault where nobody is near. *A mute link*, one that
held and said nothing until it was given up, is hardly the unit's where nobody else is heard either: a controller that works
ends a link whose unit is gone by itself, after 32 s at most (Bluetooth Core 5.4, Vol 6, Part B, 4.5.2: the supervision
timeout). *Operations* that are refused as "in progress" over and over are what a controller that has hung looks like.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Literal, NamedTuple

Operation = Literal["scan", "connect"]


class Doubt(IntEnum):
    """What is doubted; a higher one is harder."""

    SILENCE = 1
    MUTE = 2
    BUSY_SCANNING = 3
    BUSY_CONNECTING = 4


BUSY: dict[Operation, Doubt] = {"connect": Doubt.BUSY_CONNECTING, "scan": Doubt.BUSY_SCANNING}


class Patience(NamedTuple):
    """Times in s, and numbers. The defaults are for people; tests have less."""

    silence_s: float = 60.0  # scanned for, and nobody heard: units advertise every 0.02 to 10 s
    mute_s: float = 10.0  # after a link that held and said nothing, and nobody was heard since
    busy: int = 3  # operations in a row that were refused as "in progress", or not answered at all
    busy_s: float = 10.0  # from the first of them to the last: another program's scan may begin at the same moment
    listening_s: float = 15.0  # for a scanner that was built anew to hear somebody
    rest_s: float = 1.0  # off, before it is switched on: some say that they are off before they are
    cycled_s: float = 20.0  # for a sign after it was switched off and on; bluetoothd needs 1 to 2 s of it
    resetting_s: float = 60.0  # for the reset itself; the library's own waits add up to 30 s
    reset_s: float = 60.0  # likewise; a USB device may come back as another
    again_s: float = 600.0  # until what could not be mended is tried again
    look_s: float = 30.0  # how often an adapter that nobody was heard on is asked how it is
    absent_s: float = 5.0  # the same, of one that is off or gone
    memory_s: float = 3600.0  # somebody was heard within this: then silence is odd
    cycles_per_hour: int = 3


@dataclass(slots=True)
class Refusals:
    """Of one operation, in a row."""

    first: float
    last: float
    count: int = 1


@dataclass(slots=True)
class Evidence:
    """Of one adapter. Times are gateway seconds."""

    heard_at: float | None = None  # an advertisement of anybody, or a packet on a link: set as often as one comes
    unavailable_at: float | None = None  # an operation was told that Bluetooth is off or gone
    waited_s: float = 0.0  # for so long somebody waited for a unit since anybody was heard, as far as was looked
    _wanted: bool = False
    _looked_at: float = 0.0
    _mute_at: float | None = None
    _refused: dict[Operation, Refusals] = field(default_factory=dict)
    _answered_at: dict[Operation, float] = field(default_factory=dict)

    def want(self, now: float, *, wanted: bool) -> None:
        """Somebody waits for a unit, or nobody does."""
        if self.heard_at is not None and self.heard_at >= self._looked_at:
            self.waited_s = 0.0
        elif self._wanted:  # between two tries of theirs nobody waits
            self.waited_s += now - self._looked_at
        self._wanted, self._looked_at = wanted, now

    def mute(self, at: float) -> None:
        """A link that holds said nothing for too long, or did not answer."""
        self._mute_at = at

    def refused(self, operation: Operation, at: float) -> None:
        """It was "in progress", or not answered."""
        run = self._refused.get(operation)
        if run is None:
            self._refused[operation] = Refusals(at, at)
        else:
            run.last, run.count = at, run.count + 1

    def answered(self, operation: Operation, at: float) -> None:
        """It worked, or failed for a reason that is the unit's."""
        self._answered_at[operation] = at
        self._refused.pop(operation, None)

    def forget(self) -> None:
        """All is well; what speaks against it begins anew."""
        self._mute_at = None
        self._refused.clear()
        self.waited_s = 0.0

    def doubt(self, now: float, patience: Patience) -> Doubt | None:
        """The hardest that there is reason for."""
        for operation, doubt in BUSY.items():
            run = self._refused.get(operation)
            if run is not None and run.count >= patience.busy and run.last - run.first >= patience.busy_s:
                return doubt
        if not self._wanted:
            return None
        if self._mute_at is not None and not self.heard_since(self._mute_at) and now - self._mute_at >= patience.mute_s:
            return Doubt.MUTE
        return Doubt.SILENCE if self.waited_s >= patience.silence_s else None

    def heard_since(self, at: float) -> bool:
        """Whether anybody was."""
        return self.heard_at is not None and self.heard_at > at

    def unavailable_since(self, at: float) -> bool:
        """Whether an operation was told that Bluetooth is off or gone, and nobody was heard after that."""
        told = self.unavailable_at
        return told is not None and told > at and not self.heard_since(told)

    def against(self, doubt: Doubt, since: float) -> bool:
        """Whether its contrary was seen since then."""
        for operation, busy in BUSY.items():
            if doubt is busy:  # a link that goes on speaking says nothing of whether it could be made today
                return self._answered_at.get(operation, since) > since
        return self.heard_since(since)

    def tried(self, doubt: Doubt, since: float) -> bool:
        """Of a storm: whether it went on after that."""
        return any(doubt is BUSY[operation] and run.last > since for operation, run in self._refused.items())
