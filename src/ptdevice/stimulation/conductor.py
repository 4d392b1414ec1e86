"""Conducts one commanded unit: who may ask for what, and when; one session at a time. Pure: all times are gateway seconds.

A wish to stop, pause or lower is taken from anybody, in any state, and the stop is owed to the unit whether or not a session
is open. A wish for more (arm, resume, raise) is looked at, and all it can do is to make the unit ready: only an act at the
unit, or at a key beside it, starts, resumes or raises, within CONFIRM_BY_HAND_S. Whoever armed has a token; without it nobody
gets more of that session.

A fault latches: nothing is armed until somebody who operates the unit has acknowledged it. Nothing goes on by itself, whatever
ended it: every way back leads through a new `arm` and a new act.

After each call `owed` says what is to be done outside.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.model import (
    Battery,
    DeviceFault,
    FaultKind,
    LevelChanged,
    Output,
    StimulationStatus,
    StopReason,
    TreatmentEnded,
)
from ptdevice.model.audit import Decision
from ptdevice.stimulation.commanded import Happening, State, timely
from ptdevice.stimulation.conducted import STOPPING, Conducted
from ptdevice.stimulation.lease import Lease
from ptdevice.stimulation.outputs import Outputs
from ptdevice.stimulation.plan import Armed, Owed, demand
from ptdevice.stimulation.view import view_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ptdevice.model import Admitted, Event
    from ptdevice.stimulation.plan import Facts, Plan
    from ptdevice.stimulation.view import View

RAISE_APART_S = 1.0
BATTERY_FLOOR_PCT = 10  # of a unit's own gauge; below it some switch off in the middle of a pulse train
FAULTS = {FaultKind.OVERLOAD: StopReason.OVERLOAD, FaultKind.LOW_BATTERY: StopReason.LOW_BATTERY}
UNDER_WAY = STOPPING | {State.LINK_LOST}  # to zero, or nobody knows: what a channel says then is no news


class Conductor:
    """Of one unit. `lease_s` None: sessions end by their timer and by hand only."""

    def __init__(
        self,
        facts: Facts,
        *,
        new_id: Callable[[], str],
        new_token: Callable[[], str],
        lease_s: float | None,
        remote_raise: bool = False,
    ) -> None:
        self.session: Conducted | None = None  # the last one, also when it has ended
        self.latched: str | None = None  # the fault that somebody has to acknowledge
        self.owed = Owed()
        self._facts, self._new_id, self._new_token = facts, new_id, new_token
        self._lease_s, self._remote_raise = lease_s, remote_raise
        self._outputs = Outputs(facts.channels)
        self._connected = False
        self._battery_low = False
        self._resume = -inf, -inf  # which pause (since when) an act at the unit ends, and when that was asked for
        self._raise_to: tuple[int, float] | None = None  # what an act at the unit raises to, and when it was asked for
        self._raised_at = -inf

    @property
    def open(self) -> Conducted | None:
        """The session, while it has not ended."""
        return self.session if self.session and self.session.open else None

    def view(self, now: float) -> View:
        """What others see."""
        return view_of(self.session, self._outputs.together, self.latched, now)

    # --- wishes for more ---

    def arm(self, plan: Plan, now: float, **by: str) -> Armed:
        """Make ready what an act at the unit will start. Raises RefusedError; what it limits it tells."""
        ceiling = plan.ceiling()
        demand(self.open is None, "busy", "A session is open already; stop it first.")
        demand(self.latched is None, "latched", f"A fault was not acknowledged yet: {self.latched}.")
        demand(self._connected, "unit_unreachable", "The unit is not heard now.")
        demand(self._off, "output_not_zero", "The unit does not say that its output is off; a session begins at zero.")
        demand(not self._battery_low, "battery_low", "The unit's battery is too low to begin.")
        demand(plan.level > 0, "malformed", "A session needs a level above 0.")
        if ceiling.level <= 0:
            raise RefusedError("over_limit", f"Nothing is admitted: {', '.join(ceiling.reasons)}.", ceiling.reasons)
        level = min(plan.level, ceiling.level)
        token = self._new_token()
        lease = Lease(token, self._lease_s, now)
        session = Conducted(self._new_id(), plan, level, self._facts, lease, self._outputs, self.owed, now)
        session.limiting = ceiling.limiting(plan.level)
        session.move(Happening.CHECKS_PASSED, now)
        self.session, self._raise_to, self._resume = session, None, (-inf, -inf)
        session.audit(now, "arm", Decision.CLAMPED if level < plan.level else Decision.ALLOWED, **by)
        return Armed(session.id, token, level, session.limiting)

    def hold(self, session_id: str, token: str, now: float) -> None:
        """The controller is there. Raises RefusedError: it is not the controller, or it comes too late."""
        session = self._mine(token)
        demand(session.id == session_id, "no_session", "This session has ended.")
        demand(session.lease.hold(now), "lease_passed", "Nothing was heard for too long; the session has ended.")

    def resume(self, token: str, now: float, **by: str) -> None:
        """From now on an act at the unit resumes, from zero. Raises RefusedError."""
        session = self._mine(token)
        demand(session.state is State.PAUSED, "not_paused", "Nothing is paused.")
        demand(self._connected, "unit_unreachable", "The unit is not heard now.")
        self._resume = session.entered_at, now
        session.audit(now, "arm_resume", Decision.ALLOWED, **by)

    def raise_level(self, token: str, level: int, now: float, **by: str) -> None:
        """From now on an act at the unit raises by one step, never above what a hand has set. Raises RefusedError."""
        session = self._mine(token)
        demand(self._remote_raise, "remote_raise_off", "Only a hand on the unit makes it stronger.")
        demand(session.state is State.RUNNING, "not_running", "Nothing runs that could be raised.")
        demand(level == session.target + 1, "one_step", "One step at a time, above what it is.")
        demand(now - self._raised_at >= RAISE_APART_S, "too_soon", "It was raised less than a second ago.")
        by_hand = session.highest_by_hand
        demand(level <= by_hand, "above_hand", f"A hand on the unit has set {by_hand} at most in this session.")
        self._raise_to = level, now
        session.audit(now, "arm_raise", Decision.ALLOWED, **by)

    def acknowledge(self, now: float, **by: str) -> None:
        """A person has looked. Raises RefusedError where the output is not known to be zero, or a session is open."""
        demand(self.open is None, "busy", "The session has not ended yet.")
        demand(self._off or self.latched is None, "output_not_zero", "The unit does not say that its output is off.")
        self.latched = None
        self.owed.audit(now, "acknowledge", Decision.ALLOWED, None, by)

    # --- wishes for less: from anybody, in any state ---

    def stop(self, now: float, reason: StopReason = StopReason.REMOTE, **by: str) -> None:
        """Stop. The unit is told so also where nothing is open."""
        self._end(Happening.STOP, now, reason, by)

    def emergency(self, now: float, **by: str) -> None:
        """Stop everything at once."""
        self._end(Happening.ESTOP, now, StopReason.ESTOP, by)

    def pause(self, now: float, **by: str) -> bool:
        """To zero, and stay ready to resume. False: nothing runs; the unit is told to stop all the same."""
        self._less(now, "pause", by)
        self._halt(now)
        session = self.session  # what was only armed is void: a press after "pause" must start nothing
        return session is not None and (session.move(Happening.PAUSE, now) or session.move(Happening.CANCEL, now))

    def lower(self, level: int, now: float, **by: str) -> bool:
        """At most this from now on. False: nothing is open."""
        self._less(now, "lower", by)
        session = self.open
        if session is None or level < 0:
            return False
        self._raise_to = None
        session.lower(level, now)
        return True

    # --- what happens ---

    def key(self, now: float, channel: str = "key") -> None:
        """Somebody is at the unit and touched it, or the key beside it, at that time: it may be heard late, or early."""
        if (session := self.open) is None or session.lease.passed(now):
            return
        paused_at, asked_at = self._resume
        try:
            if session.state is State.ARMED and timely(now, session.entered_at):
                session.start(now)
                session.audit(now, "start", Decision.ALLOWED, actor="person", channel=channel)
            elif session.state is State.PAUSED and session.entered_at == paused_at and timely(now, asked_at):
                self._resume = -inf, -inf
                session.move(Happening.LOCAL_RESUME, now)
                session.audit(now, "resume", Decision.ALLOWED, actor="person", channel=channel)
            elif self._raise_to is not None and session.state is State.RUNNING:
                (level, asked_at), self._raise_to = self._raise_to, None
                if timely(now, asked_at):
                    self._raised_at = now
                    session.raise_to(min(level, session.highest_by_hand), now)
                    session.audit(now, "raise", Decision.ALLOWED, actor="person", channel=channel)
        except RefusedError as refusal:
            session.audit(now, "start", Decision.DENIED, rule=refusal.rule, actor="person", channel=channel)
            session.move(Happening.CANCEL, now)

    def halted(self, now: float) -> None:
        """The unit was told to stop."""
        if self.session is not None:
            self.session.halted(now)

    def link_lost(self, now: float) -> None:
        """Nobody knows what the unit does."""
        self._connected = False
        self._outputs.all_are(Output.UNKNOWN, now)
        if self.session is not None:
            self.session.move(Happening.LINK_LOST, now)

    def link_restored(self, now: float) -> None:
        """The unit is heard again. It was told to stop before anything else."""
        self._connected = True
        if self.session is not None:
            self.session.move(Happening.LINK_RESTORED, now)

    def hear(self, event: Event) -> None:
        """What the unit says."""
        session, at = self.open, event.at
        if session is not None and session.state is State.LINK_LOST and self._connected:
            session.move(Happening.LINK_RESTORED, at)  # it had fallen silent, and speaks again
        match event:
            case StimulationStatus():
                self._outputs.learn(event.channel, event.output, at)
                if session is not None and event.channel == session.plan.channel:
                    session.heard(event)
                elif session is not None and event.output is Output.ON and session.state not in UNDER_WAY:
                    session.fault(at, StopReason.MISMATCH)  # nobody asked for anything on this channel
            case LevelChanged():
                self._level_changed(event)
            case TreatmentEnded():
                self._outputs.all_are(Output.OFF, at)
                if session is not None:
                    session.ended(at, StopReason.TIMER)
            case DeviceFault(kind=FaultKind.LEAD_OFF) if session is not None:
                session.move(Happening.LEAD_OFF, at)
            case DeviceFault() if session is not None and event.kind is not FaultKind.LEAD_OFF:
                session.fault(at, FAULTS.get(event.kind, StopReason.FAULT))
            case Battery(percent=int(percent)):
                self._battery_low = percent < BATTERY_FLOOR_PCT
                if self._battery_low and session is not None:
                    session.fault(at, StopReason.LOW_BATTERY)
            case _:
                pass
        self._latch()

    def tick(self, now: float, heard_at: float) -> None:
        """Time has passed; `heard_at` is when the unit last spoke."""
        if self.session is not None:
            self.session.tick(now, heard_at)
            self._latch()

    def due(self, now: float) -> list[Admitted]:
        """What the unit may be told now."""
        admitted = self.session.due(now) if self.session is not None else []
        self._latch()
        return admitted

    # --- inside ---

    def _level_changed(self, event: LevelChanged) -> None:
        session, at = self.open, event.at
        # Off is known from a level of 0; that current flows, only from a status.
        self._outputs.learn(event.channel, Output.UNKNOWN if event.level else Output.OFF, at)
        if session is None or event.channel != session.plan.channel:
            return
        if not event.by_hand:
            session.told(event.level, at)
            return
        if self._facts.local_key and event.level > session.reported:  # down is no consent to anything
            session.reported = event.level  # so that it is brought to 0 first
            self.key(at, "unit")
        session.by_hand(event)

    def _end(self, happening: Happening, now: float, reason: StopReason, by: Mapping[str, str]) -> None:
        self._less(now, happening.value, by)
        self._halt(now)
        if self.session is not None:
            self.session.move(happening, now, reason)

    @property
    def _off(self) -> bool:
        return self._outputs.together is Output.OFF

    def _less(self, now: float, what: str, by: Mapping[str, str]) -> None:
        """Somebody wants less: whatever waited for an act at the unit is void."""
        self._resume, self._raise_to = (-inf, -inf), None
        session = self.open
        about = (session.id, session.guard.electrical) if session is not None else None
        self.owed.audit(now, what, Decision.STOPPED, None, by, session=about)

    def _halt(self, now: float) -> None:
        self.owed.halt = True
        if self.session is not None:
            self.session.halt(now)

    def _latch(self) -> None:
        if self.session is not None and self.session.faulted is not None:
            self.latched, self.session.faulted = self.session.faulted, None

    def _mine(self, token: str) -> Conducted:
        """The open session, for whoever controls it."""
        session = self.open
        if session is None:
            raise RefusedError("no_session", "No session is open.")
        demand(session.lease.is_held_by(token), "not_controller", "Somebody else controls this session.")
        return session
