"""Requests that say who wears which unit, and what follows from it.

A change is refused while something that belongs to the present wearer is open: a set, a programme, a measurement, a
stimulation session. Ending it instead would be the machine's guess that one person is through and another has begun; whoever
asks can see both, and can end it. Where the time of an assignment is over, nobody asks: then exercise ends by itself, and a
stimulation session, which nobody here can end, stays with whoever it began with.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime
from typing import TYPE_CHECKING

from ptdevice.model import Assignment
from ptdevice.model.privacy import Reason
from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import Assign
from ptdevice.mqtt.topics import rfc3339

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from typing import Protocol

    from ptdevice.bedside import Bedside
    from ptdevice.mqtt.topics import Entry, Stamp
    from ptdevice.pair import Pair
    from ptdevice.recorder import Recorder
    from ptdevice.requests import Handlers
    from ptdevice.wearers import Wearers

    class Rows(Protocol):
        """The journal, as far as it is seen from here."""

        async def assignments(self) -> list[Entry]:
            """What was said so far, in order."""
            ...


log = logging.getLogger(__name__)

CODE = re.compile(r"[a-z2-7]{16}")  # 80 bits in base 32 (RFC 4648), as `ptdevice new-subject` prints them
FURTHEST_S = 366 * 86_400.0  # an assignment for longer than a year is a wrong date

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class Assignments:
    """Carries them out, and lets them run out. `known`: the codes of the configuration. `stamp` is now on both clocks.

    `left(unit)` is told that the wearer of a unit leaves.
    """

    def __init__(
        self,
        wearers: Wearers,
        bedsides: Mapping[str, Bedside],
        pairs: Mapping[str, Pair],
        recorder: Recorder,
        stamp: Callable[[], Stamp],
        known: Collection[str],
        left: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._wearers, self._bedsides, self._pairs = wearers, bedsides, pairs
        self._recorder, self._stamp, self.known = recorder, stamp, frozenset(known)
        self._left = left
        self._until_ns: dict[str, int] = {}  # as it was said, by unit: the clock may be set meanwhile
        # Who, and until when, where nobody knows yet whether that is over.
        self._unjudged: dict[str, tuple[str | None, int]] = {}

    def handlers(self) -> Handlers:
        """What can be asked for."""
        return {Assign: self._assign}

    async def restore(self, journal: Rows) -> None:
        """Read from the journal who wears what. Raises JournalError: without that, nobody knows whose records come."""
        stamp = self._stamp()
        for entry in await journal.assignments():
            row = entry.draft
            if row.unit is None or row.unit not in self._bedsides:
                continue
            data = json.loads(row.data)
            # A clock that was, or is, wrong may put it into the future; it is in force, whatever the clocks say.
            since = min(stamp.mono_s, stamp.mono_s + (row.time_ns - stamp.wall_ns) / 1e9)
            until_ns = _wall_ns(data["until"]) if data.get("until") else None
            subject = row.subject if data["assigned"] else None
            self._set(row.unit, subject, since, until_ns, stamp)
        if not stamp.synced:
            for unit, said_ns in self._until_ns.items():
                log.warning("%s: whether its assignment is over is not known before the clock is set", unit)
                self._unjudged[unit] = self._wearers[unit], said_ns
                self._wearers.assign(unit, None, stamp.mono_s)
            self._until_ns.clear()

    def tick(self, now: float) -> None:
        """A second has passed."""
        stamp = self._stamp()
        if stamp.synced:
            for unit, (subject, until_ns) in list(self._unjudged.items()):
                self._set(unit, subject, now, until_ns, stamp)
        for unit, until_ns in list(self._until_ns.items()):
            if stamp.synced:
                self._wearers.put_off(unit, stamp.mono_s + (until_ns - stamp.wall_ns) / 1e9)
            until = self._wearers.until(unit)
            if until is not None and now >= until:
                self.release(unit, now, Reason.EXPIRED)
        for unit, bedside in self._bedsides.items():
            bedside.assigned = self._wearers[unit] is not None

    def open_on(self, unit: str) -> str | None:
        """What of the present wearer has begun on this unit and is not over, in words."""
        pairs = [pair for pair in self._pairs.values() if unit in {pair.trunk.alias, pair.pelvis.alias}]
        return next(
            (open_ for open_ in (self._bedsides[unit].therapy.open, *(pair.open for pair in pairs)) if open_), None
        )

    def release(self, unit: str, now: float, reason: Reason, by: str | None = None) -> None:
        """Nobody wears it from now on. What is open ends, but for a stimulation session."""
        with self._wearers.leaving(unit):
            self._change_person(unit, now)
            self._recorder.keep(unit, [Assignment(now, assigned=False, reason=reason, by=by)])
        self._until_ns.pop(unit, None)
        self._wearers.assign(unit, None, now)

    async def _assign(self, command: Command) -> Outcome:
        request, stamp = command.request, self._stamp()
        assert isinstance(request, Assign)
        refusal, until_ns = self._objection(request, stamp)
        if refusal is not None:
            return refusal
        unit, now = request.unit, stamp.mono_s
        if self._wearers[unit] != request.subject:
            if self._wearers[unit] is not None:
                self.release(unit, now, Reason.REQUEST, request.requester)
            else:
                self._change_person(unit, now)
        if request.subject is not None:
            self._set(unit, request.subject, now, until_ns, stamp)
            until = None if until_ns is None else rfc3339(until_ns)
            self._recorder.keep(
                unit, [Assignment(now, assigned=True, reason=Reason.REQUEST, until=until, by=request.requester)]
            )
        log.info("%s is %s", unit, "assigned" if request.subject is not None else "assigned to nobody")
        await self._recorder.settled()  # a restart from here on knows it
        return DONE

    def _objection(self, request: Assign, stamp: Stamp) -> tuple[Outcome | None, int | None]:
        """Why not, or until when."""
        unit, subject = request.unit, request.subject
        until_ns = None
        if unit not in self._bedsides:
            return Outcome("refused", "unknown_unit", f"No unit is called {unit}."), None
        if subject is not None and subject not in self.known and not CODE.fullmatch(subject):
            text = "`subject` must be a code of `ptdevice new-subject`, or one of the configuration. Never a name."
            return Outcome("refused", "no_code", text), None
        if request.until is not None:
            until_ns, refusal = _until(request, stamp)
            if refusal is not None:
                return refusal, None
        open_ = self.open_on(unit)
        if self._wearers[unit] != subject and open_ is not None:
            text = f"{open_.capitalize()} of whoever wears {unit} now is open. End it first."
            return Outcome("refused", "open", text), None
        if self._recorder.trouble is not None:
            return Outcome("refused", "journal", "Records cannot be written now, so a restart would not know it."), None
        return None, until_ns

    def _set(self, unit: str, subject: str | None, since: float, until_ns: int | None, stamp: Stamp) -> None:
        self._until_ns.pop(unit, None)
        self._unjudged.pop(unit, None)
        until = None
        if until_ns is not None:
            self._until_ns[unit] = until_ns
            until = stamp.mono_s + (until_ns - stamp.wall_ns) / 1e9
        self._wearers.assign(unit, subject, since, until)

    def _change_person(self, unit: str, now: float) -> None:
        self._bedsides[unit].change_person(now)
        self._left(unit)
        for pair in self._pairs.values():
            if unit in {pair.trunk.alias, pair.pelvis.alias}:
                pair.change_person(now)


def _until(request: Assign, stamp: Stamp) -> tuple[int | None, Outcome | None]:
    if request.subject is None:
        return None, Outcome("refused", "malformed", "Nobody wears it until further notice: `until` is for somebody.")
    if not stamp.synced:
        return None, Outcome("refused", "clock_unsynced", "The gateway's clock is not set, so it cannot judge `until`.")
    until_ns = _wall_ns(request.until or "")
    if until_ns is None:
        return None, Outcome("refused", "malformed", "`until` must be RFC 3339 in UTC, such as 2026-11-23T16:36:00Z.")
    if not 0 < until_ns - stamp.wall_ns <= FURTHEST_S * 1e9:
        return None, Outcome("refused", "until", "`until` must be to come, and within a year.")
    return until_ns, None


def _wall_ns(text: str) -> int | None:
    """Nanoseconds since 1970, or None for what is no time."""
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1e6) * 1000 if _RFC3339.fullmatch(text) else None
    except ValueError:
        return None
