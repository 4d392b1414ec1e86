"""A simulated DG-LAB Coyote V3: its wheels, and what it does with B0 and BF.

Known behaviour: docs/devices/dglab-coyote3.md. Choices where nothing is known: the strengths survive the link and the limits
stay; a wheel at its end says nothing; the battery is notified when it changes. `refuses` ends every connection at once, as
units with the firmware of March 2026 are said to do; `battery_fails` refuses reads. It can misbehave in every way of
`Misbehaviour` but in its sums, of which it has none; a stop is both strengths absolute and 0.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import TYPE_CHECKING

from ptdevice.devices.dglab_coyote3 import wire
from ptdevice_sim.flow import Flow
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

DRIVEN = Service(
    wire.SERVICE_UUID,
    (
        Characteristic(wire.WRITE_UUID, frozenset({"write", "write-without-response"})),
        Characteristic(wire.NOTIFY_UUID, frozenset({"notify"})),
    ),
)
POWER = Service(wire.BATTERY_SERVICE_UUID, (Characteristic(wire.BATTERY_UUID, frozenset({"read", "notify"})),))
STRONGEST = 200
ATT_READ_NOT_PERMITTED, ATT_UNLIKELY = 0x02, 0x0E


class DglabCoyote3:
    """One unit. The hand is `turn`, `switch_off`, `battery_at`; the truth is `flow`, `strengths`, `delivering`."""

    mtu = 247

    def __init__(
        self,
        address: str = "D0:9C:0A:12:34:56",
        *,
        battery_pct: int = 80,
        limits: tuple[int, int] = (STRONGEST, STRONGEST),
        refuses: bool = False,
        battery_fails: bool = False,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self.address = address
        self.advertising = Advertising(name=b"47L121000", service_uuids=(wire.SERVICE_UUID,))
        self.services = (DRIVEN, POWER)
        self.battery_pct = battery_pct
        self.strengths = [0, 0]
        self.limits = list(limits)
        self.balances = [160, 160, 0, 0]
        self.flow = Flow((0, 0))
        self.misbehaviour = misbehaviour or Misbehaviour()
        self._refuses, self._battery_fails = refuses, battery_fails
        self._heard_until = [-1.0, -1.0]  # when the wave of each channel ends
        self._now = 0.0
        self._connected = False
        self._outbox: list[Output] = []
        self._later: deque[tuple[float, Output]] = deque()  # answers that are kept back

    # --- the hand ---

    def turn(self, now: float, channel: int, by: int) -> None:
        """The wheel of channel 0 (A) or 1 (B), so many steps."""
        self._advance(now)
        if self._set(channel, self.strengths[channel] + by):
            self._say(0)

    def switch_off(self, now: float) -> None:
        """The power switch."""
        self._advance(now)
        self.strengths = [0, 0]
        self._flows(now)
        self._outbox.append(DropLink())

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on."""
        self._advance(now)
        self.battery_pct = percent
        self._outbox.append(Notify(wire.BATTERY_UUID, bytes((percent,))))

    @property
    def delivering(self) -> tuple[bool, bool]:
        """Whether current flows in each channel: it has a strength, and a wave that lasts."""
        a, b = (
            strength > 0 and self._now < until
            for strength, until in zip(self.strengths, self._heard_until, strict=True)
        )
        return a, b

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Nothing is said until something changes."""
        self._advance(now)
        self._connected = True
        self._outbox.clear()
        self._later.clear()
        return [DropLink()] if self._refuses else []

    def disconnected(self, now: float) -> None:
        """Without a host there are no waves; the strengths stay."""
        self._advance(now)
        self._connected = False

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Subscriptions are the carrier's business."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:
        """The battery."""
        self._advance(now)
        if uuid != wire.BATTERY_UUID:
            raise AttError(ATT_READ_NOT_PERMITTED)
        if self._battery_fails:
            raise AttError(ATT_UNLIKELY)
        return bytes((self.battery_pct,))

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - one port takes writes
        """A command; what is none is ignored."""
        self._advance(now)
        if data[:1] == bytes((wire.LIMITS,)) and len(data) == 7:
            self._limit(data)
        else:
            with contextlib.suppress(wire.FrameError):
                self._drive(wire.parse_drive(data), now)
        return self._take()

    def tick(self, now: float) -> Sequence[Output]:
        """What the hand did, and the end of a wave."""
        self._advance(now)
        return self._take()

    def next_due(self) -> float | None:
        """Now, when something waits to be said; else when a wave ends, for those who watch the truth."""
        if self._outbox:
            return self._now
        due = [until for until in self._heard_until if until > self._now]
        if self._later:
            due.append(self._later[0][0])
        return min(due, default=None)

    # --- inside ---

    def _advance(self, now: float) -> None:
        for until in sorted(self._heard_until):
            if self._now < until <= now:
                self._now = until
                self._flows(until)
        self._now = now
        while self._later and self._later[0][0] <= now:
            self._outbox.append(self._later.popleft()[1])

    def _flows(self, now: float) -> None:
        a, b = (strength if on else 0 for strength, on in zip(self.strengths, self.delivering, strict=True))
        self.flow.at(now, a, b)

    def _drive(self, drive: wire.Drive, now: float) -> None:
        changed = False
        absolute = drive.modes == (wire.ABSOLUTE, wire.ABSOLUTE)
        stops = absolute and drive.strengths == (0, 0)
        ignored = self.misbehaviour.ignores_stop if stops else self.misbehaviour.ignores_levels
        for channel, (mode, value) in enumerate(zip(drive.modes, drive.strengths, strict=True)):
            before, by = self.strengths[channel], value if value <= STRONGEST else 0
            if mode != wire.KEEP and not ignored:
                wanted = {wire.MORE: before + by, wire.LESS: before - by, wire.ABSOLUTE: by}[mode]
                changed |= self._set(channel, wanted)
            if drive.waves[channel].sounds:
                self._heard_until[channel] = now + wire.WINDOW_S
        self._flows(now)
        if (changed or ignored) and drive.sequence:
            self._acknowledge(drive.sequence)

    def _limit(self, data: bytes) -> None:
        for channel in (0, 1):
            if data[1 + channel] <= STRONGEST:
                self.limits[channel] = data[1 + channel]
        self.balances = list(data[3:])
        self._outbox.append(Notify(wire.NOTIFY_UUID, bytes((wire.LIMITS_TOLD, *self.limits, *self.balances))))
        a, b = self._set(0, self.strengths[0]), self._set(1, self.strengths[1])
        if a or b:
            self._say(0)

    def _set(self, channel: int, wanted: int) -> bool:
        before = self.strengths[channel]
        self.strengths[channel] = min(max(wanted, 0), STRONGEST, self.limits[channel])
        self._flows(self._now)
        return self.strengths[channel] != before

    def _acknowledge(self, sequence: int) -> None:
        if self.misbehaviour.acks_late_s:
            self._later.append((self._now + self.misbehaviour.acks_late_s, self._strengths(sequence)))
        elif not self.misbehaviour.keeps_acks:
            self._say(sequence)

    def _say(self, sequence: int) -> None:
        self._outbox.append(self._strengths(sequence))

    def _strengths(self, sequence: int) -> Notify:
        a, b = (self.misbehaviour.level(strength) for strength in self.strengths)
        return Notify(wire.NOTIFY_UUID, wire.strengths(sequence, a, b))

    def _take(self) -> list[Output]:
        said, self._outbox = self._outbox, []
        return said if self._connected else []
