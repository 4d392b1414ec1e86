"""A codec in conversation with a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.devices.vectors import AT, load, named

from ptdevice.devices.thingy52.codec import ThingyCodec
from ptdevice.link import Packet

if TYPE_CHECKING:
    from ptdevice.model import Event

VECTORS = load("thingy52")


def sent(name: str) -> bytes:
    return named(VECTORS, name).data


AT_50, FACTORY = sent("the same at 50 Hz"), sent("as from the factory: 10 Hz")
RAW = sent("at rest, not quite level")


def asked(codec: ThingyCodec, at: float) -> list[bytes]:
    """What the codec wants to write now."""
    writes = codec.due(at)
    assert all(write.port == "config" and write.acked for write in writes)
    return [write.data for write in writes]


def hear(codec: ThingyCodec, data: bytes, at: float = AT, port: str = "raw") -> list[Event]:
    return list(codec.decode(Packet(at, port, data)))


def streaming(at: float = AT) -> ThingyCodec:
    """A codec whose unit had the wanted rate; it was heard a minute ago, and not since."""
    codec = ThingyCodec()
    assert asked(codec, at - 60.0) == []
    hear(codec, AT_50, at - 60.0, "config")
    assert asked(codec, at - 60.0) == []
    assert len(hear(codec, RAW, at - 60.0)) == 2
    return codec
