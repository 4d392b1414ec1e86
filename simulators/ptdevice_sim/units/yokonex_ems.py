"""A simulated YOKONEX EMS of either generation, worn by a body. Known behaviour: docs/devices/yokonex-ems.md.

Choices where nothing is known: keys that turn a channel up and down by `STEP`; a channel without its electrodes stays
switched on and delivers nothing; the output runs on when the link is lost (`runs_on`); one g is `counts_per_g`; the angular
rate has 16.4 counts for a degree per second; the answer to a question about angles is a sample of that moment. The motor
shakes the accelerometer. `no_angles` says "not implemented" to questions about angles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.yokonex_ems import wire
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.body import Body
    from ptdevice_sim.unit import Output

EMS = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.WRITE_UUID, frozenset({"write-without-response"})),
        Characteristic(wire.NOTIFY_UUID, frozenset({"notify"})),
    ),
)
G = 9.80665
COUNTS_PER_DPS = 16.4
STRONGEST = 276
STEP = 5
SHAKES = 4.0  # m/s^2, of the motor
BOTH = 3
ATT_READ_NOT_PERMITTED = 0x02


class _Channel:
    """One channel: switched on or not, how strong, which mode, and whether its electrodes are attached."""

    def __init__(self) -> None:
        self.on, self.level, self.mode, self.attached = False, 0, 1, True

    @property
    def delivering(self) -> bool:
        """Whether current flows."""
        return self.on and self.attached and self.level > 0

    def told(self) -> wire.Channel:
        """As the unit says it."""
        electrode = wire.DISCHARGING if self.delivering else wire.IDLE if self.attached else wire.NO_ELECTRODE
        return wire.Channel(electrode, self.on, self.level, self.mode)


class YokonexEms:
    """One unit. The hand is `press`, `pads`, `battery_at` and `switch_off`; the truth is in `channels`."""

    mtu = 247

    def __init__(
        self,
        body: Body,
        *,
        address: str = "E4:5F:01:12:34:56",
        generation: int = 2,
        battery_pct: int = 80,
        counts_per_g: int = 8192,
        runs_on: bool = True,
        no_angles: bool = False,
    ) -> None:
        self.address = address
        self.body = body
        version = "" if generation == 1 else "V2-"
        name = f"YYC-DJ-{version}{int(address[-2:], 16):03d}".encode()
        self.advertising = Advertising(name=name, service_uuids=(wire.SERVICE_UUID,))
        self.services = (EMS,)
        self.channels = (_Channel(), _Channel())
        self.battery_pct = battery_pct
        self.steps = 0
        self.motor = 0
        self._generation, self._counts_per_g = generation, counts_per_g
        self._runs_on, self._no_angles = runs_on, no_angles
        self._connected = False
        self._shake = SHAKES
        self._now = 0.0
        self._outbox: list[Output] = []

    # --- the hand, and what happens to the unit ---

    def press(self, now: float, channel: int, by: int) -> None:
        """A key of channel 0 (A) or 1 (B), so many times; at 0 the channel is off."""
        self._now = now
        it = self.channels[channel]
        it.level = min(max(it.level + by * STEP, 0), STRONGEST)
        it.on = it.level > 0
        self._tell(channel)

    def pads(self, now: float, *, attached: bool) -> None:
        """All electrodes come off, or are put on again."""
        self._now = now
        for channel, it in enumerate(self.channels):
            it.attached = attached
            self._tell(channel)

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on."""
        self._now = now
        self.battery_pct = percent
        self._say(wire.ABOUT_BATTERY, bytes((percent,)))

    def switch_off(self, now: float) -> None:
        """The power key."""
        self._now = now
        self._off()
        self._outbox.append(DropLink())

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Nothing is said until asked, or until something changes."""
        self._now, self._connected = now, True
        self._outbox.clear()
        return ()

    def disconnected(self, now: float) -> None:
        """Nobody has published what the real unit does now; see `runs_on`."""
        self._now, self._connected = now, False
        if not self._runs_on:
            self._off()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Subscriptions are the carrier's business."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """Nothing can be read."""
        raise AttError(ATT_READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - one port takes writes
        """A frame; what is wrong with it is said."""
        self._now = now
        wrong = self._refusal(data) or self._do(data[1], data[2:-1])
        if wrong:
            self._say(wire.ABOUT_ERROR, bytes((wrong,)))
        return self._take()

    def tick(self, now: float) -> Sequence[Output]:
        """What the hand did."""
        self._now = now
        return self._take()

    def next_due(self) -> float | None:
        """Now, when something waits to be said."""
        return self._now if self._outbox else None

    # --- commands ---

    @staticmethod
    def _refusal(data: bytes) -> int:
        if len(data) < 4 or data[0] != wire.START:
            return wire.WRONG_START
        return wire.WRONG_SUM if sum(data[:-1]) & 0xFF != data[-1] else 0

    def _do(self, command: int, payload: bytes) -> int:
        """Do it, or say what is wrong with it."""
        match command:
            case wire.QUERY:
                return self._answer(payload[0])
            case wire.CONTROL:
                return self._control(payload) if self._generation == 1 else self._control2(payload)
            case wire.MOTOR:
                self.motor = payload[0]
                self._say(wire.ABOUT_MOTOR, payload[:1])
            case wire.STEPS:
                self.steps = self.steps if payload[0] in {0, 3, 4} else 0
            case wire.ANGLE:
                pass
            case _:
                return wire.WRONG_COMMAND
        return 0

    def _answer(self, about: int) -> int:
        match about:
            case wire.ABOUT_A | wire.ABOUT_B:
                self._tell(about - wire.ABOUT_A)
            case wire.ABOUT_MOTOR:
                self._say(about, bytes((self.motor,)))
            case wire.ABOUT_BATTERY:
                self._say(about, bytes((self.battery_pct,)))
            case wire.ABOUT_STEPS:
                self._say(about, self.steps.to_bytes(2, "big"))
            case wire.ABOUT_ANGLE if not self._no_angles:
                self._say(about, wire.angle_payload(self._counts()))
            case wire.ABOUT_ANGLE:
                return wire.NOT_IMPLEMENTED
            case _:
                return wire.WRONG_DATA
        return 0

    def _control(self, payload: bytes) -> int:
        """Generation 1: channel, switch, strength, mode, frequency, width."""
        if len(payload) != 7:
            return wire.WRONG_DATA
        which, on, level, mode = payload[0], payload[1], int.from_bytes(payload[2:4], "big"), payload[4]
        if not (1 <= which <= BOTH and on <= 1 and (not on or (1 <= level <= STRONGEST and 1 <= mode <= 17))):
            return wire.WRONG_DATA
        for channel in (0, 1):
            if which >> channel & 1:
                self._set(channel, level if on else 0, mode if on else self.channels[channel].mode)
        return 0

    def _control2(self, payload: bytes) -> int:
        """Generation 2, fixed (1): strength and mode of A, of B. In real time (2): strength, frequency, width of each."""
        size = {1: 3, 2: 4}.get(payload[0], 0)
        if not size or len(payload) != 1 + 2 * size:
            return wire.WRONG_DATA
        parts = [payload[1 + size * channel : 1 + size * (channel + 1)] for channel in (0, 1)]
        levels = [int.from_bytes(part[:2], "big") for part in parts]
        if max(levels) > STRONGEST:
            return wire.WRONG_DATA
        for channel, (level, part) in enumerate(zip(levels, parts, strict=True)):
            self._set(channel, level, part[2] if payload[0] == 1 else 17)
        return 0

    # --- inside ---

    def _set(self, channel: int, level: int, mode: int) -> None:
        it = self.channels[channel]
        it.on, it.mode = level > 0, mode
        it.level = level or it.level
        self._tell(channel)

    def _off(self) -> None:
        for it in self.channels:
            it.on = False

    def _counts(self) -> tuple[int, ...]:
        force = [axis / G * self._counts_per_g for axis in self.body.acceleration(self._now)]
        if self.motor:
            self._shake = -self._shake
            force[2] += self._shake / G * self._counts_per_g
        spin = [axis * COUNTS_PER_DPS for axis in self.body.angular_rate(self._now)]
        return tuple(min(max(round(value), -32768), 32767) for value in (*force, *spin))

    def _tell(self, channel: int) -> None:
        self._say(wire.ABOUT_A + channel, wire.channel_payload(self.channels[channel].told()))

    def _say(self, about: int, payload: bytes) -> None:
        self._outbox.append(Notify(wire.NOTIFY_UUID, wire.frame(wire.QUERY, bytes((about,)) + payload)))

    def _take(self) -> list[Output]:
        said, self._outbox = self._outbox, []
        return said if self._connected else []
