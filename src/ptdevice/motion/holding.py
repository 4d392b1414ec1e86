"""The machine that sees a posture being held, and how it is left.

    MOVING     up is followed. It stays within ENTER of where it was for ENTER_S, far enough from rest   → HOLDING, since then
    HOLDING    the mean of the postures so far is the one that is held. Up leaves it by LEAVE; it was left when it had passed
               INSIDE of that                                                                            → LEFT
    LEFT       back within INSIDE after BRIDGE_S at most: nothing happened. Back later, and for BACK_S: a *break*, which is no
               time held. Not back after BREAK_S, or at rest for REST_S: it is over since it was left    → MOVING

Entering and leaving are movements too, and slow at their ends: a hold begins and ends where up is as near to the median posture
as it sways.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import angle_deg
from ptdevice.motion.sway import Sway

if TYPE_CHECKING:
    from ptdevice.model import Vector

ENTER_DEG, ENTER_S = 5.0, 1.0
LEAVE_DEG = 8.0  # beyond what people sway in a plank or a stretch
LEAVE_SHARE = 0.5  # of the way back to rest, where that is less
BRIDGE_S = 0.5
BACK_S = 0.5
BREAK_S = 5.0
REST_S = 1.0
NEAR_REST = 0.3  # of the way from rest
LINGER_S = 1.0  # who stays between INSIDE and LEAVE for longer holds, if not well
INSIDE = 0.5  # of what is left by
EDGE_DEG, EDGE_SWAYS = 1.5, 2.5


class Phase(Enum):
    """Where the machine stands."""

    MOVING = auto()
    HOLDING = auto()
    LEFT = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """A hold that is over, in stream time. `unseen_s` is what was not received of it; neither that nor breaks were held."""

    start: float
    end: float
    held_s: float
    sway_deg: float
    breaks: int
    break_s: float
    unseen_s: float
    posture: Vector


class HoldMachine:
    """`step` takes postures in order of time and gives back a hold when it is over."""

    def __init__(self, away_deg: float) -> None:
        """`away_deg`: how far from rest a hold is at least; 0 where it may be anywhere."""
        self.rest: Vector | None = None
        self._away = away_deg
        self._phase = Phase.MOVING
        self._anchor: Vector | None = None
        self._start = self._t = self._left = 0.0
        self._back: float | None = None  # since when it is back, after it was left
        self._resting: float | None = None
        self._pending: list[tuple[float, Vector]] = []  # since it was left
        self._breaks = 0
        self._break_s = self._unseen_s = 0.0
        self._sway = Sway()

    @property
    def posture(self) -> Vector | None:
        """The posture that is being held."""
        return None if self._phase is Phase.MOVING else self._sway.mean

    @property
    def held_s(self) -> float:
        """For how long by now; 0 where nothing is held."""
        if self._phase is Phase.MOVING:
            return 0.0
        end = self._left if self._phase is Phase.LEFT else self._t
        return max(end - self._start - self._break_s - self._unseen_s, 0.0)

    def step(self, t: float, up: Vector) -> Held | None:
        """Take in a posture."""
        self._t = t
        if self._phase is Phase.MOVING:
            self._moving(t, up)
            return None
        if self._phase is Phase.HOLDING:
            self._pending.append((t, up))
            out, leave = angle_deg(self._sway.mean, up), self._leave_deg()
            if out > leave:
                self._phase, self._left, self._back, self._resting = Phase.LEFT, self._pending[0][0], None, None
            elif out <= INSIDE * leave or t - self._pending[0][0] > LINGER_S:
                self._take_in(self._pending[0][0])
            return None
        return self._out(t, up)

    def miss(self, start: float, end: float) -> Held | None:
        """Nothing was received from `start` to `end`."""
        if end - start <= BRIDGE_S:
            return None
        if self._phase is Phase.MOVING:
            self._anchor = None  # whether it was there in between is not known
            return None
        if self._phase is Phase.LEFT or end - start > BREAK_S:
            return self._over(min(start, self._left) if self._phase is Phase.LEFT else start)
        self._unseen_s += end - start
        self._sway.skip(end)
        return None

    def close(self) -> Held | None:
        """Nothing more comes."""
        if self._phase is Phase.MOVING:
            return None
        return self._over(self._left if self._phase is Phase.LEFT else self._t)

    def _moving(self, t: float, up: Vector) -> None:
        away = angle_deg(self.rest, up) if self.rest is not None else 0.0
        near = ENTER_DEG if self._away <= 0.0 else min(ENTER_DEG, LEAVE_SHARE * max(away, self._away))
        if self._anchor is None or angle_deg(self._anchor, up) > near:
            self._anchor, self._start = up, t
            self._sway.restart(t)
        self._sway.add(t, up)
        far = self._away <= 0.0 or away >= self._away
        if t - self._start >= ENTER_S and far:
            self._phase = Phase.HOLDING
            self._breaks, self._break_s, self._unseen_s = 0, 0.0, 0.0

    def _out(self, t: float, up: Vector) -> Held | None:
        self._pending.append((t, up))
        if angle_deg(self._sway.mean, up) <= INSIDE * self._leave_deg():
            back = self._back = t if self._back is None else self._back
            if back - self._left <= BRIDGE_S:
                self._take_in(self._left)
            elif t - back >= BACK_S:
                self._breaks += 1
                self._break_s += back - self._left
                self._sway.skip(back)
                self._take_in(back)
            return None
        self._back = None
        self._resting = (t if self._resting is None else self._resting) if self._at_rest(up) else None
        rested = self._resting is not None and t - self._resting >= REST_S
        if rested or t - self._left > BREAK_S:
            since = self._pending
            held = self._over(self._left)
            for at, posture in since:  # it may have been the way into the next
                self.step(at, posture)
            return held
        return None

    def _take_in(self, since: float) -> None:
        """What was seen since then belongs to the hold."""
        for t, up in self._pending:
            if t >= since:
                self._sway.add(t, up)
        self._phase, self._pending = Phase.HOLDING, []

    def _at_rest(self, up: Vector) -> bool:
        if self._away <= 0.0 or self.rest is None:
            return False
        return angle_deg(self.rest, up) <= NEAR_REST * angle_deg(self.rest, self._sway.mean)

    def _leave_deg(self) -> float:
        if self._away <= 0.0 or self.rest is None:
            return LEAVE_DEG
        return min(LEAVE_DEG, LEAVE_SHARE * angle_deg(self.rest, self._sway.mean))

    def _over(self, end: float) -> Held:
        posture, sway = self._sway.told()
        edge = max(EDGE_DEG, EDGE_SWAYS * sway)
        start, end = self._sway.trim(posture, edge, self._start, end)
        _, sway = self._sway.told()
        held_s = max(end - start - self._break_s - self._unseen_s, 0.0)
        held = Held(start, end, held_s, sway, self._breaks, self._break_s, self._unseen_s, posture)
        self._phase, self._anchor, self._pending = Phase.MOVING, None, []
        return held
