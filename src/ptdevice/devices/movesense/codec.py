"""The meaning of a Movesense's bytes: one command at a time, streams of motion and heart rate, times from first samples.

Each order has a ref of its own and a time when it is due; of those that are due the first in the list is said, and no other
until it is answered or REPLY_S have passed. (A unit has few slots for requests, and one that it never answers keeps its slot.)

    restart  when twice in a row there was no slot for motion: only that frees them; and away without a link meanwhile
    hello    once: what the unit is
    motion   subscribed; (no samples for STALL_S, or it says that it is already) unsubscribed, and subscribed again
    heart    subscribed; (refused) again after a pause
    energy   once a minute

The unit's clock counts ms since it woke up, and stamps the first sample of a value. How far apart samples are is learnt from
the stamps of values that follow each other: a mean that fades after MEMORY of them, with the nominal rate as PRIOR values that
were seen before. So neither the whole milliseconds reach the samples' times nor does the sensor's own rate, which is not
quite the nominal one, turn into samples that seem to be missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.counter import Unwrapped
from ptdevice.devices.movesense import wire
from ptdevice.devices.movesense.wire import Code, Kind, Status
from ptdevice.devices.resting import rest_s
from ptdevice.errors import AwayError, WireError
from ptdevice.link import Write
from ptdevice.model import Battery, DeviceInformation, HeartRate, MagneticSamples, MotionSamples, StreamChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event

RESOURCE, RATE_HZ = "IMU6", 52  # fast enough for every movement counted here; four samples fit into one notification
HELLO, ENERGY, HEART, MOTION, RESTART = 1, 2, 98, 99, 3  # refs; 99 is what the vendor's own example takes
REPLY_S = 3.0  # a result comes within a connection interval or two; this allows for a bad radio
STALL_S = 5.0  # a stream at 13 Hz sends 13 times a second
ENERGY_S = 60.0
NO_SLOT = 2  # refusals in a row for want of a slot
RESTART_S = 5.0  # the unit is gone for about 4
MEMORY, PRIOR = 512, 4  # values; each of them tells the period to 0.7 %
ODD = 0.25  # of a value's duration: by more than this no oscillator is off
SIZES = {13: 1, 52: 4, 104: 8}  # samples in a value, where that is known; elsewhere the first value tells
NEVER = float("inf")
STREAMS = {MOTION: "motion", HEART: "heart_rate"}
FINE = {Status.OK, Status.CREATED, Status.ACCEPTED}

STATUS_WORDS: dict[int, str] = {
    Status.NOT_FOUND: "this unit's firmware does not have it",
    Status.TOO_MANY_REQUESTS: "the unit has no slots for requests left",
    Status.NO_SPACE: "too many streams for this unit",
}


class MovesenseCodec:
    """One connection's worth of meaning. `resource` is one of `wire.ARRAYS` with acceleration, at up to 208 Hz."""

    def __init__(self, resource: str = RESOURCE, rate_hz: int = RATE_HZ) -> None:
        self._fields = wire.ARRAYS[resource]
        self._nominal_s = self._period_s = 1.0 / rate_hz
        self._said = {
            MOTION: wire.path(wire.motion_path(resource, rate_hz)),
            HEART: wire.path(wire.HEART_RATE),
        }
        self._due = {RESTART: NEVER, HELLO: -NEVER, MOTION: -NEVER, HEART: -NEVER, ENERGY: -NEVER}
        self._asked: wire.Command | None = None  # what was said and is not answered
        self._until = NEVER  # when its answer is overdue
        self._open: set[int] = set()  # refs that the unit may have a subscription for
        self._running: set[int] = set()
        self._refusals = dict.fromkeys(STREAMS, 0)
        self._no_slot = 0
        self._away_at = NEVER
        self._begun: dict[int, bytes] = {}  # values that go on in the next notification
        self._clock = Unwrapped(32)
        self._last: tuple[int, int] | None = None  # ms and number of samples of the value before
        self._weight = PRIOR
        self._size = SIZES.get(rate_hz)  # samples in a value; a part of one may look whole

    def due(self, now: float) -> list[Write]:
        """The next order that it is time for. Raises AwayError while the unit starts anew."""
        if now >= self._away_at:
            raise AwayError(f"the unit starts anew; back in {RESTART_S:.0f} s", RESTART_S)
        if self._asked is not None:
            if now < self._until:
                return []
            self._unanswered(now, self._asked)
        ref = next((ref for ref, at in self._due.items() if now >= at), None)
        if ref is None:
            return []
        self._asked, self._until, self._due[ref] = self._order(ref, now), now + REPLY_S, NEVER
        return [Write("command", wire.command(self._asked.code, ref, self._asked.data))]

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one packet. Raises WireError."""
        if packet.port != "data":
            yield from sig.decode(packet)
            return
        try:
            told = wire.parse_told(packet.data)
            if told.kind == Kind.RESULT:
                yield from self._result(packet.at, told)
            elif told.ref in STREAMS and (value := self._whole(told)) is not None:
                yield from self._value(packet.at, told.ref, value)
        except wire.GspError as error:
            raise WireError(str(error), packet.port, packet.data) from error

    # --- orders and their results ---

    def _order(self, ref: int, now: float) -> wire.Command:
        if ref in self._open:
            self._open.discard(ref)
            return wire.Command(Code.UNSUBSCRIBE, ref)
        if ref in STREAMS:
            self._open.add(ref)
            return wire.Command(Code.SUBSCRIBE, ref, self._said[ref])
        if ref == RESTART:
            self._away_at = now + REPLY_S
            return wire.Command(Code.PUT_SYSTEM_MODE, ref, bytes((wire.SystemMode.APPLICATION,)))
        return wire.Command(Code.GET, ref, wire.path(wire.ENERGY)) if ref == ENERGY else wire.Command(Code.HELLO, ref)

    def _unanswered(self, now: float, asked: wire.Command) -> None:
        self._asked = None
        if asked.ref in STREAMS:
            self._rest(now, asked.ref)
        elif asked.code == Code.GET:
            self._due[ENERGY] = now + ENERGY_S

    def _result(self, at: float, told: wire.Told) -> Iterator[Event]:
        asked = self._asked
        if asked is None or asked.ref != told.ref:
            return  # too late, or not ours
        self._asked = None
        if asked.code == Code.HELLO:
            yield from self._hello(at, told.data)
            return
        status, value = wire.parse_result(told.data)
        match asked.code:
            case Code.SUBSCRIBE if status in FINE:
                yield from self._begin(at, told.ref)
            case Code.SUBSCRIBE:
                yield self._refused(at, told.ref, status)
            case Code.UNSUBSCRIBE:
                self._due[told.ref] = at
            case Code.GET:
                self._due[ENERGY] = at + ENERGY_S
                if status in FINE and value:
                    yield Battery(at, value[0] if value[0] <= 100 else None)
            case Code.PUT_SYSTEM_MODE:
                self._away_at = at

    def _hello(self, at: float, data: bytes) -> Iterator[Event]:
        product, application, version = wire.parse_hello(data)
        if product:
            yield DeviceInformation(at, "model_number", product)
        if application:
            yield DeviceInformation(at, "firmware_revision", f"{application} {version}")

    def _begin(self, at: float, ref: int) -> Iterator[Event]:
        """A stream runs from now on, or ran already."""
        self._due[ref] = at + STALL_S if ref == MOTION else NEVER
        if ref not in self._running:
            self._running.add(ref)
            self._begun.pop(ref, None)
            reason = f"{1 / self._nominal_s:.0f} Hz" if ref == MOTION else "subscribed"
            yield StreamChanged(at, STREAMS[ref], running=True, reason=reason)

    def _refused(self, at: float, ref: int, status: int) -> StreamChanged:
        self._rest(at, ref)
        if status != Status.CONFLICT:  # it has none of this ref
            self._open.discard(ref)
        if ref == MOTION:
            self._no_slot = self._no_slot + 1 if status == Status.TOO_MANY_REQUESTS else 0
            if self._no_slot >= NO_SLOT:
                self._due[RESTART] = at
        return StreamChanged(at, STREAMS[ref], running=False, reason=_words(status))

    def _rest(self, at: float, ref: int) -> None:
        self._due[ref] = at + rest_s(self._refusals[ref])
        self._refusals[ref] += 1
        self._running.discard(ref)

    # --- values ---

    def _whole(self, told: wire.Told) -> bytes | None:
        """The value that this is, or ends; None where it goes on. Raises GspError for a part whose beginning was lost."""
        begun = self._begun.pop(told.ref, b"")  # also where a value begins: one whose rest was lost is over
        if told.kind == Kind.VALUE:
            begun = b""
        if len(begun) != (told.kind - Kind.VALUE) * wire.PART:
            raise wire.GspError("a part of a value whose beginning was lost")
        value = begun + told.data
        if len(told.data) > wire.PART:
            raise wire.GspError("more than a notification carries")
        if len(told.data) < wire.PART:
            return value
        self._begun[told.ref] = value
        return None

    def _value(self, at: float, ref: int, value: bytes) -> Iterator[Event]:
        if ref == HEART:
            average, rr_ms = wire.parse_heart_rate(value)
            events: list[Event] = [HeartRate(at, round(average) or None, rr_ms=tuple(map(float, rr_ms)))]
        else:
            events = self._samples(at, wire.parse_samples(len(self._fields), value))
        if self._asked is not None and (self._asked.code, self._asked.ref) == (Code.SUBSCRIBE, ref):
            self._asked = None  # old firmware starts a stream without a word
        self._refusals[ref] = 0
        yield from self._begin(at, ref)
        yield from events

    def _samples(self, at: float, samples: wire.Samples) -> list[Event]:
        fields = dict(zip(self._fields, samples.arrays, strict=True))
        force = fields[wire.ACCELERATION]
        self._size = self._size or len(force)
        if len(force) != self._size:
            raise wire.GspError(f"a value of {len(force)} samples, where there were {self._size} before")
        first_ms = self._clock.count(samples.first_ms)
        self._learn(first_ms)
        self._no_slot = 0
        self._last = (first_ms, len(force))
        times = tuple([first_ms * 10**6 + round(i * self._period_s * 1e9) for i in range(len(force))])
        rate_hz, field = 1.0 / self._period_s, fields.get(wire.MAGNETIC_FIELD)
        motion = MotionSamples(at, rate_hz, times, force, fields.get(wire.ANGULAR_RATE, ()))
        return [motion] if field is None else [motion, MagneticSamples(at, rate_hz, times, field)]

    def _learn(self, first_ms: int) -> None:
        """How far apart samples are, from the value before to this one, where this one follows it."""
        if self._last is None:
            return
        last_ms, n = self._last
        period_s = (first_ms - last_ms) * 1e-3 / n
        if abs(period_s - self._nominal_s) <= ODD * self._nominal_s:
            self._weight = min(self._weight + 1, MEMORY)
            self._period_s += (period_s - self._period_s) / self._weight


def _words(status: int) -> str:
    return STATUS_WORDS.get(status, f"refused with status {status}")
