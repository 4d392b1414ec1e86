"""Out and back: the machine that sees repetitions as they happen.

A repetition is a *swing*: the sensor's up-vector leaves a posture of rest P, turns somewhere at a far posture F, and comes
back. Only two angles are looked at, d = angle(P, up) and e = angle(F, up), so neither mounting nor axis matters, and there
is no high-pass that would delete a hold: a hold is a long stay near F. All thresholds are shares of the swing U itself, so
a sit-up of 120 degrees and a leg lift of 5 are the same movement.

    LEAVING    d grows, U = max d, F = where that was. While U is less than `smallest` (and less than HISTORY of what this
               set's swings were), being near P moves the start along, and being still there makes here the new P.
               Once U is large enough and d has fallen by TURN x U                                 → RETURNING
    RETURNING  e grows. d above U: F moves on                                                      → LEAVING
               e >= BACK x U (BACK_EARLY for the first two): the swing is *counted*                → SETTLING
               e falls back by TURN x U before that: a dip inside one movement                     → LEAVING, same P
    SETTLING   follow e to its extreme; once up has moved away from there by LEAVE x U, or rests, the extreme is the new P,
               its time the swing's end: the swing is *settled*                                    → LEAVING
               d beyond BEYOND x U instead: a small swing has run into a large one the other way. Its end and the new P
               are where it was nearest to the old P, or all that follows would be counted upside down.
    anywhere   out there for `longest` or at rest for `hold`: not a repetition but a new posture   → LEAVING from here

Because swings are measured from extreme to extreme, P may wander during a set. The shares lie on broad plateaus: moving any
one of them by a fifth changes the counts of the recordings by a percent or two (docs/counting.md).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from statistics import median
from typing import TYPE_CHECKING

from ptdevice.motion.geometry import turned_deg

if TYPE_CHECKING:
    from ptdevice.model import Vector

TURN = 0.4
BACK = 0.6
BACK_EARLY = 0.5
GREATEST = 1.3  # a swing beyond this share of the usual return need not come back further than a usual one
HISTORY = 0.5
REMEMBERED = 8
NEAR = 0.3  # of the least swing: nearer to P than this, the movement has not begun
NOISE = 0.4  # of `smallest`: no turn is believed that is smaller
LEAVE = 0.15
BEYOND = 1.5
SHORTEST_S = 0.6
LONGEST_S = 40.0
REST_S = 1.5
MOVED_DEG = 0.75  # nearer to P than this, rest has not moved: it may be the slow beginning of a movement


class Phase(Enum):
    """Where the machine stands."""

    LEAVING = auto()
    RETURNING = auto()
    SETTLING = auto()


LEAVING, RETURNING, SETTLING = Phase  # looked up once, not with every step


@dataclass(slots=True)
class Swing:
    """One movement out and back, in stream time. `end` and `settled` become known some time after it was `counted`."""

    start: float
    turn: float
    counted: float
    end: float
    rest: Vector
    far: Vector
    back: Vector  # where it came back to
    range_deg: float
    settled: bool = False


class SwingReturn:
    """The machine. `step` takes postures in order of time and tells of a swing when it counts and again when it settles."""

    def __init__(self, smallest_deg: float, hold_s: float) -> None:
        self._smallest = smallest_deg
        self._noise = NOISE * smallest_deg
        self._hold = hold_s
        self._ranges: deque[float] = deque(maxlen=REMEMBERED)
        self._returns: deque[float] = deque(maxlen=REMEMBERED)
        self._learn()
        self._phase = LEAVING
        self._rest: Vector | None = None
        self._left = 0.0  # when P was left
        self._far: Vector = (0.0, 0.0, 1.0)
        self._turned = 0.0  # when F was
        self._u = 0.0
        self._e = 0.0  # the greatest e
        self._e_up: Vector = (0.0, 0.0, 1.0)  # ... where it was
        self._e_t = 0.0  # ... and when
        self._d = 0.0  # the least d while settling, with the same two
        self._d_up: Vector = (0.0, 0.0, 1.0)
        self._d_t = 0.0
        self._swing: Swing | None = None

    @property
    def rest(self) -> Vector | None:
        """The posture of rest, once there is one."""
        return self._rest

    @property
    def out(self) -> bool:
        """Whether a movement that may become a repetition is under way."""
        return self._u >= self._least or self._phase is not LEAVING

    def begin(self, t: float, up: Vector) -> None:
        """Here is rest. What was usual is forgotten."""
        self._ranges.clear()
        self._returns.clear()
        self._learn()
        self._swing = None
        self._leave(t, up)

    def step(self, t: float, up: Vector, still_s: float) -> Swing | None:
        """Take in a posture; `still_s` is for how long it has not changed."""
        if self._rest is None:
            self._leave(t, up)
            return None
        d = turned_deg(self._rest, up)
        phase = self._phase
        if phase is LEAVING:
            self._leaving(t, up, d, still_s)
            return None
        if phase is RETURNING:
            return self._returning(t, up, d, still_s)
        return self._settling(t, up, d, still_s)

    def close(self) -> None:
        """Nothing more comes: a swing that was counted and not settled ends where it is nearest to its end by now."""
        if self._swing is not None:
            self._swing.end, self._swing.back, self._swing.settled = self._e_t, self._e_up, True
            self._swing = None

    def _learn(self) -> None:
        """What is usual in this set, and what follows for the next swing."""
        usual = median(self._ranges) if self._ranges else 0.0
        self._usual_return = median(self._returns) if self._returns else 0.0
        self._least = max(self._smallest, HISTORY * usual)  # range of a swing
        self._near = max(self._noise, NEAR * self._least)  # to P

    def _leave(self, t: float, up: Vector) -> None:
        self._phase = LEAVING
        self._rest = self._far = up
        self._left = self._turned = t
        self._u = 0.0

    def _leaving(self, t: float, up: Vector, d: float, still_s: float) -> None:
        if d > self._u:
            self._u, self._far, self._turned = d, up, t
        u = self._u
        if u < self._least:
            if d < self._near:
                self._left = t
            if still_s >= REST_S and d >= MOVED_DEG:
                self._leave(t, up)
            elif still_s >= REST_S:
                self._u, self._far, self._turned = d, up, t
        elif u - d >= max(self._noise, TURN * u):
            self._phase = RETURNING
            self._e, self._e_up, self._e_t = turned_deg(self._far, up), up, t
        elif still_s >= self._hold or t - self._left > LONGEST_S:
            self.begin(t, up)

    def _returning(self, t: float, up: Vector, d: float, still_s: float) -> Swing | None:
        if d > self._u:
            self._u, self._far, self._turned = d, up, t
            self._phase = LEAVING
            return None
        e = turned_deg(self._far, up)
        if e > self._e:
            self._e, self._e_up, self._e_t = e, up, t
        if e >= self._needed() and t - self._left >= SHORTEST_S:
            self._phase = SETTLING
            self._d, self._d_up, self._d_t = d, up, t
            rest = self._rest or up
            self._swing = Swing(self._left, self._turned, t, t, rest, self._far, up, self._u)
            return self._swing
        if e < self._e - max(self._noise, TURN * self._u):
            self._phase = LEAVING
        elif still_s >= self._hold or t - self._left > LONGEST_S:
            self.begin(t, up)
        return None

    def _needed(self) -> float:
        if len(self._returns) < 2:
            return BACK_EARLY * self._u
        return BACK * min(self._u, GREATEST * self._usual_return)

    def _settling(self, t: float, up: Vector, d: float, still_s: float) -> Swing | None:
        e = turned_deg(self._far, up)
        if e > self._e:
            self._e, self._e_up, self._e_t = e, up, t
        if d < self._d:
            self._d, self._d_up, self._d_t = d, up, t
        if d >= max(BEYOND * self._u, self._smallest):
            self._e, self._e_up, self._e_t = turned_deg(self._far, self._d_up), self._d_up, self._d_t
        elif still_s < REST_S and turned_deg(self._e_up, up) < max(self._noise, LEAVE * self._u):
            return None
        swing = self._swing
        self._ranges.append(self._u)
        self._returns.append(self._e)
        self._learn()
        self._leave(self._e_t, self._e_up)
        self._leaving(t, up, turned_deg(self._e_up, up), 0.0)
        if swing is not None:
            swing.end, swing.back, swing.settled = self._e_t, self._e_up, True
        self._swing = None
        return swing
