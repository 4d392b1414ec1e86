"""How well exercise was done: what makes a repetition incorrect, what was held, why somebody stopped."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rejection(StrEnum):
    """What makes a repetition incorrect, or no repetition at all."""

    SHORT_ROM = "short_rom"  # less than the exercise's least range
    OVER_LIMIT = "over_limit"  # beyond the range that is not to be exceeded
    TOO_FAST = "too_fast"
    WRONG_AXIS = "wrong_axis"  # not about the axis that the set's repetitions share
    HOLD_SHORT = "hold_short"  # not held for as long as asked
    ARTIFACT = "artifact"  # too much of it was not received, or it is another movement


class Unmeasured(StrEnum):
    """Why a repetition has no smoothness."""

    RATE = "rate"  # fewer than 20 samples a second: movement up to 10 Hz cannot be seen
    NO_GYROSCOPE = "no_gyroscope"  # what acceleration alone tells of a movement is smoothed by the filter behind it
    GAP = "gap"  # samples were missing
    EXERCISE = "exercise"  # it may be of any exercise, so there is nothing to compare it with
    LENGTH = "length"  # too short for a spectrum, or longer than is kept


class Stopping(StrEnum):
    """Why somebody stopped before a set was complete, in their own words."""

    PAIN = "pain"
    FATIGUE = "fatigue"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class RejectedMovement:
    """A movement within a set that was not counted, and why. Times and range as of a repetition."""

    set_id: str
    exercise: str
    start: float
    turn: float
    end: float
    range_deg: int
    rejected: Rejection


@dataclass(frozen=True, slots=True)
class SuggestedSet:
    """Movements that repeated themselves, from `start` to `end`, while nobody had said that anything begins.

    That it was exercise is a guess. `range_deg` is the median of their ranges, `period_s` that of the times from turn to turn.
    """

    start: float
    end: float
    repetitions: int
    range_deg: int
    period_s: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A posture that was held from `start` to `end`, for `held_s` of that time.

    `sway_deg` is the root mean square of the angle from the median posture while it was held. `breaks` are interruptions of
    more than half a second from which the person came back; they last `break_s` together and are not in `held_s`.
    `rejected` tells what makes it incorrect. `gap`: samples were missing meanwhile.
    """

    set_id: str
    exercise: str
    index: int
    start: float
    end: float
    held_s: float
    sway_deg: float
    breaks: int
    break_s: float
    rejected: Rejection | None = None
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Bout:
    """Walking from `start` to `end` without a pause that ends it: steps, and steps per minute. `gap`: samples were missing."""

    set_id: str
    exercise: str
    index: int
    start: float
    end: float
    steps: int
    cadence_spm: int
    gap: bool = False
