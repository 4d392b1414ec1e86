"""Where simulated DOTs hear each other while they have no link, and agree on one clock.

The vendor says that it takes about ten seconds. Choices, for no more is published: a unit needs SYNC_S without a link, and must
have begun no more than SPREAD_S before or after its root; then its clock is the root's, exactly, or runs away from it by
`residual_ppm` (the vendor: 1 ppm after half an hour, 4 ppm after an hour).
"""

from __future__ import annotations

from dataclasses import dataclass

from ptdevice.devices.movella_dot.messages import SyncResult
from ptdevice_sim.unit import UnitClock

SYNC_S, SPREAD_S = 12.0, 5.0


@dataclass(frozen=True, slots=True)
class _Attempt:
    root: str
    since: float
    clock: UnitClock


class DotRoom:
    """One room full of units. `verdict`, where it is set, is what comes of every attempt."""

    def __init__(self, verdict: SyncResult | None = None, *, residual_ppm: float = 0.0) -> None:
        self.verdict, self._residual_ppm = verdict, residual_ppm
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
            return SyncResult.OK, self._agreed(other.clock, now) if address != own.root else own.clock
        return result, own.clock

    def _agreed(self, root: UnitClock, now: float) -> UnitClock:
        """The root's clock as another unit has it, right at this moment."""
        if not self._residual_ppm:
            return root
        skew_ppm = root.skew_ppm + self._residual_ppm
        return UnitClock(root.ns(now) - round(now * (1e9 + skew_ppm * 1e3)), skew_ppm)
