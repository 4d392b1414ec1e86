"""Where an exercise set can stand, and what moves it. The machine is this table and nothing else.

Terminal states have no exits. A sensor that is lost never counts against the person: by itself it leads to PARTIAL at worst,
and what comes back goes on through PAUSED only, so that nothing counts before the person is ready.
Every state that is not terminal has one timeout (`TIMEOUTS`), and timeouts alone end every set.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import NamedTuple

from ptdevice.pages import renew


class State(StrEnum):
    """Where a set stands. The words are published as they are."""

    PLANNED = "planned"  # nobody has begun it
    READY = "ready"  # begun; the person gets into position and holds still
    ACTIVE = "active"
    PAUSED = "paused"
    SENSOR_LOST = "sensor_lost"
    COMPLETED = "completed"  # what was asked for was done
    PARTIAL = "partial"  # something of it was
    SKIPPED = "skipped"  # it was not begun
    ABORTED = "aborted"  # somebody stopped it, for a reason


class Stimulus(StrEnum):
    """What moves a set."""

    BEGIN = "begin"
    SKIP = "skip"
    WINDOW_CLOSED = "window_closed"
    CALIBRATED = "calibrated"  # the person holds still, or moves already as the exercise demands
    READY_TIMEOUT = "ready_timeout"
    REP_COUNTED = "rep_counted"
    REP_REJECTED = "rep_rejected"
    TARGET_REACHED = "target_reached"
    USER_DONE = "user_done"
    IDLE_TIMEOUT = "idle_timeout"
    PAIN_STOP = "pain_stop"
    ABORT = "abort"  # for fatigue or another reason
    USER_PAUSE = "user_pause"
    USER_RESUME = "user_resume"
    PAUSE_TIMEOUT = "pause_timeout"
    SENSOR_LOST = "sensor_lost"
    SENSOR_BACK = "sensor_back"
    SENSOR_TIMEOUT = "sensor_timeout"


# Every pair that is not here leaves the state as it is.
TABLE: dict[tuple[State, Stimulus], State] = {
    (State.PLANNED, Stimulus.BEGIN): State.READY,
    (State.PLANNED, Stimulus.SKIP): State.SKIPPED,
    (State.PLANNED, Stimulus.WINDOW_CLOSED): State.SKIPPED,
    (State.READY, Stimulus.CALIBRATED): State.ACTIVE,
    (State.READY, Stimulus.SKIP): State.SKIPPED,
    (State.READY, Stimulus.READY_TIMEOUT): State.SKIPPED,
    (State.READY, Stimulus.SENSOR_LOST): State.SENSOR_LOST,
    (State.ACTIVE, Stimulus.REP_COUNTED): State.ACTIVE,
    (State.ACTIVE, Stimulus.REP_REJECTED): State.ACTIVE,
    (State.ACTIVE, Stimulus.TARGET_REACHED): State.COMPLETED,
    (State.ACTIVE, Stimulus.USER_DONE): State.PARTIAL,
    (State.ACTIVE, Stimulus.IDLE_TIMEOUT): State.PARTIAL,
    (State.ACTIVE, Stimulus.PAIN_STOP): State.ABORTED,
    (State.ACTIVE, Stimulus.ABORT): State.ABORTED,
    (State.ACTIVE, Stimulus.USER_PAUSE): State.PAUSED,
    (State.ACTIVE, Stimulus.SENSOR_LOST): State.SENSOR_LOST,
    (State.PAUSED, Stimulus.USER_RESUME): State.ACTIVE,
    (State.PAUSED, Stimulus.USER_DONE): State.PARTIAL,
    (State.PAUSED, Stimulus.PAUSE_TIMEOUT): State.PARTIAL,
    (State.PAUSED, Stimulus.PAIN_STOP): State.ABORTED,
    (State.PAUSED, Stimulus.ABORT): State.ABORTED,
    (State.PAUSED, Stimulus.SENSOR_LOST): State.SENSOR_LOST,
    (State.SENSOR_LOST, Stimulus.SENSOR_BACK): State.PAUSED,
    (State.SENSOR_LOST, Stimulus.SENSOR_TIMEOUT): State.PARTIAL,
    (State.SENSOR_LOST, Stimulus.USER_DONE): State.PARTIAL,
    (State.SENSOR_LOST, Stimulus.PAIN_STOP): State.ABORTED,
    (State.SENSOR_LOST, Stimulus.ABORT): State.ABORTED,
}

TERMINAL = frozenset({State.COMPLETED, State.PARTIAL, State.SKIPPED, State.ABORTED})


class Timeout(NamedTuple):
    """What happens to a set after it has stood for `after_s` where it stands, with nothing else happening."""

    stimulus: Stimulus
    after_s: float


# Proposals, on the generous side: whoever gets up from the floor to mend a strap must find the set as it was left.
TIMEOUTS: dict[State, Timeout] = {
    State.PLANNED: Timeout(Stimulus.WINDOW_CLOSED, 14_400.0),  # a programme is one sitting, not a day
    State.READY: Timeout(Stimulus.READY_TIMEOUT, 180.0),
    State.ACTIVE: Timeout(
        Stimulus.IDLE_TIMEOUT, 60.0
    ),  # without a repetition; a counted set ends sooner by its own rule
    State.PAUSED: Timeout(Stimulus.PAUSE_TIMEOUT, 600.0),
    State.SENSOR_LOST: Timeout(
        Stimulus.SENSOR_TIMEOUT, 15.0
    ),  # a link that was lost is usually back within ten seconds
}


def after(state: State, stimulus: Stimulus) -> State:
    """Where a set stands next."""
    return TABLE.get((state, stimulus), state)


def diagram() -> str:
    """The table as a Mermaid state diagram, one arrow per pair of states."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (source, stimulus), target in TABLE.items():
        seconds = next((f" {t.after_s:g} s" for s, t in TIMEOUTS.items() if (s, t.stimulus) == (source, stimulus)), "")
        arrows.setdefault((source, target), []).append(f"{stimulus}{seconds}")
    lines = ["```mermaid", "stateDiagram-v2", "    [*] --> planned"]
    lines += [f"    {source} --> {target}: {', '.join(why)}" for (source, target), why in arrows.items()]
    lines += [f"    {state} --> [*]" for state in State if state in TERMINAL]
    return "\n".join([*lines, "```"])


if __name__ == "__main__":
    renew(sys.argv[1], diagram())
