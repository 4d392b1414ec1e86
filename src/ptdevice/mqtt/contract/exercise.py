"""evt/exercise: what was done, repetition by repetition and set by set."""

from typing import Annotated

from ptdevice.model import Rejection, SetEnd, Stopping, Unmeasured
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Degrees,
    Open,
    PartsPerMillion,
    Seconds,
    Share,
    Time,
    WholeDegrees,
    ucum,
)


class RepetitionData(Body):
    """evt/exercise/repetition: from rest (`start`) over the far posture (`turn`) back to rest (`end`).

    `rejected`: what makes it incorrect; it counts. `smoothness` is SPARC; null, and `unmeasured` says why.
    """

    set_id: str
    exercise: str
    index: Count
    start: Time
    turn: Time
    end: Time
    range_deg: WholeDegrees
    tempo_s: tuple[Seconds, Seconds, Seconds]
    valid: bool
    confidence: Share
    gap: bool
    rejected: Open[Rejection] | None = None
    smoothness: float | None = None
    unmeasured: Open[Unmeasured] | None = None
    velocity_peaks: Count | None = None


class RejectedMovementData(Body):
    """evt/exercise/rejected: a movement within a set that was not counted, and why."""

    set_id: str
    exercise: str
    start: Time
    turn: Time
    end: Time
    range_deg: WholeDegrees
    rejected: Open[Rejection]


class SuggestedSetData(Body):
    """evt/exercise/suggested_set: movements that repeated themselves while nothing was asked for.

    That it was exercise is a guess. `period_s` is the median time from one turn to the next.
    """

    start: Time
    end: Time
    repetitions: int
    range_deg: WholeDegrees
    period_s: Annotated[float, ucum("s")]


class HoldData(Body):
    """evt/exercise/hold: a posture that was held. `sway_deg`: RMS angle from its median; breaks are not in `held_s`."""

    set_id: str
    exercise: str
    index: Count
    start: Time
    end: Time
    held_s: Seconds
    sway_deg: Degrees
    breaks: Count
    break_s: Seconds
    rejected: Open[Rejection] | None
    gap: bool


class BoutData(Body):
    """evt/exercise/bout: walking without a pause that would end it. `cadence_spm` is steps per minute."""

    set_id: str
    exercise: str
    index: Count
    start: Time
    end: Time
    steps: Count
    cadence_spm: Annotated[int, ucum("/min")]
    gap: bool


class ExerciseSetData(Body):
    """evt/exercise/set: a finished set. `recount` is the second opinion, where one was possible.

    Of the samples expected, `missing` did not come, in `gaps` gaps of `gap_s` seconds together. Times are true within
    `uncertainty_s`; by `skew_ppm` the sensor's clock is fast (about 0 where it has none, and arrivals are all there is).
    `target` is what was prescribed; `stopping` why somebody stopped (pain, fatigue, other), where they said so.
    """

    id: str
    exercise: str
    start: Time
    end: Time
    repetitions: Count
    recount: Count | None
    spread: Count | None
    range_deg: WholeDegrees | None
    reason: Open[SetEnd]
    completeness: Share | None
    target: Count | None
    correct: Count | None = None
    incorrect: Count | None = None
    tempo_cv: Annotated[float | None, ucum("1")] = None
    symmetry_pct: Annotated[float | None, ucum("%")] = None
    stopping: Open[Stopping] | None = None
    gaps: Count | None = None
    gap_s: Seconds | None = None
    uncertainty_s: Seconds | None = None
    held_s: Seconds | None = None
    received: Count | None = None
    missing: Count | None = None
    skew_ppm: PartsPerMillion | None = None
