"""A simulated openEMSstim: its parser, its two channels, their deadlines. Known behaviour: docs/devices/openemsstim.md.

It does what the published firmware does, letter by letter, also where that is a mistake: a command without its channel writes
to memory that is not its own (`corrupted`). A lone `G` opens both channels, as the firmware reads, or plays the last command
again, as its guide says (`repeats_on_go`). Of `Misbehaviour` it knows `ignores_stop` and `ignores_levels`; it says nothing, so
nothing can be wrong with what it says. Choices where nothing is known: it advertises its service; its battery reads 100 %; a
stop lets nothing through, where the real one may let the least through for some milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.openemsstim import wire
from ptdevice_sim import gatt
from ptdevice_sim.flow import Flow
from ptdevice_sim.misbehaviour import Misbehaviour
from ptdevice_sim.unit import Advertising, AttError, Characteristic, DropLink, Notify, Service

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice_sim.unit import Output

EMS = Service(wire.SERVICE_UUID, (Characteristic(wire.CONTROL_UUID, frozenset({"write", "notify"})),))
LONGEST_MS = 5000
LOOK_S = 0.1  # the firmware looks at deadlines between two readings of its serial line, each of which may wait so long
NOTHING = 255  # the potentiometer's end where no signal passes
LEAST, SPAN = 55, 160  # of its 255 steps: what intensity 1 begins at, and what 100 more are
ATT_READ_NOT_PERMITTED = 0x02


@dataclass
class _Channel:
    """A switch, and a potentiometer before it: the further from NOTHING, the more gets through."""

    wiper: int = NOTHING
    closed: bool = False
    ends_at: float = float("inf")
    intensity: int = 0  # as it was told
    span_ms: int = 1

    @property
    def passes(self) -> int:
        """Steps of the potentiometer that let signal through; 0: none gets to the pads."""
        return NOTHING - self.wiper if self.closed else 0

    def open(self) -> None:
        self.wiper, self.closed, self.ends_at = NOTHING, False, float("inf")


class OpenEmsStim:
    """One unit. The hand is `switch_off`; the truth is `flow`, in steps of the potentiometers, and `channels`."""

    mtu = 23

    def __init__(
        self,
        address: str = "C9:1E:C0:12:34:56",
        *,
        name: str = "emsB5",
        repeats_on_go: bool = False,
        misbehaviour: Misbehaviour | None = None,
    ) -> None:
        self.address = address
        self.advertising = Advertising(name=name.encode("ascii"), service_uuids=(wire.SERVICE_UUID,))
        information, self._information = gatt.device_information(
            {"manufacturer_name": b"Microchip", "model_number": b"RN4020"}
        )
        self.services = (information, gatt.BATTERY, EMS)
        self.channels = (_Channel(), _Channel())
        self.flow = Flow((0, 0))
        self.misbehaviour = misbehaviour or Misbehaviour()
        self.corrupted = False
        self.battery_pct = 100
        self._repeats_on_go = repeats_on_go
        self._last: _Channel | None = None
        self._now = 0.0
        self._connected = False
        self._outbox: list[Output] = []

    # --- the hand ---

    def switch_off(self, now: float) -> None:
        """Its power: both channels open, and the link ends."""
        self._advance(now)
        self._shut_down()
        self._outbox.append(DropLink())

    def battery_at(self, now: float, percent: int) -> None:
        """So much is left from here on, as somebody would have to measure."""
        self._advance(now)
        self.battery_pct = percent
        self._outbox.append(Notify(sig.BATTERY_LEVEL, bytes((percent,))))

    @property
    def delivering(self) -> tuple[bool, bool]:
        """Whether signal gets through each channel."""
        a, b = (channel.passes > 0 for channel in self.channels)
        return a, b

    # --- the radio side ---

    def connected(self, now: float) -> Sequence[Output]:
        """Nothing is ever said."""
        self._advance(now)
        self._connected = True
        self._outbox.clear()
        return ()

    def disconnected(self, now: float) -> None:
        """The module tells the firmware, which opens both channels."""
        self._advance(now)
        self._connected = False
        self._shut_down()

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: ARG002, FBT001 - Unit's shape
        """Subscriptions are the carrier's business."""
        return ()

    def read(self, uuid: str, now: float) -> bytes:
        """What the Bluetooth module says of itself."""
        self._advance(now)
        if uuid == sig.BATTERY_LEVEL:
            return bytes((self.battery_pct,))
        if uuid in self._information:
            return self._information[uuid]
        raise AttError(ATT_READ_NOT_PERMITTED)

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:  # noqa: ARG002 - one port takes writes
        """A command, if there is a `G` in it; nothing is answered."""
        self._advance(now)
        command = data.decode("ascii", "replace")
        if "G" in command:
            self._do(command)
            self._flows(now)
        return self._take()

    def tick(self, now: float) -> Sequence[Output]:
        """The channels' deadlines, and the hand."""
        self._advance(now)
        return self._take()

    def next_due(self) -> float | None:
        """Now, when something waits to be said; else the next deadline."""
        if self._outbox:
            return self._now
        ends = min(channel.ends_at for channel in self.channels)
        return None if ends == float("inf") else ends

    # --- the firmware ---

    def _do(self, command: str) -> None:
        number, span, intensity = (_number(command, letter) for letter in "CTI")
        channel = self.channels[number] if number in {0, 1} else None
        if channel is None and (span is not None or intensity is not None):
            self.corrupted = True
            return
        if channel is None:
            if self._repeats_on_go and self._last is not None:
                self._close(self._last)
            elif not self.misbehaviour.ignores_stop:
                self._shut_down()
            return
        stops = intensity == 0
        if self.misbehaviour.ignores_stop if stops else self.misbehaviour.ignores_levels:
            return
        if span is not None:
            channel.span_ms = min(span, LONGEST_MS)
        if intensity is not None:
            channel.intensity = intensity
        self._close(channel)

    def _close(self, channel: _Channel) -> None:
        step = int(SPAN * (channel.intensity - 1) * 0.01 + 0.5) + LEAST
        channel.wiper = NOTHING - min(max(step, 0), NOTHING)
        channel.closed = True
        self._last = channel
        # A span of 0 is over in the same turn of the firmware's loop; others when it looks next.
        channel.ends_at = self._now + (channel.span_ms / 1000 + LOOK_S if channel.span_ms else 0.0)
        if not channel.span_ms:
            channel.open()

    def _shut_down(self) -> None:
        for channel in self.channels:
            channel.open()
        self._flows(self._now)

    def _advance(self, now: float) -> None:
        for channel in sorted(self.channels, key=lambda each: each.ends_at):
            if channel.ends_at <= now:
                self._now = channel.ends_at
                channel.open()
                self._flows(self._now)
        self._now = now

    def _flows(self, now: float) -> None:
        self.flow.at(now, *(channel.passes for channel in self.channels))

    def _take(self) -> list[Output]:
        said, self._outbox = self._outbox, []
        return said if self._connected else []


def _number(command: str, letter: str) -> int | None:
    """The digits behind a letter, as the firmware reads them: -1 where there are none, None where the letter is not there."""
    at = command.find(letter)
    if at < 0:
        return None
    digits = ""
    for character in command[at + 1 :]:
        if character not in "0123456789":
            break
        digits += character
    return int(digits) if digits else -1
