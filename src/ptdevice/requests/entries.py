"""What people enter by hand over MQTT: judged by the clock, and recorded as somebody's word."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from ptdevice.model import Modality, ModalityEntry
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import LogModality

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Record
    from ptdevice.mqtt.topics import Stamp
    from ptdevice.requests import Handlers
    from ptdevice.wearers import Wearers

MINUTE_NS = 60_000_000_000
OLDEST_NS = 7 * 24 * 60 * MINUTE_NS  # somebody who catches up on a week; a wrong year is further off
AHEAD_NS = MINUTE_NS  # by how much the clock of whoever asks may be fast

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class Entries:
    """Records what passed the door. `keep(unit, records)` takes what is recorded, `stamp` is now on both clocks."""

    def __init__(self, keep: Callable[[str, list[Record]], None], stamp: Callable[[], Stamp], wearers: Wearers) -> None:
        self._keep, self._stamp, self._wearers = keep, stamp, wearers

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {LogModality: self._log}

    def _log(self, command: Command) -> Outcome:
        assert command.unit is not None
        assert isinstance(command.request, LogModality)
        return self.log(command.unit, command.request)

    def log(self, unit: str, request: LogModality) -> Outcome:
        """Record it, or tell why not."""
        stamp = self._stamp()
        if not stamp.synced:
            text = "The gateway's clock is not set, so it cannot tell when that was."
            return Outcome("refused", "clock_unsynced", text)
        start_ns = _wall_ns(request.start)
        if start_ns is None:
            text = "`start` must be RFC 3339 in UTC, such as 2026-11-23T16:36:00Z."
            return Outcome("refused", "malformed", text)
        if start_ns + request.minutes * MINUTE_NS > stamp.wall_ns + AHEAD_NS:
            return Outcome("refused", "not_over", "It is not over yet; enter it when it is.")
        if start_ns < stamp.wall_ns - OLDEST_NS:
            return Outcome("refused", "too_old", "It began more than seven days ago; look at the date.")
        start = stamp.mono_s + (start_ns - stamp.wall_ns) / 1e9
        if self._wearers.at(unit, start) != self._wearers[unit]:
            text = f"{unit} was not worn then by whoever wears it now, so nobody would know whose entry this is."
            return Outcome("refused", "another_wearer", text)
        kind = Modality(request.kind)
        entry = ModalityEntry(stamp.mono_s, start, kind, request.minutes, request.site, request.entered_by)
        self._keep(unit, [entry])
        return DONE


def _wall_ns(text: str) -> int | None:
    """Nanoseconds since 1970, or None for what is no time."""
    try:
        return round(datetime.fromisoformat(text).timestamp()) * 1_000_000_000 if _RFC3339.fullmatch(text) else None
    except ValueError:
        return None
