"""What to tell an EM 70 next, so that it does what was admitted: one step at a time, from the level that it told last.

The unit knows a step up and a step down, and nothing in between is repeated: a step whose answer is late, sent once more, would
be a level too many. So a step waits for its answer; where that is lost, for as many states as questions were on their way when
it was sent, and one more, which must have been made after it. An answer that may be that of an earlier step says nothing. The
published control program leaves some time between steps; so do we.

A step is relative, so a unit that says less than it does would be stepped up for ever. So steps up are counted: where the unit
may be, had it taken each of them, never goes above what was admitted.

*Set level* is not used on the way up: it raises the level without starting the output. The programme is chosen at level 0 only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.approach import RISE_S, Approach
from ptdevice.devices.beurer_em70 import wire
from ptdevice.devices.tellable import insist, untellable
from ptdevice.link import Write

if TYPE_CHECKING:
    from ptdevice.model.command import Admitted, Wish

STEP_S = RISE_S  # as long as that program waits
FRESH_S = 3.0  # a level that was told longer ago is not stepped from: two states were lost
QUESTIONS_MAX = 5  # on their way at once; after so many the link is given up (`quiet_s`)

MORE = Write("control", wire.frame(wire.ADD, b"\0"))
LESS = Write("control", wire.frame(wire.CUT, b"\0"))
# By the vendor's app, level 0 is the stop. Its octets follow the frame's rule; they were not heard on air.
STOP = Write("control", wire.frame(wire.SET, b"\0"))


def objection(wish: Wish) -> str | None:
    """Why an EM 70 cannot be told this."""
    programme = wish.programme
    if programme is not None and not (programme.isascii() and programme.isdecimal() and 1 <= int(programme) <= 255):
        return "programme must be the number of one"
    if wish.timer_s not in {None, wire.TREATMENT_S}:
        return f"the unit's timer is {wire.TREATMENT_S} s and cannot be set"
    return untellable(wish, wire.LEVEL_MAX, settings={"programme", "timer_s"})


class Steering:
    """One connection's worth of steps."""

    def __init__(self) -> None:
        self._approach = Approach()
        self._possible = 0  # where the unit may be, whatever it says
        self._programme: int | None = None
        self._told_at = float("-inf")
        self._stepped_at = float("-inf")
        self._questions = 0  # asked, and not answered yet
        self._questions_since = 0  # of them, since the last step
        self._unanswered = 0  # steps; a lost answer is counted for ever, and from then on only states count
        self._until_fresh = 0  # states still to come before the level is that after the step

    # --- what is known ---

    def asked(self) -> None:
        """The unit is asked for its state."""
        self._questions = min(self._questions + 1, QUESTIONS_MAX)
        self._questions_since = min(self._questions_since + 1, QUESTIONS_MAX)

    def state(self, at: float, state: wire.State) -> None:
        """The unit's answer to that."""
        self._questions = max(self._questions - 1, 0)
        self._until_fresh = max(self._until_fresh - 1, 0)
        self._programme = state.programme
        self.level(at, state.level)

    def stepped(self, at: float, level: int) -> None:
        """The unit's answer to a step. Answers come in the order of commands: questions from before it are answered or lost."""
        self._unanswered = max(self._unanswered - 1, 0)
        if not self._unanswered:
            self._questions, self._until_fresh = self._questions_since, 0
            self.level(at, level, ours=True)

    def level(self, at: float, level: int, *, ours: bool = False, by_hand: bool = False) -> None:
        """However it came to be known."""
        before = self._approach.level
        if level > self._possible or (before is not None and level < before):
            self._possible = level
        self._approach.heard(level, ours=ours, by_hand=by_hand)
        self._told_at = at

    # --- what follows from it ---

    def encode(self, admitted: Admitted, now: float) -> list[Write]:
        """One step, the choice of a programme, or nothing yet. Raises RefusedError."""
        wish = admitted.wish
        insist(objection, wish)
        if not admitted.at <= now < admitted.until:
            return []
        if self._approach.wants(wish.level, now):
            self._possible = self._approach.level or 0
        told = self._next(wish) if self._may_step(now) else None
        if told is None:
            return []
        self._stepped_at, self._until_fresh, self._questions_since = now, self._questions + 1, 0
        self._unanswered += told in {MORE, LESS}
        self._possible = max(self._possible + (told == MORE) - (told == LESS), 0)
        return [told]

    def _may_step(self, now: float) -> bool:
        fresh = self._until_fresh == 0 and now - self._told_at <= FRESH_S
        return fresh and now - self._stepped_at >= STEP_S

    def _next(self, wish: Wish) -> Write | None:
        level, target = self._approach.level, self._approach.allowed
        assert level is not None  # it is fresh
        if target < level:
            return LESS
        if wish.programme is not None and int(wish.programme) != self._programme:
            # While current flows, nothing but down: what another programme would do at this level is not known.
            return None if level else Write("control", wire.frame(wire.PROGRAMME, bytes((int(wish.programme),))))
        return MORE if target > max(level, self._possible) else None
