"""The observed stimulation session: what a unit says of itself, joined into sessions and segments.

Nothing is ever sent to a unit from here. The rules:

* A session opens when the unit says that its output is on, and ends when the unit says that it is off.
* Time counts as *delivered* only where it is confirmed (`ledger`).
* When the link is lost, the output is unknown. If the link comes back within `window_s` and the unit's timer went down by
  about the time that passed, it is the same session, with a gap. Otherwise the session ended unverified: nobody saw it end.
* Why it ended is what the unit said, or what its timer and its complaints show; else it is unknown.
* A segment is a span with one setting. It is cut after `slice_s`, so that a crash of this program costs a known amount.

The states and what moves them are a table (`machine`); docs/devices/ says which events a unit can produce.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ptdevice.model import (
    DeviceFault,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    StopReason,
    TreatmentEnded,
)
from ptdevice.stimulation.ledger import Ledger, Setting
from ptdevice.stimulation.machine import TABLE, UNKNOWN_IN, UNSEEN, State, Stimulus

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Event, Record

Origin = Literal["observed", "commanded"]

WINDOW_S = 600.0  # how long a lost unit may come back to the same session
CONFIRM_S = 3.0  # three polls of the slowest unit here
SLICE_S = 120.0

REASONS = {
    FaultKind.OVERLOAD: StopReason.OVERLOAD,
    FaultKind.LEAD_OFF: StopReason.LEAD_OFF,
    FaultKind.LOW_BATTERY: StopReason.LOW_BATTERY,
    FaultKind.OTHER: StopReason.FAULT,
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The open session as it stands."""

    session_id: str
    level: int
    delivered_s: float


class SessionObserver:
    """One unit's sessions, or those of one of its channels, whose pads are at `site`. `new_id` makes session ids."""

    def __init__(
        self,
        new_id: Callable[[], str],
        *,
        site: str | None = None,
        window_s: float = WINDOW_S,
        confirm_s: float = CONFIRM_S,
        slice_s: float = SLICE_S,
    ) -> None:
        self.state = State.IDLE
        self.output = Output.UNKNOWN
        self.site = site
        self.origin: Origin = "observed"
        self.ending: StopReason | None = None  # why somebody else ends the open session now
        self._new_id = new_id
        self._window_s, self._confirm_s, self._slice_s = window_s, confirm_s, slice_s
        self._open: Ledger | None = None  # exactly while the state is not IDLE

    @property
    def snapshot(self) -> Snapshot | None:
        """The open session, or None."""
        session = self._open
        return Snapshot(session.id, session.setting.level, session.delivered) if session else None

    def observe(self, event: Event) -> list[Record]:
        """Take in what the unit said. Events that say nothing about stimulation are ignored."""
        if self.state is State.GAP:
            return []  # nothing is heard over a link that is lost; what comes late says nothing about now
        match event:
            case StimulationStatus():
                return self._status(event)
            case LevelChanged():
                return self._level_changed(event)
            case TreatmentEnded():
                return self._ended(event.at, event.reason)
            case DeviceFault(stopped=True):
                return self._ended(event.at, REASONS[event.kind])
            case DeviceFault(kind=FaultKind.OVERLOAD | FaultKind.LEAD_OFF):
                if self._open:
                    self._open.complaint = REASONS[event.kind]
                self.output = Output.UNKNOWN
                return self._move(Stimulus.OVERLOAD, event.at, REASONS[event.kind])
            case DeviceFault(kind=FaultKind.LOW_BATTERY):
                if self._open:
                    self._open.low_battery = True
        return []

    def link_lost(self, now: float) -> list[Record]:
        """Whatever the unit does from here on, nobody sees it."""
        self.output = Output.UNKNOWN
        return self._move(Stimulus.LINK_LOST, now, StopReason.LINK_LOST)

    def link_restored(self, now: float) -> list[Record]:
        """The link is back; the unit's next status tells what became of the session."""
        return self._move(Stimulus.LINK_RESTORED, now, StopReason.LINK_LOST)

    def tick(self, now: float) -> list[Record]:
        """Give up on a unit that stays away longer than the window."""
        session = self._open
        if session and session.lost_at is not None and now - session.lost_at > self._window_s:
            return self._move(Stimulus.WINDOW_OVER, now, StopReason.LINK_LOST)
        return []

    def close(self, now: float, reason: StopReason) -> list[Record]:
        """Stop observing: an open session is recorded with what is known, and how it went on is not."""
        self.output = Output.UNKNOWN
        return self._move(Stimulus.CLOSE, now, reason)

    # --- what the unit said ---

    def _ended(self, at: float, reason: StopReason) -> list[Record]:
        self.output = Output.OFF
        return self._move(Stimulus.ENDED, at, reason)

    def _status(self, event: StimulationStatus) -> list[Record]:
        self.output = event.output
        if event.output is Output.OFF:
            return self._move(Stimulus.OFF, event.at, self._why_off())
        if event.output is Output.UNKNOWN:
            return self._move(Stimulus.UNCLEAR, event.at, StopReason.UNKNOWN)
        records: list[Record] = []
        if self.state is State.RECONCILING and not self._opened().fits(event):
            records += self._move(Stimulus.WINDOW_OVER, event.at, StopReason.LINK_LOST)
        before = self.state
        self._move(Stimulus.ON, event.at, StopReason.UNKNOWN)
        if before is State.IDLE:
            self._open = Ledger(
                self._new_id(),
                event,
                confirm_s=self._confirm_s,
                slice_s=self._slice_s,
                site=self.site,
                origin=self.origin,
            )
            return records
        session = self._opened()
        session.complaint = None  # it runs (again), so what it complained of is over
        if before is State.RECONCILING:
            records += session.resume(event.at)
        setting = Setting.of(event)
        if setting != session.setting:
            records += session.change(setting, event.at, told=False)
        return records + session.confirm(event)

    def _level_changed(self, event: LevelChanged) -> list[Record]:
        if event.level == 0:
            self.output = Output.OFF
            return self._move(Stimulus.OFF, event.at, StopReason.USER if event.by_hand else self._why_off(told=True))
        if self.state is not State.RUNNING:
            self.output = Output.UNKNOWN  # no longer off; the next status says whether current flows
            return []
        session = self._opened()
        if event.level == session.setting.level:
            return []
        # A current is not known for the new level until the unit states one.
        setting = replace(session.setting, level=event.level, current_ma=None)
        return session.change(setting, event.at, told=True)

    def _why_off(self, *, told: bool = False) -> StopReason:
        """Why a unit is off that did not say why: what it complained of, or what its timer showed last.

        `told`: it said that its level is 0, which a hand does where nobody else can.
        """
        session = self._open
        if session is None:
            return StopReason.UNKNOWN
        if self.state in UNSEEN:
            return StopReason.LINK_LOST
        if self.ending is not None and session.origin == "commanded":
            return self.ending
        if told:
            return StopReason.USER
        if session.complaint is not None:
            return session.complaint
        if session.left is not None and session.left <= self._confirm_s:
            return StopReason.TIMER
        return StopReason.LOW_BATTERY if session.low_battery else StopReason.UNKNOWN

    # --- the machine ---

    def _move(self, stimulus: Stimulus, now: float, reason: StopReason) -> list[Record]:
        before, self.state = self.state, TABLE.get((self.state, stimulus), self.state)
        session = self._open
        if session is None or self.state is before:
            return []
        if self.state is State.GAP:
            session.lose(now)
        if self.state in UNKNOWN_IN:
            session.doubt()
        if self.state is not State.IDLE:
            return []
        self._open = None
        told = stimulus in {Stimulus.OFF, Stimulus.ENDED}
        output = self.output if told else Output.UNKNOWN
        return session.finish(now, seen=told and before not in UNSEEN, reason=reason, output=output)

    def _opened(self) -> Ledger:
        assert self._open is not None
        return self._open
