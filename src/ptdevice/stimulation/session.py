"""The observed stimulation session: what a unit says of itself, joined into sessions and segments.

Nothing is ever sent to a unit from here. The rules:

* A session opens when the unit says that its output is on, and ends when the unit says that it is off.
* Time counts as *delivered* only between two confirmations, at most `confirm_s` apart, that both say "on" with one and the
  same setting; and in sum never more than the unit's own timer went down (+1 s, because it shows whole seconds).
* When the link is lost, the output is unknown. If the link comes back within `window_s` and the unit's timer went down by
  about the time that passed, it is the same session, with a gap. Otherwise the session ended unverified: nobody saw it end.
* A segment is a span with one setting. It is cut after `slice_s`, so that a crash of this program costs a known amount.

The machine is the table below; `docs/devices/` says which events a unit can produce.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from ptdevice.model import (
    Contact,
    DeviceFault,
    FaultKind,
    Gap,
    LevelChanged,
    Output,
    SessionEnd,
    StimulationSegment,
    StimulationSession,
    StimulationStatus,
    StopReason,
    TreatmentEnded,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.model import Event, Record

WINDOW_S = 600.0  # how long a lost unit may come back to the same session
CONFIRM_S = 3.0  # three polls of the slowest unit here
SLICE_S = 120.0
TIMER_TOLERANCE_S = 1.0  # units show whole seconds
RESUME_TOLERANCE_S = 5.0  # how far the unit's timer may be off after a gap and still be the same session


class State(Enum):
    """Where the observer stands."""

    IDLE = auto()  # no session is open
    RUNNING = auto()  # the unit said "on"
    LEAD_OFF = auto()  # the unit complained of its electrodes, or contradicts itself
    GAP = auto()  # the link is lost
    RECONCILING = auto()  # the link is back, the unit has not spoken yet


class Stimulus(Enum):
    """What moves the machine."""

    ON = auto()
    OFF = auto()
    UNCLEAR = auto()  # a status whose output is unknown
    TIMER = auto()  # the unit says that its treatment ended
    OVERLOAD = auto()
    LINK_LOST = auto()
    LINK_RESTORED = auto()
    WINDOW_OVER = auto()
    CLOSE = auto()  # the daemon stops


# Every pair that is not here leaves the state as it is. Reaching IDLE from any other state ends the session.
TABLE: dict[tuple[State, Stimulus], State] = {
    (State.IDLE, Stimulus.ON): State.RUNNING,
    (State.RUNNING, Stimulus.OFF): State.IDLE,
    (State.RUNNING, Stimulus.TIMER): State.IDLE,
    (State.RUNNING, Stimulus.UNCLEAR): State.LEAD_OFF,
    (State.RUNNING, Stimulus.OVERLOAD): State.LEAD_OFF,
    (State.RUNNING, Stimulus.LINK_LOST): State.GAP,
    (State.RUNNING, Stimulus.CLOSE): State.IDLE,
    (State.LEAD_OFF, Stimulus.ON): State.RUNNING,
    (State.LEAD_OFF, Stimulus.OFF): State.IDLE,
    (State.LEAD_OFF, Stimulus.TIMER): State.IDLE,
    (State.LEAD_OFF, Stimulus.LINK_LOST): State.GAP,
    (State.LEAD_OFF, Stimulus.CLOSE): State.IDLE,
    (State.GAP, Stimulus.LINK_RESTORED): State.RECONCILING,
    (State.GAP, Stimulus.WINDOW_OVER): State.IDLE,
    (State.GAP, Stimulus.CLOSE): State.IDLE,
    (State.RECONCILING, Stimulus.ON): State.RUNNING,
    (State.RECONCILING, Stimulus.OFF): State.IDLE,
    (State.RECONCILING, Stimulus.TIMER): State.IDLE,
    (State.RECONCILING, Stimulus.LINK_LOST): State.GAP,
    (State.RECONCILING, Stimulus.WINDOW_OVER): State.IDLE,
    (State.RECONCILING, Stimulus.CLOSE): State.IDLE,
}

# What is known about the output while no newer word of the unit says otherwise.
UNKNOWN_IN = frozenset({State.LEAD_OFF, State.GAP, State.RECONCILING})


@dataclass(frozen=True, slots=True)
class Setting:
    """What makes a segment one segment."""

    programme: int | None
    mode: int | None
    level: int
    current_ma: float | None
    contact: Contact


@dataclass(slots=True)
class _Open:
    """The open session, and its open segment."""

    id: str
    start: float
    level_max: int
    setting: Setting
    segment_start: float
    confirmed_at: float | None  # the latest confirmation of `setting`, None after anything that breaks the chain
    seen_at: float  # the latest word of the unit at all
    timer_at_start: int | None  # the unit's timer when counting against it began...
    delivered_at_start: float  # ...and what had been delivered by then
    timer: int | None
    segment_delivered: float = 0.0
    delivered: float = 0.0
    level_seconds: float = 0.0  # level x delivered seconds, for the mean
    highest: int = 0
    upward_steps: int = 0
    gaps: int = 0
    gap_s: float = 0.0
    lost_at: float | None = None
    low_battery: bool = False
    overload: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The open session as it stands."""

    session_id: str
    level: int
    delivered_s: float


class SessionObserver:
    """One unit's sessions. `new_id` makes session ids."""

    def __init__(
        self,
        new_id: Callable[[], str],
        *,
        window_s: float = WINDOW_S,
        confirm_s: float = CONFIRM_S,
        slice_s: float = SLICE_S,
    ) -> None:
        self.state = State.IDLE
        self.output = Output.UNKNOWN
        self._new_id = new_id
        self._window_s, self._confirm_s, self._slice_s = window_s, confirm_s, slice_s
        self._open: _Open | None = None
        self._level_max = 0

    @property
    def snapshot(self) -> Snapshot | None:
        """The open session, or None."""
        session = self._open
        return Snapshot(session.id, session.setting.level, session.delivered) if session else None

    def observe(self, event: Event) -> list[Record]:
        """Take in what the unit said. Events that say nothing about stimulation are ignored."""
        match event:
            case StimulationStatus():
                return self._status(event)
            case LevelChanged():
                return self._level_changed(event)
            case TreatmentEnded():
                self.output = Output.OFF
                return self._move(Stimulus.TIMER, event.at, StopReason.TIMER)
            case DeviceFault(kind=FaultKind.OVERLOAD):
                if self._open:
                    self._open.overload = True
                self.output = Output.UNKNOWN
                return self._move(Stimulus.OVERLOAD, event.at, StopReason.OVERLOAD)
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

    def _status(self, event: StimulationStatus) -> list[Record]:
        self.output = event.output
        self._level_max = event.level_max
        setting = Setting(event.programme, event.mode, event.level, event.current_ma, event.contact)
        if event.output is Output.OFF:
            return self._move(Stimulus.OFF, event.at, self._reason_for_off())
        if event.output is Output.UNKNOWN:
            return self._move(Stimulus.UNCLEAR, event.at, StopReason.UNKNOWN)
        records: list[Record] = []
        if self.state is State.RECONCILING and not self._fits(event):
            records += self._move(Stimulus.WINDOW_OVER, event.at, StopReason.LINK_LOST)
        before = self.state
        self._move(Stimulus.ON, event.at, StopReason.UNKNOWN)
        if before is State.IDLE:
            self._begin(event, setting)
            return records
        session = self._opened()
        if before is State.RECONCILING:
            records.append(self._resume(event.at))
        if setting != session.setting:
            records += self._change(setting, event.at, confirmed=False)
        return records + self._confirm(event.at, event.remaining_s)

    def _level_changed(self, event: LevelChanged) -> list[Record]:
        if event.level == 0:
            self.output = Output.OFF
            return self._move(Stimulus.OFF, event.at, StopReason.USER)
        if self.state is not State.RUNNING:
            return []  # the next status says whether current flows
        session = self._opened()
        if event.level == session.setting.level:
            return []
        old = session.setting
        setting = Setting(old.programme, old.mode, event.level, None, old.contact)
        return self._change(setting, event.at, confirmed=True)

    def _reason_for_off(self) -> StopReason:
        session = self._open
        if session is None:
            return StopReason.UNKNOWN
        if session.overload:
            return StopReason.OVERLOAD
        if session.low_battery:
            return StopReason.LOW_BATTERY
        if session.timer is not None and session.timer <= self._confirm_s:
            return StopReason.TIMER
        return StopReason.USER

    def _fits(self, event: StimulationStatus) -> bool:
        """Whether the unit's timer tells of the session that was lost: it went down by no more than the time that passed."""
        session = self._opened()
        if session.timer is None or event.remaining_s is None:
            return True
        passed = event.at - session.seen_at
        went_down = session.timer - event.remaining_s
        return -TIMER_TOLERANCE_S <= went_down <= passed + RESUME_TOLERANCE_S

    # --- the machine ---

    def _move(self, stimulus: Stimulus, now: float, reason: StopReason) -> list[Record]:
        before, self.state = self.state, TABLE.get((self.state, stimulus), self.state)
        session = self._open
        if session is None or self.state is before:
            return []
        if self.state is State.GAP:
            session.lost_at = now if session.lost_at is None else session.lost_at
        if self.state in UNKNOWN_IN:
            session.confirmed_at = None
        return self._end(now, stimulus, before, reason) if self.state is State.IDLE else []

    def _begin(self, event: StimulationStatus, setting: Setting) -> None:
        self._open = _Open(
            self._new_id(),
            event.at,
            event.level_max,
            setting,
            segment_start=event.at,
            confirmed_at=event.at,
            seen_at=event.at,
            timer_at_start=event.remaining_s,
            delivered_at_start=0.0,
            timer=event.remaining_s,
            highest=setting.level,
        )

    def _confirm(self, at: float, timer: int | None) -> list[Record]:
        """The unit said "on" with the open setting: credit the time since it last said so."""
        session = self._opened()
        if session.timer_at_start is None or (
            timer is not None and session.timer is not None and timer > session.timer
        ):
            # No timer so far, or it was started afresh: count against it from here.
            session.timer_at_start, session.delivered_at_start = timer, session.delivered
        session.timer = timer if timer is not None else session.timer
        if session.confirmed_at is not None and at - session.confirmed_at <= self._confirm_s:
            self._credit(at - session.confirmed_at)
        session.confirmed_at = session.seen_at = at
        if at - session.segment_start >= self._slice_s:
            return self._cut(at)
        return []

    def _credit(self, span: float) -> None:
        session = self._opened()
        if session.timer_at_start is not None and session.timer is not None:
            by_timer = session.delivered_at_start + session.timer_at_start - session.timer + TIMER_TOLERANCE_S
            span = min(span, max(0.0, by_timer - session.delivered))
        session.delivered += span
        session.segment_delivered += span
        session.level_seconds += span * session.setting.level

    def _change(self, setting: Setting, at: float, *, confirmed: bool) -> list[Record]:
        """A new setting. `confirmed`: the unit reported the moment of change itself, so the old one lasted until then."""
        session = self._opened()
        if confirmed and session.confirmed_at is not None and at - session.confirmed_at <= self._confirm_s:
            self._credit(at - session.confirmed_at)
        if setting.level > session.setting.level:
            session.upward_steps += 1
        records = self._cut(at)
        session.setting = setting
        session.highest = max(session.highest, setting.level)
        session.confirmed_at = session.seen_at = at
        return records

    def _cut(self, at: float) -> list[Record]:
        """End the open segment and open the next with the same setting."""
        session, setting = self._opened(), self._opened().setting
        segment = StimulationSegment(
            session.id,
            session.segment_start,
            at,
            setting.programme,
            setting.mode,
            setting.level,
            session.level_max,
            setting.current_ma,
            setting.contact,
            session.segment_delivered,
        )
        empty = at <= session.segment_start and session.segment_delivered == 0
        session.segment_start, session.segment_delivered = at, 0.0
        return [] if empty else [segment]

    def _resume(self, at: float) -> Record:
        session = self._opened()
        lost_at = session.lost_at if session.lost_at is not None else at
        session.lost_at = None
        session.gaps += 1
        session.gap_s += at - lost_at
        return Gap("stimulation", lost_at, at, "link_lost")

    def _end(self, now: float, stimulus: Stimulus, before: State, reason: StopReason) -> list[Record]:
        session = self._opened()
        # The stretch between the last "on" and this word is not confirmed, so it is not credited.
        seen = stimulus in {Stimulus.OFF, Stimulus.TIMER} and before not in {State.GAP, State.RECONCILING}
        end = now if seen else session.seen_at
        records = self._cut(end)
        self._open = None
        if session.lost_at is not None:
            session.gaps += 1
            session.gap_s += now - session.lost_at
            records.append(Gap("stimulation", session.lost_at, now, "link_lost"))
        records.append(
            StimulationSession(
                session.id,
                "observed",
                session.start,
                end,
                SessionEnd.ENDED if seen else SessionEnd.UNVERIFIED,
                reason,
                session.delivered,
                session.highest,
                session.level_seconds / session.delivered if session.delivered else None,
                session.upward_steps,
                session.level_max,
                session.gaps,
                session.gap_s,
                self.output if seen else Output.UNKNOWN,
            )
        )
        return records

    def _opened(self) -> _Open:
        assert self._open is not None
        return self._open
