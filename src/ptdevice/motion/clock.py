"""The sensor's clock, laid beside the gateway's.

A sensor stamps its samples by its own crystal and sends them when the radio lets it: packets come late, never early. So the
machine that counts lives on *stream time*, which is the sensor's own clock without the radio's jitter, and only what is
recorded is moved to gateway seconds.

Stream time starts with the first sample. The difference between arrival and stream time is `offset + drift + delay`
with `delay >= 0`; its lower envelope (`envelope`) is the best that can be known of offset and drift without a two-way exchange.

`uncertainty_s` states how far a time may be from the truth: what is seen of the envelope's own unrest, and LEAST_DELAY_S for
what cannot be seen, the least delay itself, by which all times are late together. `skew_ppm` is by how much the sensor's clock
is fast beside the gateway's, once it is known, and `skew_error_ppm` how well.

A sensor's clock may also jump, when the unit restarts or its time is set. Then stream time goes on by the gateway's clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.motion.envelope import Envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

BACKWARDS_S = 0.5  # a step back beyond the overlap of two packets is a restart
FUTURE_S = 1.0  # a sample this far ahead of its own arrival means that the sensor's clock was set forward
# From a movement to the arrival of its sample, at best: the vendor of the Movella DOT states 30 ms (user manual); of others
# nothing is published, and a connection interval and a filter of the same length are usual.
LEAST_DELAY_S = 0.03


class DeviceClock:
    """Places samples on stream time, and stream time on the gateway's clock."""

    def __init__(self) -> None:
        self._zero_ns: int | None = None  # this device time ...
        self._base = 0.0  # ... is this stream time
        self._last: float | None = None  # stream time of the newest sample
        self._envelope = Envelope()
        self.restarts = 0
        self.anchors = 0  # how often stream time was laid to the sensor's clock anew

    def place(self, device_ns: Sequence[int], at: float, rate_hz: float) -> list[float]:
        """Stream time of each sample of a packet that arrived at gateway second `at`. `device_ns` is not empty."""
        if self._zero_ns is None:
            self._start(device_ns, at, rate_hz)
        times = self._times(device_ns)
        if self._last is not None and (times[0] < self._last - BACKWARDS_S or self.gateway(times[-1]) > at + FUTURE_S):
            self.restarts += 1
            self._start(device_ns, at, rate_hz)
            times = self._times(device_ns)
        newest = times[-1]
        self._last = newest if self._last is None else max(self._last, newest)
        self._envelope.add(self._last, at - newest)
        return times

    def lost(self) -> None:
        """The link is gone: whether the sensor's clock survives is unknown, so the next packet starts it anew."""
        self._zero_ns = None

    def gateway(self, t: float) -> float:
        """Gateway seconds of stream time `t`."""
        return t + self._envelope.lag(t)

    def stream(self, gateway_s: float) -> float:
        """Stream time of a gateway second."""
        return self._envelope.before(gateway_s)

    @property
    def newest(self) -> float:
        """Stream time of the newest sample; 0 before any."""
        return self._last if self._last is not None else 0.0

    @property
    def spread_s(self) -> float:
        """How far `gateway` may wander, whatever the least delay is."""
        return self._envelope.spread_s

    def of_device_ns(self, ns: int) -> float:
        """Stream time of the sensor's own time, by the zero that it has now."""
        return self._base + (ns - (self._zero_ns or 0)) * 1e-9

    def device_ns(self, t: float) -> int:
        """The sensor's own time at stream time `t`, by the zero that it has now."""
        return (self._zero_ns or 0) + round((t - self._base) * 1e9)

    @property
    def uncertainty_s(self) -> float:
        """How far `gateway` may be from the moment at which a sample was taken."""
        return self.spread_s + LEAST_DELAY_S

    @property
    def skew_ppm(self) -> float | None:
        """By how much the sensor's clock is fast; None before a minute has been seen."""
        slope = self._envelope.slope
        return None if slope is None else -slope * 1e6

    @property
    def skew_error_ppm(self) -> float:
        """How far `skew_ppm`, or 0 while it is unknown, may be from the truth."""
        return self._envelope.slope_error * 1e6

    def _start(self, device_ns: Sequence[int], at: float, rate_hz: float) -> None:
        self._zero_ns = device_ns[0]
        self.anchors += 1
        if self._last is not None:  # stream time does not go back, whatever the sensor's clock does
            span = (device_ns[-1] - device_ns[0]) * 1e-9
            now = self.stream(at)
            self._envelope.restart()
            self._base = max(now - span, self._last + 1.0 / rate_hz)

    def _times(self, device_ns: Sequence[int]) -> list[float]:
        zero, base = self._zero_ns or 0, self._base
        return [(ns - zero) * 1e-9 + base for ns in device_ns]
