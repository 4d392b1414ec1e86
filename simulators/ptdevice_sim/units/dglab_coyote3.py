"""A simulated DG-LAB Coyote V3: its wheels, and what it does with B0 and BF.

Known behaviour: docs/devices/dglab-coyote3.md. Choices where nothing is known: the strengths survive the link and the limits
stay; a wheel at its end says nothing; the battery is notified when it changes. `refuses` ends every connection at once, as
units with the firmware of March 2026 are said to do; `battery_fails` refuses reads.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from ptdevice.devices.dglab_coyote3 import wire
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
    """One unit. The hand is `turn`, `switch_off`, `battery_at`; the truth is `strengths` and `delivering`."""

    mtu = 247

    def __init__(
        self,
        address: str = "D0:9C:0A:12:34:56",
        *,
        battery_pct: int = 80,
        limits: tuple[int, int] = (STRONGEST, STRONGEST),
        refuses: bool = False,
        battery_fails: bool = False,
    ) -> None:
        self.address = address
        self.advertising = Advertising(name=b"47L121000", service_uuids=(wire.SERVICE_UUID,))
        self.services = (DRIVEN, POWER)
        self.battery_pct = battery_pct
        self.strengths = [0, 0]
        self.limits = list(limits)
        self.balances = [160, 160, 0, 0]
        self._refuses, self._battery_fails = refuses, battery_fails
        self._heard_until = [-1.0, -1.0]  # when the wave of each channel ends
        self._now = 0.0
        self._connected = False
        self._outbox: list[Output] = []

    # --- the hand ---

    def turn(self, now: float, channel: int, by: int) -> None:
        """The wheel of channel 0 (A) or 1 (B), so many steps."""
        self._now = now
        if self._set(channel, self.strengths[channel] + by):
            self._say(0)

    def switch_off(self, now: float) -> None:
        """The power switch."""
        self._now = now
        self.strengths = [0, 0]
        self._outbox.append(DropLink())

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on."""
        self._now = now
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
        self._now, self._connected = now, True
        self._outbox.clear()
        return [DropLink()] if self._refuses else []

    def disconnected(self, now: float) -> None:
        """Without a host there are no waves; the strengths stay."""
        self._now, self._connected = now, False

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Subscriptions are the carrier's business."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:
        """The battery."""
        self._now = now
        if uuid != wire.BATTERY_UUID:
            raise AttError(ATT_READ_NOT_PERMITTED)
        if self._battery_fails:
            raise AttError(ATT_UNLIKELY)
        return bytes((self.battery_pct,))

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - one port takes writes
        """A command; what is none is ignored."""
        self._now = now
        if data[:1] == bytes((wire.LIMITS,)) and len(data) == 7:
            self._limit(data)
        else:
            with contextlib.suppress(wire.FrameError):
                self._drive(wire.parse_drive(data), now)
        return self._take()

    def tick(self, now: float) -> Sequence[Output]:
        """What the hand did."""
        self._now = now
        return self._take()

    def next_due(self) -> float | None:
        """Now, when something waits to be said; else when a wave ends, for those who watch the truth."""
        if self._outbox:
            return self._now
        ends = [until for until in self._heard_until if until > self._now]
        return min(ends) if ends else None

    # --- inside ---

    def _drive(self, drive: wire.Drive, now: float) -> None:
        changed = False
        for channel, (mode, value) in enumerate(zip(drive.modes, drive.strengths, strict=True)):
            before, by = self.strengths[channel], value if value <= STRONGEST else 0
            if mode != wire.KEEP:
                wanted = {wire.MORE: before + by, wire.LESS: before - by, wire.ABSOLUTE: by}[mode]
                changed |= self._set(channel, wanted)
            if drive.waves[channel].sounds:
                self._heard_until[channel] = now + wire.WINDOW_S
        if changed and drive.sequence:
            self._say(drive.sequence)

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
        return self.strengths[channel] != before

    def _say(self, sequence: int) -> None:
        self._outbox.append(Notify(wire.NOTIFY_UUID, wire.strengths(sequence, *self.strengths)))

    def _take(self) -> list[Output]:
        said, self._outbox = self._outbox, []
        return said if self._connected else []
