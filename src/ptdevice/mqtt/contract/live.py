"""Retained messages (who is there, and the latest that is known) and telemetry (live, never kept)."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.config import JsonDict

from ptdevice.model import AlignmentMethod, Contact, CueKind, Output, PairPhase
from ptdevice.mqtt.contract.delivery import DeliveryPolicy
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Degrees,
    Level,
    Microseconds,
    Milliamperes,
    Open,
    Seconds,
    Time,
    WholeDegrees,
    ucum,
)

GatewayState = Literal["online", "degraded", "offline"]
AvailabilityState = Literal["online", "offline", "unknown"]


class Status(Body):
    """status: the gateway itself. The will is an `offline` with the same boot id and no time. `delivery`: see Delivery."""

    state: Open[GatewayState]
    reason: str | None
    boot_id: str
    version: str
    simulated: bool
    time: Time | None
    delivery: Open[DeliveryPolicy] | None = None


class UnitInfo(Body):
    """One configured unit: its alias, what it is, and what it can do.

    `channels` are those that a stimulator reports one by one; in `state`, a value of one has its name before it: `a_level`.
    """

    alias: Level
    device: str
    title: str
    kinds: list[str]
    level_max: int | None = None
    channels: list[str] = Field(default_factory=list)


class PairInfo(Body):
    """One configured pair: its alias, and those of its units."""

    alias: Level
    trunk: Level
    pelvis: Level
    alignment: Open[AlignmentMethod]


class Info(Body):
    """info: the gateway's birth certificate, published before `status: online`."""

    site: Level
    gateway: Level
    version: str
    boot_id: str
    simulated: bool
    contract: int
    units: list[UnitInfo]
    events: list[str]
    commands: list[str]
    pairs: list[PairInfo] = Field(default_factory=list)
    time: Time


class Availability(Body):
    """unit/U/availability: from data received, not from a link's opinion of itself. `code` is stable, `text` is for people."""

    availability: Open[AvailabilityState]
    code: str | None
    text: str | None
    simulated: bool
    time: Time


Scalar = bool | int | float | str | None


class Reading(Body):
    """A value and when the unit said it."""

    value: Scalar
    time: Time


STATE_UCUM: JsonDict = {
    "battery_pct": "%",
    "heart_rate_bpm": "/min",
    "temperature_c": "Cel",
    "battery_mv": "mV",
    "remaining_s": "s",
    "elapsed_s": "s",
    "delivered_s": "s",
    "current_ma": "mA",
    "angle_deg": "deg",
    "clock_uncertainty_s": "s",
    "clock_skew_ppm": "[ppm]",
    "alignment_error_s": "s",
    "skew_ppm": "[ppm]",
    "skew_error_ppm": "[ppm]",
    "completeness": "1",
}


class State(Body):
    """unit/U/state: the latest that is known. Units are in the names; `STATE_UCUM` has their UCUM codes.

    `assigned`: whether it is known who wears it; who that is, is in the records only. Null for a pair of units.
    """

    values: dict[str, Reading] = Field(json_schema_extra={"x-ucum": STATE_UCUM})
    assigned: bool | None = None
    simulated: bool
    time: Time


class PadsDose(Body):
    """What was delivered through one pair of pads. `level_times` are pairs of a level and the confirmed seconds at it.

    `unknown_s` is time of sessions that nothing confirms, gaps of the link included. Charge counts one phase of each pulse,
    energy is into 500 Ohm; both are null unless the unit itself states its current and its pulses.
    """

    channel: str | None
    site: str | None
    sessions: Count
    delivered_s: Seconds
    unknown_s: Seconds
    level_times: tuple[tuple[int, Seconds], ...]
    level_mean: float | None
    level_max_seen: int | None
    upward_steps: Count
    charge_mc: Annotated[float | None, ucum("mC")]
    energy_j: Annotated[float | None, ucum("J")]


class Dose(Body):
    """unit/U/dose: what a stimulator delivered today and this week (from Monday), by channel and site; confirmed time only.

    It is summed up from the journal, so a restart changes nothing; `complete` is false where the journal could not be read.
    What was recorded while the clock could not be trusted is `undated`, and while it cannot be trusted `day` is null.
    """

    day: str | None
    week_first_day: str | None
    timezone: str
    complete: bool
    today: list[PadsDose]
    week: list[PadsDose]
    undated: list[PadsDose]
    simulated: bool
    time: Time


class Telemetry(Body):
    """unit/U/telemetry/<stream>: live samples. Lossy by design; the record is in evt."""

    time: Time
    simulated: bool


class MotionTelemetry(Telemetry):
    """Stream `motion`: `time` is the arrival of the newest sample; `offset_us` counts back from it, by the sensor's clock."""

    rate_hz: Annotated[float, ucum("Hz")]
    offset_us: list[Microseconds]
    acceleration_mps2: list[tuple[float, float, float]] = Field(json_schema_extra={"x-ucum": "m/s2"})
    angular_rate_dps: list[tuple[float, float, float]] = Field(json_schema_extra={"x-ucum": "deg/s"})
    dropped: Count


class HeartRateTelemetry(Telemetry):
    """Stream `heart_rate`."""

    bpm: Annotated[int | None, ucum("/min")]
    contact: Open[Contact]
    rr_ms: list[Annotated[float, ucum("ms")]]


class StimulationTelemetry(Telemetry):
    """Stream `stimulation`: the unit's own latest report of itself; where it has `channels`, a message for each."""

    output: Open[Output]
    level: int
    level_max: int
    programme: int | None
    mode: int | None
    remaining_s: Annotated[int | None, ucum("s")]
    contact: Open[Contact]
    current_ma: Milliamperes | None
    elapsed_s: Annotated[int | None, ucum("s")] = None
    channel: str | None = None
    rate_hz: Annotated[float | None, ucum("Hz")] = None
    pulse_us: Annotated[float | None, ucum("us")] = None
    phases: int | None = None


class ExerciseTelemetry(Telemetry):
    """Stream `exercise`: the set as it stands. `phase` is waiting, armed, moving, holding or resting.

    `state`: a set is planned, ready, active, paused or sensor_lost, and ends as completed, partial, skipped or aborted.
    """

    exercise: str
    phase: str
    repetitions: Count
    angle_deg: Degrees | None
    range_deg: WholeDegrees | None
    target: Count | None
    held_s: Seconds | None = None
    state: str | None


class CueTelemetry(Telemetry):
    """Stream `cue`: a word to the person while a set is guided.

    `state` is how the set ended, with `done`; `seconds`, for how long to `rest`. `count` and `target` are repetitions, or
    seconds where seconds are asked for.
    """

    cue: Open[CueKind]
    exercise: str
    set_index: Count | None
    sets: Count | None
    count: Count | None
    target: Count | None
    seconds: Seconds | None
    state: str | None
    text: str | None


class LumbarTelemetry(Telemetry):
    """Stream `lumbar` of a pair, as it stands now. `text` is what the person is asked to do."""

    phase: Open[PairPhase]
    lumbar_deg: Degrees | None
    trunk_deg: Degrees | None
    pelvis_deg: Degrees | None
    movements: Count
    text: str | None


# By the last level of the topic.
STREAMS: dict[str, type[Telemetry]] = {
    "stimulation": StimulationTelemetry,
    "exercise": ExerciseTelemetry,
    "cue": CueTelemetry,
    "heart_rate": HeartRateTelemetry,
    "motion": MotionTelemetry,
    "lumbar": LumbarTelemetry,
}
