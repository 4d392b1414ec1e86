"""The words of the clinic: what a unit told us (events) and what is kept (records).

Everything here is frozen data. Times named `at`, `start`, `turn` or `end` are *gateway seconds*: the monotonic clock of the
process that observed them, as a float. Only `ptdevice.mqtt.topics` turns them into wall time, once, when a record is written
down. Units live in the names: `_s`, `_ns`, `_hz`, `_ma`, `_deg`, `_ms`. Acceleration is specific force in m/s^2 (about 9.81
at rest, gravity included), angular rate is in deg/s, both in the sensor's own axes.

Unknown is `None` or an `UNKNOWN` member, never zero and never "off".
"""

from ptdevice.model.cues import Cue, CueKind
from ptdevice.model.events import (
    Battery,
    Contact,
    DeviceFault,
    DeviceInformation,
    Event,
    FaultKind,
    HeartRate,
    LevelChanged,
    MagneticSamples,
    MotionSamples,
    Output,
    Steps,
    StimulationStatus,
    StopReason,
    StreamChanged,
    TreatmentEnded,
    Vector,
)
from ptdevice.model.exercise import Hold, RejectedMovement, Rejection, Stopping, Unmeasured
from ptdevice.model.manual import Modality, ModalityEntry
from ptdevice.model.programme import (
    Adherence,
    Assessment,
    Category,
    Direction,
    Measure,
    Moment,
    PainRating,
    Recurrence,
    RedFlag,
    SetOutcome,
    Suggestion,
    Watch,
)
from ptdevice.model.records import (
    Alarm,
    ClockStep,
    ExerciseSet,
    Gap,
    Record,
    Repetition,
    SessionEnd,
    SetEnd,
    SetProgress,
    StimulationSegment,
    StimulationSession,
)

__all__ = [
    "Adherence",
    "Alarm",
    "Assessment",
    "Battery",
    "Category",
    "ClockStep",
    "Contact",
    "Cue",
    "CueKind",
    "DeviceFault",
    "DeviceInformation",
    "Direction",
    "Event",
    "ExerciseSet",
    "FaultKind",
    "Gap",
    "HeartRate",
    "Hold",
    "LevelChanged",
    "MagneticSamples",
    "Measure",
    "Modality",
    "ModalityEntry",
    "Moment",
    "MotionSamples",
    "Output",
    "PainRating",
    "Record",
    "Recurrence",
    "RedFlag",
    "RejectedMovement",
    "Rejection",
    "Repetition",
    "SessionEnd",
    "SetEnd",
    "SetOutcome",
    "SetProgress",
    "Steps",
    "StimulationSegment",
    "StimulationSession",
    "StimulationStatus",
    "StopReason",
    "Stopping",
    "StreamChanged",
    "Suggestion",
    "TreatmentEnded",
    "Unmeasured",
    "Vector",
    "Watch",
]
