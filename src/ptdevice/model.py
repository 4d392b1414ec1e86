"""The words of the clinic: what a unit told us (events) and what is kept (records).

Everything here is frozen data. Times named `at`, `start`, `turn` or `end` are *gateway seconds*: the monotonic clock of the
process that observed them, as a float. Only `ptdevice.mqtt.topics` turns them into wall time, once, when a record is written
down. Units live in the names: `_s`, `_ns`, `_hz`, `_ma`, `_deg`, `_ms`. Acceleration is specific force in m/s^2 (about 9.81
at rest, gravity included), angular rate is in deg/s, both in the sensor's own axes.

Unknown is `None` or an `UNKNOWN` member, never zero and never "off".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Vector = tuple[float, float, float]


class Output(StrEnum):
    """What is known about current flowing through the electrodes."""

    ON = "on"
    OFF = "off"
    UNKNOWN = "unknown"


class Contact(StrEnum):
    """What is known about the electrodes, or a strap, touching skin."""

    OK = "ok"
    OPEN = "open"
    UNKNOWN = "unknown"


class FaultKind(StrEnum):
    """What a unit complained about."""

    OVERLOAD = "overload"
    LOW_BATTERY = "low_battery"
    OTHER = "other"


# --- events: what a unit told us ---


@dataclass(frozen=True, slots=True)
class MotionSamples:
    """A run of samples of one inertial sensor, oldest first.

    `device_ns` holds one time per sample on the unit's own clock (ns, any epoch); it is not gateway time. `acceleration`
    (m/s^2) has the same length; `angular_rate` (deg/s) has it too or is empty where the unit has no gyroscope.
    """

    at: float
    rate_hz: float
    device_ns: tuple[int, ...]
    acceleration: tuple[Vector, ...]
    angular_rate: tuple[Vector, ...] = ()


@dataclass(frozen=True, slots=True)
class StimulationStatus:
    """A stimulator's own report of itself. `level` is native (0..level_max); `current_ma` only where the unit states it."""

    at: float
    output: Output
    level: int
    level_max: int
    programme: int | None = None
    mode: int | None = None
    remaining_s: int | None = None
    contact: Contact = Contact.UNKNOWN
    current_ma: float | None = None


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The unit says that its level is now this. `by_hand` where a key or dial on the unit did it."""

    at: float
    level: int
    by_hand: bool


@dataclass(frozen=True, slots=True)
class TreatmentEnded:
    """The unit says that its own timer or programme ended the treatment."""

    at: float


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """The unit complains."""

    at: float
    kind: FaultKind


@dataclass(frozen=True, slots=True)
class Battery:
    """State of charge, or None where the unit sent a value that means nothing (Polar sends 255)."""

    at: float
    percent: int | None


@dataclass(frozen=True, slots=True)
class HeartRate:
    """Heart rate in beats per minute (None: the sensor has none), RR intervals in ms, energy expended in kJ."""

    at: float
    bpm: int | None
    contact: Contact = Contact.UNKNOWN
    rr_ms: tuple[float, ...] = ()
    energy_kj: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """One field of the Device Information Service, e.g. ("firmware_revision", "3.1.1"). Serial numbers are never kept."""

    at: float
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class StreamChanged:
    """A unit started, refused or stopped a stream by its own word. `reason` is the unit's, in words."""

    at: float
    stream: str
    running: bool
    reason: str


Event = (
    MotionSamples
    | StimulationStatus
    | LevelChanged
    | TreatmentEnded
    | DeviceFault
    | Battery
    | HeartRate
    | DeviceInformation
    | StreamChanged
)


# --- records: what is kept ---


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


class StopReason(StrEnum):
    """Why stimulation ended, as far as the unit's own words tell."""

    TIMER = "timer"
    USER = "user"
    OVERLOAD = "overload"
    LOW_BATTERY = "low_battery"
    LINK_LOST = "link_lost"
    DAEMON_STOP = "daemon_stop"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition: from leaving the rest posture (`start`) over the far posture (`turn`) back to rest (`end`).

    `range_deg` is the angle between the two postures in whole degrees; `tempo_s` is out, hold, back.
    `gap` tells that samples were missing while it happened.
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


@dataclass(frozen=True, slots=True)
class ExerciseSet:
    """A finished set. `repetitions` is the live count; `recount` the second opinion over the whole set, if one was possible.

    `spread` is the largest difference between the counters' opinions; `completeness` the share of expected samples received:
    `received` of them came and `missing` did not, in `gaps` gaps of `gap_s` seconds together. `uncertainty_s` is how far times
    of this set may be from the truth, `skew_ppm` by how much the sensor's clock is fast (None: not seen for long enough).
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
    received: int = 0
    missing: int = 0
    gaps: int = 0
    gap_s: float = 0.0
    uncertainty_s: float | None = None
    skew_ppm: float | None = None


@dataclass(frozen=True, slots=True)
class StimulationSegment:
    """A span of one session with unchanged settings. `delivered_s` counts confirmed time only."""

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


@dataclass(frozen=True, slots=True)
class StimulationSession:
    """A finished stimulation session as it was observed. Levels are native; mA is absent unless the unit reports mA."""

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


Record = Repetition | ExerciseSet | StimulationSegment | StimulationSession | Gap | ClockStep | Alarm


@dataclass(frozen=True, slots=True)
class SetProgress:
    """A set as it stands now; live, not a record. `phase` is waiting (for stillness), armed, moving, or resting."""

    exercise: str
    phase: str
    repetitions: int
    angle_deg: float | None
    range_deg: int | None
    target: int | None = None
