"""A simulated Bluetens 2: its shell, its keys, its scripts. Known behaviour: docs/devices/bluetens.md.

The output runs on when the link is lost; a script that comes to its end says nothing; `str` starts a unit that stands still.
Choices where nothing is known: chunks follow each other by `CHUNK_S`; a notification waits for the end of an answer, unless
`cuts_in`; a unit that went off is there again when somebody connects; it knows one script to begin with, the default.
`cannot` is the number that stands before "command not understood", which differs between firmwares. It can misbehave in every
way of `Misbehaviour` but in its sums, of which it has none; a stop is `osto`.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from ptdevice.devices.bluetens import wire
from ptdevice_sim import loki
from ptdevice_sim.bluetens_files import Console, digest
from ptdevice_sim.flow import Flow
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import Advertising, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

SHELL = Service(
    wire.SERVICE_UUID,
    (Characteristic(wire.SHELL_UUID, frozenset({"read", "write", "write-without-response", "notify"})),),
)
# A programme of the vendor's: 300 times 3 s at 100 Hz and 3 s at 2 Hz, half an hour.
SCRIPT = "V1D16{R12c|F64P32C12c|R6Pc8F2C1}"
NAME = "han"
TOP, CHUNK_S = 60, 0.02
NO_LOAD_S, IDLE_S, BATTERY_S = 3.0, 30.0, 300.0
EMPTY_MV, FULL_MV, DIES_MV = 3000, 4150, 3100


class Bluetens:
    """One unit. The hand is `press_up`, `press_down`, `switch_off`, `pads_off`, `pads_on` and `plug_in`.

    The truth is `flow`, `delivering` and `level`.
    """

    mtu = 23

    def __init__(
        self,
        address: str = "C8:7C:BE:12:34:56",
        *,
        script: str = SCRIPT,
        battery_pct: int = 80,
        firmware: str = "3.3.7",
        cuts_in: bool = False,
        cannot: int = 4097,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self.address = address
        major, minor, release = (int(part) for part in firmware.split("."))
        mac = bytes.fromhex(address.replace(":", ""))[::-1]
        self.advertising = Advertising(
            name=b"Bluetens2",
            service_uuids=(wire.SERVICE_UUID,),
            manufacturer_data={wire.COMPANY: bytes((major << 4 | minor, release)) + mac + b"blt\0"},
        )
        self.services = (SHELL,)
        self.battery_mv = _millivolts(battery_pct)
        self.level = 0
        self.load = True
        self._firmware, self._cuts_in, self._cannot = firmware, cuts_in, cannot
        self.flow = Flow()
        self.misbehaviour = misbehaviour or Misbehaviour()
        self.console = Console({NAME: script})
        self._digest = "0" * 32  # of the script that was started last
        self._started_at: float | None = None
        self._ends_at = self._heard_at = self._now = 0.0  # the end of the script, the latest line of the shell, and now
        self._no_load_at = self._battery_at = float("inf")
        self._connected = False
        self._outbox: deque[tuple[float, Output]] = deque()

    # --- the hand, and what happens to the unit ---

    def press_up(self, now: float) -> None:
        """The + key: a level more; a unit that stands still starts its default script."""
        self._advance(now)
        if self._started_at is None:
            self._start(now)
        else:
            self._turn(self.level + 1)

    def press_down(self, now: float) -> None:
        """The - key; it goes down to 1 and no further."""
        self._advance(now)
        if self._started_at is not None:
            self._turn(self.level - 1)

    def switch_off(self, now: float) -> None:
        """The power key."""
        self._advance(now)
        self._shut_down()

    def pads_off(self, now: float) -> None:
        """A pad comes off: after some seconds without a load the unit stops."""
        self._advance(now)
        self.load = False
        self._no_load_at = now + NO_LOAD_S
        self._flows(now)

    def pads_on(self, now: float) -> None:
        """It is back on; a unit that has stopped stays stopped."""
        self._advance(now)
        self.load, self._no_load_at = True, float("inf")
        self._flows(now)

    def plug_in(self, now: float) -> None:
        """The charger: the unit stops and goes off."""
        self._advance(now)
        self._go_off("charging")

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on; below 3.1 V the unit stops and goes off."""
        self._advance(now)
        self.battery_mv = _millivolts(percent)
        if self.battery_mv < DIES_MV:
            self._go_off("low battery")

    @property
    def delivering(self) -> bool:
        """Whether current flows: a script runs, and the pads are on."""
        return self._started_at is not None and self.load

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Nothing is said until asked, and what was not heard is not said again."""
        self._advance(now)
        self._outbox.clear()
        self.console.hang_up()
        self._connected, self._heard_at, self._battery_at = True, now, now + BATTERY_S
        return ()

    def disconnected(self, now: float) -> None:
        """The script runs on."""
        self._advance(now)
        self._connected, self._battery_at = False, float("inf")

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001, D102
        return ()

    def read(self, uuid: str, now: float) -> bytes:  # noqa: ARG002 - Unit's shape
        """It can be read, and is empty."""
        return b""

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - there is one port
        """Octets for the shell."""
        self._advance(now)
        for words in self.console.lines(data):
            self._heard_at = now
            if (said := self.console.do(words)) is None:
                self._do(words, now)
            for line in said or ():
                self._answer(line)
        return self._take(now)

    def tick(self, now: float) -> Sequence[Output]:
        """What the script, the load, the battery and the hand did."""
        self._advance(now)
        return self._take(now)

    def next_due(self) -> float | None:
        """The next chunk, the end of the script, or the end of patience, whichever comes first."""
        due = [self._battery_at, *(at for at, _ in list(self._outbox)[:1])]
        if self._started_at is not None:
            due += [self._ends_at, self._no_load_at]
        elif self._connected:
            due.append(self._heard_at + IDLE_S)
        return None if min(due) == float("inf") else min(due)

    # --- the shell ---

    def _do(self, words: list[str], now: float) -> None:
        match words:
            case ["ver"]:
                self._answer(f"v.{self._firmware}")
            case ["bat"]:
                self._answer(f"{self.battery_mv} mv")
            case ["stat"]:
                tick = 0 if self._started_at is None else int(now - self._started_at + 1e-6)
                self._say(
                    wire.status_line(wire.Status(tick, self._digest, self.misbehaviour.level(self.level))),
                    at_once=False,
                )
            case ["str", *rest]:
                if rest and not self.misbehaviour.ignores_levels:
                    self._set(rest[0], now)
                self._acknowledge(f"str={self.misbehaviour.level(self.level)}")
            case ["ssta", name, *options]:
                self._ssta(name, options, now)
            case ["osto"]:
                if not self.misbehaviour.ignores_stop:
                    self._stop(now)
                self._acknowledge("0: ok")
            case ["sdef"]:
                self._answer(f"sdef={NAME}")
            case ["shdn"]:
                self._answer("0: ok")
                self._shut_down()
            case _:
                self._answer(f"{self._cannot}: command not understood")

    def _set(self, text: str, now: float) -> None:
        value = int(text) if text.isdecimal() else 0
        if value and self._started_at is None:
            self._start(now)
        elif value:
            self.level = min(value, TOP)
            self._flows(now)

    def _ssta(self, name: str, options: list[str], now: float) -> None:
        cut = [option.removeprefix("-cut=") for option in options if option.startswith("-cut=")]
        try:
            self._start(now, float(cut[0]) if cut and cut[0].isdecimal() else float("inf"), name)
        except (KeyError, loki.ScriptError):
            self._answer("100: failure")
        else:
            self._acknowledge("0: ok")

    # --- inside ---

    def _start(self, now: float, cut_s: float = float("inf"), name: str = NAME) -> None:
        script = self.console.files[name]
        ends_at = now + min(loki.duration_s(script), cut_s)
        self._stop(now)
        self._started_at, self._ends_at, self._digest = now, ends_at, digest(script)
        self._no_load_at = float("inf") if self.load else now + NO_LOAD_S
        self._turn(1)

    def _turn(self, level: int) -> None:
        self.level = min(max(level, 1), TOP)
        self._flows(self._now)
        self._notify(f"strength {self.level}")

    def _stop(self, when: float) -> None:
        self.level, self._started_at = 0, None
        self._flows(when)

    def _flows(self, when: float) -> None:
        self.flow.at(when, self.level if self.delivering else 0)

    def _shut_down(self) -> None:
        self._go_off("shutdown" if self._started_at is not None else None)  # a running unit says so before it goes

    def _go_off(self, last_word: str | None) -> None:
        self._stop(self._now)
        if last_word:
            self._notify(last_word)
        after = self._outbox[-1][0] if self._outbox else self._now
        self._outbox.append((after + CHUNK_S, DropLink()))

    def _advance(self, now: float) -> None:
        self._now = now
        if self._started_at is not None and not self.load and now >= self._no_load_at:
            self._stop(self._no_load_at)
            self._notify("noload")
        if self._started_at is not None and now >= self._ends_at:
            self._stop(self._ends_at)  # and not a word
        if now >= self._battery_at:
            self._battery_at = now + BATTERY_S
            self._notify(f"battery {self.battery_mv}")
        if self._connected and self._started_at is None and now - self._heard_at >= IDLE_S:
            self._heard_at = now
            self._go_off(None)

    def _answer(self, text: str) -> None:
        self._say(text.encode("ascii") + wire.END, at_once=False)

    def _acknowledge(self, text: str) -> None:
        if not self.misbehaviour.keeps_acks:
            self._say(text.encode("ascii") + wire.END, at_once=False, late_s=self.misbehaviour.acks_late_s)

    def _notify(self, text: str) -> None:
        self._say(f"{wire.NOTIFY}{text}".encode("ascii") + wire.END, at_once=self._cuts_in)

    def _say(self, line: bytes, *, at_once: bool, late_s: float = 0.0) -> None:
        said: list[Output] = [Notify(wire.SHELL_UUID, chunk) for chunk in wire.chunks(line)]
        if at_once:
            self._outbox.extendleft((self._now, each) for each in reversed(said))
            return
        start = max(self._outbox[-1][0] + CHUNK_S if self._outbox else self._now, self._now + late_s)
        self._outbox.extend((start + i * CHUNK_S, each) for i, each in enumerate(said))

    def _take(self, now: float) -> list[Output]:
        said: list[Output] = []
        while self._outbox and self._outbox[0][0] <= now:
            said.append(self._outbox.popleft()[1])
        return said if self._connected else []


def _millivolts(percent: int) -> int:
    return EMPTY_MV + (FULL_MV - EMPTY_MV) * percent // 100
