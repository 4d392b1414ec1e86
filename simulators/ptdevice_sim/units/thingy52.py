"""A simulated Nordic Thingy:52, worn by a body.

Known behaviour: docs/devices/thingy52.md. Choices where nothing is known: a new configuration takes effect at once, with the
next sample a period later; angles are those of gravity, with a heading of 0, and gravity points where acceleration does, to the
axis that is down; the field of the earth does not turn with the sensor; there are no taps, steps or changes of orientation.
`off` is by how much the real rate differs from the nominal one. Bad days: `stop` (the features fall silent, as real ones did
that were asked for too much), `battery_at`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.thingy52 import wire
from ptdevice_sim import attitude, gatt
from ptdevice_sim.unit import Advertising, AttError, Characteristic, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

READ_NOT_PERMITTED, WRITE_NOT_PERMITTED = 0x02, 0x03
FIRMWARE = bytes((2, 2, 0))
LEDS = {0: 1, 1: 4, 2: 5, 3: 3}  # octets of what the LED can be told, by its mode
FIELD_UT: Vector = (20.0, 0.0, -45.0)  # about that of middle Europe
# Bits of the integer part: the firmware saturates a number in 16.16 fixed point and shifts it right by as many.
FORCE_BITS, SPIN_BITS, FIELD_BITS = 6, 11, 12

READ, WRITE, NOTIFY = frozenset({"read"}), frozenset({"write"}), frozenset({"notify"})
SERVICES = (
    Service(
        wire.CONFIGURATION,
        (Characteristic(wire.NAME_UUID, READ | WRITE), Characteristic(wire.FIRMWARE_UUID, READ)),
    ),
    Service(
        wire.USER_INTERFACE,
        (Characteristic(wire.LED_UUID, READ | WRITE), Characteristic(wire.BUTTON_UUID, NOTIFY)),
    ),
    Service(
        wire.MOTION,
        (
            Characteristic(wire.CONFIG_UUID, READ | WRITE),
            Characteristic(wire.RAW_UUID, NOTIFY),
            *(Characteristic(feature.uuid, NOTIFY) for feature in wire.FEATURES),
        ),
    ),
    gatt.BATTERY,
)


class Thingy52:
    """One unit. `press` and `release` are its button's; `sent_samples` counts raw samples that were sent to a subscriber."""

    mtu = 276
    services = SERVICES

    def __init__(
        self,
        body: Body,
        *,
        address: str = "EB:2F:52:1A:2B:3C",
        name: bytes = b"Thingy",
        rate_hz: int = 10,
        off: float = 0.0,
        battery_pct: int = 90,
    ) -> None:
        self.address = address
        self.body = body
        self.advertising = Advertising(
            name=name,
            service_uuids=(wire.CONFIGURATION,),
            manufacturer_data={wire.COMPANY: bytes.fromhex(address.replace(":", ""))[2:]},
            interval_ms=380.0,
        )
        self.config = wire.Config(rate_hz=rate_hz)  # in flash: it outlives links
        self.battery_pct = battery_pct
        self.led = b"\x00"
        self.sent_samples = 0
        self._name = name
        self._off = off
        self._subscribed: set[str] = set()
        self._next_sample = math.inf
        self._outbox: list[Output] = []

    # --- what happens to the unit ---

    def press(self) -> None:
        """A finger on its button."""
        self._outbox.append(Notify(wire.BUTTON_UUID, wire.PRESSED))

    def release(self) -> None:
        """And off it."""
        self._outbox.append(Notify(wire.BUTTON_UUID, wire.RELEASED))

    def battery_at(self, percent: int) -> None:
        """Only a change is told."""
        if percent != self.battery_pct:
            self.battery_pct = percent
            self._outbox.append(Notify(sig.BATTERY_LEVEL, bytes((percent,))))

    def stop(self) -> None:
        """Its features fall silent until somebody subscribes anew."""
        self._next_sample = math.inf

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:  # noqa: ARG002 - Unit's shape
        """Nothing yet: each subscription turns on its feature."""
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """All features are turned off; the configuration stays."""
        self._subscribed.clear()
        self._outbox.clear()
        self._next_sample = math.inf

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - the CCCD's own shape
        """A feature runs while somebody listens to it; all of them at one rate."""
        (self._subscribed.add if enabled else self._subscribed.discard)(uuid)
        motion = self._subscribed & {wire.RAW_UUID, *(feature.uuid for feature in wire.FEATURES)}
        if not motion:
            self._next_sample = math.inf
        elif self._next_sample == math.inf:
            self._next_sample = now + self._period_s
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Configuration, name, firmware, LED, battery."""
        values = {
            wire.CONFIG_UUID: wire.config(self.config),
            wire.NAME_UUID: self._name,
            wire.FIRMWARE_UUID: FIRMWARE,
            wire.LED_UUID: self.led,
            sig.BATTERY_LEVEL: bytes((self.battery_pct,)),
        }
        if uuid not in values:
            raise AttError(READ_NOT_PERMITTED)
        return values[uuid]

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        """The configuration, field by field; the LED; the name."""
        if uuid == wire.CONFIG_UUID:
            self._configure(data, now)
        elif uuid == wire.LED_UUID and data and LEDS.get(data[0]) == len(data):
            self.led = data
        elif uuid == wire.NAME_UUID and 1 <= len(data) <= 10:
            self._name = data
        else:
            raise AttError(WRITE_NOT_PERMITTED)
        return ()

    def tick(self, now: float) -> Sequence[Output]:
        """A sample of each feature that somebody listens to."""
        said, self._outbox = self._outbox, []
        while self._next_sample <= now:
            said += self._sample(self._next_sample)
            self._next_sample += self._period_s
        return said

    def next_due(self) -> float | None:
        """The next sample, or now."""
        due = 0.0 if self._outbox else self._next_sample
        return due if due < math.inf else None

    # --- inside ---

    @property
    def _period_s(self) -> float:
        return 1 / (self.config.rate_hz * (1 + self._off))

    def _configure(self, data: bytes, now: float) -> None:
        try:
            asked = wire.parse_config(data)
        except wire.ThingyError as error:
            raise AttError(WRITE_NOT_PERMITTED) from error
        if not asked.is_allowed:
            raise AttError(WRITE_NOT_PERMITTED)
        self.config = asked
        if self._next_sample < math.inf:
            self._next_sample = now + self._period_s

    def _sample(self, at: float) -> list[Output]:
        force, spin = self.body.acceleration(at), self.body.angular_rate(at)
        said: list[Output] = []
        if wire.RAW_UUID in self._subscribed:
            self.sent_samples += 1
            sample = wire.Raw(
                _counts(_down(force, 1 / attitude.GRAVITY), FORCE_BITS),
                _counts(spin, SPIN_BITS),
                _counts(FIELD_UT, FIELD_BITS),
            )
            said.append(Notify(wire.RAW_UUID, wire.raw(sample)))
        heard = [feature for feature in wire.FEATURES if feature.uuid in self._subscribed]
        return said + [Notify(feature.uuid, wire.feature(feature, _felt(feature, force))) for feature in heard]


def _felt(feature: wire.Feature, force: Vector) -> Sequence[float]:
    """What the unit's own fusion makes of a force."""
    if feature is wire.QUATERNION:
        return attitude.quaternion(force)
    if feature is wire.EULER:
        return attitude.euler(force)
    if feature is wire.MATRIX:
        return _matrix(attitude.quaternion(force))
    if feature is wire.GRAVITY:
        return _down(force, attitude.GRAVITY / (math.hypot(*force) or 1.0))
    return (0.0,)  # the heading


def _down(force: Vector, scale: float) -> Vector:
    """What the firmware makes of a force: positive on the axis that points down."""
    x, y, z = force
    return (-x * scale, -y * scale, -z * scale)


def _counts(vector: Vector, bits: int) -> wire.Counts:
    """16.16 fixed point, saturated as the firmware does it, and shifted."""
    top = (1 << bits - 1) - 1
    numbers = []
    for value in vector:
        fixed = round(value * 65536)
        if fixed >> 16 >= top:
            fixed = top << 16
        numbers.append(max(fixed, -(top + 1) << 16) >> bits)
    return (numbers[0], numbers[1], numbers[2])


def _matrix(quaternion: tuple[float, float, float, float]) -> tuple[float, ...]:
    """The rotation matrix of a unit quaternion, row by row."""
    w, x, y, z = quaternion
    return (
        *(1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)),
        *(2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)),
        *(2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)),
    )
