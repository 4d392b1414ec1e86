"""One of a Polar unit's measurements: how it is started and kept going, what its numbers mean, and when they were taken.

The handshake is a table of phases; `due` moves it along with time, control point indications move it along with answers:

    asking     → (settings arrive) choosing → starting → (accepted) streaming
    any wait   → (no answer in REPLY_S, or a refusal) resting → (pause over) asking
    starting   → (it runs already) stopping → asking: only the answer to a start tells the scale
    streaming  → (the unit stops it) resting;  (no data for STALL_S) stopping → asking

A stream that sent on this link and sends nothing although it was started anew STALLS times needs a new link: the unit may have
forgotten that we subscribed, and heart rate that goes on says nothing about it. One that never sent is left at that, for a new
link would not help it and costs heart rate.

Time: a frame carries the time of its last sample. Within a run of frames a sample's time is interpolated from the last
frame's; after a gap the frame is spread back at the nominal rate, so that the gap stays visible between the frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from ptdevice.devices.polar import wire
from ptdevice.devices.resting import rest_s
from ptdevice.errors import LinkError
from ptdevice.model import StreamChanged

REPLY_S = 3.0  # a control point answers within a connection interval or two; this allows for a bad radio
STALL_S = 5.0  # a stream that was accepted sends within half a second
STALLS = 2
# Frames have as many samples as fit, so a lost one may be short. What a frame may last beyond its samples at the nominal rate
# before one is missing: half a sample, and what the rate may be off by (units measured by others: up to 0.8 %).
SLACK, OFF = 0.5, 0.02

STATUS_WORDS = {
    wire.Status.INVALID_MTU: "the ATT MTU is too small for this stream",
    wire.Status.IN_CHARGER: "the unit is in its charger",
    wire.Status.DISK_FULL: "the unit's memory is full",
    wire.Status.INVALID_STATE: "the unit is in a mode that does not allow it",
}


class _Phase(Enum):
    ASKING = auto()
    CHOOSING = auto()
    STARTING = auto()
    STREAMING = auto()
    RESTARTING = auto()
    STOPPING = auto()
    RESTING = auto()


WAITING = frozenset({_Phase.ASKING, _Phase.STARTING, _Phase.STOPPING})


@dataclass(frozen=True, slots=True)
class Measurement:
    """What is wanted of a measurement: `range` in the unit's own words, g or deg/s or gauss."""

    code: int
    name: str
    rate_hz: int
    range: int


class Stream:
    """One measurement's life on one connection."""

    def __init__(self, wanted: Measurement) -> None:
        self.wanted = wanted
        self.factor: float | None = None
        self._phase = _Phase.RESTING
        self._until = float("-inf")  # when the present phase has lasted too long
        self._refusals = 0
        self._stalls: int | None = None  # since it last sent; None: it never did
        self._settings: dict[int, list[int]] = {}
        self._last_ns: int | None = None

    @property
    def rate_hz(self) -> float:
        """The nominal rate of the stream that was asked for."""
        return float(self._settings.get(wire.RATE, [self.wanted.rate_hz])[0])

    @property
    def is_running(self) -> bool:
        """Whether the unit has accepted its start, and has not ended it since."""
        return self._phase is _Phase.STREAMING

    def awaits_answer(self, now: float) -> bool:
        """Whether the unit is still believed to answer this stream's last command."""
        return self._phase in WAITING and now < self._until

    def due(self, now: float) -> bytes | None:
        """The next command of the handshake, when it is time for it. Raises LinkError where only a new link helps."""
        if self._phase is _Phase.CHOOSING:
            return self._enter(_Phase.STARTING, now + REPLY_S, wire.START)
        if now < self._until:
            return None
        if self._phase is _Phase.STREAMING and self._stalls is not None:
            self._stalls += 1
            if self._stalls > STALLS:
                raise LinkError(f"{self.wanted.name} stays away, the unit does not; reconnecting", "silent")
        if self._phase in {_Phase.STREAMING, _Phase.RESTARTING}:
            return self._enter(_Phase.STOPPING, now + REPLY_S, wire.STOP)
        return self._enter(_Phase.ASKING, now + REPLY_S, wire.GET_SETTINGS)

    def answered(self, at: float, answer: wire.Response) -> StreamChanged | None:
        """The unit answered a command about this measurement. Raises PmdError."""
        if answer.opcode == wire.GET_SETTINGS and self._phase is _Phase.ASKING:
            if answer.status != wire.Status.OK:
                return self.rest(at, _words(answer.status))
            self._settings = _choose(wire.parse_settings(answer.parameters), self.wanted)
            self._phase, self._until = _Phase.CHOOSING, at
        elif answer.opcode == wire.START and self._phase is _Phase.STARTING:
            return self._started(at, answer)
        elif answer.opcode == wire.STOP and self._phase is _Phase.STOPPING:
            self._phase, self._until = _Phase.RESTING, at
        return None

    def rest(self, at: float, reason: str) -> StreamChanged:
        """It does not run, for this reason; it is tried again after a pause."""
        pause = rest_s(self._refusals)
        self._refusals += 1
        self._phase, self._until = _Phase.RESTING, at + pause
        return StreamChanged(at, self.wanted.name, running=False, reason=reason)

    def heard(self, at: float, last_ns: int, n: int) -> tuple[int, ...]:
        """A good frame of `n` samples arrived; the times of its samples, ns."""
        span = last_ns - self._last_ns if self._last_ns is not None else 0
        nominal = 1e9 / self.rate_hz
        # In whole ns: as a float, a time since 2000 is good to 64 ns only.
        step, per = (span, n) if 0 < span <= (n * (1 + OFF) + SLACK) * nominal else (10**9, round(self.rate_hz))
        self._last_ns = last_ns
        self._refusals = self._stalls = 0
        if self._phase is _Phase.STREAMING:
            self._until = at + STALL_S
        return tuple([last_ns + (i + 1 - n) * step // per for i in range(n)])

    def _enter(self, phase: _Phase, until: float, opcode: int) -> bytes:
        self._phase, self._until = phase, until
        settings = self._settings if opcode == wire.START else {}
        return bytes((opcode, self.wanted.code)) + wire.settings(settings)

    def _started(self, at: float, answer: wire.Response) -> StreamChanged:
        if answer.status == wire.Status.ALREADY_IN_STATE and self._refusals == 0:
            changed = self.rest(at, "it was running already; starting it afresh")
            self._phase, self._until = _Phase.RESTARTING, at
            return changed
        if answer.status != wire.Status.OK:
            return self.rest(at, _words(answer.status))
        # The H10 answers with a single reserved octet where others list settings.
        told = wire.parse_settings(answer.parameters) if len(answer.parameters) > 1 else {}
        self.factor = wire.factor(told[wire.FACTOR][0]) if told.get(wire.FACTOR) else None
        self._last_ns = None
        self._phase, self._until = _Phase.STREAMING, at + STALL_S
        return StreamChanged(at, self.wanted.name, running=True, reason=f"{self.rate_hz:.0f} Hz")


def _choose(offered: dict[int, list[int]], wanted: Measurement) -> dict[int, list[int]]:
    """The slowest rate that is fast enough, the range nearest to what is wanted, 16 bits; in the order the unit offered."""
    rates = sorted(offered.get(wire.RATE, []))
    fast = [rate for rate in rates if rate >= wanted.rate_hz]
    chosen = {}
    for kind, values in offered.items():
        if not values:
            continue
        if kind == wire.RATE:
            chosen[kind] = [fast[0] if fast else rates[-1]]
        elif kind == wire.RANGE:
            chosen[kind] = [min(values, key=lambda value: abs(value - wanted.range))]
        elif kind in {wire.RESOLUTION, wire.CHANNEL_COUNT}:
            chosen[kind] = [max(values)]
    if wire.RATE not in chosen or chosen[wire.RATE] == [0]:
        raise wire.PmdError("settings without a rate")
    return chosen


def _words(status: int) -> str:
    try:
        known = wire.Status(status)
    except ValueError:
        return f"refused with status {status}"
    return STATUS_WORDS.get(known, f"refused: {known.name.lower().replace('_', ' ')}")
