"""One commanded session as it stands: where its machine is, since when, how high, and what is owed to the unit. Pure.

`commanded` has the table; this drives it with the passing of time and with what the unit says of itself. The rules:

* Nothing here decides that a unit is at zero: its own word does, heard after it was told to stop.
* A stop is owed on entering each state in which output is to end, and again every second while the unit does not confirm it,
  also when the session has long ended as faulted.
* The ramp rises only as far as the unit followed. What a hand on the unit turns down is obeyed, also where nobody says that it
  was a hand; what a hand turns up is kept below the ceiling, or ends the session.
* Output where there should be none, a read-back that is past believing, a complaint: stop, and only a person goes on.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from ptdevice.errors import RefusedError
from ptdevice.model import Alarm, Contact, Decision, Output, StopReason
from ptdevice.stimulation.alarms import ALARMS
from ptdevice.stimulation.commanded import (
    BEAT_S,
    CONFIRM_S,
    HALTING,
    REASONS,
    TERMINAL,
    TIMEOUTS,
    Happening,
    State,
    after,
)
from ptdevice.stimulation.ramp import Ramp
from ptdevice.stimulation.readback import FOLLOW_S, Readback

if TYPE_CHECKING:
    from ptdevice.model import Admitted, LevelChanged, StimulationStatus
    from ptdevice.stimulation.lease import Lease
    from ptdevice.stimulation.outputs import Outputs
    from ptdevice.stimulation.plan import Facts, Owed, Plan

GOING = frozenset({State.RAMPING_UP, State.RUNNING})  # in which the unit is told levels
STOPPING = HALTING | {State.RAMPING_DOWN, State.RECONCILING}  # in which it is told to stop until it confirms
TOLD_ON = STOPPING | {State.FAULTED, State.LINK_LOST, State.ENDED_UNVERIFIED}  # and in these, where there is a link


class Conducted:
    """A session, from its draft. `owed` takes what is to be done."""

    def __init__(
        self, id_: str, plan: Plan, level: int, facts: Facts, lease: Lease, outputs: Outputs, owed: Owed, now: float
    ) -> None:
        self.id, self.plan, self.target, self.lease = id_, plan, level, lease
        self.guard = plan.guard
        self.state, self.entered_at = State.DRAFT, now
        self.reason: StopReason | None = None
        self.faulted: str | None = None  # a fault that nobody has taken note of
        self.highest_by_hand = 0
        self.reported = 0
        self.limiting: tuple[str, ...] = ()
        self.ramp = Ramp(plan.guard.curve, now)
        self._facts, self._outputs, self._owed = facts, outputs, owed
        self._readback = self._fresh(now)
        self._halted_at = now  # since when it is to be at zero
        self._asked_at = -inf  # when a stop was last owed
        self._said_at = inf  # when the unit was first told so
        self._refresh_at = now
        self._was_on = False  # since the stretch began
        self._from_zero = False  # the unit was seen at level 0 since then
        self._had_contact = False

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state not in TERMINAL

    # --- the machine ---

    def move(self, happening: Happening, now: float, reason: StopReason | None = None) -> bool:
        """Something happened. False: it moves nothing here."""
        before, self.state = self.state, after(self.state, happening)
        if self.state is before:
            return False
        self.entered_at = self.entered_at if {before, self.state} <= GOING else now  # one stretch, from 0 to its end
        if before in GOING or self.state in TERMINAL | STOPPING | {State.LINK_LOST}:
            self.reason = self.reason or reason or REASONS.get(happening)
        if self.state in {State.PAUSED, State.LEAD_OFF}:
            self.reason = None  # it may go on
        if self.state in GOING and before not in GOING:
            self.ramp, self._readback = Ramp(self.plan.guard.curve, now), self._fresh(now)
            self._refresh_at, self._was_on, self._from_zero = now, False, self.reported == 0
        if self.state in STOPPING | {State.FAULTED}:
            if before not in STOPPING or self.state is State.RECONCILING:
                self._halted_at, self._said_at = now, inf
            self.halt(now)
        if self.state is State.FAULTED:
            self.faulted = "stop_unconfirmed"
        if self.state in ALARMS:
            self._owed.records.append(Alarm(now, *ALARMS[self.state]))
        if not self.open and before not in {State.DRAFT, State.ARMED}:
            self.audit(now, "end", Decision.STOPPED, rule=self.reason)
        return True

    def start(self, now: float) -> None:
        """A local act: from here on its end is fixed. Raises RefusedError where it may no longer begin."""
        self.guard = self.plan.begin(now)
        self.move(Happening.LOCAL_START, now)

    def halt(self, now: float) -> None:
        """A stop is owed, whatever the state."""
        self._owed.halt = True
        self._asked_at = now

    def halted(self, now: float) -> None:
        """The unit was told to stop. What it says from now on tells whether it did."""
        self._said_at = min(self._said_at, now)

    def fault(self, now: float, reason: StopReason) -> None:
        """Stop; the reason is kept."""
        self.faulted = reason
        if self.state in GOING | {State.DRAFT, State.ARMED, State.PAUSED, State.LEAD_OFF}:
            self.reason = reason
        self.audit(now, "fault", Decision.STOPPED, rule=reason)
        self.move(Happening.FAULT, now, reason)
        self.halt(now)

    def audit(self, now: float, action: str, decision: Decision, rule: str | None = None, **by: str) -> None:
        """Write down what was decided here; nobody asked, unless `by` says who (`actor`, `channel`)."""
        self._owed.audit(now, action, decision, rule, by, self.limiting, (self.id, self.guard.electrical))

    # --- time ---

    def tick(self, now: float, heard_at: float) -> None:
        """Time has passed. `heard_at` is when the unit last spoke."""
        state = self.state
        if state in TOLD_ON:
            self._insist(now)
        elif state in GOING:
            self._watch(now, heard_at)
        if self.open and self.state not in STOPPING | {State.LINK_LOST} and self.lease.passed(now):
            self.halt(now)
            self.move(Happening.STOP, now, StopReason.HEARTBEAT)
        timeout = TIMEOUTS.get(state) if self.state is state and state not in STOPPING else None
        if timeout is not None and timeout.after_s is not None and now - self.entered_at >= timeout.after_s:
            self.move(timeout.happening, now)

    def _watch(self, now: float, heard_at: float) -> None:
        """Current flows: look whether there is time left, whether the unit speaks, and whether it follows."""
        assert self.guard.ends is not None
        if now >= self.guard.ends:
            self.move(Happening.TIMER_ELAPSED, now)
        elif now - max(heard_at, self.entered_at) >= self._facts.silent_s:
            self.halt(now)
            self.move(Happening.LINK_LOST, now)
        elif self._readback.lags(now) or (not self._from_zero and now - self.entered_at >= FOLLOW_S):
            self.fault(now, StopReason.MISMATCH)

    def _insist(self, now: float) -> None:
        """Stop again every second that it is not confirmed, and at some time call it a fault; then go on all the same."""
        if self._outputs.off_since(self._said_at):
            self.move(Happening.ZERO_CONFIRMED, now)
            if self.state is State.ENDED_UNVERIFIED:
                self._asked_at = inf  # from here on the unit has its own life again
            return
        if now - self._asked_at >= CONFIRM_S:
            self.halt(now)
        timeout = TIMEOUTS.get(self.state) if self.state in STOPPING else None
        if timeout is not None and timeout.after_s is not None and now - self._halted_at >= timeout.after_s:
            self.move(timeout.happening, now)

    # --- what the unit is told ---

    def due(self, now: float) -> list[Admitted]:
        """What may be said to the unit now; the guard has the last word, and its no is a stop."""
        if self.state not in GOING or not self._refresh_at <= now < (self.guard.ends or now):
            return []  # at its end the next tick ends it
        assert self.guard.ends is not None
        self._refresh_at = max(self._refresh_at + self._facts.refresh_s, now)
        ceiling = self.plan.ceiling()
        self.limiting = ceiling.limiting(self.target)
        goal = min(self.target, ceiling.level)
        if goal > self.ramp.level and not (self._from_zero and self._readback.followed):
            self.ramp.hold(now)
        else:
            self.ramp.rise(goal, now)
        self._readback.tell(self.ramp.level, now)
        if self.state is State.RAMPING_UP and self.ramp.level >= goal and self._readback.followed:
            self.move(Happening.RAMP_DONE, now)
        wish = self.plan.wish(self.ramp.level, self._facts.timer(self.guard.ends - now))
        try:
            return [self.guard.admit(wish, now, now + max(2 * self._facts.refresh_s, BEAT_S))]
        except RefusedError as refusal:
            self.audit(now, "admit", Decision.DENIED, rule=refusal.rule)
            self.fault(now, StopReason.OVER_LIMIT)
            return []

    def lower(self, level: int, now: float) -> None:
        """At most this from now on; at once."""
        self.target = min(self.target, level)
        if self.ramp.level > self.target:
            self.ramp.take_over(self.target, now)
        self._refresh_at = min(self._refresh_at, now)

    def raise_to(self, level: int, now: float) -> None:
        """Somebody may have more: by the same ramp."""
        self.target = level
        self.ramp.hold(now)

    # --- what the unit says ---

    def heard(self, event: StimulationStatus) -> None:
        """A word about the session's own channel."""
        if self._outputs.off_since(self._said_at):
            self.move(Happening.ZERO_CONFIRMED, event.at)
        self._contact(event)
        if self.state in {State.DRAFT, State.ARMED, State.PAUSED, State.LEAD_OFF} and event.output is Output.ON:
            self.fault(event.at, StopReason.MISMATCH)
        if self.state not in GOING:
            self.reported = 0 if event.output is Output.OFF else event.level
        elif event.output is Output.ON:
            self._was_on = self._from_zero
            self._level(event.level, event.at)
        elif event.output is Output.OFF and self.ramp.level == 0:
            self._at_zero(event.at)
        elif self._was_on and event.output is Output.OFF and self.ramp.level > 0:
            self.ended(event.at, StopReason.USER)  # by a switch of its own: nothing was asked of it that ends so
        elif self._was_on:  # and now nobody knows
            self.move(Happening.LEAD_OFF, event.at)

    def by_hand(self, event: LevelChanged) -> None:
        """A hand on the unit set this level."""
        at, level = event.at, event.level
        self.reported = level
        if self.state not in GOING:
            return
        if self._over(level, at):
            pass
        elif level == 0:
            self.ended(at, StopReason.USER)
        elif self._from_zero:
            up = level > self.ramp.level
            if up:
                self.highest_by_hand = max(self.highest_by_hand, level)
            self.target = max(self.target, level) if up else level
            self.audit(at, "level", Decision.ALLOWED, actor="person", channel="unit")  # nobody can forbid it
            self.ramp.take_over(level, at)
            self._readback.take_over(level, at)

    def told(self, level: int, at: float) -> None:
        """The unit says that its level is this now, and that no hand did it."""
        if self.state in GOING:
            self._level(level, at)
        else:
            self.reported = level

    def ended(self, at: float, reason: StopReason) -> None:
        """The unit ended it by itself. It is told to stop all the same, and never to go on."""
        if self.state in GOING:
            self.move(Happening.STOP, at, reason)

    def _at_zero(self, at: float) -> None:
        """The unit is at 0, as it was told: from here it rises."""
        self.reported, self._from_zero = 0, True
        self._readback.take_over(0, at)

    def _level(self, level: int, at: float) -> None:
        if not self._from_zero:
            self.reported = level
            if level == 0:
                self._at_zero(at)
            return
        fell = level < self.reported and level < self.ramp.level
        self.reported = level
        if self._over(level, at):
            pass
        elif self._readback.differs(level, at):
            self.fault(at, StopReason.MISMATCH)
        elif fell:  # a hand, whether or not it was told: down is always right
            self.target = level
            self.ramp.take_over(level, at)
            self._readback.tell(level, at)

    def _over(self, level: int, at: float) -> bool:
        """Above the ceiling, whoever made it so: that ends it."""
        ceiling = self.plan.ceiling()
        if over := level > ceiling.level:
            self.limiting = ceiling.limiting(level)
            self.fault(at, StopReason.OVER_LIMIT)
        return over

    def _contact(self, event: StimulationStatus) -> None:
        lost = event.contact is Contact.OPEN or (self._had_contact and event.contact is Contact.UNKNOWN)
        if event.contact is Contact.OK:
            self._had_contact = True
            if self.state is State.LEAD_OFF:
                self.move(Happening.LEAD_ON, event.at)
        elif lost:
            self.move(Happening.LEAD_OFF, event.at)

    def _fresh(self, now: float) -> Readback:
        return Readback(now, step_s=self._facts.refresh_s, tells_hands=self._facts.local_key)
