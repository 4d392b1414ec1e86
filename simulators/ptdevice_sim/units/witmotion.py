"""A simulated WitMotion sensor of the Bluetooth 5 family, worn by a body.

Known behaviour: docs/devices/witmotion.md. Choices where nothing is known: a new rate takes effect after `settle_s`, and what
is not a command of five octets is ignored; registers other than the rate want the key; the answer to a read waits for the next
notification, or goes out at once where none is to come; the angles are those of gravity, with a yaw of 0. `off` is by how much
the real rate differs from the nominal one. Switches for bad days: `deaf` (reads are not answered), `stubborn` (the rate stays),
`sleep` (the stream stops by itself).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ptdevice.devices.witmotion import wire
from ptdevice.devices.witmotion.wire import Register
from ptdevice_sim import attitude
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

NOTIFY_S = 0.04  # measured by others: about 25 notifications a second, however many frames there are
KEY_S = 10.0
READ_NOT_PERMITTED = 0x02
ATT_HEADER = 3
FACTORY: dict[int, int] = {Register.RATE: 6, Register.BANDWIDTH: wire.BANDWIDTH_20_HZ, Register.FUSION: wire.NINE_AXES}

SERVICE = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.DATA_UUID, frozenset({"notify"})),
        Characteristic(wire.COMMAND_UUID, frozenset({"write", "write-without-response"})),
    ),
)


class WitMotion:
    """One unit. `sent_samples` counts what went into notifications."""

    def __init__(
        self,
        body: Body,
        *,
        address: str = "C8:57:1A:2B:3C:4D",
        rate_code: int = FACTORY[Register.RATE],
        off: float = -0.007,
        settle_s: float = 0.3,
        battery_v: float = 3.95,
        temperature_c: float = 25.34,
        advertises_service: bool = True,
        deaf: bool = False,
        stubborn: bool = False,
        mtu: int = 247,
    ) -> None:
        self.address = address
        self.body = body
        self.mtu = mtu
        self.advertising = Advertising(
            name=f"WT901BLE{int(address[-2:], 16) % 100:02d}".encode(),
            service_uuids=(wire.SERVICE_UUID,) if advertises_service else (),
        )
        self.services = (SERVICE,)
        self.battery_v = battery_v
        self.temperature_c = temperature_c
        self.sent_samples = 0
        self.registers: dict[int, int] = FACTORY | {Register.RATE: rate_code}
        self._off, self._settle_s = off, settle_s
        self._deaf, self._stubborn = deaf, stubborn
        self._rate_code = rate_code  # in effect
        self._rate_from = math.inf  # when the register's comes into effect
        self._open_until = -math.inf  # the key
        self._streaming = False
        self._next_sample = math.inf
        self._pending: list[bytes] = []
        self._samples = 0  # of the pending frames

    def sleep(self) -> None:
        """The stream stops by itself, as if it had been told so."""
        self.registers[Register.RATE] = self._rate_code = wire.RATE_NONE
        self._next_sample = math.inf

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing yet: the subscription starts the stream."""
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """The stream ends with the link; the rate stays."""
        self._streaming = False
        self._next_sample = math.inf
        self._clear()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - one port notifies
        """The stream runs while somebody listens."""
        self._streaming = enabled
        self._clear()
        self._restart(now)
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Nothing can be read."""
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - only one port takes writes
        """A command."""
        match wire.parse_command(data):
            case (Register.READ, first):
                if self._deaf:
                    return ()
                values = tuple(self._register(first + i, now) for i in range(8))
                self._pending.append(wire.registers(wire.Registers(first, values)))
                return () if self._next_sample < math.inf else self._notification()
            case (Register.KEY, wire.UNLOCK):
                self._open_until = now + KEY_S
            case (Register.RATE, code):
                if not self._stubborn and (code in wire.RATES_HZ or code in {wire.RATE_ONCE, wire.RATE_NONE}):
                    self.registers[Register.RATE] = code
                    self._rate_from = now + self._settle_s
            case (Register.SAVE, wire.REBOOT):
                return [DropLink()]
            case (register, value) if now < self._open_until:
                if (register, value) == (Register.SAVE, 1):
                    self.registers.update(FACTORY)
                    self._rate_from = now
                elif register in self.registers:
                    self.registers[register] = value
        return ()

    def tick(self, now: float) -> Sequence[Output]:
        """Samples, in notifications of as many as fit into 40 ms."""
        said: list[Output] = []
        if now >= self._rate_from:
            self._rate_from = math.inf
            self._rate_code = self.registers[Register.RATE]
            self._restart(now)
            said += self._notification() if self._pending else ()
        while self._next_sample <= now:
            self._pending.append(wire.motion(self._motion(self._next_sample)))
            self._samples += 1
            if self._samples >= self._group:
                said += self._notification()
            if self._rate_code == wire.RATE_ONCE:
                self._rate_code = wire.RATE_NONE
                self._next_sample = math.inf
            else:
                self._next_sample += self._period_s
        return said

    def next_due(self) -> float | None:
        """The sample that fills a notification, or a new rate."""
        missing = self._group - self._samples - 1
        due = min(self._rate_from, self._next_sample + missing * self._period_s + 1e-9)
        return due if due < math.inf else None

    # --- inside ---

    @property
    def _period_s(self) -> float:
        return 1 / (wire.RATES_HZ.get(self._rate_code, 1.0) * (1 + self._off))

    @property
    def _group(self) -> int:
        """Frames in a notification."""
        fitting = (self.mtu - ATT_HEADER) // wire.SIZE
        return max(min(round(wire.RATES_HZ.get(self._rate_code, 0.0) * NOTIFY_S), fitting), 1)

    def _clear(self) -> None:
        self._pending.clear()
        self._samples = 0

    def _restart(self, now: float) -> None:
        runs = self._streaming and self._rate_code != wire.RATE_NONE
        self._next_sample = now + self._period_s if runs else math.inf

    def _notification(self) -> list[Output]:
        data = b"".join(self._pending)
        if self._streaming:
            self.sent_samples += self._samples
        self._clear()
        size = (self.mtu - ATT_HEADER) // wire.SIZE * wire.SIZE
        return [Notify(wire.DATA_UUID, data[i : i + size]) for i in range(0, len(data), size)]

    def _motion(self, at: float) -> wire.Motion:
        force = self.body.acceleration(at)
        return wire.Motion(
            _counts(force, wire.G_PER_COUNT * attitude.GRAVITY),
            _counts(self.body.angular_rate(at), wire.DEG_S_PER_COUNT),
            _counts(attitude.euler(force), wire.DEG_PER_COUNT),
        )

    def _register(self, number: int, now: float) -> int:
        if number == Register.BATTERY:
            return round(self.battery_v * 100)
        if number == Register.TEMPERATURE:
            return round(self.temperature_c * 100)
        if Register.QUATERNION <= number < Register.QUATERNION + 4:
            part = attitude.quaternion(self.body.acceleration(now))[number - Register.QUATERNION]
            return _count(part, 1 / 32768)
        return self.registers.get(number, 0)


def _count(value: float, scale: float) -> int:
    """Rounded, and clipped where the sensor's range ends."""
    return min(max(round(value / scale), -32768), 32767)


def _counts(vector: Vector, scale: float) -> wire.Counts:
    x, y, z = vector
    return _count(x, scale), _count(y, scale), _count(z, scale)
