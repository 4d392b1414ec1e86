"""The meaning of Polar Measurement Data: get the streams going, keep them going, decode them.

Acceleration is asked for at once; what else there is, the unit's features tell, and then angular rate is asked for as well (and
the magnetic field, where somebody wants it). The unit is asked one thing at a time. `stream` has the life of each stream,
`pairing` how acceleration and angular rate come onto one time line.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.polar import wire
from ptdevice.devices.polar.pairing import Pairing
from ptdevice.devices.polar.stream import Measurement, Stream
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import MagneticSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ptdevice.link import Packet
    from ptdevice.model import Event, Vector

STANDARD_GRAVITY = 9.80665  # m/s^2, CGPM 1901; the unit speaks in thousandths of it
MICROTESLA = 100.0  # per gauss
ANSWER_MAX = 512  # octets of an answer that continues over several indications; the longest known has 25
CONTROL, DATA = "pmd_control", "pmd_data"

# Fast enough for every movement counted here; the H10 offers 25, 50, 100 and 200 Hz, the Verity Sense 52.
ACCELERATION = Measurement(wire.ACC, "acceleration", 100, 8)
ANGULAR_RATE = Measurement(wire.GYRO, "angular_rate", 100, 2000)
MAGNETIC_FIELD = Measurement(wire.MAG, "magnetic_field", 20, 50)


class PolarCodec:
    """One connection's worth of meaning. `magnetometer`: ask for the magnetic field too, where the unit has it."""

    def __init__(self, *, magnetometer: bool = False) -> None:
        self._streams = {each.code: Stream(each) for each in (ACCELERATION, ANGULAR_RATE, MAGNETIC_FIELD)}
        self._extras = (wire.GYRO, wire.MAG) if magnetometer else (wire.GYRO,)
        self._wanted = [wire.ACC]
        self._pairing = Pairing()
        self._begun: wire.Response | None = None  # an answer that goes on in the next indication

    @property
    def rate_hz(self) -> float:
        """The nominal rate of acceleration."""
        return self._streams[wire.ACC].rate_hz

    def due(self, now: float) -> list[Write]:
        """The next step of a handshake, when it is time for it. Raises LinkError for a stream that only a new link helps."""
        streams = [self._streams[code] for code in self._wanted]
        if any(stream.awaits_answer(now) for stream in streams):
            return []
        for stream in streams:
            command = stream.due(now)
            if command is not None:
                self._begun = None
                return [Write(CONTROL, command)]
        return []

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        try:
            if packet.port == DATA:
                yield from self._data(packet)
            elif packet.port == CONTROL:
                yield from self._control(packet)
            else:
                yield from sig.decode(packet)
        except wire.PmdError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    # --- the control point ---

    def _control(self, packet: Packet) -> Iterator[Event]:
        if not packet.data:
            raise wire.PmdError("an empty indication")
        if packet.data[0] == wire.FEATURES and len(packet.data) >= 2:
            yield from self._can(packet.at, packet.data[1])
        elif packet.data[0] == wire.STOPPED:
            ended = {kind & wire.TYPE_MASK for kind in packet.data[1:]}
            for code in self._wanted:
                if code in ended:
                    yield self._streams[code].rest(packet.at, "the unit stopped it")
        else:
            answer = self._whole(wire.parse_response(packet.data))
            if answer is not None and answer.measurement in self._streams:
                changed = self._streams[answer.measurement].answered(packet.at, answer)
                if changed is not None:
                    yield changed

    def _can(self, at: float, features: int) -> Iterator[Event]:
        if not features >> wire.ACC & 1:
            yield StreamChanged(at, "acceleration", running=False, reason="this unit has no accelerometer stream")
        self._wanted = [wire.ACC, *(code for code in self._extras if features >> code & 1)]

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

    # --- the data ---

    def _data(self, packet: Packet) -> Iterator[Event]:
        frame = wire.parse_frame(packet.data)
        stream = self._streams.get(frame.measurement)
        if stream is None:
            raise wire.PmdError(f"a measurement that was not asked for ({frame.measurement})")
        samples = VALUES[frame.measurement](frame, stream.factor)
        times = stream.heard(packet.at, frame.last_ns, len(samples))
        if frame.measurement == wire.MAG:
            yield MagneticSamples(packet.at, stream.rate_hz, times, tuple(samples))
            return
        if frame.measurement == wire.GYRO:
            self._pairing.turned(stream.rate_hz, times, samples)
        else:
            self._pairing.pushed(packet.at, stream.rate_hz, times, samples)
        yield from self._pairing.take(packet.at, waiting=self._streams[wire.GYRO].is_running)


def _acceleration(frame: wire.Frame, factor: float | None) -> list[Vector]:
    """In m/s^2: raw in mG; compressed counts times the factor are g (type 0) or mG (type 1). Raises PmdError."""
    if not frame.frame_type & wire.COMPRESSED:
        return _scaled(wire.parse_raw(frame.frame_type, frame.payload), STANDARD_GRAVITY * 1e-3)
    kind = _compressed(frame)
    scale = _told(factor) if kind == 0 else 1e-3 * (factor or 1.0)
    return _scaled(wire.parse_delta(frame.payload), STANDARD_GRAVITY * scale)


def _angular_rate(frame: wire.Frame, factor: float | None) -> list[Vector]:
    """In deg/s: counts times the factor (type 0), or the numbers themselves (type 1). Raises PmdError."""
    if _compressed(frame) == 0:
        return _scaled(wire.parse_delta(frame.payload), _told(factor))
    return _scaled(wire.floats(wire.parse_delta(frame.payload, width=4)), 1.0)


def _magnetic_field(frame: wire.Frame, factor: float | None) -> list[Vector]:
    """In microtesla: counts times the factor are gauss (type 0) or, with a calibration status, mG (type 1). Raises PmdError."""
    if _compressed(frame) == 0:
        return _scaled(wire.parse_delta(frame.payload), _told(factor) * MICROTESLA)
    return _scaled(wire.parse_delta(frame.payload, channels=4), 1e-3 * (factor or 1.0) * MICROTESLA)


VALUES = {wire.ACC: _acceleration, wire.GYRO: _angular_rate, wire.MAG: _magnetic_field}


def _compressed(frame: wire.Frame) -> int:
    """Which of the two compressed forms it has. Raises PmdError."""
    kind = frame.frame_type & ~wire.COMPRESSED
    if not frame.frame_type & wire.COMPRESSED:
        raise wire.PmdError(f"an unknown raw frame type {kind}")
    if kind not in {0, 1}:
        raise wire.PmdError(f"an unknown compressed frame type {kind}")
    return kind


def _told(factor: float | None) -> float:
    if factor is None:
        raise wire.PmdError("samples whose scale was never told")
    return factor


def _scaled(samples: Sequence[tuple[float, ...]], scale: float) -> list[Vector]:
    return [(sample[0] * scale, sample[1] * scale, sample[2] * scale) for sample in samples]
