"""What came of a demo: what arrived at the broker, held against the truth where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ptdevice_sim.demo.board import Board


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened. `complete`: the story came to its end, so what is missing now is missing."""

    complete: bool
    engine: str  # the broker
    values: int  # notifications and indications over the radio
    samples: int  # of acceleration, sent by the sensor
    repetitions: int | None  # done by the body; None: nobody knows
    stimulated_s: float  # how long the stimulator's output was on
    on_disk: int  # records in the journal


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. Where it is not `good`, the demo failed."""

    what: str
    value: str
    good: bool = True


def rows(board: Board, truth: Truth) -> list[Row]:
    """Everything worth knowing."""
    arrived = board.records == truth.on_disk and (board.records > 0 or not truth.complete)
    return [
        Row("broker", f"{truth.engine}, {board.messages} messages"),
        *[Row(f"device {alias}", unit.title) for alias, unit in sorted(board.units.items())],
        Row("over the radio", f"{truth.values} notifications, {truth.samples} acceleration samples"),
        *[Row(f"records {kind}", str(count)) for kind, count in sorted(board.counts.items())],
        Row("records in all", f"{board.records} at the broker, {truth.on_disk} on disk", good=arrived),
        Row("holes in the sequence", str(board.holes), good=board.holes == 0),
        *([Row("messages that made no sense", str(board.nonsense), good=False)] if board.nonsense else []),
        _repetitions(board, truth),
        Row("stimulation confirmed", f"{board.delivered_s:.1f} s; the output was on for {truth.stimulated_s:.1f} s"),
        *[Row(f"first {what}", f"after {at:.1f} s") for what, at in board.first.items()],
    ]


def _repetitions(board: Board, truth: Truth) -> Row:
    recounts = "+".join(str(count) for count in board.recounts if count is not None)
    second = f"; recounted {recounts}" if recounts else ""
    if truth.repetitions is None:
        return Row("repetitions counted", f"{board.repetitions}, truth unknown{second}")
    value = f"{board.repetitions} of {truth.repetitions}{second}"
    return Row("repetitions counted", value, good=board.repetitions == truth.repetitions or not truth.complete)
