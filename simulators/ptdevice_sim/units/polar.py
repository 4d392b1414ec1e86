"""A simulated Polar H10 or Verity Sense, worn by a body.

Known behaviour: docs/devices/polar.md. Choices where nothing is known: a command before indications are enabled gets ATT error
0xFD (CCCD improperly configured); a unit that is not worn when a link opens ends it after the usual patience; a count of the
gyroscope is 0.07 deg/s, one of the magnetometer 50 G / 32768; the field around the body stands still, whatever the body does;
each stream samples from the instant of its own start. `no_data_on_restart` reproduces a known fault of real units.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.polar import wire
from ptdevice_sim import gatt
from ptdevice_sim.polar_models import MODELS
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service, UnitClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.polar_models import Offer
    from ptdevice_sim.unit import Output

OFF_BODY_S = 45.0  # the H10 ends the link about this long after it was taken off
G = 9.80665  # standard gravity, m/s^2
CCCD_IMPROPERLY_CONFIGURED = 0xFD  # Core spec supplement, common ATT error codes
READ_NOT_PERMITTED = 0x02
ATT_HEADER = 3

PMD = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.CONTROL_UUID, frozenset({"read", "write", "indicate"})),
        Characteristic(wire.DATA_UUID, frozenset({"notify"})),
    ),
)
HEART_RATE = Service(sig.HEART_RATE_SERVICE, (Characteristic(sig.HEART_RATE_MEASUREMENT, frozenset({"notify"})),))


@dataclass(slots=True)
class Stream:
    """A measurement that runs, as it was asked for, and what is not sent yet."""

    settings: dict[int, int]
    next_sample: float
    silent: bool
    samples: list[wire.Numbers] = field(default_factory=list)

    @property
    def period(self) -> float:
        """Seconds from one sample to the next."""
        return 1 / self.settings[wire.RATE]


class PolarSensor:
    """One unit. `take_off` and `put_on` move it from and to the body; `stop_streams` is the unit's own doing.

    `field_gauss` is the magnetic field in the sensor's axes; `sent_samples` counts those of acceleration.
    """

    mtu = 232

    def __init__(
        self,
        body: Body,
        *,
        model: str = "H10",
        address: str = "C0:DE:1A:2B:3C:4D",
        clock: UnitClock | None = None,
        battery_pct: int = 90,
        frame_samples: int | None = None,
        no_data_on_restart: bool = False,
        field_gauss: Vector = (0.2, 0.0, -0.45),
    ) -> None:
        facts = self._facts = MODELS[model]
        self.address = address
        self.body = body
        identifier = address.replace(":", "")[-8:].upper()
        self.advertising = Advertising(
            name=f"Polar {model} {identifier}".encode(),
            service_uuids=(sig.HEART_RATE_SERVICE, sig.assigned(0xFEEE)),
            manufacturer_data={wire.COMPANY: bytes((0x2B, 0x0B, 70, 70))},
        )
        information, self._information = gatt.device_information(
            {
                "manufacturer_name": b"Polar Electro Oy",
                "model_number": model.encode(),
                "firmware_revision": b"5.0.0\0",
            }
        )
        self.services = (HEART_RATE, information, gatt.BATTERY, PMD)
        self.battery_pct = battery_pct
        self.in_charger = False
        self._field_gauss = field_gauss
        self._features = bytes((wire.FEATURES, facts.features)) + bytes(15)
        self._frame_samples = frame_samples or facts.frame_samples
        self._clock = clock or UnitClock(start_ns=facts.epoch_ns)
        self._no_data_on_restart = no_data_on_restart
        self._starts: Counter[int] = Counter()
        self._indicating = False
        self._streams: dict[int, Stream] = {}
        self._next_beat = float("inf")
        self._off_at: float | None = None
        self._connected_at: float | None = None
        self._outbox: list[Output] = []
        self.sent_samples = 0

    # --- what happens to the unit ---

    def take_off(self, now: float) -> None:
        """Off the body: no contact, and after a while no link."""
        self._off_at = now

    def put_on(self) -> None:
        """Back on the body."""
        self._off_at = None

    @property
    def is_worn(self) -> bool:
        """Whether it is on the body."""
        return self._off_at is None

    def battery_at(self, percent: int) -> None:
        """So much is left from here on."""
        self.battery_pct = percent
        self._outbox.append(Notify(sig.BATTERY_LEVEL, bytes((percent,))))

    def stop_streams(self) -> None:
        """The unit ends its streams by itself and says so."""
        self._outbox.append(Notify(wire.CONTROL_UUID, bytes((wire.STOPPED, *self._streams))))
        self._streams.clear()

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Heart rate goes out every second from now on, once subscribed."""
        self._connected_at = now
        self._next_beat = now + 1.0
        self._indicating = False
        return ()

    def disconnected(self, now: float) -> None:  # noqa: ARG002 - Unit's shape
        """Streams end with the link."""
        self._connected_at = None
        self._streams.clear()
        self._outbox.clear()
        self._next_beat = float("inf")

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """The control point insists on its indications."""
        if uuid == wire.CONTROL_UUID:
            self._indicating = enabled
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Features, battery, device information."""
        if uuid == wire.CONTROL_UUID:
            return self._features
        if uuid == sig.BATTERY_LEVEL:
            return bytes((self.battery_pct,))
        if uuid in self._information:
            return self._information[uuid]
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - only one port takes writes
        """A control point command."""
        if not self._indicating:
            raise AttError(CCCD_IMPROPERLY_CONFIGURED)
        if len(data) < 2:
            return [self._answer(data[0] if data else 0, 0, wire.Status.INVALID_LENGTH)]
        opcode, measurement = data[0], data[1]
        if opcode not in {wire.GET_SETTINGS, wire.START, wire.STOP}:
            return [self._answer(opcode, measurement, wire.Status.INVALID_OPCODE)]
        offer = self._facts.offers.get(measurement)
        if offer is None:
            return [self._answer(opcode, measurement, wire.Status.NOT_SUPPORTED)]
        if opcode == wire.GET_SETTINGS:
            return [self._answer(opcode, measurement, wire.Status.OK, wire.settings(offer.settings()))]
        if opcode == wire.STOP:
            stopped = self._streams.pop(measurement, None)
            return [
                self._answer(opcode, measurement, wire.Status.OK if stopped else wire.Status.ALREADY_IN_STATE),
            ]
        return [self._start(measurement, offer, data[2:], now)]

    def tick(self, now: float) -> Sequence[Output]:
        """Samples, heart rate, and the end of patience off the body."""
        said, self._outbox = self._outbox, []
        for measurement in self._streams:
            said += self._sample(measurement, now)
        while now >= self._next_beat:
            said.append(Notify(sig.HEART_RATE_MEASUREMENT, self._heart_rate(self._next_beat)))
            self._next_beat += 1.0
        if now >= self._patience_ends:
            said.append(DropLink())
            self._connected_at = None  # said once; the carrier may need a moment to do it
        return said

    def next_due(self) -> float | None:
        """The next full frame, the next heart beat report, the end of patience, or now."""
        if self._outbox:
            return 0.0
        due = self._next_beat
        for stream in self._streams.values():
            missing = self._frame_samples - len(stream.samples) - 1
            due = min(due, stream.next_sample + missing * stream.period + 1e-9)
        due = min(due, self._patience_ends)
        return due if due < float("inf") else None

    # --- inside ---

    @property
    def _patience_ends(self) -> float:
        """When a link of a unit that is not worn is ended."""
        if self._off_at is None or self._connected_at is None:
            return float("inf")
        return max(self._off_at, self._connected_at) + OFF_BODY_S

    def _answer(self, opcode: int, measurement: int, status: int, parameters: bytes = b"") -> Notify:
        return Notify(wire.CONTROL_UUID, wire.response(opcode, measurement, status, parameters))

    def _start(self, measurement: int, offer: Offer, data: bytes, now: float) -> Notify:
        def refuse(status: wire.Status) -> Notify:
            return self._answer(wire.START, measurement, status)

        if measurement in self._streams:
            return refuse(wire.Status.ALREADY_IN_STATE)
        if self.in_charger:
            return refuse(wire.Status.IN_CHARGER)
        try:
            asked = {kind: values[0] for kind, values in wire.parse_settings(data).items()}
        except (wire.PmdError, IndexError):
            return refuse(wire.Status.INVALID_PARAMETER)
        offered = offer.settings()
        for kind, status in (
            (wire.RATE, wire.Status.INVALID_RATE),
            (wire.RESOLUTION, wire.Status.INVALID_RESOLUTION),
            (wire.RANGE, wire.Status.INVALID_RANGE),
        ):
            if asked.get(kind) not in offered[kind]:
                return refuse(status)
        self._starts[measurement] += 1
        silent = self._no_data_on_restart and self._starts[measurement] == 2
        self._streams[measurement] = Stream(asked, now, silent)
        told = (
            wire.settings({wire.FACTOR: [offer.factor]}) if offer.factor is not None else b"\x01"
        )  # the H10's reserved octet
        return self._answer(wire.START, measurement, wire.Status.OK, told)

    def _sample(self, measurement: int, now: float) -> list[Output]:
        stream, offer = self._streams[measurement], self._facts.offers[measurement]
        per_count = 0.001 if offer.factor is None else wire.factor(offer.factor)
        top = min(round(stream.settings[wire.RANGE] / per_count), 0x7FFF)
        said: list[Output] = []
        while stream.next_sample <= now:
            felt = self._felt(measurement, stream.next_sample)
            stream.samples.append(tuple([min(max(round(a / per_count), -top), top) for a in felt]))
            if len(stream.samples) == self._frame_samples:
                samples, stream.samples = stream.samples, []
                if not stream.silent:
                    said += self._frames(measurement, samples, stream.next_sample, stream.period)
            stream.next_sample += stream.period
        return said

    def _felt(self, measurement: int, now: float) -> Vector:
        """In g, deg/s or gauss."""
        if measurement == wire.ACC:
            x, y, z = self.body.acceleration(now)
            return (x / G, y / G, z / G)
        return self.body.angular_rate(now) if measurement == wire.GYRO else self._field_gauss

    def _frames(self, measurement: int, samples: list[wire.Numbers], last: float, period: float) -> list[Output]:
        """One frame, or more where they would not fit into a notification."""
        if self._facts.offers[measurement].factor is None:
            body, kind = wire.raw(samples), 1
        else:
            body, kind = wire.delta(samples), wire.COMPRESSED | 0
        if len(body) > self.mtu - ATT_HEADER - wire.HEADER.size and len(samples) > 1:
            half = len(samples) // 2
            early = self._frames(measurement, samples[:half], last - (len(samples) - half) * period, period)
            return early + self._frames(measurement, samples[half:], last, period)
        if measurement == wire.ACC:
            self.sent_samples += len(samples)
        return [Notify(wire.DATA_UUID, wire.frame(measurement, self._clock.ns(last), kind, body))]

    def _heart_rate(self, now: float) -> bytes:
        contact = self._off_at is None
        bpm = round(self.body.heart_rate(now)) if contact else 0
        flags = 0x04 | (0x02 if contact else 0) | (0x10 if contact else 0)
        rr = round(60 / bpm * 1024).to_bytes(2, "little") if contact else b""
        return bytes((flags, bpm)) + rr
