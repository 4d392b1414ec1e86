"""A simulated Polar H10 or Verity Sense, worn by a body.

Known behaviour: docs/devices/polar.md. Choices where nothing is known: a command before indications are enabled gets ATT error
0xFD (CCCD improperly configured); a unit that is not worn when a link opens ends it after the usual patience;
`no_data_on_restart` reproduces a known fault of real units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.polar import wire
from ptdevice_sim import gatt
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service, UnitClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.body import Body
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


@dataclass(frozen=True, slots=True)
class Model:
    """What a model offers (rates in Hz, ranges in g) and how it sends.

    `epoch_ns` is where its clock starts unless it was set. `factor` is g per count, as the bits of an f32, of compressed frames
    (type 0); None for raw frames in thousandths of g (type 1).
    """

    rates: tuple[int, ...]
    ranges: tuple[int, ...]
    frame_samples: int
    features: int
    epoch_ns: int
    factor: int | None


MODELS = {
    "H10": Model((25, 50, 100, 200), (2, 4, 8), 36, 0x05, 599_616_000_000_000_000, None),  # since 2019-01-01T00:00Z
    "Sense": Model((52,), (8,), 50, 0x6E, 536_580_000_000_000_000, 0x397FDA40),  # since 2017-01-01T10:00Z; 0.000244 g
}


class PolarSensor:
    """One unit. `take_off` and `put_on` move it from and to the body; `stop_streams` is the unit's own doing."""

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
        self._offered = {wire.RATE: list(facts.rates), wire.RESOLUTION: [16], wire.RANGE: list(facts.ranges)}
        if model != "H10":
            self._offered[wire.CHANNEL_COUNT] = [3]
        self._features = bytes((wire.FEATURES, facts.features)) + bytes(15)
        self._frame_samples = frame_samples or facts.frame_samples
        self._clock = clock or UnitClock(start_ns=facts.epoch_ns)
        self._no_data_on_restart = no_data_on_restart
        self._starts = 0
        self._indicating = False
        self._streaming: dict[int, int] | None = None
        self._next_sample = 0.0
        self._samples: list[wire.Counts] = []
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
        self._streaming = None
        self._outbox.append(Notify(wire.CONTROL_UUID, bytes((wire.STOPPED, wire.ACC))))

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
        self._streaming = None
        self._samples.clear()
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
        if measurement != wire.ACC:
            return [self._answer(opcode, measurement, wire.Status.NOT_SUPPORTED)]
        if opcode == wire.GET_SETTINGS:
            return [self._answer(opcode, measurement, wire.Status.OK, wire.settings(self._offered))]
        if opcode == wire.STOP:
            status = wire.Status.OK if self._streaming is not None else wire.Status.ALREADY_IN_STATE
            self._streaming = None
            return [self._answer(opcode, measurement, status)]
        return [self._start(data[2:], now)]

    def tick(self, now: float) -> Sequence[Output]:
        """Samples, heart rate, and the end of patience off the body."""
        said, self._outbox = self._outbox, []
        if self._streaming is not None:
            said += self._sample(now)
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
        if self._streaming is not None:
            missing = self._frame_samples - len(self._samples) - 1
            due = min(due, self._next_sample + missing / self._streaming[wire.RATE] + 1e-9)
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

    def _start(self, data: bytes, now: float) -> Notify:
        def refuse(status: wire.Status) -> Notify:
            return self._answer(wire.START, wire.ACC, status)

        if self._streaming is not None:
            return refuse(wire.Status.ALREADY_IN_STATE)
        if self.in_charger:
            return refuse(wire.Status.IN_CHARGER)
        try:
            asked = {kind: values[0] for kind, values in wire.parse_settings(data).items()}
        except (wire.PmdError, IndexError):
            return refuse(wire.Status.INVALID_PARAMETER)
        for kind, status in (
            (wire.RATE, wire.Status.INVALID_RATE),
            (wire.RESOLUTION, wire.Status.INVALID_RESOLUTION),
            (wire.RANGE, wire.Status.INVALID_RANGE),
        ):
            if asked.get(kind) not in self._offered[kind]:
                return refuse(status)
        self._streaming = asked
        self._samples.clear()
        self._next_sample = now
        self._starts += 1
        factor = self._facts.factor
        told = wire.settings({wire.FACTOR: [factor]}) if factor is not None else b"\x01"  # the H10's reserved octet
        return self._answer(wire.START, wire.ACC, wire.Status.OK, told)

    def _sample(self, now: float) -> list[Output]:
        assert self._streaming is not None
        period = 1 / self._streaming[wire.RATE]
        per_count = G / 1000 if self._facts.factor is None else wire.factor(self._facts.factor) * G
        top = min(round(self._streaming[wire.RANGE] * G / per_count), 0x7FFF)
        said: list[Output] = []
        while self._next_sample <= now:
            force = self.body.acceleration(self._next_sample)
            self._samples.append(tuple(min(max(round(a / per_count), -top), top) for a in force))  # type: ignore[arg-type] # three
            if len(self._samples) == self._frame_samples:
                said += self._frame(self._next_sample)
            self._next_sample += period
        return said

    def _frame(self, last: float) -> list[Output]:
        samples, self._samples = self._samples, []
        if self._no_data_on_restart and self._starts == 2:
            return []
        self.sent_samples += len(samples)
        if self._facts.factor is not None:
            body, kind = wire.delta(samples), wire.COMPRESSED | 0
        else:
            body, kind = wire.raw(samples), 1
        return [Notify(wire.DATA_UUID, wire.frame(wire.ACC, self._clock.ns(last), kind, body))]

    def _heart_rate(self, now: float) -> bytes:
        contact = self._off_at is None
        bpm = round(self.body.heart_rate(now)) if contact else 0
        flags = 0x04 | (0x02 if contact else 0) | (0x10 if contact else 0)
        rr = round(60 / bpm * 1024).to_bytes(2, "little") if contact else b""
        return bytes((flags, bpm)) + rr
