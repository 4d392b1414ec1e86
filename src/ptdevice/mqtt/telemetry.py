"""Live samples: QoS 0, never kept, never queued while the broker is away, expiring on their way. Pure.

The record is what `topics.event` says; these are for eyes on a screen.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ptdevice.mqtt import contract, topics

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice import model

EXPIRY_S = 5  # a live sample that is older helps nobody

_STREAM = {model: stream for stream, model in contract.STREAMS.items()}


def motion(
    names: topics.Names, unit: str, batches: Sequence[model.MotionSamples], *, dropped: int, stamp: topics.Stamp
) -> topics.Message:
    """Live samples, oldest first. `batches` is not empty. `dropped`: samples lost on the way here since the last message."""
    device_ns = [ns for batch in batches for ns in batch.device_ns]
    newest = device_ns[-1] if device_ns else 0
    body = contract.MotionTelemetry(
        time=stamp.rfc3339(batches[-1].at),
        simulated=names.simulated,
        rate_hz=batches[-1].rate_hz,
        offset_us=[(ns - newest) // 1000 for ns in device_ns],
        acceleration_mps2=[sample for batch in batches for sample in batch.acceleration],
        angular_rate_dps=[sample for batch in batches for sample in batch.angular_rate],
        dropped=dropped,
    )
    return _telemetry(names, unit, body)


def heart_rate(names: topics.Names, unit: str, heard: model.HeartRate, *, stamp: topics.Stamp) -> topics.Message:
    """Live heart rate."""
    body = contract.HeartRateTelemetry(
        time=stamp.rfc3339(heard.at),
        simulated=names.simulated,
        bpm=heard.bpm,
        contact=heard.contact,
        rr_ms=list(heard.rr_ms),
    )
    return _telemetry(names, unit, body)


def stimulation(
    names: topics.Names, unit: str, heard: model.StimulationStatus, *, stamp: topics.Stamp
) -> topics.Message:
    """A stimulator's latest report of itself."""
    values = asdict(heard)
    body = contract.StimulationTelemetry(time=stamp.rfc3339(values.pop("at")), simulated=names.simulated, **values)
    return _telemetry(names, unit, body)


def exercise(names: topics.Names, unit: str, progress: model.SetProgress, *, stamp: topics.Stamp) -> topics.Message:
    """The set as it stands, its angle in tenths of a degree: more is noise, and the last bits are the C library's."""
    values = asdict(progress)
    if progress.angle_deg is not None:
        values["angle_deg"] = round(progress.angle_deg, 1)
    body = contract.ExerciseTelemetry(time=stamp.rfc3339(), simulated=names.simulated, **values)
    return _telemetry(names, unit, body)


def cue(names: topics.Names, unit: str, said: model.Cue, *, stamp: topics.Stamp) -> topics.Message:
    """A word to the person who exercises."""
    values = asdict(said)
    body = contract.CueTelemetry(
        time=stamp.rfc3339(values.pop("at")), simulated=names.simulated, cue=values.pop("kind"), **values
    )
    return _telemetry(names, unit, body)


def lumbar(names: topics.Names, pair: str, progress: model.LumbarProgress, *, stamp: topics.Stamp) -> topics.Message:
    """A pair as it stands, its angles in tenths of a degree: more is noise."""
    values = asdict(progress)
    for name in ("lumbar_deg", "trunk_deg", "pelvis_deg"):
        values[name] = None if values[name] is None else round(values[name], 1)
    body = contract.LumbarTelemetry(time=stamp.rfc3339(), simulated=names.simulated, **values)
    return _telemetry(names, pair, body)


def _telemetry(names: topics.Names, unit: str, body: contract.Telemetry) -> topics.Message:
    topic = names.unit(unit, f"telemetry/{_STREAM[type(body)]}")
    return topics.Message(topic, body.model_dump_json().encode(), qos=0, expiry_s=EXPIRY_S)
