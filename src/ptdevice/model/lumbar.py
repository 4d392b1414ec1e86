"""Two sensors on one back: how their clocks were laid together, and how far the lumbar spine bent between them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AlignmentMethod(StrEnum):
    """What two sensors' clocks were laid together by."""

    DEVICE = "device"  # the units share one
    TAP = "tap"  # a moment that both felt
    ARRIVAL = "arrival"  # no more than when packets arrive


class BendDirection(StrEnum):
    """Which way the lumbar spine bent from standing."""

    FLEXION = "flexion"  # forwards
    EXTENSION = "extension"  # backwards


class PairPhase(StrEnum):
    """What two sensors on one back, and the person, are doing."""

    IDLE = "idle"  # not calibrated
    TAPPING = "tapping"  # waiting for a tap on both
    STANDING = "standing"  # waiting for the person to stand still
    BENDING = "bending"  # waiting for one bend forwards, and back
    READY = "ready"  # calibrated
    MEASURING = "measuring"


class RangeEnd(StrEnum):
    """Why measuring ended."""

    ENDED = "ended"  # somebody ended it
    RECALIBRATED = "recalibrated"
    SENSOR_LOST = "sensor_lost"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class LumbarAlignment:
    """The clocks of two sensors were laid together: one moment is within `error_s` in both streams.

    `moved_s` is by how much that differs from what was expected after the alignment before; `skew_ppm` by how much the trunk's
    clock is fast beside the pelvis's, within `skew_error_ppm`.
    """

    at: float
    method: AlignmentMethod
    error_s: float
    moved_s: float | None
    skew_ppm: float
    skew_error_ppm: float


@dataclass(frozen=True, slots=True)
class LumbarCalibration:
    """The person stood still, which is 0, and bent forward once, which is the plane.

    `trunk_deg` and `pelvis_deg` are how far each turned, in whole degrees; `planarity` is the share of that turning that was
    about one axis, of the worse of the two.
    """

    start: float
    end: float
    trunk_deg: int
    pelvis_deg: int
    planarity: float
    method: AlignmentMethod
    error_s: float


@dataclass(frozen=True, slots=True)
class LumbarMovement:
    """One bend from standing and back: the trunk's angle less the pelvis's, at its farthest, within `uncertainty_deg`.

    `trunk_deg` and `pelvis_deg` are the two at that moment, forwards positive. Whole degrees, of sensors on skin.
    """

    measurement_id: str
    index: int
    direction: BendDirection
    start: float
    turn: float
    end: float
    range_deg: int
    trunk_deg: int
    pelvis_deg: int
    uncertainty_deg: int
    gap: bool = False


@dataclass(frozen=True, slots=True)
class LumbarRange:
    """A finished measurement: the greatest range either way (None: there was none), within `uncertainty_deg`.

    `completeness` is that of the worse of the two streams; `uncertainty_s` is how far times may be from the truth; `error_s`
    how far apart one moment may be in the two streams.
    """

    id: str
    start: float
    end: float
    movements: int
    flexion_deg: int | None
    extension_deg: int | None
    uncertainty_deg: int | None
    reason: RangeEnd
    method: AlignmentMethod
    error_s: float
    uncertainty_s: float
    completeness: float | None
    received: int
    missing: int


@dataclass(frozen=True, slots=True)
class LumbarProgress:
    """As it stands now; live, not a record. Angles are None while they are not known. `text` is for the person."""

    phase: PairPhase
    lumbar_deg: float | None
    trunk_deg: float | None
    pelvis_deg: float | None
    movements: int
    text: str | None = None
