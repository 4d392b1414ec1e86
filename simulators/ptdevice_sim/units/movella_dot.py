"""A simulated Movella DOT, worn by a body.

Known behaviour: docs/devices/movella-dot.md. Choices where nothing is known: a mode that is proprietary or unknown, and a
message that is none, get ATT error 0x13 (value not allowed); a start while measuring changes the mode; StartSync ends a
measurement; how clocks are shared is in `dot_room.py`; the field of the earth does not turn with the sensor. Bad days:
`set_battery`, `power_off`, `nan_next` (samples that are no numbers), `deaf_restart` (the second start is accepted and sends
nothing), and the room's `verdict`.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.devices.movella_dot import messages, wire
from ptdevice_sim import attitude
from ptdevice_sim.dot_room import DotRoom
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service, UnitClock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.model import Vector
    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

FORCE_MAX, SPIN_MAX = 16 * attitude.GRAVITY, 2000.0
LEAST_BATTERY_PCT = 2
READ_NOT_PERMITTED, VALUE_NOT_ALLOWED = 0x02, 0x13
FIELD = (0, wire.MAG_COUNTS, 0)

READ, NOTIFY, WRITE = frozenset({"read"}), frozenset({"notify"}), frozenset({"write"})
SERVICES = (
    Service(
        wire.CONFIGURATION,
        (
            Characteristic(wire.INFORMATION_UUID, READ),
            Characteristic(wire.DEVICE_UUID, READ | WRITE),
            Characteristic(wire.REPORT_UUID, NOTIFY),
        ),
    ),
    Service(
        wire.MEASUREMENT,
        (Characteristic(wire.CONTROL_UUID, READ | WRITE), *(Characteristic(uuid, NOTIFY) for uuid in wire.LENGTHS)),
    ),
    Service(wire.BATTERY, (Characteristic(wire.BATTERY_UUID, READ | NOTIFY),)),
    Service(
        wire.MESSAGES,
        (
            Characteristic(wire.MESSAGE_UUID, WRITE),
            Characteristic(wire.ACK_UUID, READ),
            Characteristic(wire.ANSWER_UUID, NOTIFY),
        ),
    ),
)


class MovellaDot:
    """One unit. `sent_samples` counts what was sent to a subscriber; units in one `room` can share a clock."""

    mtu = 247
    services = SERVICES

    def __init__(
        self,
        body: Body,
        *,
        address: str = "D4:22:CD:00:1A:2B",
        clock: UnitClock | None = None,
        battery_pct: int = 90,
        rate_hz: int = 60,
        measuring: int | None = None,
        room: DotRoom | None = None,
        deaf_restart: bool = False,
    ) -> None:
        self.address = address
        self.body = body
        self.advertising = Advertising(name=b"Movella DOT", manufacturer_data={wire.COMPANY: b"\0"})
        self.device = wire.Device(tag=b"Movella DOT", rate_hz=rate_hz)
        self.clock = clock or UnitClock()
        self.measuring = measuring  # a unit keeps measuring when it loses its link
        self.synced = False
        self.sent_samples = self.blinks = self.nan_next = 0
        self.battery = (battery_pct, False)
        self._room = room or DotRoom()
        self._sync_root: str | None = None  # with whom to synchronise when the link is gone
        self._syncing = False
        self._ack = bytes(messages.LENGTH)
        self._deaf_restart, self._starts = deaf_restart, 0
        self._connected = False
        self._subscribed: set[str] = set()
        self._next_sample = self._idle_at = math.inf
        self._outbox: list[Output] = []

    # --- what happens to the unit ---

    def set_battery(self, percent: int, *, charging: bool = False) -> None:
        """A change of the percentage is told; an empty unit switches itself off."""
        changed = percent != self.battery[0]
        self.battery = (percent, charging)
        if changed:
            self._outbox.append(Notify(wire.BATTERY_UUID, bytes(self._battery())))
        if percent < LEAST_BATTERY_PCT:
            self.power_off()

    def power_off(self) -> None:
        """It says so, and goes. Its clock and its synchronisation are lost."""
        self._outbox += [Notify(wire.REPORT_UUID, wire.report(wire.Report.POWERED_OFF)), DropLink()]
        self.measuring, self.synced = None, False
        self._sync_root, self._syncing = None, False
        self._ack = bytes(messages.LENGTH)
        self._room.forget(self.address)

    def click(self, now: float, kind: wire.Report = wire.Report.SINGLE_CLICK) -> None:
        """Its button."""
        time_ms = self.clock.ns(now) // 1_000_000 % 2**32
        self._outbox.append(Notify(wire.REPORT_UUID, wire.report(kind, time_ms)))

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """If it was synchronising, this ends it."""
        self._connected = True
        self._rest(now)
        if self._syncing:
            result, self.clock = self._room.end(self.address, now)
            self.synced = result is messages.SyncResult.OK
            self._ack = self._padded(bytes((messages.RESULT, result)))
            self._syncing, self._sync_root = False, None
        return ()

    def disconnected(self, now: float) -> None:
        """Nobody listens; it measures on."""
        self._connected = False
        self._subscribed.clear()
        self._outbox.clear()
        self._next_sample = self._idle_at = math.inf
        if self._sync_root is not None:
            self._syncing = True
            self._room.begin(self.address, self._sync_root, now, self.clock)

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - the CCCD's own shape
        """A payload is sent only to those who listen to its own characteristic."""
        (self._subscribed.add if enabled else self._subscribed.discard)(uuid)
        self._rest(now)
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """State, settings, battery, information, the last acknowledgement."""
        if uuid == wire.CONTROL_UUID:
            running = self.measuring is not None
            return wire.control(wire.START if running else wire.STOP, self.measuring or wire.Mode.EULER)
        if uuid == wire.DEVICE_UUID:
            return wire.device(self.device)
        if uuid == wire.BATTERY_UUID:
            return self._battery()
        if uuid == wire.ACK_UUID:
            return self._ack
        if uuid == wire.INFORMATION_UUID:
            mac = bytes.fromhex(self.address.replace(":", ""))[::-1]
            return wire.INFORMATION.pack(mac, 2, 4, 1, 2023, 7, 1, 12, 0, 0, 0, 0, b"XS-T02")
        raise AttError(READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        """Start and stop, settings, messages."""
        try:
            if uuid == wire.CONTROL_UUID:
                self._control(wire.parse_control(data), now)
            elif uuid == wire.DEVICE_UUID:
                self._apply(wire.parse_device(data))
            elif message := messages.parse_message(data):
                return self._message(*message, now)
        except wire.DotError as error:
            raise AttError(VALUE_NOT_ALLOWED) from error
        said, self._outbox = self._outbox, []
        return said

    def tick(self, now: float) -> Sequence[Output]:
        """Samples, and sleep where it has been connected without measuring for long."""
        said, self._outbox = self._outbox, []
        while self.measuring is not None and self._next_sample <= now:
            said.append(Notify(wire.payload_uuid(self.measuring), self._payload(self.measuring, self._next_sample)))
            self.sent_samples += 1
            self._next_sample += self._period_s
        if now >= self._idle_at:
            said += [Notify(wire.REPORT_UUID, wire.report(wire.Report.POWER_SAVING)), DropLink()]
            self._idle_at = math.inf
        return said

    def next_due(self) -> float | None:
        """The next sample, the end of patience, or now."""
        due = 0.0 if self._outbox else min(self._next_sample, self._idle_at)
        return due if due < math.inf else None

    # --- inside ---

    @property
    def _period_s(self) -> float:
        return 1 / (self.device.rate_hz * (1 + self.clock.skew_ppm * 1e-6))

    def _rest(self, now: float) -> None:
        """When the next sample is due, and when it falls asleep."""
        heard = self.measuring is not None and wire.payload_uuid(self.measuring) in self._subscribed
        if not heard or (self._deaf_restart and self._starts == 2):
            self._next_sample = math.inf
        elif self._next_sample == math.inf:
            self._next_sample = now + self._period_s
        minutes, seconds = self.device.connected_timeout
        idle = self._connected and self.measuring is None and (minutes or seconds)
        self._idle_at = now + 60 * minutes + seconds if idle else math.inf

    def _control(self, control: wire.Control, now: float) -> None:
        if control.action == wire.START:
            if control.mode not in wire.LAYOUTS:
                raise wire.DotError("not a published mode")
            self._starts += 1
        self.measuring = control.mode if control.action == wire.START else None
        self._next_sample = math.inf
        self._rest(now)

    def _apply(self, asked: wire.Device) -> None:
        fixed = self.measuring is not None or self.synced
        if asked.visit & wire.VISIT_IDENTIFY and asked.identify == 1:
            self.blinks += 1
        if asked.visit & wire.VISIT_TIMEOUTS:
            times = (asked.advertising_timeout, asked.connected_timeout)
            self.device = replace(self.device, advertising_timeout=times[0], connected_timeout=times[1])
        if asked.visit & wire.VISIT_TAG:
            self.device = replace(self.device, tag=asked.tag)
        if asked.visit & wire.VISIT_RATE and not fixed and asked.rate_hz in wire.RATES_HZ:
            self.device = replace(self.device, rate_hz=asked.rate_hz)
        if asked.visit & wire.VISIT_FILTER and not fixed and asked.filter_profile in {0, 1}:
            self.device = replace(self.device, filter_profile=asked.filter_profile)
        if asked.visit & wire.VISIT_POWER and asked.power & 1:
            self.power_off()

    def _message(self, group: int, data: bytes, now: float) -> list[Output]:
        if group != messages.SYNC:
            raise wire.DotError("recording and configuration are not understood here")
        if data[:1] == bytes((messages.START_SYNC,)) and len(data) == 7:
            self._control(wire.Control(wire.STOP, 0), now)
            self._sync_root, self.synced = data[:0:-1].hex(":").upper(), False
            self._ack = bytes(messages.LENGTH)
            return []
        if data == bytes((messages.STATUS,)):
            state = messages.SYNCED if self.synced else messages.NOT_SYNCED
            return [Notify(wire.ANSWER_UUID, self._padded(bytes((messages.STATE, state))))]
        if data == bytes((messages.STOP_SYNC,)):
            self.synced = False
            return [Notify(wire.ANSWER_UUID, self._padded(bytes((messages.STOPPED, 0))))]
        raise wire.DotError("not a message that is understood here")

    def _battery(self) -> bytes:
        return bytes((self.battery[0], self.battery[1]))

    def _padded(self, data: bytes) -> bytes:
        return messages.message(messages.SYNC, data).ljust(messages.LENGTH, b"\0")

    def _payload(self, mode: int, at: float) -> bytes:
        force, spin = self.body.acceleration(at), self.body.angular_rate(at)
        over = [[abs(a) > top for a in axes] for axes, top in ((force, FORCE_MAX), (spin, SPIN_MAX))]
        force, spin = _clipped(force, FORCE_MAX), _clipped(spin, SPIN_MAX)
        if self.nan_next:
            self.nan_next -= 1
            force = (math.nan, math.nan, math.nan)
        turn = [math.radians(rate) * self._period_s / 2 for rate in spin]
        sample = wire.Payload(
            time_us=self.clock.ns(at) // 1000 % 2**32,
            quaternion=attitude.quaternion(force),
            euler=attitude.euler(force),
            free_acceleration=attitude.free(force),
            delta_quaternion=(1.0, *turn),
            delta_velocity=tuple(a * self._period_s for a in force),
            acceleration=force,
            angular_rate=spin,
            magnetic_field=FIELD,
            status=(sum(1 << i for i, bit in enumerate([*over[0], *over[1]]) if bit) | 0x200,),
            clipped=(sum(over[0]), sum(over[1])),
        )
        return wire.payload(mode, sample)


def _clipped(vector: Vector, top: float) -> Vector:
    x, y, z = (min(max(value, -top), top) for value in vector)
    return (x, y, z)
