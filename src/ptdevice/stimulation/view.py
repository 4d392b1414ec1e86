"""A commanded session as others see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.model import Output
from ptdevice.stimulation.commanded import KNOWLEDGE, TERMINAL, Knowledge, State
from ptdevice.stimulation.conducted import GOING

if TYPE_CHECKING:
    from ptdevice.model import StopReason
    from ptdevice.stimulation.conducted import Conducted

SAID = {Output.ON: Knowledge.ON, Output.OFF: Knowledge.ZERO, Output.UNKNOWN: Knowledge.UNKNOWN}


@dataclass(frozen=True, slots=True)
class View:
    """A session as it stands, for those who look on. `level` is what the unit is told, `reported` what it says itself."""

    session_id: str | None
    state: State | None
    output: Knowledge
    level: int
    target: int
    reported: int | None
    channel: str | None
    remaining_s: float | None
    limiting: tuple[str, ...]
    electrical: bool | None
    reason: StopReason | None
    latched: str | None

    @property
    def open(self) -> bool:
        """Whether the session has not ended."""
        return self.state is not None and self.state not in TERMINAL


def view_of(session: Conducted | None, output: Output, latched: str | None, now: float) -> View:
    """The last session of a unit, which itself says this of its output; None: there was none since the start."""
    if session is None:
        return View(None, None, SAID[output], 0, 0, None, None, None, (), None, None, latched)
    ends = session.guard.ends
    own = session.open or session.state is State.FAULTED  # else the unit has its own life again
    return View(
        session.id,
        session.state,
        KNOWLEDGE[session.state] if own else SAID[output],
        session.ramp.level if session.state in GOING else 0,
        session.target,
        session.reported if session.state in GOING else None,
        session.plan.channel,
        None if ends is None else max(ends - now, 0.0),
        session.limiting,
        session.guard.electrical,
        session.reason,
        latched,
    )
