"""Messages as the gateway says them, for a board to hear: made by the contract's own functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice import model
from ptdevice.latest import Known
from ptdevice.mqtt import contract, telemetry, topics

if TYPE_CHECKING:
    from ptdevice_sim.demo.board import Board, Line

NAMES = topics.Names("demo", "pi-sim", simulated=True)
STAMP = topics.Stamp("boot", 1_790_000_000_000_000_000, 0.0, synced=True)


def repetition(index: int = 1) -> model.Repetition:
    return model.Repetition(
        "set-1", "sit_up", index, 1.0, 1.8, 2.9, 51, (0.7, 0.1, 0.9), valid=True, confidence=0.9, gap=False
    )


def a_set(repetitions: int, recount: int | None) -> model.ExerciseSet:
    return model.ExerciseSet(
        "set-1", "sit_up", 1.0, 9.0, repetitions, recount, 0, 51, model.SetEnd.TARGET, 1.0, target=repetitions
    )


def segment(level: int, delivered_s: float) -> model.StimulationSegment:
    return model.StimulationSegment("s-1", 0.0, 9.0, 9, 1, level, 15, None, model.Contact.UNKNOWN, delivered_s)


def event(record: model.Record, sequence: int, unit: str | None = "chest") -> topics.Message:
    draft = topics.draft(record, unit=unit, subject=None, stamp=STAMP)
    return topics.event(NAMES, topics.Entry(sequence, f"id-{sequence}", "epoch", draft))


def availability(unit: str, state: contract.AvailabilityState, code: str) -> topics.Message:
    return topics.availability(NAMES, unit, state, code=code, text=None, at=1.0, stamp=STAMP)


def state(unit: str, **values: object) -> topics.Message:
    return topics.state(NAMES, unit, {name: Known(value, 1.0) for name, value in values.items()}, stamp=STAMP)


def progress(repetitions: int, *, angle_deg: float | None = None) -> topics.Message:
    now = model.SetProgress("sit_up", "moving", repetitions, angle_deg, 51, 8)
    return telemetry.exercise(NAMES, "chest", now, stamp=STAMP)


def heart(bpm: int) -> topics.Message:
    return telemetry.heart_rate(NAMES, "chest", model.HeartRate(1.0, bpm), stamp=STAMP)


def info() -> topics.Message:
    units = [contract.UnitInfo(alias="chest", device="polar", title="Polar H10", kinds=["sensor"])]
    return topics.info(NAMES, units, version="1", stamp=STAMP)


def hear(board: Board, *messages: topics.Message, at: float = 1.0) -> list[Line | None]:
    return [board.feed(message.topic, message.payload, at) for message in messages]
