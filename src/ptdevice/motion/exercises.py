"""The exercises that can be counted: where the sensor is worn, what one repetition is, and the least range that counts.

A definition sets limits for the counter; it does not teach it a movement. Every exercise is counted by the same machine
(`repetitions`), which sees how far the segment that wears the sensor turns against gravity. So a definition is honest only
where that segment does turn: a sensor on the chest sees no leg raise, whatever it is called here.

The definitions are data: `exercises.toml` beside this file has those that come along. Files that people write pass
`ptdevice.config.exercises`, which checks them and tells what is wrong.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Placement(StrEnum):
    """Where a sensor may be worn; `where` says it to people."""

    CHEST = "chest"
    UPPER_BACK = "upper_back"
    LOWER_BACK = "lower_back"
    SACRUM = "sacrum"
    THIGH = "thigh"
    SHIN = "shin"
    UPPER_ARM = "upper_arm"
    WRIST = "wrist"

    @property
    def where(self) -> str:
        """For a sentence: the sensor belongs ..."""
        return _WHERE[self]


_WHERE = {
    Placement.CHEST: "on the breastbone",
    Placement.UPPER_BACK: "between the shoulder blades",
    Placement.LOWER_BACK: "on the back, just above the waist",
    Placement.SACRUM: "on the sacrum",
    Placement.THIGH: "on the front of the thigh",
    Placement.SHIN: "on the front of the shin",
    Placement.UPPER_ARM: "on the upper arm",
    Placement.WRIST: "on the wrist",
}


class Kind(StrEnum):
    """What is told of an exercise."""

    REPETITIONS = "repetitions"
    HOLD = "hold"  # how long and how quietly a posture was held
    BOUTS = "bouts"  # how long something went on


class Axis(StrEnum):
    """About which axis of the segment a movement turns.

    How a sensor is mounted is not known, so what can be checked is that the repetitions of a set share an axis; ANY leaves
    that open. A turn about the long axis of an upright segment is one about the vertical, which gravity does not show.
    """

    MEDIOLATERAL = "mediolateral"  # bending forward and back
    ANTEROPOSTERIOR = "anteroposterior"  # bending sideways
    LONGITUDINAL = "longitudinal"  # turning
    ANY = "any"


class Posture(StrEnum):
    """How the long axis of the segment is at rest."""

    LYING = "lying"
    UPRIGHT = "upright"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise. Angles in degrees, times in seconds; None: not asked for.

    `placements` are the segments from which the movement can be seen, the best first; empty: whichever moves most.
    `smallest_deg` is the least range of a repetition, between rest and far posture; of a hold, how far from rest it is at
    least (0: it is held at rest). `target_deg` is the range to aim at, and not needed for a repetition to count; beyond
    `limit_deg` it is incorrect. `least_hold_s` is to be held at the far end, or in a hold or bout. Who rests in the far
    posture for longer than `hold_s` has not held a repetition but taken a new posture. A repetition that takes less than
    `fastest_s` is incorrect. `bilateral`: one repetition is a full cycle over both sides.

    `evidence` says on what the counting of this exercise was tried: recordings of people, or simulated movement only.
    """

    name: str
    placements: tuple[Placement, ...]
    repetition: str
    smallest_deg: float = 2.0
    hold_s: float = 12.0
    evidence: str = "untried"
    kind: Kind = Kind.REPETITIONS
    axis: Axis = Axis.ANY
    posture: Posture = Posture.ANY
    bilateral: bool = False
    target_deg: float | None = None
    limit_deg: float | None = None
    least_hold_s: float | None = None
    fastest_s: float | None = None

    @property
    def placement(self) -> str:
        """Where the sensor belongs, for people."""
        return self.placements[0].where if self.placements else "on the segment that moves most"


def exercise(name: str, values: Mapping[str, Any]) -> Exercise:
    """An exercise of a table that is right (`ptdevice.config.exercises` makes sure). Raises ValueError or TypeError else."""
    words: dict[str, type[StrEnum]] = {"kind": Kind, "axis": Axis, "posture": Posture}
    said: dict[str, Any] = {key: words[key](value) if key in words else value for key, value in values.items()}
    said["placements"] = tuple(Placement(place) for place in values.get("placements", ()))
    return Exercise(name=name, **said)


def unseen(exercise: Exercise, placement: Placement | None) -> str | None:
    """Why a sensor that is worn there cannot see this exercise, and what to do; None where it can, or nobody said where."""
    if exercise.axis is Axis.LONGITUDINAL and exercise.posture is Posture.UPRIGHT:
        return f"{exercise.name} turns about the vertical, which gravity does not show, so no sensor here can count it"
    if placement is None or not exercise.placements or placement in exercise.placements:
        return None
    places = " or ".join(place.where for place in exercise.placements)
    return f"{exercise.name} cannot be seen by a sensor {placement.where}; wear it {places}"


def _shipped() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((resources.files(__package__) / "exercises.toml").read_text("utf-8"))


SHIPPED: Mapping[str, Mapping[str, Any]] = MappingProxyType(_shipped())
"""The tables that come along, as they are written."""

EXERCISES: dict[str, Exercise] = {name: exercise(name, values) for name, values in SHIPPED.items()}
