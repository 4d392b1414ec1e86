"""A codec in conversation with a unit that says what the vectors say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.devices.vectors import AT, Vector, load, named

from ptdevice.devices.polar.codec import PolarCodec
from ptdevice.link import Packet

if TYPE_CHECKING:
    from ptdevice.model import Event

VECTORS = load("polar")
SETTINGS = {"H10": "settings of an H10: 25, 50, 100, 200 Hz; 16 bit; 2, 4, 8 g"}
SETTINGS["Sense"] = "settings of a Verity Sense: 52 Hz; 16 bit; 8 g; 3 channels"
STARTED = {"H10": "the H10 started; the last octet is reserved"}
STARTED["Sense"] = "the Verity Sense started; a count is 0.000244 g"

FEATURES = "features of a Verity Sense: PPG, ACC, PPI, GYRO, MAG"
OFFERED = {
    "gyroscope": "settings of a gyroscope: 52 Hz; 16 bit; 245, 500, 1000, 2000 deg/s; 3 channels",
    "magnetometer": "settings of a magnetometer: 10, 20, 50, 100 Hz; 16 bit; 50 G; 3 channels",
}
RUNS = {
    "gyroscope": "the gyroscope started; a count is 0.07 deg/s",
    "magnetometer": "the magnetometer started; a count is 50 G / 32768",
}


def vector(name: str) -> Vector:
    return named(VECTORS, name)


def hear(codec: PolarCodec, name: str, at: float) -> list[Event]:
    """What the codec makes of a vector's bytes."""
    heard = vector(name)
    return list(codec.decode(Packet(at, heard.port, heard.data)))


def asked(codec: PolarCodec, at: float) -> list[bytes]:
    """What the codec wants to say now, as bytes for the control point."""
    writes = codec.due(at)
    assert all(write.port == "pmd_control" and write.acked for write in writes)
    return [write.data for write in writes]


def streaming(model: str, at: float = AT) -> PolarCodec:
    """A codec whose unit of this model has just started its stream."""
    codec = PolarCodec()
    assert asked(codec, at) == [vector("get the accelerometer's settings").data]
    hear(codec, SETTINGS[model], at)
    assert len(asked(codec, at)) == 1
    hear(codec, STARTED[model], at)
    return codec


def also(codec: PolarCodec, what: str, at: float = AT) -> list[bytes]:
    """Go through the start of another stream, and give back what the codec said."""
    question = asked(codec, at)
    hear(codec, OFFERED[what], at)
    start = asked(codec, at)
    hear(codec, RUNS[what], at)
    return question + start


def sense(*others: str, at: float = AT) -> PolarCodec:
    """A codec whose Verity Sense has just started acceleration and then these other streams."""
    codec = PolarCodec(magnetometer="magnetometer" in others)
    assert asked(codec, at) == [vector("get the accelerometer's settings").data]
    hear(codec, FEATURES, at)
    hear(codec, SETTINGS["Sense"], at)
    asked(codec, at)
    hear(codec, STARTED["Sense"], at)
    for what in others:
        also(codec, what, at)
    return codec
