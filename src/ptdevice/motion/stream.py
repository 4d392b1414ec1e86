"""From a sensor's packets to postures in order of time, with what is missing between them."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.motion.clock import DeviceClock
from ptdevice.motion.tilt import Tilt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.model import MotionSamples, Vector

STEP_S = 0.025  # postures closer than this tell nothing new; the filter behind them still sees every sample
REPEAT_S = 0.19  # an unchanged posture tells nothing new, but that time passes
UNCHANGED = cos(radians(0.25))
LATE = 1.5  # a step longer than this many nominal ones has samples missing
RATES_HZ = (0.5, 10_000.0)
UNKNOWN_RATE_HZ = 25.0
PACE_S = 10.0  # seen for so long, a pace is known better than the nominal rate: whole ms at both ends are 0.01 % of it
OFF = 0.03  # of the nominal rate; what is off by more is something else
LONG_AGO = float("-inf")

# Why samples are missing: on their way; with the link; the sensor's clock began anew; this program was too slow to take them.
LOST, LINK_LOST, RESTARTED, OVERRUN = "samples_lost", "link_lost", "sensor_restarted", "gateway_overrun"


class Posture(NamedTuple):  # a third of a frozen dataclass's cost, and there are many
    """Stream time, where up is, and the angular rate where there is a gyroscope."""

    t: float
    up: Vector
    spin: Vector | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing usable came between two samples at `start` and `end`, where `samples` were expected, for a known cause."""

    start: float
    end: float
    samples: int
    cause: str = LOST


class PostureStream:
    """Every sample goes through the filter; postures come out at 40 a second at most, and at 5 while nothing moves."""

    def __init__(self) -> None:
        self.clock = DeviceClock()
        self.received = 0
        self.missing = 0
        self.rate_hz = UNKNOWN_RATE_HZ  # as the sensor last told
        self.overrun = False  # packets were dropped here just before the next one
        self.times: list[float] = []  # of all samples of the newest packet
        self._tilt = Tilt()
        self._pace: tuple[float, int] | None = None  # a stream time, and samples by then, since this rate
        self._last = LONG_AGO  # time of the newest usable sample
        self._told = LONG_AGO  # when a posture was last given out, and which
        self._up: Vector = (0.0, 0.0, 0.0)

    @property
    def lag_s(self) -> float:
        """By how much the filter makes postures late."""
        return self._tilt.lag_s

    @property
    def pace_hz(self) -> float:
        """Samples a second by the sensor's own times: no crystal is quite nominal, and a long gap multiplies what it is off."""
        return self._pace_of(self._last, self.received + self.missing)

    @property
    def heard(self) -> float | None:
        """Stream time of the newest usable sample."""
        return self._last if self._last > LONG_AGO else None

    def take(self, event: MotionSamples) -> Iterator[Posture | Missing]:
        """Postures and gaps of one packet. What is no measurement (NaN, no force at all) counts as missing."""
        if not event.device_ns:
            return
        rate = event.rate_hz if RATES_HZ[0] <= event.rate_hz <= RATES_HZ[1] else UNKNOWN_RATE_HZ
        cause = self._place(event, rate)
        times = self.times
        if rate != self.rate_hz:
            self.rate_hz, self._pace = rate, None
        spins = event.angular_rate or (None,) * len(times)
        late = LATE / rate
        step = self._tilt.step
        last, told, received = self._last, self._told, self.received
        x, y, z = self._up
        for t, force, spin in zip(times, event.acceleration, spins, strict=False):
            if t <= last:
                continue
            up = step(t, force, spin)
            if up is None:
                continue
            if t - last > late and received:
                lost = max(round((t - last) * self._pace_of(last, received + self.missing)) - 1, 1)
                self.missing += lost
                self.received = received
                yield Missing(last, t, lost, cause if last < times[0] else LOST)  # within a packet it was nobody else's
            last = t
            received += 1
            since = t - told
            if since >= STEP_S and (since >= REPEAT_S or x * up[0] + y * up[1] + z * up[2] < UNCHANGED):
                told, (x, y, z) = t, up
                self.received, self._last = received, last
                yield Posture(t, up, spin)
        self._last, self._told, self.received, self._up = last, told, received, (x, y, z)
        if self._pace is None:
            self._pace = last, received + self.missing

    def _place(self, event: MotionSamples, rate: float) -> str:
        """Find the times of a packet's samples; tell why something is missing before them, if it is."""
        clock = self.clock
        restarts, anchors = clock.restarts, clock.anchors
        self.times = clock.place(event.device_ns, event.at, rate)
        overrun, self.overrun = self.overrun, False
        if clock.restarts > restarts:
            return RESTARTED
        if clock.anchors > anchors:
            return LINK_LOST
        return OVERRUN if overrun else LOST

    def _pace_of(self, t: float, samples: int) -> float:
        """The pace up to stream time `t`, by when there were so many samples, missing ones included."""
        if self._pace is None or t - self._pace[0] < PACE_S:
            return self.rate_hz
        pace = (samples - self._pace[1]) / (t - self._pace[0])
        return pace if abs(pace / self.rate_hz - 1.0) <= OFF else self.rate_hz
