"""What one unit delivered while it was tried: how much, how complete, how evenly. Pure; times are gateway seconds."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model import MotionSamples

LATE_SHARE = 0.95
END_S = 1.0  # without a sample at the end, after which those that did not come are missing


@dataclass(frozen=True, slots=True)
class Measured:
    """One unit's trial. What was not measured is None: it streams no motion, or was never heard.

    `code` and `text` are the last that its connection said; `lost` are links that were lost and made anew. `rate_hz` is the
    rate that the unit means to have. `late_ms` is how much later than the most punctual packet 95 of 100 arrive at most;
    `pause_s` is the longest time in which nothing came, `complete` the share of samples that came of those that were expected.
    """

    alias: str
    online: bool
    code: str
    text: str
    first_s: float | None
    lost: int
    packets_hz: float
    octets_hz: float
    samples_hz: float | None
    rate_hz: float | None
    missing: int
    complete: float | None
    pause_s: float | None
    late_ms: float | None
    dropped: int
    wire_errors: int
    rssi_dbm: int | None = None


class Meter:
    """Counts for one unit, from `begin` to `measured`. What comes before only tells that it is there."""

    def __init__(self, alias: str, asked: float) -> None:
        self.alias = alias
        self.online = False
        self.streams = False  # samples of motion came
        self.failures = 0  # tries that came to nothing, or links that were lost
        self._asked = asked
        self._first: float | None = None
        self.code, self._text = "starting", "it was not looked for yet"
        self._begun: float | None = None
        self._links = self._links_before = 0
        self._packets = self._octets = self._samples = self._missing = 0
        self._last_packet: float | None = None
        self._pause = 0.0
        self._last_sample: tuple[float, int] | None = None  # when it came, and its own time in ns
        self._rate_hz: float | None = None
        self._delays: dict[float, float] = {}  # of the packets of this link, by when they came; on no scale
        self._late: list[float] = []

    def begin(self, now: float) -> None:
        """Count from now on."""
        self._begun, self._last_packet, self._links_before = now, now, self._links

    def linked(self) -> None:
        """A link is open; what the unit's clock says has no relation to what it said before."""
        self._links += 1
        self._settle()
        self._last_sample = None

    def said(self, code: str, text: str, *, online: bool) -> None:
        """What its connection says."""
        self.code, self._text, self.online = code, text, online
        if not online:
            self.failures += 1

    def packet(self, at: float, octets: int) -> None:
        """A packet has arrived."""
        self._first = at if self._first is None else self._first
        if self._begun is None or self._last_packet is None:
            return
        self._packets += 1
        self._octets += octets
        self._pause = max(self._pause, at - self._last_packet)
        self._last_packet = at

    def samples(self, run: MotionSamples) -> None:
        """A run of samples was made of packets."""
        self.streams = True
        if self._begun is None or not run.device_ns:
            return
        self._rate_hz = run.rate_hz
        period_ns = 1e9 / run.rate_hz
        times = list(run.device_ns)
        if self._last_sample is not None:
            times.insert(0, self._last_sample[1])
        for before, after in itertools.pairwise(times):
            self._missing += max(round((after - before) / period_ns) - 1, 0)
        self._samples += len(run.device_ns)
        self._last_sample = run.at, run.device_ns[-1]
        delay = run.at - run.device_ns[-1] / 1e9
        self._delays[run.at] = min(delay, self._delays.get(run.at, delay))

    def measured(self, now: float, *, dropped: int, wire_errors: int, rssi_dbm: int | None) -> Measured:
        """What it came to, until now."""
        self._settle()
        seconds = now - self._begun if self._begun is not None else 0.0
        missing, last = self._missing, self._last_sample
        if self._rate_hz is not None and last is not None and now - last[0] > END_S:
            missing += round((now - last[0]) * self._rate_hz)
        late = sorted(self._late)
        return Measured(
            self.alias,
            self.online,
            self.code,
            self._text,
            None if self._first is None else round(self._first - self._asked, 1),
            max(self._links - max(self._links_before, 1), 0),
            _share(self._packets, seconds),
            _share(self._octets, seconds),
            _share(self._samples, seconds) if self.streams else None,
            None if self._rate_hz is None else round(self._rate_hz, 1),
            missing,
            round(self._samples / (self._samples + missing), 4) if self._samples else None,
            None if self._last_packet is None else round(max(self._pause, now - self._last_packet), 2),
            round(late[int(len(late) * LATE_SHARE)] * 1e3, 1) if late else None,
            dropped,
            wire_errors,
            rssi_dbm,
        )

    def _settle(self) -> None:
        """The delays of a link count from its most punctual packet."""
        if self._delays:
            least = min(self._delays.values())
            self._late += [delay - least for delay in self._delays.values()]
            self._delays.clear()


def _share(count: float, seconds: float) -> float:
    return round(count / seconds, 1) if seconds > 0 else 0.0
