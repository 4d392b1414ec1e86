"""Two sensors' stream times, one laid beside the other, with how far they may be apart.

Pair time is the trunk's stream time. Three ways lead from the pelvis's stream time to it, and the best that there is is taken:

* `device`: the units share one clock, and say so. What remains is what their vendor admits (Movella: 4 ppm after an hour).
* `tap`: one moment that both felt. From there on the two crystals run apart, by what is known of each beside the gateway's.
* `arrival`: both streams' envelopes of delays. What no one-way exchange can tell, the least delays themselves, may differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.model import AlignmentMethod
from ptdevice.motion.clock import LEAST_DELAY_S

if TYPE_CHECKING:
    from ptdevice.motion.clock import DeviceClock
    from ptdevice.motion.pair.taps import SharedTap

SHARED_PPM, SHARED_AGE_S = 4.0, 3600.0  # XD0506P: 4 ppm after an hour; when they were synchronised, nobody tells
BELIEVED_S = 0.25  # a common clock that disagrees by more with the arrivals is none


@dataclass(frozen=True, slots=True)
class _Tap:
    tap: SharedTap
    anchors: tuple[int, int]  # of both clocks, when it was felt: a clock that began anew knows of no tap


class Alignment:
    """`turn_ns`: after so long a clock that the units share starts anew; None where it does not."""

    def __init__(self, trunk: DeviceClock, pelvis: DeviceClock, turn_ns: int | None = None) -> None:
        self.shared_since: float | None = None  # pair time at which both units said that they have one clock
        self._trunk, self._pelvis, self._turn_ns = trunk, pelvis, turn_ns
        self._tap: _Tap | None = None

    @property
    def method(self) -> AlignmentMethod:
        """The best that there is at the moment."""
        if self.shared_since is not None and self._shared(self._newest) is not None:
            return AlignmentMethod.DEVICE
        return AlignmentMethod.TAP if self._tap_now() else AlignmentMethod.ARRIVAL

    def pair_time(self, t: float) -> float:
        """Pair time of pelvis stream time `t`."""
        if self.shared_since is not None and (shared := self._shared(t)) is not None:
            return shared
        if tap := self._tap_now():
            return tap.trunk + (t - tap.pelvis) * (1.0 + self.slope[0])
        return self.by_arrival(t)

    def by_arrival(self, t: float) -> float:
        """The same, whatever else is known."""
        return self._trunk.stream(self._pelvis.gateway(t))

    def error_s(self, t: float) -> float:
        """How far apart one moment may be in the two streams, at pelvis stream time `t`."""
        arrival = self._trunk.spread_s + self._pelvis.spread_s + LEAST_DELAY_S
        method = self.method
        if method is AlignmentMethod.DEVICE:
            age = max(t - (self.shared_since or t), SHARED_AGE_S)
            return min(SHARED_PPM * 1e-6 * age, arrival)
        tap = self._tap_now()
        if tap is None:
            return arrival
        return min(tap.error_s + abs(t - tap.pelvis) * self.slope[1], arrival)

    @property
    def error_now_s(self) -> float:
        """The same for the newest moment."""
        return self.error_s(self._newest)

    @property
    def slope(self) -> tuple[float, float]:
        """By how much the trunk's clock is fast beside the pelvis's, and how far that may be off; seconds per second."""
        trunk, pelvis = self._trunk, self._pelvis
        known = (trunk.skew_ppm or 0.0) - (pelvis.skew_ppm or 0.0)
        return known * 1e-6, (trunk.skew_error_ppm + pelvis.skew_error_ppm) * 1e-6

    def tapped(self, tap: SharedTap) -> float | None:
        """Both felt this. By how much it differs from what was expected; None where no tap was before."""
        before = self._tap_now()
        self._tap = _Tap(tap, self._anchors)
        if before is None:
            return None
        return tap.trunk - before.trunk - (tap.pelvis - before.pelvis) * (1.0 + self.slope[0])

    @property
    def _anchors(self) -> tuple[int, int]:
        return self._trunk.anchors, self._pelvis.anchors

    @property
    def _newest(self) -> float:
        return self._pelvis.newest

    def _tap_now(self) -> SharedTap | None:
        return self._tap.tap if self._tap and self._tap.anchors == self._anchors else None

    def _shared(self, t: float) -> float | None:
        """By the clock that both units say they share; None where the arrivals refute it."""
        shared, arrival = self._trunk.of_device_ns(self._pelvis.device_ns(t)), self.by_arrival(t)
        if self._turn_ns:
            turn = self._turn_ns * 1e-9
            shared += turn * round((arrival - shared) / turn)
        return shared if abs(shared - arrival) <= BELIEVED_S else None
