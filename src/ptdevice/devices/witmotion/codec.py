"""The meaning of WitMotion's stream: bring it to the wanted rate, time its samples by their arrival, ask for the battery.

The unit streams by itself, at the rate that it was last told; it keeps that rate for ever. So it is asked first, and told only
where it has another:

    asking   → (it has the wanted rate) streaming
    asking   → (another rate, or no answer in REPLY_S) told and asked again, TRIES times
    at last  → (another rate) streaming at that one where it is fast enough;  (never an answer) streaming, on trust
    streaming → (no samples for STALL_S) asking

Until then samples have no known rate and are left out, and so are those of SETTLE_S after a change, which takes up to a second.
The Euler angles are not used: their pitch ends at 90 degrees, and yaw is the magnetometer's. Up is found from acceleration and
angular rate, alike for all sensors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.arrival import ArrivalTimes
from ptdevice.devices.witmotion import wire
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import Battery, MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.devices.arrival import Run
    from ptdevice.link import Packet
    from ptdevice.model import Event, Vector

STANDARD_GRAVITY = 9.80665  # m/s^2, CGPM 1901; the unit speaks in shares of it
WANTED = 8  # 50 Hz: two samples to a notification; its filter of 20 Hz is made for it
LEAST_HZ = 10.0  # movements of a second and more can still be told
REPLY_S = 2.0  # an answer comes with the next notification
SETTLE_S = 1.0  # measured by others: a new rate takes effect within a second
TRIES = 3
STALL_S = 5.0  # without samples; then everything is asked anew
REST_S = 60.0  # after a refusal
BATTERY_S = 60.0
COMMAND, DATA = "command", "data"
STREAM = "motion"


def _command(register: int, value: int) -> Write:
    return Write(COMMAND, wire.command(register, value))


_ASK_RATE = _command(wire.Register.READ, wire.Register.RATE)
_ASK_BATTERY = _command(wire.Register.READ, wire.Register.BATTERY)
_TELL_RATE = _command(wire.Register.RATE, WANTED)
# Fusion without magnetometer, so that the unit's own angles do not jump near iron; its filter as from the factory. Units that
# are locked want the key first.
_OPENING = (
    _command(wire.Register.KEY, wire.UNLOCK),
    _command(wire.Register.FUSION, wire.SIX_AXES),
    _command(wire.Register.BANDWIDTH, wire.BANDWIDTH_20_HZ),
)


class WitMotionCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._rest = b""  # of a frame that goes on in the next notification
        self._line: ArrivalTimes[wire.Motion] | None = None  # there while the rate is known
        self._tries = 0
        self._said: int | None = None  # the code of the rate that the unit says it has
        self._until = float("-inf")  # when the answer, or the next sample, is overdue
        self._settled = float("-inf")  # when the rate is what the unit says
        self._battery_at = float("-inf")
        self._opened = False

    def due(self, now: float) -> list[Write]:
        """The opening, the rate, and once a minute the battery."""
        writes: list[Write] = []
        if not self._opened:
            self._opened = True
            writes += _OPENING
        if now >= self._until:
            if self._line is not None:  # the stream has stopped
                self._line, self._tries, self._said = None, 0, None
            if self._tries:
                writes.append(_TELL_RATE)
                self._settled = now + SETTLE_S
            writes.append(_ASK_RATE)
            self._tries += 1
            self._until = now + REPLY_S
        if self._line is not None and now >= self._battery_at:
            self._battery_at = now + BATTERY_S
            writes.append(_ASK_BATTERY)
        return writes

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        if packet.port != DATA:
            yield from sig.decode(packet)
            return
        frames, skipped, self._rest = wire.frames(self._rest + packet.data)
        samples = [frame for frame in frames if isinstance(frame, wire.Motion)]
        for frame in frames:
            if isinstance(frame, wire.Registers):
                yield from self._registers(packet.at, frame)
        if samples:
            yield from self._motion(packet.at, samples)
        if skipped:
            raise WireError(f"{skipped} octets that belong to no frame", packet.port, packet.data)

    def _registers(self, at: float, answer: wire.Registers) -> Iterator[Event]:
        value = answer.values[0]
        if answer.first == wire.Register.BATTERY:
            yield Battery(at, wire.percent(value))
        elif answer.first == wire.Register.RATE and self._line is None:
            self._said = value
            rate_hz = wire.RATES_HZ.get(value, 0.0)
            if value == WANTED or (self._tries > TRIES and rate_hz >= LEAST_HZ):
                yield self._begin(at, rate_hz, f"{rate_hz:g} Hz")
            elif self._tries <= TRIES:
                self._until = at
            else:
                self._tries, self._until = 0, at + REST_S
                yield StreamChanged(at, STREAM, running=False, reason=f"its output rate stays at code {value}")

    def _begin(self, at: float, rate_hz: float, reason: str) -> StreamChanged:
        self._line = ArrivalTimes(rate_hz)
        self._until = max(at, self._settled) + STALL_S
        return StreamChanged(at, STREAM, running=True, reason=reason)

    def _motion(self, at: float, samples: list[wire.Motion]) -> Iterator[Event]:
        if self._line is None and self._said is None and self._tries > TRIES:
            rate_hz = wire.RATES_HZ[WANTED]
            yield self._begin(at, rate_hz, f"{rate_hz:g} Hz, as it was told; it does not say")
        if self._line is None or at < self._settled:
            return
        self._until = at + STALL_S
        for run in self._line.take(at, samples):
            yield _samples(run, self._line.rate_hz)


def _samples(run: Run[wire.Motion], rate_hz: float) -> MotionSamples:
    return MotionSamples(
        run.at,
        rate_hz,
        run.device_ns,
        tuple([_scaled(frame.acceleration, wire.G_PER_COUNT * STANDARD_GRAVITY) for frame in run.samples]),
        tuple([_scaled(frame.angular_rate, wire.DEG_S_PER_COUNT) for frame in run.samples]),
    )


def _scaled(counts: wire.Counts, scale: float) -> Vector:
    x, y, z = counts
    return (x * scale, y * scale, z * scale)
