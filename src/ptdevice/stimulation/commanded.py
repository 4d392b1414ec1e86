"""Where a commanded session can stand, and what moves it. The machine is this table and nothing else.

What cannot happen, whatever happens (each is searched exhaustively by a test): a live state is entered by a local act only
(LOCAL_START, LOCAL_RESUME); neither from a lost link nor after a stop does anything lead back to one; every state that is not
an end hears STOP, ESTOP and FAULT, and time alone ends it; an end has no exit. A new session is a new DRAFT.

Every pair that is not in the table leaves the state as it is, and is audited. An early pad that comes back, a second start, a
late confirmation: nothing of that moves anything.

Whoever drives it sends the unit's constant stop on entering a HALTING state, RECONCILING or FAULTED, and goes on sending it
while the output is not known to be zero. STOP is the gentle end, down a ramp; ESTOP halts at once.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from ptdevice.model import StopReason


class State(StrEnum):
    """Where a session stands. The words are published as they are."""

    DRAFT = "draft"  # asked for, its conditions are being checked
    ARMED = "armed"  # they hold; only an act at the unit starts it
    RAMPING_UP = "ramping_up"
    RUNNING = "running"
    RAMPING_DOWN = "ramping_down"
    HALTING_TO_PAUSED = "halting_to_paused"  # stop was sent, zero is not confirmed yet
    HALTING_TO_LEAD_OFF = "halting_to_lead_off"
    HALTING_TO_ABORTED = "halting_to_aborted"
    PAUSED = "paused"
    LEAD_OFF = "lead_off"  # a pad is off, or nobody knows
    LINK_LOST = "link_lost"
    RECONCILING = "reconciling"  # the link is back: stop is sent and the output read, before anything else
    COMPLETED = "completed"
    ABORTED = "aborted"
    FAULTED = "faulted"  # it was told to stop and nothing confirms that it did
    ENDED_UNVERIFIED = "ended_unverified"  # the link never came back


class Happening(StrEnum):
    """What moves a session."""

    CHECKS_PASSED = "checks_passed"
    CHECKS_FAILED = "checks_failed"
    CANCEL = "cancel"
    DRAFT_TIMEOUT = "draft_timeout"
    LOCAL_START = "local_start"  # somebody touched the unit, or a key beside it
    LOCAL_RESUME = "local_resume"
    ARM_TIMEOUT = "arm_timeout"
    RAMP_DONE = "ramp_done"
    PAUSE = "pause"
    PAUSE_TIMEOUT = "pause_timeout"
    STOP = "stop"
    TIMER_ELAPSED = "timer_elapsed"
    ESTOP = "estop"
    FAULT = "fault"  # a read-back that differs, an overload, a battery below its floor
    LEAD_OFF = "lead_off"
    LEAD_ON = "lead_on"
    LEAD_TIMEOUT = "lead_timeout"
    ZERO_CONFIRMED = "zero_confirmed"  # by the unit's own word
    STOP_UNCONFIRMED = "stop_unconfirmed"  # after every retry
    LINK_LOST = "link_lost"
    LINK_RESTORED = "link_restored"
    RECONCILE_TIMEOUT = "reconcile_timeout"


class Knowledge(StrEnum):
    """What is known about the output that a session made."""

    ZERO = "zero"
    ON = "on"
    FALLING = "falling"  # stop was sent
    UNKNOWN = "unknown"


S, H = State, Happening

LIVE = frozenset({S.RAMPING_UP, S.RUNNING, S.RAMPING_DOWN})
HALTING = frozenset({S.HALTING_TO_PAUSED, S.HALTING_TO_LEAD_OFF, S.HALTING_TO_ABORTED})
TERMINAL = frozenset({S.COMPLETED, S.ABORTED, S.FAULTED, S.ENDED_UNVERIFIED})

# Every pair that is not here leaves the state as it is. One that leads to itself is shown and audited, no more.
TABLE: dict[tuple[State, Happening], State] = {
    (S.DRAFT, H.CHECKS_PASSED): S.ARMED,
    (S.DRAFT, H.CHECKS_FAILED): S.ABORTED,
    (S.DRAFT, H.CANCEL): S.ABORTED,
    (S.DRAFT, H.STOP): S.ABORTED,
    (S.DRAFT, H.DRAFT_TIMEOUT): S.ABORTED,
    (S.DRAFT, H.LINK_LOST): S.ABORTED,  # nothing is armed over a link that is not there
    (
        S.DRAFT,
        H.FAULT,
    ): S.HALTING_TO_ABORTED,  # output where none was asked for is a fault: it is stopped, not only noted
    (S.DRAFT, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.ARMED, H.LOCAL_START): S.RAMPING_UP,
    (S.ARMED, H.LEAD_OFF): S.DRAFT,
    (S.ARMED, H.CANCEL): S.ABORTED,
    (S.ARMED, H.STOP): S.ABORTED,
    (S.ARMED, H.ARM_TIMEOUT): S.ABORTED,
    (S.ARMED, H.LINK_LOST): S.ABORTED,
    (S.ARMED, H.FAULT): S.HALTING_TO_ABORTED,
    (S.ARMED, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.RAMPING_UP, H.RAMP_DONE): S.RUNNING,
    (S.RAMPING_UP, H.PAUSE): S.HALTING_TO_PAUSED,
    (S.RAMPING_UP, H.STOP): S.RAMPING_DOWN,
    (S.RAMPING_UP, H.TIMER_ELAPSED): S.RAMPING_DOWN,
    (S.RAMPING_UP, H.LEAD_OFF): S.HALTING_TO_LEAD_OFF,
    (S.RAMPING_UP, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.RAMPING_UP, H.FAULT): S.HALTING_TO_ABORTED,
    (S.RAMPING_UP, H.LINK_LOST): S.LINK_LOST,
    (S.RUNNING, H.PAUSE): S.HALTING_TO_PAUSED,
    (S.RUNNING, H.STOP): S.RAMPING_DOWN,
    (S.RUNNING, H.TIMER_ELAPSED): S.RAMPING_DOWN,
    (S.RUNNING, H.LEAD_OFF): S.HALTING_TO_LEAD_OFF,
    (S.RUNNING, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.RUNNING, H.FAULT): S.HALTING_TO_ABORTED,
    (S.RUNNING, H.LINK_LOST): S.LINK_LOST,
    (S.RAMPING_DOWN, H.ZERO_CONFIRMED): S.COMPLETED,
    (S.RAMPING_DOWN, H.STOP_UNCONFIRMED): S.FAULTED,
    (S.RAMPING_DOWN, H.STOP): S.RAMPING_DOWN,  # it is on its way
    (S.RAMPING_DOWN, H.LEAD_OFF): S.HALTING_TO_ABORTED,  # its end was asked for: no pad that comes back leads on
    (S.RAMPING_DOWN, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.RAMPING_DOWN, H.FAULT): S.HALTING_TO_ABORTED,
    (S.RAMPING_DOWN, H.LINK_LOST): S.LINK_LOST,
    (S.HALTING_TO_PAUSED, H.ZERO_CONFIRMED): S.PAUSED,
    (S.HALTING_TO_PAUSED, H.STOP_UNCONFIRMED): S.FAULTED,
    (S.HALTING_TO_PAUSED, H.LEAD_OFF): S.HALTING_TO_LEAD_OFF,  # else the pause could be ended with a pad off
    (S.HALTING_TO_PAUSED, H.STOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_PAUSED, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_PAUSED, H.FAULT): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_PAUSED, H.LINK_LOST): S.LINK_LOST,
    (S.HALTING_TO_LEAD_OFF, H.ZERO_CONFIRMED): S.LEAD_OFF,
    (S.HALTING_TO_LEAD_OFF, H.STOP_UNCONFIRMED): S.FAULTED,
    (S.HALTING_TO_LEAD_OFF, H.STOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_LEAD_OFF, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_LEAD_OFF, H.FAULT): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_LEAD_OFF, H.LINK_LOST): S.LINK_LOST,
    (S.HALTING_TO_ABORTED, H.ZERO_CONFIRMED): S.ABORTED,
    (S.HALTING_TO_ABORTED, H.STOP_UNCONFIRMED): S.FAULTED,
    (S.HALTING_TO_ABORTED, H.STOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_ABORTED, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_ABORTED, H.FAULT): S.HALTING_TO_ABORTED,
    (S.HALTING_TO_ABORTED, H.LINK_LOST): S.LINK_LOST,
    (S.PAUSED, H.LOCAL_RESUME): S.RAMPING_UP,  # from zero
    (S.PAUSED, H.LEAD_OFF): S.LEAD_OFF,
    (S.PAUSED, H.STOP): S.ABORTED,
    (S.PAUSED, H.PAUSE_TIMEOUT): S.ABORTED,
    (S.PAUSED, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.PAUSED, H.FAULT): S.HALTING_TO_ABORTED,
    (S.PAUSED, H.LINK_LOST): S.LINK_LOST,
    (S.LEAD_OFF, H.LEAD_ON): S.PAUSED,  # never to a live state: a pad that is put back raises nothing
    (S.LEAD_OFF, H.STOP): S.ABORTED,
    (S.LEAD_OFF, H.LEAD_TIMEOUT): S.ABORTED,
    (S.LEAD_OFF, H.ESTOP): S.HALTING_TO_ABORTED,
    (S.LEAD_OFF, H.FAULT): S.HALTING_TO_ABORTED,
    (S.LEAD_OFF, H.LINK_LOST): S.LINK_LOST,
    # Nobody hears it: shown and audited, and said again as the first thing when the link is back.
    (S.LINK_LOST, H.STOP): S.LINK_LOST,
    (S.LINK_LOST, H.ESTOP): S.LINK_LOST,
    (S.LINK_LOST, H.FAULT): S.LINK_LOST,
    (S.LINK_LOST, H.LINK_RESTORED): S.RECONCILING,
    (S.LINK_LOST, H.RECONCILE_TIMEOUT): S.ENDED_UNVERIFIED,
    (S.RECONCILING, H.STOP): S.RECONCILING,  # it is being sent
    (S.RECONCILING, H.ESTOP): S.RECONCILING,
    (S.RECONCILING, H.FAULT): S.RECONCILING,
    (S.RECONCILING, H.ZERO_CONFIRMED): S.ABORTED,
    (S.RECONCILING, H.STOP_UNCONFIRMED): S.FAULTED,
    (S.RECONCILING, H.LINK_LOST): S.LINK_LOST,
}

# Of the session's own output. That of the unit, which has keys of its own, is told by the observer beside it.
KNOWLEDGE: dict[State, Knowledge] = {
    S.DRAFT: Knowledge.ZERO,
    S.ARMED: Knowledge.ZERO,
    S.RAMPING_UP: Knowledge.ON,
    S.RUNNING: Knowledge.ON,
    S.RAMPING_DOWN: Knowledge.ON,
    S.HALTING_TO_PAUSED: Knowledge.FALLING,
    S.HALTING_TO_LEAD_OFF: Knowledge.FALLING,
    S.HALTING_TO_ABORTED: Knowledge.FALLING,
    S.PAUSED: Knowledge.ZERO,
    S.LEAD_OFF: Knowledge.ZERO,
    S.LINK_LOST: Knowledge.UNKNOWN,
    S.RECONCILING: Knowledge.UNKNOWN,
    S.COMPLETED: Knowledge.ZERO,
    S.ABORTED: Knowledge.ZERO,
    S.FAULTED: Knowledge.UNKNOWN,
    S.ENDED_UNVERIFIED: Knowledge.UNKNOWN,
}

CONFIRM_S, RETRIES = 1.0, 3  # a stop that is not confirmed in this time is said again so often
BEAT_S, BEATS = 1.0, 3  # so many words of the unit missed, each due after so long, and the link counts as lost


class Timeout(NamedTuple):
    """What happens to a session that stands somewhere for `after_s`. None: as long as the session is prescribed."""

    happening: Happening
    after_s: float | None


_UNCONFIRMED = Timeout(H.STOP_UNCONFIRMED, CONFIRM_S * (1 + RETRIES))

# Proposals, all of them: nobody has yet watched people with a stopwatch.
TIMEOUTS: dict[State, Timeout] = {
    S.DRAFT: Timeout(H.DRAFT_TIMEOUT, 60.0),
    S.ARMED: Timeout(H.ARM_TIMEOUT, 10.0),  # a touch later than that may be meant for something else
    S.RAMPING_UP: Timeout(H.TIMER_ELAPSED, None),
    S.RUNNING: Timeout(H.TIMER_ELAPSED, None),
    S.RAMPING_DOWN: _UNCONFIRMED,  # from the moment when the ramp has reached zero
    S.HALTING_TO_PAUSED: _UNCONFIRMED,
    S.HALTING_TO_LEAD_OFF: _UNCONFIRMED,
    S.HALTING_TO_ABORTED: _UNCONFIRMED,
    S.PAUSED: Timeout(H.PAUSE_TIMEOUT, 600.0),
    S.LEAD_OFF: Timeout(H.LEAD_TIMEOUT, 120.0),
    S.LINK_LOST: Timeout(H.RECONCILE_TIMEOUT, 600.0),
    S.RECONCILING: _UNCONFIRMED,
}

# Why a session ended where nobody gave a better reason: who asked, or what the unit complained of.
REASONS: dict[Happening, StopReason] = {
    H.TIMER_ELAPSED: StopReason.TIMER,
    H.STOP: StopReason.REMOTE,
    H.CANCEL: StopReason.REMOTE,
    H.ESTOP: StopReason.ESTOP,
    H.FAULT: StopReason.FAULT,
    H.LEAD_OFF: StopReason.LEAD_OFF,
    H.LEAD_TIMEOUT: StopReason.LEAD_OFF,
    H.LINK_LOST: StopReason.LINK_LOST,
    H.ARM_TIMEOUT: StopReason.ARM_TIMEOUT,
    H.PAUSE_TIMEOUT: StopReason.PAUSE_TIMEOUT,
}


CONFIRM_BY_HAND_S = TIMEOUTS[S.ARMED].after_s or 10.0


def timely(at: float, since: float) -> bool:
    """Whether an act at the unit at this time answers what waits for one since then, whenever it came to be heard."""
    return since <= at <= since + CONFIRM_BY_HAND_S


def after(state: State, happening: Happening) -> State:
    """Where a session stands next."""
    return TABLE.get((state, happening), state)
