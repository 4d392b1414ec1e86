"""What a unit told us. See `ptdevice.model` for times and units."""

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
class MagneticSamples:
    """A run of samples of one magnetometer, oldest first: microtesla in the sensor's own axes, times as in MotionSamples."""

    at: float
    rate_hz: float
    device_ns: tuple[int, ...]
    field_ut: tuple[Vector, ...]


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
    | MagneticSamples
    | StimulationStatus
    | LevelChanged
    | TreatmentEnded
    | DeviceFault
    | Battery
    | HeartRate
    | DeviceInformation
    | StreamChanged
)
