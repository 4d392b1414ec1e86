"""What became of what was planned, how pain was rated, and how an assessment sorted it. See `ptdevice.model` for times.

Days are written as ISO dates (`2026-12-01`) of the place where the person lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Measure(StrEnum):
    """By what it is known how much of a set was done."""

    MOTION = "motion"
    HEART_RATE = "heart_rate"
    CLOCK = "clock"  # by the clock alone: nobody saw what was done


@dataclass(frozen=True, slots=True)
class SetOutcome:
    """What became of one planned set: `slot` of the day's plan, `set_index` of `sets` of its exercise, all from 1.

    `state` is completed, partial, skipped or aborted; `why` what ended it: target, idle, ended, pain, fatigue, other,
    sensor_lost, shutdown, skip, ready_timeout, pause_timeout, window_closed, programme_ended. What was asked for is either
    repetitions or seconds; what was done is None where nobody could see it. `set_id` is the id of the measured set, if any.
    """

    programme: str
    version: int
    day: str
    slot: int
    exercise: str
    set_index: int
    sets: int
    state: str
    why: str
    start: float
    end: float
    measured_by: Measure
    prescribed_repetitions: int | None = None
    prescribed_s: int | None = None
    done_repetitions: int | None = None
    done_s: int | None = None
    set_id: str | None = None


@dataclass(frozen=True, slots=True)
class ProgrammeBegun:
    """Somebody began what was left of a day's programme. A set of it without an outcome was cut off: unknown, not missed."""

    at: float
    programme: str
    version: int
    day: str


class Moment(StrEnum):
    """When pain was rated, seen from the exercise."""

    BEFORE = "before"
    DURING = "during"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class PainRating:
    """Pain as the person rates it, 0 (none) to 10 (worst imaginable). `exercise` and `programme`: what was going on."""

    at: float
    rating: int
    moment: Moment
    exercise: str | None = None
    programme: str | None = None


@dataclass(frozen=True, slots=True)
class Adherence:
    """What was done of what was planned from `first_day` to `last_day`, both included.

    A planned set is completed, partial, skipped, aborted, missed (nothing is known of it, and the gateway was there) or
    unknown (the gateway was not there for `down_s`, or the sensor was lost). `share` is what was done of what was prescribed,
    0 to 1, each set capped at 1; None while anything is unknown. `extra_sets` and `extra_repetitions` go beyond the plan, and
    `overdone` says that they go far beyond it.
    """

    at: float
    period: str
    first_day: str
    last_day: str
    programme: str
    version: int
    days_planned: int
    days_active: int
    days_unknown: int
    sets_planned: int
    sets_completed: int
    sets_partial: int
    sets_skipped: int
    sets_aborted: int
    sets_missed: int
    sets_unknown: int
    repetitions_prescribed: int
    repetitions_done: int
    prescribed_s: int
    done_s: int
    extra_sets: int
    extra_repetitions: int
    overdone: bool
    share: float | None
    down_s: int


class Direction(StrEnum):
    """Where a suggestion points."""

    PROGRESS = "progress"
    SIMPLIFY = "simplify"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something for whoever prescribes to decide. Nothing is ever changed by the program.

    `reason` is dose_met, dose_not_met, pain_next_day; `sessions` on how many sessions it rests.
    """

    at: float
    programme: str
    version: int
    exercise: str | None
    direction: Direction
    reason: str
    sessions: int
    text: str


@dataclass(frozen=True, slots=True)
class Watch:
    """The gateway was at work from `start` to `end`: what it did not see in that time was not done with its units."""

    start: float
    end: float


class Category(StrEnum):
    """The four groups into which low back pain is sorted first by whoever assesses; no diagnosis."""

    NONSPECIFIC = "nonspecific"
    RADICULOPATHY_OR_STENOSIS = "radiculopathy_or_stenosis"
    NON_SPINAL = "non_spinal"
    SPECIFIC_SPINAL = "specific_spinal"


class Recurrence(StrEnum):
    """How often it came back."""

    FIRST = "first"
    RECURRENT = "recurrent"
    FREQUENT = "frequent"


class RedFlag(StrEnum):
    """Answers with which somebody should be seen by a clinician soon (NCBI Bookshelf NBK52120, table 1)."""

    SADDLE_ANAESTHESIA = "saddle_anaesthesia"
    NEW_BLADDER_TROUBLE = "new_bladder_trouble"
    PROGRESSIVE_LEG_WEAKNESS = "progressive_leg_weakness"
    MAJOR_TRAUMA = "major_trauma"
    CANCER_HISTORY = "cancer_history"
    FEVER_OR_WEIGHT_LOSS = "fever_or_weight_loss"
    SEVERE_NIGHT_PAIN = "severe_night_pain"


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment as somebody entered it, and a hint to see a clinician (`hint_reasons` empty: none). Never a diagnosis."""

    at: float
    category: Category
    onset_weeks: int
    recurrence: Recurrence
    red_flags: tuple[RedFlag, ...]
    referral_hint: bool
    hint_reasons: tuple[str, ...]
    text: str | None
