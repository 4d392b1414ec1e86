"""evt/lumbar: two sensors on one back. Whole degrees, of sensors on skin; no clinical goniometer."""

from ptdevice.model import AlignmentMethod, BendDirection, RangeEnd
from ptdevice.mqtt.contract.types import (
    Body,
    Count,
    Open,
    PartsPerMillion,
    Seconds,
    Share,
    Time,
    WholeDegrees,
)


class LumbarAlignmentData(Body):
    """evt/lumbar/alignment: two sensors' clocks were laid together; one moment is within `error_s` in both streams.

    `moved_s`: by how much that differs from what was expected. `skew_ppm`, within `skew_error_ppm`: the trunk's clock is fast.
    """

    at: Time
    method: Open[AlignmentMethod]
    error_s: Seconds
    moved_s: Seconds | None
    skew_ppm: PartsPerMillion
    skew_error_ppm: PartsPerMillion


class LumbarCalibrationData(Body):
    """evt/lumbar/calibration: standing still is 0 from now on, and one bend forward has shown the plane.

    `planarity`: the share of the turning that was about one axis. `error_s`: how far one moment may be apart in both streams.
    """

    start: Time
    end: Time
    trunk_deg: WholeDegrees
    pelvis_deg: WholeDegrees
    planarity: Share
    method: Open[AlignmentMethod]
    error_s: Seconds


class LumbarMovementData(Body):
    """evt/lumbar/movement: a bend, from standing and back. `range_deg` is trunk less pelvis at `turn`."""

    measurement_id: str
    index: Count
    direction: Open[BendDirection]
    start: Time
    turn: Time
    end: Time
    range_deg: WholeDegrees
    trunk_deg: WholeDegrees
    pelvis_deg: WholeDegrees
    uncertainty_deg: WholeDegrees
    gap: bool


class LumbarRangeData(Body):
    """evt/lumbar/range: a finished measurement; the greatest range either way, null where there was no movement that way."""

    id: str
    start: Time
    end: Time
    movements: Count
    flexion_deg: WholeDegrees | None
    extension_deg: WholeDegrees | None
    uncertainty_deg: WholeDegrees | None
    reason: Open[RangeEnd]
    method: Open[AlignmentMethod]
    error_s: Seconds
    uncertainty_s: Seconds
    completeness: Share | None
    received: Count
    missing: Count
