"""A simulated Capture2Go IMU, worn by a body.

Known behaviour: docs/devices/capture2go.md. Choices where nothing is known: the mode says nothing at the first start; what is
streamed goes out as soon as a package is full, and while there is no link it is kept, up to BUFFER octets, from where on it is
lost; commands that stop what does not run are answered all the same; heading is zero, and the magnetometer is not played, nor
are real-time packages, files, and synchronisation. `recording` is the state in which it refuses; `stop` is its own doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.capture2go import wire
from ptdevice.devices.capture2go.wire import Header, Refusal, State
from ptdevice_sim import attitude
from ptdevice_sim.unit import Advertising, AttError, Characteristic, Notify, Service, UnitClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

BUFFER = 16_384  # octets: two seconds of full samples
READ_NOT_PERMITTED = 0x02
ATT_HEADER = 3
EPOCH_NS = 1_700_000_000_000_000_000  # a time that somebody set once, since 1970
STREAMING_COMMANDS = {Header.SET_MODE, Header.START, Header.STOP, Header.CLEAR}

SERVICE = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.COMMAND_UUID, frozenset({"write", "write-without-response"})),
        Characteristic(wire.DATA_UUID, frozenset({"notify"})),
    ),
)


class Capture2Go:
    """One unit. `sent_samples` counts those that went into notifications; `mtu` decides where the stream is cut."""

    def __init__(
        self,
        body: Body,
        *,
        address: str = "D6:1A:2B:3C:4D:5E",
        clock: UnitClock | None = None,
        battery_pct: int = 90,
        mtu: int = 247,
    ) -> None:
        self.address = address
        self.body = body
        self.mtu = mtu
        self.advertising = Advertising(
            name=f"IMU_{address.replace(':', '')[-6:].lower()}".encode(), service_uuids=(wire.SERVICE_UUID,)
        )
        self.services = (SERVICE,)
        self.battery_pct = battery_pct
        self.is_charging = False
        self.state = State.IDLE
        self.sent_samples = 0
        self._clock = clock or UnitClock(start_ns=EPOCH_NS)
        self._set_ns = 0  # by how much a host moved the clock
        self._mode = wire.mode(packed=0, status_s=0)
        self._buffer = bytearray()
        self._counted = 0  # samples in the buffer
        self._linked = self._subscribed = False
        self._next_sample = float("inf")
        self._next_status = float("inf")
        self._taken: list[tuple[float, wire.Counts, wire.Counts]] = []

    # --- what happens to the unit ---

    def record(self) -> None:
        """Somebody started a recording."""
        self._halt(State.RECORDING)

    def stop(self) -> None:
        """It stops measuring by itself."""
        self._halt(State.IDLE)

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """A status comes by itself, once somebody listens."""
        self._linked = True
        self._say(Header.STATUS, self._status(now))
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """It goes on measuring, into its buffer."""
        self._linked = self._subscribed = False

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - one port notifies
        """What waits goes out."""
        self._subscribed = enabled
        return self._flush()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Nothing can be read."""
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - only one port takes writes
        """A command, which must be one whole package."""
        try:
            command = wire.parse_package(data)
        except wire.C2gError:
            command = None
        if command is None or len(data) != wire.FRAME.size + len(command.payload):
            self._refuse(Refusal.BAD_PACKAGE, int.from_bytes(data[6:8], "little"))
        else:
            self._obey(command, now)
        return self._flush()

    def tick(self, now: float) -> Sequence[Output]:
        """Samples, and the status now and then."""
        while min(self._next_sample, self._next_status) <= now:
            if self._next_status <= self._next_sample:
                if len(self._buffer) < BUFFER:
                    self._say(Header.STATUS, self._status(self._next_status))
                self._next_status += self._mode[wire.STATUS_AT]
            else:
                self._sample(self._next_sample)
                self._next_sample += 1 / self._rate_hz
        return self._flush()

    def next_due(self) -> float | None:
        """The sample that fills a package, or the status."""
        if self.state is not State.STREAMING:
            return None if self._next_status == float("inf") else self._next_status
        full = self._next_sample + (wire.PACKED - len(self._taken) - 1) / self._rate_hz + 1e-9
        return min(full, self._next_status)

    # --- inside ---

    @property
    def _rate_hz(self) -> int:
        return wire.RATES_HZ[self._mode[wire.PACKED_AT]]

    def _obey(self, command: wire.Package, now: float) -> None:
        header = command.header
        if self.state is State.RECORDING and header in STREAMING_COMMANDS:
            self._refuse(Refusal.WRONG_STATE, header)
            return
        match header, len(command.payload):
            case Header.SET_MODE, wire.MODE.size:
                self._mode = command.payload
                self._say(Header.MODE, command.payload)
                every = self._mode[wire.STATUS_AT]
                self._next_status = now + every if every else float("inf")
            case Header.START, 0 if self._mode[wire.PACKED_AT] in wire.RATES_HZ:
                self._say(Header.STARTED)
                self.state, self._next_sample = State.STREAMING, now
            case Header.STOP, 0:
                self._halt(State.IDLE)
                self._say(Header.STOPPED)
            case Header.CLEAR, 0:
                self._halt(State.IDLE)
                self._buffer.clear()
                self._counted = 0
                self._say(Header.CLEARED)
            case Header.GET_STATUS, 0:
                self._say(Header.STATUS, self._status(now))
            case Header.SET_TIME, wire.FIRST.size:
                self._set_ns += wire.FIRST.unpack(command.payload)[0] - self._ns(now)
                self._say(Header.TIME, command.payload)
            case ((Header.SET_MODE | Header.STOP | Header.CLEAR | Header.GET_STATUS | Header.SET_TIME), _):
                self._refuse(Refusal.BAD_PACKAGE, header)
            case Header.START, _:
                self._refuse(Refusal.WRONG_STATE, header)
            case _:
                self._refuse(Refusal.UNKNOWN_COMMAND, header)

    def _halt(self, state: State) -> None:
        self.state, self._next_sample = state, float("inf")
        self._taken.clear()

    def _refuse(self, code: int, command: int) -> None:
        self._say(Header.ERROR, wire.ERROR.pack(code, command))

    def _say(self, header: int, payload: bytes = b"") -> None:
        self._buffer += wire.package(header, payload)

    def _flush(self) -> list[Output]:
        """What waits, in notifications that are full."""
        if not (self._linked and self._subscribed):
            return []
        size = self.mtu - ATT_HEADER - 1
        data = bytes(self._buffer)
        self._buffer.clear()
        self.sent_samples += self._counted
        self._counted = 0
        return [Notify(wire.DATA_UUID, b"\xff" + data[i : i + size]) for i in range(0, len(data), size)]

    def _sample(self, at: float) -> None:
        force, spin = self.body.acceleration(at), self.body.angular_rate(at)
        self._taken.append((at, _counts(spin, wire.GYR_DEG_S), _counts(force, wire.ACC_MPS2)))
        if len(self._taken) < wire.PACKED:
            return
        taken, self._taken = self._taken, []
        (first, _, (x, y, z)) = taken[0]
        if len(self._buffer) < BUFFER:
            gyr, acc = tuple([each[1] for each in taken]), tuple([each[2] for each in taken])
            held = wire.orientation(attitude.quaternion((x, y, z)))
            self._buffer += wire.packed(wire.Samples(self._rate_hz, self._ns(first), gyr, acc), held)
            self._counted += wire.PACKED

    def _status(self, now: float) -> bytes:
        battery = self.battery_pct | (wire.CHARGING if self.is_charging else 0)
        return wire.status(wire.Status(self._ns(now), self.state, battery))

    def _ns(self, now: float) -> int:
        return self._clock.ns(now) + self._set_ns


def _counts(vector: Vector, scale: float) -> wire.Counts:
    x, y, z = (min(max(round(value / scale), -32768), 32767) for value in vector)
    return x, y, z
