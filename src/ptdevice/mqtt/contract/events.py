"""evt: the record. A CloudEvent around one of these."""

from typing import Annotated, Any, Literal

from ptdevice.model import Contact, Output, SessionEnd, StopReason
from ptdevice.mqtt.contract.alarms import AlarmsAcknowledgedData
from ptdevice.mqtt.contract.audit import AuditData
from ptdevice.mqtt.contract.exercise import (
    BoutData,
    ExerciseSetData,
    HoldData,
    RejectedMovementData,
    RepetitionData,
    SuggestedSetData,
)
from ptdevice.mqtt.contract.lumbar import (
    LumbarAlignmentData,
    LumbarCalibrationData,
    LumbarMovementData,
    LumbarRangeData,
)
from ptdevice.mqtt.contract.manual import ModalityData
from ptdevice.mqtt.contract.privacy import AssignmentData, ForgottenData
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
from ptdevice.mqtt.contract.treatment import PadsData, ReinstatedData, ScreeningData
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Microseconds,
    Milliamperes,
    Open,
    Seconds,
    Time,
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
    | SuggestedSetData
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
    | AssignmentData
    | ForgottenData
    | AuditData
    | ScreeningData
    | PadsData
    | ReinstatedData
    | AlarmsAcknowledgedData
)

# The middle of `type` (with dots) and the end of the topic (with slashes).
EVENTS: dict[str, type[EventData]] = {
    "exercise.repetition": RepetitionData,
    "exercise.rejected": RejectedMovementData,
    "exercise.suggested_set": SuggestedSetData,
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
    "assignment": AssignmentData,
    "forgotten": ForgottenData,
    "audit": AuditData,
    "stimulation.screening": ScreeningData,
    "stimulation.pads": PadsData,
    "reinstated": ReinstatedData,
    "alarm.acknowledged": AlarmsAcknowledgedData,
}


class Event(Envelope):
    """A whole event as a subscriber reads it; `EVENTS` has the model of its `data` by the middle of `type`."""

    data: dict[str, Any]
