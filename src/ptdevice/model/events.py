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


class Press(StrEnum):
    """What was done to a button."""

    PRESS = "press"
    DOUBLE_PRESS = "double_press"
    TRIPLE_PRESS = "triple_press"
    LONG_PRESS = "long_press"
    LONG_DOUBLE_PRESS = "long_double_press"
    LONG_TRIPLE_PRESS = "long_triple_press"
    HOLD = "hold"


class FaultKind(StrEnum):
    """What a unit complained about."""

    OVERLOAD = "overload"
    LEAD_OFF = "lead_off"  # current finds no way: an electrode has come off
    LOW_BATTERY = "low_battery"
    OTHER = "other"


class StopReason(StrEnum):
    """Why stimulation ended: as far as the unit's own words tell, or why it was told to stop."""

    TIMER = "timer"
    USER = "user"  # at the unit
    OVERLOAD = "overload"
    LEAD_OFF = "lead_off"
    LOW_BATTERY = "low_battery"
    CHARGING = "charging"
    FAULT = "fault"
    LINK_LOST = "link_lost"
    DAEMON_STOP = "daemon_stop"
    # Of what was commanded only:
    REMOTE = "remote"  # somebody who is not at the unit
    ESTOP = "estop"
    PAIN = "pain"
    OVER_LIMIT = "over_limit"
    MISMATCH = "mismatch"  # the unit does not do what it was told
    HEARTBEAT = "heartbeat"  # whoever controlled it fell silent
    ARM_TIMEOUT = "arm_timeout"
    PAUSE_TIMEOUT = "pause_timeout"
    DAEMON_CRASH = "daemon_crash"
    UNKNOWN = "unknown"


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
    """A stimulator's own report of itself. `level` is native (0..level_max); `current_ma` only where the unit states it.

    So it is with the pulses: `pulse_us` is the width of one phase, `phases` 1 or 2 (symmetric biphasic).
    Some units count what is left of a treatment (`remaining_s`), some what has passed of it (`elapsed_s`), some neither. A unit
    with several channels, each with pads of its own, reports each by its own name.
    """

    at: float
    output: Output
    level: int
    level_max: int
    programme: int | None = None
    mode: int | None = None
    remaining_s: int | None = None
    contact: Contact = Contact.UNKNOWN
    current_ma: float | None = None
    elapsed_s: int | None = None
    channel: str | None = None
    rate_hz: float | None = None
    pulse_us: float | None = None
    phases: int | None = None


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The unit says that its level is now this. `by_hand` where a key or dial on the unit did it."""

    at: float
    level: int
    by_hand: bool
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class TreatmentEnded:
    """The unit says that the treatment has ended, and why: by its own timer or programme, unless it says otherwise."""

    at: float
    reason: StopReason = StopReason.TIMER


@dataclass(frozen=True, slots=True)
class DeviceFault:
    """The unit complains; `stopped` where it says that it has ended the treatment for that."""

    at: float
    kind: FaultKind
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class Battery:
    """State of charge, or None where the unit sent a value that means nothing (Polar sends 255), or a voltage only."""

    at: float
    percent: int | None
    voltage_mv: int | None = None  # as the unit states it, where it does


@dataclass(frozen=True, slots=True)
class Steps:
    """What the unit's own step counter shows; whoever uses the unit may set it to 0."""

    at: float
    count: int


@dataclass(frozen=True, slots=True)
class HeartRate:
    """Heart rate in beats per minute (None: the sensor has none), RR intervals in ms, energy expended in kJ."""

    at: float
    bpm: int | None
    contact: Contact = Contact.UNKNOWN
    rr_ms: tuple[float, ...] = ()
    energy_kj: int | None = None


@dataclass(frozen=True, slots=True)
class Temperature:
    """A temperature in degrees Celsius, or None where the unit says that it has none; `site` is where, in the unit's words."""

    at: float
    celsius: float | None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class ButtonPressed:
    """A button of a remote was pressed; `button` counts from 1."""

    at: float
    button: int
    press: Press


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
    | Steps
    | HeartRate
    | Temperature
    | ButtonPressed
    | DeviceInformation
    | StreamChanged
)
