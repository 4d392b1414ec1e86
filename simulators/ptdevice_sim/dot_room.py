"""Where simulated DOTs hear each other while they have no link, and agree on one clock.

The vendor says that it takes about ten seconds. Choices, for no more is published: a unit needs SYNC_S without a link, and must
have begun no more than SPREAD_S before or after its root; then its clock is the root's, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.devices.movella_dot.messages import SyncResult

if TYPE_CHECKING:
    from ptdevice_sim.unit import UnitClock

SYNC_S, SPREAD_S = 12.0, 5.0


@dataclass(frozen=True, slots=True)
class _Attempt:
    root: str
    since: float
    clock: UnitClock


class DotRoom:
    """One room full of units. `verdict`, where it is set, is what comes of every attempt."""

    def __init__(self, verdict: SyncResult | None = None) -> None:
        self.verdict = verdict
        self._attempts: dict[str, _Attempt] = {}

    def begin(self, address: str, root: str, now: float, clock: UnitClock) -> None:
        """A unit that was told to has lost its link."""
        self._attempts[address] = _Attempt(root, now, clock)

    def forget(self, address: str) -> None:
        """It was switched off."""
        self._attempts.pop(address, None)

    def end(self, address: str, now: float) -> tuple[SyncResult, UnitClock]:
        """It has a link again: what came of it, and its clock from now on."""
        own = self._attempts[address]
        other = self._attempts.get(own.root)
        if self.verdict is not None:
            result = self.verdict
        elif now - own.since < SYNC_S:
            result = SyncResult.NOT_STARTED
        elif other is None or other.root != own.root:
            result = SyncResult.FEW_SAMPLES
        elif abs(other.since - own.since) > SPREAD_S:
            result = SyncResult.START_TIME
        else:
            return SyncResult.OK, other.clock
        return result, own.clock
