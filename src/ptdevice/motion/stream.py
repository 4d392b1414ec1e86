"""From a sensor's packets to postures in order of time, with what is missing between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.motion.clock import DeviceClock
from ptdevice.motion.tilt import Tilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.model import MotionSamples, Vector

STEP_S = 0.025  # postures closer than this tell nothing new; the filter behind them still sees every sample
LATE = 1.5  # a step longer than this many nominal ones has samples missing
RATES_HZ = (0.5, 10_000.0)
UNKNOWN_RATE_HZ = 25.0


@dataclass(frozen=True, slots=True)
class Posture:
    """Stream time, where up is, and the angular rate where there is a gyroscope."""

    t: float
    up: Vector
    spin: Vector | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing usable came between two samples at `start` and `end`, where `samples` were expected."""

    start: float
    end: float
    samples: int


class PostureStream:
    """Every sample goes through the filter; postures come out at 40 a second at most."""

    def __init__(self) -> None:
        self.clock = DeviceClock()
        self.received = 0
        self.missing = 0
        self._tilt = Tilt()
        self._last: float | None = None  # time of the newest usable sample
        self._next = float("-inf")  # no posture before this

    @property
    def lag_s(self) -> float:
        """By how much the filter makes postures late."""
        return self._tilt.lag_s

    @property
    def heard(self) -> float | None:
        """Stream time of the newest usable sample."""
        return self._last

    def take(self, event: MotionSamples) -> Iterator[Posture | Missing]:
        """Postures and gaps of one packet. What is no measurement (NaN, no force at all) counts as missing."""
        if not event.device_ns:
            return
        rate = event.rate_hz if RATES_HZ[0] <= event.rate_hz <= RATES_HZ[1] else UNKNOWN_RATE_HZ
        times = self.clock.place(event.device_ns, event.at, rate)
        spins = event.angular_rate or (None,) * len(times)
        late = LATE / rate
        step = self._tilt.step
        for t, force, spin in zip(times, event.acceleration, spins, strict=False):
            last = self._last
            if last is not None and t <= last:
                continue
            up = step(t, force, spin)
            if up is None:
                continue
            if last is not None and t - last > late:
                lost = max(round((t - last) * rate) - 1, 1)
                self.missing += lost
                yield Missing(last, t, lost)
            self._last = t
            self.received += 1
            if t >= self._next:
                self._next = t + STEP_S
                yield Posture(t, up, spin)
