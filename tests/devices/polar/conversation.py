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
