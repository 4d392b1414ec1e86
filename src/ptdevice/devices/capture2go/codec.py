"""The meaning of a Capture2Go's packages: get the samples going, keep them going, decode them.

The unit keeps on streaming into its buffer when a link is lost, so every link begins with its being told to stop and to forget:

    clearing → (answered) setting the mode → (it says the same) starting → (answered) streaming
    any step  → (no answer in REPLY_S) clearing
    any step  → (a refusal, another mode) resting → (pause over) clearing
    streaming → (no samples for STALL_S, or the unit says that it is idle) clearing

Streaming, not "real time": it is first in, first out, so that nothing is left out and bad air makes it late only. The unit's
clock is absolute and stays as it is: only its steps count, and setting it would be a step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.capture2go import wire
from ptdevice.devices.capture2go.framing import Framing
from ptdevice.devices.capture2go.wire import Header, Refusal, State
from ptdevice.devices.resting import rest_s
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import Battery, MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event

WANTED_HZ = 50
STATUS_S = 10  # battery
REPLY_S = 3.0  # the SDK waits as long
STALL_S = 5.0  # a package of eight samples comes every 0.16 s
STREAM = "motion"

MODE = wire.mode(packed=wire.RATE_CODES[WANTED_HZ], status_s=STATUS_S)
STEPS = (
    (Header.CLEAR, b"", Header.CLEARED),
    (Header.SET_MODE, MODE, Header.MODE),
    (Header.START, b"", Header.STARTED),
)
STREAMING = len(STEPS)

WORDS = {
    Refusal.WRONG_STATE: "the unit is in a state that does not allow it; it may be recording",
    Refusal.BUFFER_FULL: "the unit's send buffer is full",
}


class Capture2GoCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._framing = Framing()
        self._step = 0
        self._until = float("-inf")  # when the present step has lasted too long, or a pause is over
        self._asked = False
        self._refusals = 0

    def due(self, now: float) -> list[Write]:
        """The next command, when it is time for it."""
        if now < self._until:
            return []
        if self._asked:
            self._step = 0  # no answer came, or no samples any more
        command, payload, _ = STEPS[self._step]
        if command is Header.CLEAR:
            self._framing.clear()
        self._asked, self._until = True, now + REPLY_S
        return [Write("command", wire.package(command, payload))]

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one notification; where some of it made no sense, WireError after all that could be read."""
        if packet.port != "data":
            raise WireError("unexpected data", packet.port, packet.data)
        wrong = ""
        try:
            for package in self._framing.feed(packet.data):
                # To the end, whatever a package says: what is not taken now would wait in the framing's buffer, without bound.
                try:
                    events = list(self._package(packet.at, package))
                except wire.C2gError as error:
                    wrong = wrong or str(error)
                else:
                    yield from events
        except wire.C2gError as error:
            wrong = wrong or str(error)
        skipped, self._framing.skipped = self._framing.skipped, 0
        if skipped:
            wrong = wrong or f"{skipped} octets that belong to no package"
        if wrong:
            raise WireError(wrong, packet.port, packet.data)

    def _package(self, at: float, package: wire.Package) -> Iterator[Event]:
        match package.header:
            case Header.STATUS:
                yield from self._status(at, wire.parse_status(package.payload))
            case Header.ERROR:
                yield from self._refused(at, *wire.parse_error(package.payload))
            case Header.CLEARED | Header.MODE | Header.STARTED:
                yield from self._answered(at, package)
            case _:
                samples = wire.samples_of(package)
                if samples is not None:
                    yield self._samples(at, samples)

    def _answered(self, at: float, package: wire.Package) -> Iterator[Event]:
        if self._step == STREAMING or not self._asked or package.header != STEPS[self._step][2]:
            return
        if package.header == Header.MODE and package.payload[wire.FIRST.size :] != MODE[wire.FIRST.size :]:
            yield self._rest(at, "the unit measures something else than it was told")
            return
        self._step += 1
        self._asked, self._until = False, at
        if self._step == STREAMING:
            self._asked, self._until = True, at + STALL_S
            yield StreamChanged(at, STREAM, running=True, reason=f"{WANTED_HZ} Hz")

    def _refused(self, at: float, code: int, command: int) -> Iterator[Event]:
        if self._step < STREAMING and self._asked and command == STEPS[self._step][0]:
            reason = WORDS.get(Refusal(code)) if code in set(Refusal) else None
            yield self._rest(at, reason or f"refused with code {code:02x}")

    def _status(self, at: float, status: wire.Status) -> Iterator[Event]:
        percent = status.battery & ~wire.CHARGING
        yield Battery(at, percent if percent <= 100 else None)
        if self._step == STREAMING and status.state != State.STREAMING:
            yield self._rest(at, "the unit stopped it")

    def _rest(self, at: float, reason: str) -> StreamChanged:
        pause = rest_s(self._refusals)
        self._refusals += 1
        self._step, self._asked, self._until = 0, False, at + pause
        return StreamChanged(at, STREAM, running=False, reason=reason)

    def _samples(self, at: float, samples: wire.Samples) -> MotionSamples:
        if self._step == STREAMING:
            self._refusals, self._until = 0, at + STALL_S
        times = tuple([samples.first_ns + i * 10**9 // samples.rate_hz for i in range(len(samples.acc))])
        acc, gyr = wire.ACC_MPS2, wire.GYR_DEG_S
        return MotionSamples(
            at,
            float(samples.rate_hz),
            times,
            tuple([(x * acc, y * acc, z * acc) for x, y, z in samples.acc]),
            tuple([(x * gyr, y * gyr, z * gyr) for x, y, z in samples.gyr]),
        )
