"""A simulated Beurer EM 70: the firmware as far as it is known, and the hand on its keys.

Known behaviour: docs/devices/beurer-em70.md. Where nothing is known a choice was made, and it can be switched: whether the
output runs on after the link is lost (`runs_on`), and which of the two state layouts is spoken (`layout`). It can misbehave in
every way of `Misbehaviour`; a stop is *set level* 0.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.beurer_em70 import wire
from ptdevice_sim import gatt
from ptdevice_sim.flow import Flow
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

CONTROL = Service(
    wire.CONTROL_SERVICE_UUID, (Characteristic(wire.CONTROL_UUID, frozenset({"read", "write", "notify"})),)
)
TREATMENT_S = 30 * 60
TOP = 15
LOW_BATTERY_PCT = 10  # a choice: when the real unit complains is not known
ATT_READ_NOT_PERMITTED = 0x02


class BeurerEm70:
    """One unit. Keys: `press_up`, `press_down`, `switch_off`; the truth: `flow`, `delivering`, `level`, `remaining_s`."""

    mtu = 247

    def __init__(
        self,
        address: str = "F9:8B:6F:12:EC:AE",
        *,
        layout: int = 8,
        battery_pct: int = 80,
        runs_on: bool = True,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self.address = address
        mac = bytes.fromhex(address.replace(":", ""))[::-1]
        self.advertising = Advertising(
            name=wire.NAME.encode() + b"\0\0",  # padded like the real one
            # The manufacturer data is the unit's own address, least significant octet first; its first two are the "company".
            manufacturer_data={int.from_bytes(mac[:2], "little"): mac[2:]},
            tx_power=5,
        )
        information, self._information = gatt.device_information(
            {"manufacturer_name": b"Beurer", "model_number": b"LT1102S", "firmware_revision": b"1.0\0"}
        )
        self.services = (information, gatt.BATTERY, CONTROL)
        self.battery_pct = battery_pct
        self.battery_raw = 0x3B  # an octet of the state, like a voltage of unknown scale; 0x30-0x3E were seen
        self.programme = 9
        self.mode = 1
        self.level = 0
        self.output_on = False  # whether current flows: SET alone raises the level without starting it
        self.paused = False
        self.locked = False
        self.used = 0
        self.flow = Flow()
        self.misbehaviour = misbehaviour or Misbehaviour()
        self._layout = layout
        self._runs_on = runs_on
        self._remaining_s = float(TREATMENT_S)
        self._clock_at = 0.0
        self._outbox: list[Output] = []
        self._later: deque[tuple[float, Output]] = deque()  # answers that are kept back
        self._connected = False

    # --- the hand, and what happens to the unit ---

    def press_up(self, now: float) -> None:
        """The + key: one level more, and output starts."""
        self._press(now, +1)

    def press_down(self, now: float) -> None:
        """The - key."""
        self._press(now, -1)

    def overload(self, now: float) -> None:
        """A pad comes off: the unit stops and complains."""
        self._advance(now)
        self._stop()
        self.used = 0
        self._say(wire.OVERLOAD, b"\0")

    def battery_low(self, now: float) -> None:
        """The unit complains about its battery; it goes on until it is empty."""
        self.battery_at(now, 5)

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on; at LOW_BATTERY_PCT and below the unit complains."""
        self._advance(now)
        self.battery_pct = percent
        if percent <= LOW_BATTERY_PCT:
            self._say(wire.LOW_BATTERY, b"\0")
        self._outbox.append(Notify(sig.BATTERY_LEVEL, bytes((percent,))))

    def switch_off(self, now: float) -> None:
        """The power key."""
        self._advance(now)
        self._stop()
        self._outbox.append(DropLink())

    @property
    def remaining_s(self) -> float:
        """What is left on the unit's timer, in s."""
        return self._remaining_s

    @property
    def delivering(self) -> bool:
        """Whether current flows at this moment."""
        return self.output_on and not self.paused

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Nothing is said until asked."""
        self._advance(now)
        self._connected = True
        self._outbox.clear()
        self._later.clear()
        return ()

    def disconnected(self, now: float) -> None:
        """Nobody knows what the real unit does now; see `runs_on`."""
        self._advance(now)
        self._connected = False
        if not self._runs_on:
            self._stop()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Subscriptions are the carrier's business."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:
        """Battery, device information, and the state."""
        self._advance(now)
        if uuid == sig.BATTERY_LEVEL:
            return bytes((self.battery_pct,))
        if uuid in self._information:
            return self._information[uuid]
        if uuid == wire.CONTROL_UUID:
            return self._state_frame()
        raise AttError(ATT_READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - only one port takes writes
        """A command; a frame that is not one is ignored."""
        self._advance(now)
        try:
            command, info = wire.parse(data)
        except wire.FrameError:
            return self._take()
        argument = info[0] if info else 0
        match command:
            case wire.STATE:
                self._outbox.append(Notify(wire.CONTROL_UUID, self._state_frame()))
            case wire.VERSION:
                self._say(command, b"\x01\x00")
            case wire.ADD | wire.CUT:
                if not self.misbehaviour.ignores_levels:
                    self._change(self.level + (1 if command == wire.ADD else -1), start=command == wire.ADD)
                self._acknowledge(command)
            case wire.SET:
                # No reply was ever captured, and a thesis found that SET by itself does not start the output.
                ignored = self.misbehaviour.ignores_levels if argument else self.misbehaviour.ignores_stop
                if argument <= TOP and not ignored:
                    self._change(argument, start=False)
            case wire.PROGRAMME:
                self.programme = argument
                self._say(command, info)
            case wire.LOCK:
                self.locked = argument == 0
                self._say(command, info)
            case wire.PAUSE:
                self.paused = argument == 0
                self._flows()
            case wire.POWER_OFF:
                self._stop()
                self._outbox.append(DropLink())
        return self._take()

    def tick(self, now: float) -> Sequence[Output]:
        """The unit's timer, and what the hand did."""
        self._advance(now)
        return self._take()

    def next_due(self) -> float | None:
        """Now, when something waits to be said; else the next late answer, or the end of the treatment."""
        if self._outbox:
            return self._clock_at
        due = [self._later[0][0]] if self._later else []
        if self.delivering:
            due.append(self._clock_at + self._remaining_s)
        return min(due, default=None)

    # --- inside ---

    def _press(self, now: float, step: int) -> None:
        self._advance(now)
        if not self.locked:
            self._change(self.level + step, start=step > 0)
            self._say(wire.BUTTON, bytes((self.level,)))

    def _change(self, level: int, *, start: bool) -> None:
        self.level = min(max(level, 0), TOP)
        if self.level == 0:
            self._stop()
        elif start:
            self.output_on = True
            self.used = 1
        self._flows()

    def _stop(self) -> None:
        self.level = 0
        self.output_on = False
        self._remaining_s = float(TREATMENT_S)
        self._flows()

    def _flows(self) -> None:
        self.flow.at(self._clock_at, self.level if self.delivering else 0)

    def _advance(self, now: float) -> None:
        passed, self._clock_at = now - self._clock_at, now
        if self.delivering:
            self._remaining_s -= passed
            if self._remaining_s <= 1e-6:
                self._clock_at = now + min(self._remaining_s, 0.0)  # it ended then, not only when somebody looked
                self._stop()
                self._clock_at = now
                self._say(wire.ENDED, b"\0")
        while self._later and self._later[0][0] <= now:
            self._outbox.append(self._later.popleft()[1])

    def _state_frame(self) -> bytes:
        # The real unit shows 29:59 as 29 and 59, and 30:00 as 30 and 0: whole seconds, rounded up.
        left = -int(-self._remaining_s // 1)
        extra = {"treatment": int(self.delivering), "lock": int(not self.locked)} if self._layout == 9 else {}
        state = wire.State(
            self.used,
            self.programme,
            self.mode,
            self.misbehaviour.level(self.level),
            left // 60,
            self.battery_raw,
            left % 60,
            **extra,
        )
        return self._framed(wire.STATE, wire.state_info(state))

    def _framed(self, command: int, info: bytes) -> bytes:
        frame = wire.frame(command, info)
        return frame[:-1] + bytes((frame[-1] ^ 0xFF,)) if self.misbehaviour.wrong_sums else frame

    def _acknowledge(self, command: int) -> None:
        said = Notify(wire.CONTROL_UUID, self._framed(command, bytes((self.misbehaviour.level(self.level),))))
        if self.misbehaviour.acks_late_s:
            self._later.append((self._clock_at + self.misbehaviour.acks_late_s, said))
        elif not self.misbehaviour.keeps_acks:
            self._outbox.append(said)

    def _say(self, command: int, info: bytes) -> None:
        self._outbox.append(Notify(wire.CONTROL_UUID, self._framed(command, info)))

    def _take(self) -> list[Output]:
        said, self._outbox = self._outbox, []
        return said if self._connected else []
