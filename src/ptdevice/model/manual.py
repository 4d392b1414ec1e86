"""What people enter by hand, because no unit of this gateway sees it. See `ptdevice.model` for times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Modality(StrEnum):
    """The passive half of physical therapy, as far as it is done by hand or by what has no radio."""

    HEAT = "heat"
    ICE = "ice"
    IONTOPHORESIS = "iontophoresis"
    DRY_NEEDLING = "dry_needling"
    MANUAL_THERAPY = "manual_therapy"
    MASSAGE = "massage"
    ACUPUNCTURE = "acupuncture"
    MANIPULATION = "manipulation"
    TRACTION = "traction"
    ULTRASOUND = "ultrasound"
    STIMULATION = "stimulation"  # by a unit that this gateway cannot hear
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ModalityEntry:
    """Somebody says that this was done, from `start` on for so many minutes; `at` is when it was entered. No measurement.

    `site` is a code of the place on the body, `entered_by` a code of who says so; neither is a name.
    """

    at: float
    start: float
    kind: Modality
    minutes: int
    site: str | None
    entered_by: str
