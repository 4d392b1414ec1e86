"""Where the observer of a stimulator can stand, and what moves it. The machine is this table and nothing else.

From GAP and RECONCILING only the unit's own word leads back to RUNNING, and CLOSE, or the loss of the link and time, end every
state: no session stays open for ever.
"""

from __future__ import annotations

from enum import Enum, auto


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
    ENDED = auto()  # the unit says that its treatment ended
    OVERLOAD = auto()
    LINK_LOST = auto()
    LINK_RESTORED = auto()
    WINDOW_OVER = auto()
    CLOSE = auto()  # the daemon stops


# Every pair that is not here leaves the state as it is. Reaching IDLE from any other state ends the session.
TABLE: dict[tuple[State, Stimulus], State] = {
    (State.IDLE, Stimulus.ON): State.RUNNING,
    (State.RUNNING, Stimulus.OFF): State.IDLE,
    (State.RUNNING, Stimulus.ENDED): State.IDLE,
    (State.RUNNING, Stimulus.UNCLEAR): State.LEAD_OFF,
    (State.RUNNING, Stimulus.OVERLOAD): State.LEAD_OFF,
    (State.RUNNING, Stimulus.LINK_LOST): State.GAP,
    (State.RUNNING, Stimulus.CLOSE): State.IDLE,
    (State.LEAD_OFF, Stimulus.ON): State.RUNNING,
    (State.LEAD_OFF, Stimulus.OFF): State.IDLE,
    (State.LEAD_OFF, Stimulus.ENDED): State.IDLE,
    (State.LEAD_OFF, Stimulus.LINK_LOST): State.GAP,
    (State.LEAD_OFF, Stimulus.CLOSE): State.IDLE,
    (State.GAP, Stimulus.LINK_RESTORED): State.RECONCILING,
    (State.GAP, Stimulus.WINDOW_OVER): State.IDLE,
    (State.GAP, Stimulus.CLOSE): State.IDLE,
    (State.RECONCILING, Stimulus.ON): State.RUNNING,
    (State.RECONCILING, Stimulus.OFF): State.IDLE,
    (State.RECONCILING, Stimulus.ENDED): State.IDLE,
    (State.RECONCILING, Stimulus.LINK_LOST): State.GAP,
    (State.RECONCILING, Stimulus.WINDOW_OVER): State.IDLE,
    (State.RECONCILING, Stimulus.CLOSE): State.IDLE,
}

# Nobody sees what the unit does while the machine stands here.
UNSEEN = frozenset({State.GAP, State.RECONCILING})
# What is known about the output while no newer word of the unit says otherwise.
UNKNOWN_IN = UNSEEN | {State.LEAD_OFF}
