"""The meaning of Polar Measurement Data: get the acceleration stream going, keep it going, decode it.

The handshake is a table of phases; `due` moves it along with time, control point indications move it along with answers:

    asking     → (settings arrive) choosing → starting → (accepted) streaming
    any wait   → (no answer in REPLY_S, or a refusal) resting → (pause over) asking
    starting   → (it runs already) stopping → asking: only the answer to a start tells the scale
    streaming  → (the unit stops it) resting;  (no data for STALL_S) stopping → asking

Time: a frame carries the time of its last sample. Within a run of frames a sample's time is interpolated from the last
frame's; after a gap the frame is spread back at the nominal rate, so that the gap stays visible between the frames.
"""

from __future__ import annotations

from dataclasses import replace
from enum import Enum, auto
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.polar import wire
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event

STANDARD_GRAVITY = 9.80665  # m/s^2, CGPM 1901; the unit speaks in thousandths of it
REPLY_S = 3.0  # a control point answers within a connection interval or two; this allows for a bad radio
STALL_S = 5.0  # a stream that was accepted sends within half a second
REST_S = (5.0, 10.0, 20.0, 40.0, 60.0)  # pauses after a refusal, the last one repeated
WANTED_HZ = 100  # fast enough for every movement counted here; the H10 offers 25, 50, 100 and 200
WANTED_G = 8
ANSWER_MAX = 512  # octets of an answer that continues over several indications; the longest known has 25
GAP = 1.5  # a step longer than this many nominal ones is a gap, not jitter
CONTROL, DATA = "pmd_control", "pmd_data"

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


def _command(opcode: int, settings: dict[int, list[int]] | None = None) -> Write:
    return Write(CONTROL, bytes((opcode, wire.ACC)) + wire.settings(settings or {}))


class PolarCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._phase = _Phase.RESTING
        self._until = float("-inf")  # when the present phase has lasted too long
        self._refusals = 0
        self._settings: dict[int, list[int]] = {}
        self._factor: float | None = None
        self._begun: wire.Response | None = None  # an answer that goes on in the next indication
        self._last_ns: int | None = None

    @property
    def rate_hz(self) -> float:
        """The nominal rate of the stream that was asked for."""
        return float(self._settings.get(wire.RATE, [WANTED_HZ])[0])

    def due(self, now: float) -> list[Write]:
        """The next step of the handshake, when it is time for it."""
        if self._phase is _Phase.CHOOSING:
            self._enter(_Phase.STARTING, now + REPLY_S)
            return [_command(wire.START, self._settings)]
        if now < self._until:
            return []
        self._begun = None
        if self._phase in {_Phase.STREAMING, _Phase.RESTARTING}:
            self._enter(_Phase.STOPPING, now + REPLY_S)
            return [_command(wire.STOP)]
        self._enter(_Phase.ASKING, now + REPLY_S)
        return [_command(wire.GET_SETTINGS)]

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        try:
            if packet.port == DATA:
                yield self._data(packet)
            elif packet.port == CONTROL:
                yield from self._control(packet)
            else:
                yield from sig.decode(packet)
        except wire.PmdError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    def _enter(self, phase: _Phase, until: float) -> None:
        self._phase, self._until = phase, until

    # --- the control point ---

    def _control(self, packet: Packet) -> Iterator[Event]:
        if not packet.data:
            raise wire.PmdError("an empty indication")
        if packet.data[0] == wire.FEATURES and len(packet.data) >= 2:
            if not packet.data[1] >> wire.ACC & 1:
                yield StreamChanged(
                    packet.at, "acceleration", running=False, reason="this unit has no accelerometer stream"
                )
            return
        if packet.data[0] == wire.STOPPED:
            if wire.ACC in [kind & wire.TYPE_MASK for kind in packet.data[1:]]:
                yield self._rest(packet.at, "the unit stopped it")
            return
        answer = self._whole(wire.parse_response(packet.data))
        if answer is None or answer.measurement != wire.ACC:
            return
        if answer.opcode == wire.GET_SETTINGS and self._phase is _Phase.ASKING:
            if answer.status != wire.Status.OK:
                yield self._rest(packet.at, _words(answer.status))
                return
            self._settings = _choose(wire.parse_settings(answer.parameters))
            self._enter(_Phase.CHOOSING, packet.at)
        elif answer.opcode == wire.START and self._phase is _Phase.STARTING:
            yield self._started(packet.at, answer)
        elif answer.opcode == wire.STOP and self._phase is _Phase.STOPPING:
            self._enter(_Phase.RESTING, packet.at)

    def _whole(self, answer: wire.Response) -> wire.Response | None:
        """The answer with all its parameters, or None while more of them are to come. Raises PmdError."""
        begun, self._begun = self._begun, None
        if begun and (begun.opcode, begun.measurement) == (answer.opcode, answer.measurement):
            answer = replace(answer, parameters=begun.parameters + answer.parameters)
        if len(answer.parameters) > ANSWER_MAX:
            raise wire.PmdError("an answer without end")
        if not answer.more:
            return answer
        self._begun = answer
        return None

    def _started(self, at: float, answer: wire.Response) -> StreamChanged:
        if answer.status == wire.Status.ALREADY_IN_STATE and self._refusals == 0:
            changed = self._rest(at, "it was running already; starting it afresh")
            self._enter(_Phase.RESTARTING, at)
            return changed
        if answer.status != wire.Status.OK:
            return self._rest(at, _words(answer.status))
        # The H10 answers with a single reserved octet where others list settings.
        told = wire.parse_settings(answer.parameters) if len(answer.parameters) > 1 else {}
        self._factor = wire.factor(told[wire.FACTOR][0]) if told.get(wire.FACTOR) else None
        self._last_ns = None
        self._enter(_Phase.STREAMING, at + STALL_S)
        return StreamChanged(at, "acceleration", running=True, reason=f"{self.rate_hz:.0f} Hz")

    def _rest(self, at: float, reason: str) -> StreamChanged:
        pause = REST_S[min(self._refusals, len(REST_S) - 1)]
        self._refusals += 1
        self._enter(_Phase.RESTING, at + pause)
        return StreamChanged(at, "acceleration", running=False, reason=reason)

    # --- the data ---

    def _data(self, packet: Packet) -> MotionSamples:
        frame = wire.parse_frame(packet.data)
        if frame.measurement != wire.ACC:
            raise wire.PmdError(f"a measurement that was not asked for ({frame.measurement})")
        kind = frame.frame_type & ~wire.COMPRESSED
        if not frame.frame_type & wire.COMPRESSED:
            counts = wire.parse_raw(kind, frame.payload)
            scale = STANDARD_GRAVITY * 1e-3
        else:
            counts = wire.parse_delta(frame.payload)
            scale = STANDARD_GRAVITY * self._g_per_count(kind)
        times = self._times(frame.last_ns, len(counts))
        self._last_ns = frame.last_ns
        self._refusals = 0
        if self._phase is _Phase.STREAMING:
            self._until = packet.at + STALL_S
        acceleration = tuple([(x * scale, y * scale, z * scale) for x, y, z in counts])
        return MotionSamples(packet.at, self.rate_hz, times, acceleration)

    def _g_per_count(self, kind: int) -> float:
        """Of compressed frames, whose counts times the factor are g (type 0) or mG (type 1). Raises PmdError."""
        if kind == 0 and self._factor is not None:
            return self._factor
        if kind == 1:
            return 1e-3 * (self._factor or 1.0)
        raise wire.PmdError(
            f"an unknown compressed frame type {kind}" if kind else "samples whose scale was never told"
        )

    def _times(self, last_ns: int, n: int) -> tuple[int, ...]:
        span = last_ns - self._last_ns if self._last_ns is not None else 0
        nominal = 1e9 / self.rate_hz
        # In whole ns: as a float, a time since 2000 is good to 64 ns only.
        step, per = (span, n) if 0 < span <= GAP * nominal * n else (10**9, round(self.rate_hz))
        return tuple([last_ns + (i + 1 - n) * step // per for i in range(n)])


def _choose(offered: dict[int, list[int]]) -> dict[int, list[int]]:
    """The slowest rate that is fast enough, the range nearest to what is wanted, 16 bits; in the order the unit offered."""
    rates = sorted(offered.get(wire.RATE, []))
    fast = [rate for rate in rates if rate >= WANTED_HZ]
    chosen = {}
    for kind, values in offered.items():
        if not values:
            continue
        if kind == wire.RATE:
            chosen[kind] = [fast[0] if fast else rates[-1]]
        elif kind == wire.RANGE:
            chosen[kind] = [min(values, key=lambda value: abs(value - WANTED_G))]
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
