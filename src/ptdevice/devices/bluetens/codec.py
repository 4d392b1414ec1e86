"""The meaning of a Bluetens's lines, for an observer.

One question at a time: the unit numbers neither questions nor answers. `stat` once a second tells whether the script runs and
at which level; the rest the unit says by itself, between the lines of an answer and perhaps between its chunks. A script that
comes to its end says nothing: the next `stat` shows it, and why it ended is not known.

`str` is never asked. On a unit that stands still it starts the default script.

What is known about the output: level 0 and tick 0 are off, a level above 0 is on; a running script without a level is unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.bluetens import wire
from ptdevice.devices.every import Every
from ptdevice.errors import WireError
from ptdevice.link import Write
from ptdevice.model import (
    Battery,
    DeviceFault,
    DeviceInformation,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    StopReason,
    TreatmentEnded,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice.link import Packet
    from ptdevice.model import Event

POLL_S = (
    1.0  # the vendor's app asks every 1 to 5 s while a script runs; an idle unit goes off after 20 s without a line
)
BATTERY_S = 60.0  # the unit itself looks at its battery once a minute
PATIENCE_S = 2.0  # an answer takes three connection intervals; after this the question is taken as lost
JOIN_S = 0.5  # chunks of one line come within a few connection intervals

# The only bytes that we send: reading the version, the battery and the status. In the firmware each of them prints a line, and
# puts off the hour at which an idle unit goes off; nothing else.
VERSION = Write("shell", wire.command("ver"))
BATTERY = Write("shell", wire.command("bat"))
STATUS = Write("shell", wire.command("stat"))
QUERIES = frozenset({VERSION, BATTERY, STATUS})

_VERSION = re.compile(r"(?:ver=)?v\.(\d{1,5}\.\d{1,5}\.\d{1,5})")
_MILLIVOLTS = re.compile(r"([0-9]{1,5}) mv")
_STATUS_LINE = re.compile(r"[0-9]{1,5}: [a-z ]+")


class BluetensCodec:
    """One connection's worth of meaning."""

    def __init__(self) -> None:
        self._buffer = b""  # never longer than a line
        self._heard_at = float("-inf")
        self._asked_at: float | None = None  # the question that is not answered yet
        self._wanted = [VERSION]
        self._battery_at = float("-inf")  # when it is due
        self._poll = Every(POLL_S)
        self._digest: str | None = None

    def due(self, now: float) -> list[Write]:
        """One question, where none is open: the version once, the battery once a minute, the status once a second."""
        if self._asked_at is not None and now - self._asked_at < PATIENCE_S:
            return []
        question = self._next(now)
        self._asked_at = now if question else None
        return [question] if question else []

    def _next(self, now: float) -> Write | None:
        if self._wanted:
            return self._wanted.pop()
        if now >= self._battery_at:
            self._battery_at = now + BATTERY_S
            return BATTERY
        return STATUS if self._poll.is_due(now) else None

    def decode(self, packet: Packet) -> Iterator[Event]:
        """Events of one chunk; where lines had to be thrown away, WireError after all that could be read."""
        if packet.port != "shell":
            yield from sig.decode(packet)
            return
        if not packet.data:
            raise WireError("an empty notification", packet.port, packet.data)
        wrong = ""
        if self._buffer and packet.at - self._heard_at > JOIN_S:
            wrong, self._buffer = f"half a line of {len(self._buffer)} octets whose rest never came", b""
        self._heard_at = packet.at
        self._buffer += packet.data
        while b"\n" in self._buffer:
            line, _, self._buffer = self._buffer.partition(b"\n")
            try:
                events = self._line(packet.at, line.removesuffix(b"\r"))
            except (wire.LineError, UnicodeDecodeError) as error:
                wrong = wrong or str(error)
            else:
                yield from events
        if len(self._buffer) > wire.LINE_MAX:
            wrong, self._buffer = wrong or "a line that does not end", b""
        if wrong:
            raise WireError(wrong, packet.port, packet.data)

    def _line(self, at: float, line: bytes) -> list[Event]:
        """What a whole line says. Raises LineError, UnicodeDecodeError."""
        text = line.decode("ascii")
        cut = text.find(wire.NOTIFY)
        if cut > 0:
            # A notification between the chunks of an answer: what stood before it goes on after it.
            self._buffer = line[:cut] + self._buffer
        if cut >= 0:
            return _notified(at, text[cut + len(wire.NOTIFY) :])
        if text:
            self._asked_at = None
        return self._answered(at, text)

    def _answered(self, at: float, text: str) -> list[Event]:
        if "tick=" in text:
            return self._status(at, wire.parse_status(text))
        if match := _VERSION.fullmatch(text):
            return [DeviceInformation(at, "firmware_revision", match[1])]
        if match := _MILLIVOLTS.fullmatch(text):
            return [Battery(at, None, int(match[1]))]
        if text.startswith("str="):
            return [LevelChanged(at, wire.level(text[4:]), by_hand=False)]
        if not text or _STATUS_LINE.fullmatch(text):
            return []  # how a command went: none of ours changes anything
        raise wire.LineError("a line that is not understood")

    def _status(self, at: float, status: wire.Status) -> list[Event]:
        output = Output.ON if status.level else Output.UNKNOWN if status.tick else Output.OFF
        events: list[Event] = [
            StimulationStatus(at, output, status.level, wire.LEVEL_MAX, elapsed_s=status.tick),
        ]
        if status.digest != self._digest:
            before, self._digest = self._digest, status.digest
            if before is not None or status.digest.strip("0"):
                events.insert(0, DeviceInformation(at, "script_md5", status.digest))
        return events


def _notified(at: float, text: str) -> list[Event]:
    """What the unit says by itself. Raises LineError."""
    word, _, rest = text.partition(" ")
    match word:
        case "strength":
            # The dial, the keys, and every start by the unit's own key; no other host can be connected while we are.
            return [LevelChanged(at, wire.level(rest), by_hand=True)]
        case "battery":
            return [Battery(at, None, wire.number(rest))]
        case "low" | "noload" | "error":
            return [DeviceFault(at, _FAULTS[word], stopped=True)]
        case "charging" | "shutdown" | "stop":
            return [TreatmentEnded(at, _ENDS[word])]
        case "disconnect" | "insufficient":
            return []  # older firmware: the link itself will tell; no room for a file, which we never send
    raise wire.LineError(f"a notification that is not understood: {word[:20]!r}")


_FAULTS = {"low": FaultKind.LOW_BATTERY, "noload": FaultKind.LEAD_OFF, "error": FaultKind.OTHER}
_ENDS = {"charging": StopReason.CHARGING, "shutdown": StopReason.USER, "stop": StopReason.UNKNOWN}
