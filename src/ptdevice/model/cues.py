"""What a person is told while a set is guided. See `ptdevice.model` for times and units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CueKind(StrEnum):
    """What a person is told while a set is guided."""

    READY = "ready"  # get into position and hold still
    GO = "go"
    COUNT = "count"
    PAUSE = "pause"
    REST = "rest"  # for so many seconds, until the next set
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Cue:
    """A word to the person who exercises; live, not a record. `set_index` of `sets` is counted from 1, within its exercise.

    `count` and `target` are repetitions, or seconds where seconds are asked for; `seconds` is how long to rest. `state` is how
    the set ended, with DONE. `text` is for people.
    """

    at: float
    kind: CueKind
    exercise: str
    count: int | None = None
    target: int | None = None
    seconds: float | None = None
    set_index: int | None = None
    sets: int | None = None
    state: str | None = None
    text: str | None = None
