"""What somebody prescribed for stimulation: with which unit, where, how strong at most, how long, how often, until when.

A prescription is data, made by a clinician, and is never changed by the program. `ptdevice.config.prescriptions` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ptdevice.programme.prescription import Days, PainRule

if TYPE_CHECKING:
    from datetime import date


class Mode(StrEnum):
    """The kinds of stimulation as textbooks name them. A name, nothing that is sent."""

    CONVENTIONAL = "conventional"
    ACUPUNCTURE_LIKE = "acupuncture_like"
    BURST = "burst"
    MODULATED = "modulated"
    BRIEF_INTENSE = "brief_intense"
    NMES = "nmes"
    OTHER = "other"


# Where pads may lie: codes of this program. Those of the trunk's front, the head and the neck are not among them.
SITES = frozenset(
    {
        "lumbar_left",
        "lumbar_right",
        "lumbar_both",
        "thoracic_left",
        "thoracic_right",
        "sacral",
        "gluteal_left",
        "gluteal_right",
        "thigh_left",
        "thigh_right",
        "calf_left",
        "calf_right",
    }
)
# Places at which no pad may lie when this program commands, whoever prescribes it. Sources: 21 CFR 882.5890 guidance of the FDA
# (carotid sinus, neck and mouth, across the chest, across the head); "across_trunk" is a pad on either side of it.
FORBIDDEN_SITES = frozenset(
    {"head", "neck_front", "neck_side", "mouth", "chest", "across_chest", "across_trunk", "abdomen"}
)


@dataclass(frozen=True, slots=True)
class StimulationPrescription:
    """One version of one. Days are those of the place where the person lives, `first` and `last` included.

    `device` is the kind of unit it is for, because levels mean nothing on another. `max_level` is in that unit's own steps,
    `max_ma` the peak current where a curve of the unit is declared. `programme`, `rate_hz` and `pulse_us` are what the unit is
    told, where it can be. `per_day` sessions at most, `min_gap_min` minutes from the end of one to the start of the next.
    """

    name: str
    version: int
    person: str
    prescriber: str
    first: date
    last: date
    device: str
    mode: Mode
    max_level: int
    minutes: int
    per_day: int
    min_gap_min: int
    sites: frozenset[str]
    max_ma: float | None = None
    programme: str | None = None
    rate_hz: float | None = None
    pulse_us: float | None = None
    days: Days = field(default_factory=Days)
    pain: PainRule = field(default_factory=PainRule)

    def in_force(self, day: date) -> bool:
        """Whether it holds on this day at all."""
        return self.first <= day <= self.last

    def due(self, day: date) -> bool:
        """Whether a session may be on this day."""
        return self.in_force(day) and self.days.due(day, self.first)
