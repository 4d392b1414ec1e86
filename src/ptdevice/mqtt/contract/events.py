"""evt: the record. A CloudEvent around one of these."""

from typing import Any, Literal

from ptdevice.model import Contact, Output, SessionEnd, SetEnd, StopReason
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Microseconds,
    Milliamperes,
    Open,
    Seconds,
    Share,
    Time,
    WholeDegrees,
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
    """evt/exercise/repetition: from rest (`start`) over the far posture (`turn`) back to rest (`end`)."""

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


class ExerciseSetData(Body):
    """evt/exercise/set: a finished set. `recount` is the second opinion, where one was possible."""

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


class StimulationSessionData(Body):
    """evt/stimulation/session: a finished session as it was observed. `delivered_s` is confirmed time only."""

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


class GapData(Body):
    """evt/gap: nothing of `stream` was received. `missing` samples were expected; null where that cannot be known."""

    stream: str
    start: Time
    end: Time
    duration_s: Seconds
    cause: str
    missing: Count | None


class ClockStepData(Body):
    """evt/clock: the gateway's wall clock was set while it ran."""

    at: Time
    step_s: Seconds


class AlarmData(Body):
    """evt/alarm: something a person must know or do. `code` is stable, `text` is for people."""

    at: Time
    code: str
    text: str


EventData = (
    RepetitionData
    | ExerciseSetData
    | StimulationSegmentData
    | StimulationSessionData
    | GapData
    | ClockStepData
    | AlarmData
)

# The middle of `type` (with dots) and the end of the topic (with slashes).
EVENTS: dict[str, type[EventData]] = {
    "exercise.repetition": RepetitionData,
    "exercise.set": ExerciseSetData,
    "stimulation.segment": StimulationSegmentData,
    "stimulation.session": StimulationSessionData,
    "gap": GapData,
    "clock": ClockStepData,
    "alarm": AlarmData,
}


class Event(Envelope):
    """A whole event as a subscriber reads it; `EVENTS` has the model of its `data` by the middle of `type`."""

    data: dict[str, Any]
