"""A simulated Movesense with GSP firmware, worn by a body.

Known behaviour: docs/devices/movesense.md. Choices where nothing is known: it answers in the order in which it was asked;
a value has one sample at 13 Hz, 2 at 26, 4 at 52, and so on; a resource whose values would not fit into three notifications is
refused as the fifth subscription is (507); the field of the earth does not turn with the sensor; it has no ECG and no standard
heart rate service. `off` is by how much the sensors' rate differs from the nominal one, by the unit's own clock. Bad days:
`busy` (no slots for requests until it is started anew), `mute` (no answers), `old` (the vendor's first sample: no results),
`stop_streams` (subscriptions without values), `nan_next` (samples that are no numbers).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.movesense import wire
from ptdevice.devices.movesense.wire import Code, Status
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service, UnitClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

# All captured values are multiples of these, as f32: m/s^2 (0.000244 times 9.807), and deg/s (0.07).
FORCE_LSB, SPIN_LSB = 0.0023929080925881863, 0.07000000029802322
FIELD_UT: Vector = (20.0, 0.0, -45.0)  # about that of middle Europe
SUBSCRIPTIONS = 4
READ_NOT_PERMITTED = 0x02
WOKEN_UTC_US = 1_700_000_000_000_000  # what its wall clock says when it wakes up, until it is set

SERVICE = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.COMMAND_UUID, frozenset({"write"})),
        Characteristic(wire.DATA_UUID, frozenset({"notify"})),
    ),
)


@dataclass
class _Stream:
    """A subscription to arrays at a rate. `taken` are the samples of the value that is not yet full."""

    arrays: tuple[str, ...]
    rate_hz: int
    next_sample: float
    taken: list[tuple[Vector, ...]] = field(default_factory=list)
    first_ms: int = 0

    @property
    def size(self) -> int:
        """Samples in a value."""
        return max(self.rate_hz // wire.RATES_HZ[0], 1)


class Movesense:
    """One unit. `sent_samples` counts those in values that were sent."""

    mtu = 161  # the firmware's buffer has 158 octets
    services = (SERVICE,)

    def __init__(
        self,
        body: Body,
        *,
        address: str = "0C:8C:DC:1A:2B:3C",
        clock: UnitClock | None = None,
        battery_pct: int = 90,
        off: float = 0.0,
        old: bool = False,
    ) -> None:
        self.address = address
        self.body = body
        self.serial = f"{int(address.replace(':', ''), 16) % 10**12:012d}"
        self.advertising = Advertising(
            name=f"Movesense {self.serial}".encode(), service_uuids=(sig.assigned(wire.MEMBER),)
        )
        self.clock = clock or UnitClock()
        self.battery_pct = battery_pct
        self.busy = self.mute = False
        self.sent_samples = self.nan_next = 0
        self._off, self._old = off, old
        self._utc_us = 0  # as it was set, at the ms in which it was
        self._utc_at_ms = 0
        self._streams: dict[int, _Stream] = {}
        self._beats: dict[int, float] = {}  # by ref, when the next one is

    # --- what happens to the unit ---

    def stop_streams(self) -> None:
        """Nothing comes any more; whoever subscribed is not told."""
        for stream in self._streams.values():
            stream.next_sample = math.inf

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing before the first command."""
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """All subscriptions end with the link."""
        self._streams.clear()
        self._beats.clear()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Answers and values go to whoever listens; what there is to hear is said in commands."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Nothing can be read."""
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - only one port takes writes
        """A command; what is none is not answered."""
        try:
            command = wire.parse_command(data)
        except wire.GspError:
            return ()
        said = self._do(command, now)
        return () if self.mute else said

    def tick(self, now: float) -> Sequence[Output]:
        """Samples and heart beats."""
        said: list[Output] = []
        for ref, stream in self._streams.items():
            while stream.next_sample <= now:
                said += self._sample(ref, stream)
        for ref in self._beats:
            while self._beats[ref] <= now:
                said += self._beat(ref)
        return said

    def next_due(self) -> float | None:
        """The sample that fills a value, or a heart beat."""
        full = [
            stream.next_sample + (stream.size - len(stream.taken) - 1) * self._period_s(stream.rate_hz) + 1e-9
            for stream in self._streams.values()
        ]
        due = min([*full, *self._beats.values(), math.inf])
        return due if due < math.inf else None

    # --- commands ---

    def _do(self, command: wire.Command, now: float) -> list[Output]:
        if command.code == Code.PUT_SYSTEM_MODE:
            return self._mode(command, now)
        if self.busy:
            return [self._result(command.ref, Status.TOO_MANY_REQUESTS)]
        match command.code:
            case Code.HELLO:
                texts = (self.serial, "Movesense", self.address, "gatt_sensordata_app", "1.0.0")
                return [self._told(wire.Kind.RESULT, command.ref, b"Hello" if self._old else wire.hello(texts))]
            case Code.SUBSCRIBE:
                return self._subscribed(command, now)
            case Code.UNSUBSCRIBE:
                known = command.ref in self._streams or command.ref in self._beats
                self._streams.pop(command.ref, None)
                self._beats.pop(command.ref, None)
                return self._answer(command.ref, Status.OK if known else Status.NOT_FOUND)
            case Code.GET if not self._old:
                return self._got(command, now)
            case Code.PUT_UTC_TIME if len(command.data) == 8 and not self._old:
                self._utc_us, self._utc_at_ms = int.from_bytes(command.data, "little"), self._ms(now)
                return self._answer(command.ref, Status.OK)
        return self._answer(command.ref, Status.NOT_IMPLEMENTED)

    def _mode(self, command: wire.Command, now: float) -> list[Output]:
        mode = command.data[0] if command.data else 0
        if mode not in {wire.SystemMode.POWER_OFF, wire.SystemMode.APPLICATION}:
            return self._answer(command.ref, Status.BAD_REQUEST)
        self.busy = False
        self.clock = UnitClock(-round(now * (1e9 + self.clock.skew_ppm * 1e3)), self.clock.skew_ppm)  # 0 now
        return [*self._answer(command.ref, Status.ACCEPTED), DropLink()]

    def _subscribed(self, command: wire.Command, now: float) -> list[Output]:
        ref, path = command.ref, command.data.rstrip(b"\0").decode("ascii", "replace")
        if ref in self._streams or ref in self._beats:
            return self._answer(ref, Status.CONFLICT)
        stream = _stream(path, now)
        if stream is None and path != wire.HEART_RATE:
            return self._answer(ref, Status.NOT_FOUND)
        too_long = stream is not None and 4 + 12 * len(stream.arrays) * stream.size > wire.PART * wire.PARTS
        if too_long or len(self._streams) + len(self._beats) >= SUBSCRIPTIONS:
            return self._answer(ref, Status.NO_SPACE)
        if stream is None:
            self._beats[ref] = now + 60 / self.body.heart_rate(now)
        else:
            self._streams[ref] = stream
        return self._answer(ref, Status.OK)

    def _got(self, command: wire.Command, now: float) -> list[Output]:
        match command.data.rstrip(b"\0").decode("ascii", "replace"):
            case wire.ENERGY:
                value = bytes((self.battery_pct,))
            case wire.TIME:
                since_ms = self._ms(now) - self._utc_at_ms
                value = wire.time_detailed((self._utc_us or WOKEN_UTC_US) + since_ms * 1000, self._ms(now) % 2**32)
            case wire.HEART_RATE:
                return self._answer(command.ref, Status.UNAUTHORIZED)  # to be subscribed to, not asked for
            case _:
                return self._answer(command.ref, Status.NOT_FOUND)
        return [self._result(command.ref, Status.OK, value)]

    def _answer(self, ref: int, status: int) -> list[Output]:
        return [] if self._old else [self._result(ref, status)]

    def _result(self, ref: int, status: int, value: bytes = b"") -> Notify:
        return Notify(wire.DATA_UUID, wire.result(ref, status, value))

    def _told(self, kind: int, ref: int, data: bytes) -> Notify:
        return Notify(wire.DATA_UUID, bytes((kind, ref)) + data)

    # --- values ---

    def _period_s(self, rate_hz: int) -> float:
        return 1 / (rate_hz * (1 + self._off) * (1 + self.clock.skew_ppm * 1e-6))

    def _ms(self, now: float) -> int:
        return self.clock.ns(now) // 1_000_000

    def _sample(self, ref: int, stream: _Stream) -> list[Output]:
        at = stream.next_sample
        if not stream.taken:
            stream.first_ms = self._ms(at) % 2**32
        stream.taken.append(tuple(self._felt(name, at) for name in stream.arrays))
        stream.next_sample += self._period_s(stream.rate_hz)
        if len(stream.taken) < stream.size:
            return []
        value = wire.samples(wire.Samples(stream.first_ms, tuple(zip(*stream.taken, strict=True))))
        stream.taken.clear()
        self.sent_samples += stream.size
        return [Notify(wire.DATA_UUID, part) for part in wire.parts(ref, value)]

    def _felt(self, name: str, at: float) -> Vector:
        if name == wire.MAGNETIC_FIELD:
            return FIELD_UT
        if name == wire.ANGULAR_RATE:
            return _measured(self.body.angular_rate(at), SPIN_LSB)
        if self.nan_next:
            self.nan_next -= 1
            return (math.nan, math.nan, math.nan)
        return _measured(self.body.acceleration(at), FORCE_LSB)

    def _beat(self, ref: int) -> list[Output]:
        bpm = self.body.heart_rate(self._beats[ref])
        self._beats[ref] += 60 / bpm
        return [self._told(wire.Kind.VALUE, ref, wire.heart_rate(bpm, (round(60_000 / bpm),)))]


def _stream(path: str, now: float) -> _Stream | None:
    """What `/Meas/<name>/<rate>` is; None for what is not such a path."""
    match path.split("/"):
        case ["", "Meas", name, rate] if name in wire.ARRAYS and rate in {str(hz) for hz in wire.RATES_HZ}:
            return _Stream(wire.ARRAYS[name], int(rate), now)
    return None


def _measured(vector: Vector, lsb: float) -> Vector:
    """What 16 bits tell of it."""
    x, y, z = (min(max(round(value / lsb), -32768), 32767) * lsb for value in vector)
    return (x, y, z)
