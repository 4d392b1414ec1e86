"""A codec in conversation with a unit, command by command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.devices.vectors import AT, load, named

from ptdevice.devices.movesense.codec import MovesenseCodec
from ptdevice.link import Packet

if TYPE_CHECKING:
    from ptdevice.model import Event

VECTORS = load("movesense")
HELLO, MOTION, HEART, ENERGY, RESTART = 1, 0x63, 0x62, 2, 3


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


def asked(codec: MovesenseCodec, at: float) -> list[bytes]:
    """What the codec wants to say now."""
    writes = codec.due(at)
    assert all(write.port == "command" and write.acked for write in writes)
    return [write.data for write in writes]


def hear(codec: MovesenseCodec, data: bytes, at: float = AT) -> list[Event]:
    return list(codec.decode(Packet(at, "data", data)))


def result(ref: int, status: int, value: bytes = b"") -> bytes:
    """By the layout in docs/devices/movesense.md."""
    return bytes((1, ref, status & 0xFF, status >> 8)) + value


def greeted(resource: str = "IMU6", rate_hz: int = 52, at: float = AT) -> MovesenseCodec:
    """A codec that knows with whom it speaks."""
    codec = MovesenseCodec(resource, rate_hz)
    assert asked(codec, at) == [sent("hello")]
    hear(codec, sent("hello yourself"), at)
    return codec


def streaming(resource: str = "IMU6", rate_hz: int = 52, at: float = AT) -> MovesenseCodec:
    """A codec whose unit has just accepted both streams, and has told its battery."""
    codec = greeted(resource, rate_hz, at)
    for ref in (MOTION, HEART):
        assert len(asked(codec, at)) == 1
        hear(codec, result(ref, 200), at)
    assert asked(codec, at) == [sent("ask for the battery")]
    hear(codec, sent("battery at 87 %"), at)
    return codec
