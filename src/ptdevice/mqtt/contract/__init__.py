"""The published contract, version 1: one model per message body.

Producers are strict: a value of the wrong type or a number that is not finite never leaves. Readers who use these models are
lenient where the contract is open: unknown fields are ignored and an unknown member of an enumeration reads as "other".
Removing or renaming a field is a new major version, in the topic and in `type`; adding one is not.

Units are in the names, and as UCUM codes under `x-ucum` in the JSON Schema. Times are RFC 3339 in UTC with `Z` and
microseconds (integer nanoseconds exceed the 2^53 that JSON readers keep exactly). Unknown is null, never zero.
No model has room for an address, a serial number or a name of a person.
"""

from ptdevice.mqtt.contract.events import (
    EVENTS,
    AlarmData,
    ClockStepData,
    Envelope,
    Event,
    EventData,
    ExerciseSetData,
    GapData,
    HoldData,
    RejectedMovementData,
    RepetitionData,
    StimulationSegmentData,
    StimulationSessionData,
)
from ptdevice.mqtt.contract.live import (
    STATE_UCUM,
    Availability,
    AvailabilityState,
    CueTelemetry,
    Dose,
    ExerciseTelemetry,
    GatewayState,
    Health,
    HeartRateTelemetry,
    Info,
    MotionTelemetry,
    PadsDose,
    Reading,
    Scalar,
    State,
    Status,
    StimulationTelemetry,
    Telemetry,
    UnitInfo,
)
from ptdevice.mqtt.contract.manual import LogModality, ModalityData
from ptdevice.mqtt.contract.programme import (
    AdherenceData,
    AssessmentData,
    PainData,
    SetOutcomeData,
    SuggestionData,
    WatchData,
)
from ptdevice.mqtt.contract.requests import BeginSet, EndSet, PauseSet, Ping, Request, Result, ResultState, ResumeSet
from ptdevice.mqtt.contract.types import LEVEL_PATTERN, MAJOR, TYPE_PREFIX, TYPE_SUFFIX, Body, Level, Time

__all__ = [
    "EVENTS",
    "LEVEL_PATTERN",
    "MAJOR",
    "STATE_UCUM",
    "TYPE_PREFIX",
    "TYPE_SUFFIX",
    "AdherenceData",
    "AlarmData",
    "AssessmentData",
    "Availability",
    "AvailabilityState",
    "BeginSet",
    "Body",
    "ClockStepData",
    "CueTelemetry",
    "Dose",
    "EndSet",
    "Envelope",
    "Event",
    "EventData",
    "ExerciseSetData",
    "ExerciseTelemetry",
    "GapData",
    "GatewayState",
    "Health",
    "HeartRateTelemetry",
    "HoldData",
    "Info",
    "Level",
    "LogModality",
    "ModalityData",
    "MotionTelemetry",
    "PadsDose",
    "PainData",
    "PauseSet",
    "Ping",
    "Reading",
    "RejectedMovementData",
    "RepetitionData",
    "Request",
    "Result",
    "ResultState",
    "ResumeSet",
    "Scalar",
    "SetOutcomeData",
    "State",
    "Status",
    "StimulationSegmentData",
    "StimulationSessionData",
    "StimulationTelemetry",
    "SuggestionData",
    "Telemetry",
    "Time",
    "UnitInfo",
    "WatchData",
]
