"""What a remote is for. See `ptdevice.model` for times."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice.model.events import Press


class Meaning(StrEnum):
    """What pressing a button of a remote means. Nothing here begins anything."""

    PAUSE = "pause"  # the open set is paused
    PAIN = "pain"  # the open set ends, because it hurts
    RATE = "rate"  # pain is rated, as a number that was configured


@dataclass(frozen=True, slots=True)
class RemotePress:
    """A button of a remote was pressed. `meaning` is what that was configured to mean for the unit `target`, if anything.

    `effective` tells whether it had that effect: there may have been no set to pause or to end. `rating` is the pain that it
    stands for, 0 to 10, where it rates.
    """

    at: float
    button: int
    press: Press
    meaning: Meaning | None
    target: str | None
    effective: bool
    rating: int | None = None
