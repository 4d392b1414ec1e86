"""The meaning of a Bluetens's lines. What to tell it, where it is commanded, is in `treatment`.

One question at a time: the unit numbers neither questions nor answers. `stat` once a second tells whether the script runs and
at which level; the rest the unit says by itself, between the lines of an answer and perhaps between its chunks. A script that
comes to its end says nothing: the next `stat` shows it, and why it ended is not known.

`str` is never asked by an observer. On a unit that stands still it starts the default script.

What is known about the output: level 0 and tick 0 are off, a level above 0 is on; a running script without a level is unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ptdevice.devices import sig
from ptdevice.devices.bluetens import wire
from ptdevice.devices.bluetens.treatment import Treatment
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
    from ptdevice.model.command import Admitted

POLL_S = (
    1.0  # the vendor's app asks every 1 to 5 s while a script runs; an idle unit goes off after 20 s without a line
)
BATTERY_S = 60.0  # the unit itself looks at its battery once a minute
PATIENCE_S = 2.0  # an answer takes three connection intervals; after this the question is taken as lost
JOIN_S = 0.5  # chunks of one line come within a few connection intervals

# The only bytes that an observer sends: reading the version, the battery and the status. In the firmware each of them prints a
# line, and puts off the hour at which an idle unit goes off; nothing else.
VERSION = Write("shell", wire.command("ver"))
BATTERY = Write("shell", wire.command("bat"))
STATUS = Write("shell", wire.command("stat"))
QUERIES = frozenset({VERSION, BATTERY, STATUS})

_VERSION = re.compile(r"(?:ver=)?v\.(\d{1,5}\.\d{1,5}\.\d{1,5})")
_MILLIVOLTS = re.compile(r"([0-9]{1,5}) mv")
_STATUS_LINE = re.compile(r"([0-9]{1,5}): [a-z ]+")
_DIGEST = re.compile(r"[0-9A-Fa-f]{32}")
_DONE = frozenset(
    {0, 1, 2, 3}
)  # numbers of what went well: done, and the ends of a list, of a file out and of a file in


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
        self._treatment = Treatment()

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

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """A line, where none is outstanding, towards what was admitted. Raises RefusedError."""
        if self._asked_at is not None and now - self._asked_at < PATIENCE_S:
            return []
        line = self._treatment.encode(admitted, now)
        self._asked_at = now if line else None
        return line

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
            return self._notified(at, text[cut + len(wire.NOTIFY) :])
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
            level = wire.level(text[4:])
            self._treatment.level(level, ours=True)
            return [LevelChanged(at, level, by_hand=False)]
        if _DIGEST.fullmatch(text):
            self._treatment.digest(text.lower())
            return []
        match = _STATUS_LINE.fullmatch(text)
        if match and int(match[1]) not in _DONE:
            self._treatment.refused()
        if not text or match:
            return []  # how a command went; what became of it, the next status shows
        raise wire.LineError("a line that is not understood")

    def _status(self, at: float, status: wire.Status) -> list[Event]:
        self._treatment.told(at, status)
        output = Output.ON if status.level else Output.UNKNOWN if status.tick else Output.OFF
        events: list[Event] = [
            StimulationStatus(at, output, status.level, wire.LEVEL_MAX, elapsed_s=status.tick),
        ]
        if status.digest != self._digest:
            before, self._digest = self._digest, status.digest
            if before is not None or status.digest.strip("0"):
                events.insert(0, DeviceInformation(at, "script_md5", status.digest))
        return events

    def _notified(self, at: float, text: str) -> list[Event]:
        """What the unit says by itself. Raises LineError."""
        word, _, rest = text.partition(" ")
        match word:
            case "strength":
                # The dial, the keys, and every start, by its own key or by us; no other host can be connected while we are.
                level = wire.level(rest)
                by_hand = not self._treatment.is_own_start(at, level)
                self._treatment.level(level, by_hand=by_hand)
                return [LevelChanged(at, level, by_hand=by_hand)]
            case "battery":
                return [Battery(at, None, wire.number(rest))]
            case "low" | "noload" | "error":
                self._treatment.stopped()
                return [DeviceFault(at, _FAULTS[word], stopped=True)]
            case "charging" | "shutdown" | "stop":
                self._treatment.stopped()
                return [TreatmentEnded(at, _ENDS[word])]
            case "disconnect" | "insufficient":
                return []  # older firmware: the link itself will tell; no room for a file, which we never send
        raise wire.LineError(f"a notification that is not understood: {word[:20]!r}")


_FAULTS = {"low": FaultKind.LOW_BATTERY, "noload": FaultKind.LEAD_OFF, "error": FaultKind.OTHER}
_ENDS = {"charging": StopReason.CHARGING, "shutdown": StopReason.USER, "stop": StopReason.UNKNOWN}
