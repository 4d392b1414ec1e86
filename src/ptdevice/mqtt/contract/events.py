"""evt: the record. A CloudEvent around one of these."""

from typing import Annotated, Any, Literal

from ptdevice.model import Contact, Output, Rejection, SessionEnd, SetEnd, Stopping, StopReason, Unmeasured
from ptdevice.mqtt.contract.lumbar import (
    LumbarAlignmentData,
    LumbarCalibrationData,
    LumbarMovementData,
    LumbarRangeData,
)
from ptdevice.mqtt.contract.manual import ModalityData
from ptdevice.mqtt.contract.programme import (
    AdherenceData,
    AssessmentData,
    PainData,
    ProgrammeBegunData,
    SetOutcomeData,
    SuggestionData,
    WatchData,
)
from ptdevice.mqtt.contract.remote import RemotePressData
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Degrees,
    Microseconds,
    Milliamperes,
    Open,
    PartsPerMillion,
    Seconds,
    Share,
    Time,
    WholeDegrees,
    ucum,
)


class Envelope(Body):
    """CloudEvents 1.0, structured mode, without its data. Extensions are lower-case letters and digits, as it demands.

    `id` is made once and repeated by every redelivery. `sequence` counts without holes per gateway and store `epoch`.
    `bootid`, `monous` (monotonic microseconds) and `clock` let events of a gateway without a set clock be re-timed.
    """

    specversion: Literal["1.0"] = "1.0"
    id: str
    source: str
    type: str
    time: Time
    subject: str | None
    sequence: str
    epoch: str
    bootid: str
    monous: Microseconds
    clock: Literal["synced", "unsynced"]
    simulated: bool
    datacontenttype: Literal["application/json"] = "application/json"


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


class StimulationSegmentData(Body):
    """evt/stimulation/segment: unchanged settings. `level` is the unit's own scale; mA only where the unit states it."""

    session_id: str
    start: Time
    end: Time
    programme: int | None
    mode: int | None
    level: int
    level_max: int
    current_ma: Milliamperes | None
    contact: Open[Contact]
    delivered_s: Seconds
    channel: str | None = None
    site: str | None = None
    rate_hz: Annotated[float | None, ucum("Hz")] = None
    pulse_us: Annotated[float | None, ucum("us")] = None
    charge_mc: Annotated[float | None, ucum("mC")] = None
    energy_j: Annotated[float | None, ucum("J")] = None


class StimulationSessionData(Body):
    """evt/stimulation/session: a finished session as it was observed. `delivered_s` is confirmed time only.

    `level_times` are pairs of a level and the confirmed seconds at it; `unknown_s` is what nothing confirms. Charge counts one
    phase of each pulse, energy is into 500 Ohm; both are null unless the unit itself states its current and its pulses.
    """

    id: str
    origin: str
    start: Time
    end: Time
    state: Open[SessionEnd]
    reason: Open[StopReason]
    delivered_s: Seconds
    level_max_seen: int
    level_mean: float | None
    upward_steps: Count
    level_max: int
    gaps: Count
    gap_s: Seconds
    final_output: Open[Output]
    channel: str | None = None
    site: str | None = None
    unknown_s: Seconds | None = None
    level_times: tuple[tuple[int, Seconds], ...] | None = None
    charge_mc: Annotated[float | None, ucum("mC")] = None
    energy_j: Annotated[float | None, ucum("J")] = None


class GapData(Body):
    """evt/gap: nothing of `stream` was received. `missing` samples were expected; null where that cannot be known."""

    stream: str
    start: Time
    end: Time
    duration_s: Seconds
    cause: str
    missing: Count | None


class ClockStepData(Body):
    """evt/clock: the gateway's wall clock was set while it ran, or began or ceased to be trusted (`synced`; then by 0 s).

    What was recorded before within the same `bootid` is early by `step_s`. `monous` is not concerned.
    """

    at: Time
    step_s: Seconds
    synced: bool | None


class AlarmData(Body):
    """evt/alarm: something a person must know or do. `code` is stable, `text` is for people."""

    at: Time
    code: str
    text: str


EventData = (
    RepetitionData
    | RejectedMovementData
    | HoldData
    | BoutData
    | ExerciseSetData
    | StimulationSegmentData
    | StimulationSessionData
    | GapData
    | ClockStepData
    | AlarmData
    | ProgrammeBegunData
    | SetOutcomeData
    | PainData
    | AdherenceData
    | SuggestionData
    | WatchData
    | AssessmentData
    | LumbarAlignmentData
    | LumbarCalibrationData
    | LumbarMovementData
    | LumbarRangeData
    | ModalityData
    | RemotePressData
)

# The middle of `type` (with dots) and the end of the topic (with slashes).
EVENTS: dict[str, type[EventData]] = {
    "exercise.repetition": RepetitionData,
    "exercise.rejected": RejectedMovementData,
    "exercise.hold": HoldData,
    "exercise.bout": BoutData,
    "exercise.set": ExerciseSetData,
    "stimulation.segment": StimulationSegmentData,
    "stimulation.session": StimulationSessionData,
    "gap": GapData,
    "clock": ClockStepData,
    "alarm": AlarmData,
    "exercise.begun": ProgrammeBegunData,
    "exercise.outcome": SetOutcomeData,
    "pain": PainData,
    "exercise.adherence": AdherenceData,
    "exercise.suggestion": SuggestionData,
    "gateway.watch": WatchData,
    "assessment": AssessmentData,
    "lumbar.alignment": LumbarAlignmentData,
    "lumbar.calibration": LumbarCalibrationData,
    "lumbar.movement": LumbarMovementData,
    "lumbar.range": LumbarRangeData,
    "modality": ModalityData,
    "remote.press": RemotePressData,
}


class Event(Envelope):
    """A whole event as a subscriber reads it; `EVENTS` has the model of its `data` by the middle of `type`."""

    data: dict[str, Any]
