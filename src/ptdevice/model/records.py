"""What is kept, and a set as it stands. See `ptdevice.model` for times and units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ptdevice.model.audit import Audit
from ptdevice.model.exercise import Bout, Hold, RejectedMovement, SuggestedSet
from ptdevice.model.lumbar import LumbarAlignment, LumbarCalibration, LumbarMovement, LumbarRange
from ptdevice.model.manual import ModalityEntry
from ptdevice.model.privacy import Assignment, Forgotten
from ptdevice.model.programme import Adherence, Assessment, PainRating, ProgrammeBegun, SetOutcome, Suggestion, Watch
from ptdevice.model.remote import RemotePress
from ptdevice.model.treatment import ElectrodePlacement, Reinstated, Screening

if TYPE_CHECKING:
    from ptdevice.model.events import Contact, Output, StopReason
    from ptdevice.model.exercise import Rejection, Stopping, Unmeasured


class SetEnd(StrEnum):
    """Why an exercise set ended."""

    TARGET = "target"  # the target count was reached and the person came to rest
    IDLE = "idle"  # no movement for the idle time
    ENDED = "ended"  # somebody ended it
    SENSOR_LOST = "sensor_lost"
    SHUTDOWN = "shutdown"


class SessionEnd(StrEnum):
    """How an observed stimulation session ended."""

    ENDED = "ended"  # the unit itself said so
    UNVERIFIED = "ended_unverified"  # nobody knows: the link was lost and did not come back in time


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition: from leaving the rest posture (`start`) over the far posture (`turn`) back to rest (`end`).

    `range_deg` is the angle between the two postures in whole degrees; `tempo_s` is out, hold, back.
    `gap` tells that samples were missing while it happened. `rejected` tells what makes it incorrect; it counts all the same.
    `smoothness` is the spectral arc length (`ptdevice.motion.smoothness`), below 0, the nearer the smoother; where there is
    none, `unmeasured` tells why. `velocity_peaks` is how often the movement sped up and slowed down; 2 is the least.
    """

    set_id: str
    exercise: str
    index: int
    start: float
    turn: float
    end: float
    range_deg: int
    tempo_s: tuple[float, float, float]
    valid: bool
    confidence: float
    gap: bool = False
    rejected: Rejection | None = None
    smoothness: float | None = None
    unmeasured: Unmeasured | None = None
    velocity_peaks: int | None = None


@dataclass(frozen=True, slots=True)
class ExerciseSet:
    """A finished set. `repetitions` is the live count; `recount` the second opinion over the whole set, if one was possible.

    `spread` is the largest difference between the counters' opinions; `completeness` the share of expected samples received.
    `target` is the number that was prescribed; `correct` repetitions have nothing against them, `incorrect` are the others and
    the movements that were rejected. `tempo_cv` is the coefficient of variation of the repetitions' durations, `symmetry_pct`
    2 (first - second) / (first + second) of the ranges to both sides, where a repetition has two. `stopping` is why somebody
    stopped, where they said so. `received` samples came and `missing` did not, in `gaps` gaps of `gap_s` seconds
    together. All times of the set and its repetitions are true to `uncertainty_s`; `skew_ppm` is by how much the sensor's clock
    is fast (None: not seen for long enough). `held_s` is the time held in all its holds.
    """

    id: str
    exercise: str
    start: float
    end: float
    repetitions: int
    recount: int | None
    spread: int | None
    range_deg: int | None
    reason: SetEnd
    completeness: float | None
    target: int | None = None
    correct: int | None = None
    incorrect: int | None = None
    tempo_cv: float | None = None
    symmetry_pct: float | None = None
    stopping: Stopping | None = None
    gaps: int | None = None
    gap_s: float | None = None
    uncertainty_s: float | None = None
    held_s: float | None = None
    received: int | None = None
    missing: int | None = None
    skew_ppm: float | None = None


@dataclass(frozen=True, slots=True)
class StimulationSegment:
    """A span of one session with unchanged settings. `delivered_s` counts confirmed time only.

    `site` is where the pads of this channel are, as it is configured. Charge (of one phase of each pulse) and energy (into 500
    Ohm) are those of the confirmed time, and None unless the unit states current, width, rate and phases.
    """

    session_id: str
    start: float
    end: float
    programme: int | None
    mode: int | None
    level: int
    level_max: int
    current_ma: float | None
    contact: Contact
    delivered_s: float
    channel: str | None = None
    site: str | None = None
    rate_hz: float | None = None
    pulse_us: float | None = None
    charge_mc: float | None = None
    energy_j: float | None = None


@dataclass(frozen=True, slots=True)
class StimulationSession:
    """A finished stimulation session as it was observed. Levels are native; mA is absent unless the unit reports mA.

    The dose is that of confirmed time: `level_times` are the levels with the seconds at each, `level_mean` their mean weighted
    with time. `unknown_s` is the time of the session that nothing confirms. Charge and energy are as in its segments, and None
    unless they are known of all confirmed time.
    """

    id: str
    origin: str
    start: float
    end: float
    state: SessionEnd
    reason: StopReason
    delivered_s: float
    level_max_seen: int
    level_mean: float | None
    upward_steps: int
    level_max: int
    gaps: int
    gap_s: float
    final_output: Output
    channel: str | None = None
    site: str | None = None
    unknown_s: float | None = None
    level_times: tuple[tuple[int, float], ...] | None = None
    charge_mc: float | None = None
    energy_j: float | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was received of a stream from `start` to `end`. `missing` samples were expected (None: unknowable)."""

    stream: str
    start: float
    end: float
    cause: str
    missing: int | None = None


@dataclass(frozen=True, slots=True)
class ClockStep:
    """The gateway's wall clock was set while running: `wall_after - wall_before` seconds beyond the monotonic clock.

    `synced` is whether it can be trusted from here on; where only that changed, `step_s` is 0.
    """

    at: float
    step_s: float
    synced: bool | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something a person must know or do. `code` is stable, `text` says what, where and what to do."""

    at: float
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class AlarmsAcknowledged:
    """Somebody has looked at every alarm that stood, `count` of them."""

    at: float
    count: int
    entered_by: str


Record = (
    Repetition
    | RejectedMovement
    | Hold
    | SuggestedSet
    | Bout
    | ExerciseSet
    | StimulationSegment
    | StimulationSession
    | Gap
    | ClockStep
    | Alarm
    | SetOutcome
    | ProgrammeBegun
    | PainRating
    | Adherence
    | Suggestion
    | Watch
    | Assessment
    | LumbarAlignment
    | LumbarCalibration
    | LumbarMovement
    | LumbarRange
    | ModalityEntry
    | RemotePress
    | Assignment
    | Forgotten
    | Audit
    | Screening
    | ElectrodePlacement
    | Reinstated
    | AlarmsAcknowledged
)


@dataclass(frozen=True, slots=True)
class SetProgress:
    """A set as it stands now; live, not a record. `phase` is waiting (for stillness), armed, moving, holding, or resting.

    `held_s` is the time held by now, in the hold that is going on or else in the last one. `state` is where the guided set
    stands, in the words of `ptdevice.motion.machine`.
    """

    exercise: str
    phase: str
    repetitions: int
    angle_deg: float | None
    range_deg: int | None
    target: int | None = None
    held_s: float | None = None
    state: str | None = None
