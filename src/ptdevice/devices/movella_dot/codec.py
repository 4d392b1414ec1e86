"""The meaning of a DOT's bytes: get the samples going, keep them going, share a clock with another unit where that is wanted.

When the link opens, the unit's state and settings are read. Then:

    learning → (both are known) stopped, if it still measures for somebody else; is it synchronised?
    asking   → (an answer, or none in REPLY_S) starting
    starting → streaming → (no samples for STALL_S) stopped and started, with growing pauses
    starting, streaming → (called by the meeting) StartSync, and away without a link; the next link finds the result

A unit keeps measuring when it loses its link, and keeps its synchronisation until it is switched off. So every link begins by
looking, and what was tried once without success is not tried again before the unit was off.

The mode is "rate": acceleration with gravity and angular rate, in the sensor's axes, 28 octets. Up is found from these alike
for all sensors. The unit's own orientation would come without acceleration or in payloads of 44 octets; and its heading, which
cannot be had apart, is the magnetometer's.
"""

from __future__ import annotations

import math
from enum import Enum, auto
from typing import TYPE_CHECKING

from ptdevice.devices.counter import Unwrapped
from ptdevice.devices.movella_dot import messages, wire
from ptdevice.devices.movella_dot.meeting import Standing
from ptdevice.devices.movella_dot.messages import SyncResult
from ptdevice.devices.resting import rest_s
from ptdevice.errors import AwayError, WireError
from ptdevice.link import Write
from ptdevice.model import Battery, DeviceInformation, MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.devices.movella_dot.meeting import Meeting
    from ptdevice.link import Packet
    from ptdevice.model import Event

MODE = wire.Mode.RATE
WANTED_HZ = 60  # the fastest that is not for recording only
REPLY_S = 3.0  # a notification comes within a connection interval or two; this allows for a bad radio
STALL_S = 5.0  # a unit that was started sends within 0.1 s
SETTLE_S = 1.0  # the vendor's server waits 0.8 s between StartSync and the end of the link
AWAY_S = 14.0  # and then so long without a link

STREAM, SYNC = "motion", "synchronisation"
OFF: dict[int, str] = {
    wire.Report.POWERED_OFF: "the unit switches itself off",
    wire.Report.POWER_SAVING: "the unit goes to sleep; shake it to wake it up",
}
RESULTS: dict[int | None, str] = {
    SyncResult.OK: "it was ended; switch the unit off and on to try again",
    SyncResult.FEW_SAMPLES: "too few samples",
    SyncResult.SKEW: "the clocks are too far apart",
    SyncResult.START_TIME: "it began at another time than the root",
    SyncResult.NOT_STARTED: "it was not begun, or the link came back too early",
}


class _Phase(Enum):
    LEARNING = auto()
    ASKING = auto()
    LEAVING = auto()
    STARTING = auto()
    STREAMING = auto()


class DotCodec:
    """One connection's worth of meaning. `meeting` is where units meet that are to share a clock; `member` is this one."""

    def __init__(self, meeting: Meeting | None = None, member: str = "") -> None:
        self._meeting, self._member = meeting, member
        self._phase = _Phase.LEARNING
        self._until = 0.0  # when the present phase has lasted too long
        self._found: wire.Control | None = None
        self._device: wire.Device | None = None
        self._synced: bool | None = None  # None: it has not said
        self._result: int | None = None  # of the last synchronisation since the unit was switched on
        self._starts = 0
        self._running = False
        self._clock = Unwrapped(32)

    def due(self, now: float) -> list[Write]:
        """The next step, when it is time for it. Raises AwayError when the unit wants to be without a link for a while."""
        if self._phase is _Phase.ASKING and now >= self._until:
            self._phase = _Phase.STARTING  # it does not say whether it is synchronised
        meeting = self._meeting if self._phase in {_Phase.STARTING, _Phase.STREAMING} else None
        if meeting and self._synced is not None and meeting.called(self._member, self._standing(), now):
            return self._take_leave(meeting.root, now)
        match self._phase:
            case _Phase.LEARNING if self._found and self._device:
                self._enter(_Phase.ASKING, now + REPLY_S)
                stop = [_control(wire.STOP, self._found.mode)] if self._found.action == wire.START else []
                return [*stop, _message(messages.message(messages.SYNC, bytes((messages.STATUS,))))]
            case _Phase.LEAVING if now >= self._until:
                raise AwayError(f"synchronising its clock; back in {AWAY_S:.0f} s", AWAY_S)
            case _Phase.STARTING:
                return [*self._set_rate(), self._start(now)]
            case _Phase.STREAMING if now >= self._until:
                return [_control(wire.STOP, MODE), self._start(now)]
        return []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        try:
            yield from self._decode(packet)
        except wire.DotError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    @property
    def rate_hz(self) -> int:
        """What was asked for; a unit that is synchronised keeps the rate it had."""
        has = self._device.rate_hz if self._synced and self._device else WANTED_HZ
        return has if has in wire.RATES_HZ else WANTED_HZ

    def _decode(self, packet: Packet) -> Iterator[Event]:
        data, at = packet.data, packet.at
        match packet.port:
            case "payload":
                yield from self._payload(at, data)
            case "control":
                self._found = wire.parse_control(data)
            case "device":
                self._device = wire.parse_device(data)
            case "acknowledgement":
                self._acknowledged(messages.parse_message(data))
            case "answer":
                yield from self._answered(at, messages.parse_message(data))
            case "report":
                yield from self._reported(at, wire.parse_report(data)[0])
            case "battery":
                yield Battery(at, wire.parse_battery(data))
            case "information":
                firmware, model = wire.parse_information(data)
                yield DeviceInformation(at, "model_number", model)
                yield DeviceInformation(at, "firmware_revision", firmware)
            case _:
                raise wire.DotError("unexpected data")

    def _enter(self, phase: _Phase, until: float) -> None:
        self._phase, self._until = phase, until

    # --- measuring ---

    def _set_rate(self) -> list[Write]:
        if self._synced or self._device is None or self._device.rate_hz == WANTED_HZ:
            return []
        return [Write("device", wire.with_rate(self._device, WANTED_HZ))]

    def _start(self, now: float) -> Write:
        self._enter(_Phase.STREAMING, now + rest_s(self._starts))
        self._starts += 1
        self._running = False
        return _control(wire.START, MODE)

    def _payload(self, at: float, data: bytes) -> Iterator[Event]:
        sample = wire.parse_payload(MODE, data)
        force, spin = sample.acceleration, sample.angular_rate
        if not all(map(math.isfinite, (*force, *spin))):
            raise wire.DotError("a sample that is not a number")
        if self._phase is _Phase.STREAMING:
            self._starts, self._until = 0, at + STALL_S
        if not self._running:
            self._running = True
            yield StreamChanged(at, STREAM, running=True, reason=f"{self.rate_hz} Hz")
        yield MotionSamples(
            at,
            float(self.rate_hz),
            (self._clock.count(sample.time_us) * 1000,),
            ((force[0], force[1], force[2]),),
            ((spin[0], spin[1], spin[2]),),
        )

    def _reported(self, at: float, kind: int) -> Iterator[Event]:
        if kind in OFF:
            self._running = False
            yield StreamChanged(at, STREAM, running=False, reason=OFF[kind])

    # --- synchronising ---

    def _standing(self) -> Standing:
        if self._synced:
            return Standing.SYNCHRONISED
        return Standing.WILLING if self._result is None else Standing.FAILED

    def _take_leave(self, root: str, now: float) -> list[Write]:
        """What it hears before it goes. Neither the rate nor the clock of a unit can change while it measures or shares one."""
        writes = [_control(wire.STOP, MODE)] if self._phase is _Phase.STREAMING else []
        if self._synced:  # with whom, nobody knows
            self._synced = False
            writes.append(_message(messages.message(messages.SYNC, bytes((messages.STOP_SYNC,)))))
        self._enter(_Phase.LEAVING, now + SETTLE_S)
        return [*writes, *self._set_rate(), _message(messages.start_sync(root))]

    def _acknowledged(self, message: tuple[int, bytes] | None) -> None:
        if message and message[0] == messages.SYNC and message[1][:1] == bytes((messages.RESULT,)):
            self._result = message[1][1] if len(message[1]) > 1 else None

    def _answered(self, at: float, message: tuple[int, bytes] | None) -> Iterator[Event]:
        if message is None or message[0] != messages.SYNC:
            return
        state = message[1]
        if state[:1] == bytes((messages.STOPPED,)):
            yield StreamChanged(at, SYNC, running=False, reason="it was ended")
        elif state[:1] == bytes((messages.STATE,)):
            yield from self._told(at, synced=state[1:] == bytes((messages.SYNCED,)))

    def _told(self, at: float, *, synced: bool) -> Iterator[Event]:
        self._synced = synced
        if synced:
            yield StreamChanged(at, SYNC, running=True, reason="the units have one clock")
        if self._phase is not _Phase.ASKING:
            return
        self._phase = _Phase.STARTING
        if self._meeting and not synced and self._result is not None:
            reason = RESULTS.get(self._result, f"result {self._result}")
            yield StreamChanged(at, SYNC, running=False, reason=reason)


def _control(action: int, mode: int) -> Write:
    return Write("control", wire.control(action, mode))


def _message(data: bytes) -> Write:
    return Write("message", data)
