"""The sensor's clock, laid beside the gateway's.

A sensor stamps its samples by its own crystal and sends them when the radio lets it: packets come late, never early. So the
machine that counts lives on *stream time*, which is the sensor's own clock without the radio's jitter, and only what is
recorded is moved to gateway seconds.

Stream time starts with the first sample. The difference between arrival and stream time is `offset + drift + delay`
with `delay >= 0`; its lower envelope over the last minute is the best that can be known of the offset without a two-way
exchange. A minute is short enough for the drift of any crystal (200 ppm: 12 ms) and long enough to meet an undelayed packet.

What remains unknown: the least delay itself (a connection interval and the time that a unit takes to fill a packet), by which
all times are late together; and the drift within the minute. `uncertainty_s` states the second, as it is seen.

A sensor's clock may also jump, when the unit restarts or its time is set. Then stream time goes on by the gateway's clock.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

BLOCK_S = 10.0  # one minimum is kept per block of this length
BLOCKS = 6
BACKWARDS_S = 0.5  # a step back beyond the overlap of two packets is a restart
FUTURE_S = 1.0  # a sample this far ahead of its own arrival means that the sensor's clock was set forward
CRYSTAL_PPM = (
    200.0  # the worst crystal that still keeps a Bluetooth link, twice over (Core 5.4 vol 6 B 4.2: 250 + 250 ppm)
)


class DeviceClock:
    """Places samples on stream time, and stream time on the gateway's clock."""

    def __init__(self) -> None:
        self._zero_ns: int | None = None  # this device time ...
        self._base = 0.0  # ... is this stream time
        self._last: float | None = None  # stream time of the newest sample
        self._lows: deque[tuple[int, float]] = deque(maxlen=BLOCKS)  # (block, least arrival - stream time)
        self._lag = 0.0
        self.restarts = 0

    def place(self, device_ns: Sequence[int], at: float, rate_hz: float) -> list[float]:
        """Stream time of each sample of a packet that arrived at gateway second `at`. `device_ns` is not empty."""
        if self._zero_ns is None:
            self._start(device_ns, at, rate_hz)
        times = self._times(device_ns)
        if self._last is not None and (times[0] < self._last - BACKWARDS_S or times[-1] + self._lag > at + FUTURE_S):
            self.restarts += 1
            self._start(device_ns, at, rate_hz)
            times = self._times(device_ns)
        newest = times[-1]
        self._last = newest if self._last is None else max(self._last, newest)
        self._learn(newest, at - newest)
        return times

    def lost(self) -> None:
        """The link is gone: whether the sensor's clock survives is unknown, so the next packet starts it anew."""
        self._zero_ns = None

    def gateway(self, t: float) -> float:
        """Gateway seconds of stream time `t`."""
        return t + self._lag

    @property
    def uncertainty_s(self) -> float:
        """How far the envelope moved within the minute that it rests on, or a crystal may have, whichever is more."""
        lows = [low for _, low in self._lows]
        spread = max(lows) - min(lows) if lows else 0.0
        return max(spread, BLOCK_S * BLOCKS * CRYSTAL_PPM * 1e-6)

    def _start(self, device_ns: Sequence[int], at: float, rate_hz: float) -> None:
        self._zero_ns = device_ns[0]
        if self._last is not None:  # stream time does not go back, whatever the sensor's clock does
            span = (device_ns[-1] - device_ns[0]) * 1e-9
            self._base = max(at - self._lag - span, self._last + 1.0 / rate_hz)

    def _times(self, device_ns: Sequence[int]) -> list[float]:
        zero, base = self._zero_ns or 0, self._base
        return [(ns - zero) * 1e-9 + base for ns in device_ns]

    def _learn(self, newest: float, delay: float) -> None:
        block = int(newest // BLOCK_S)
        lows = self._lows
        if lows and lows[-1][0] == block:
            if delay >= lows[-1][1]:
                return
            lows[-1] = (block, delay)
        else:
            lows.append((block, delay))
        self._lag = min(low for _, low in lows)
