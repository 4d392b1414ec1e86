"""What a tape holds: one header, then an entry for each thing that passed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = 1
VALUE_MAX = 512  # octets of an attribute value (Core spec Vol 3 Part F 3.2.9)
NAME_MAX = 248  # octets of a Bluetooth device name (Core spec Vol 3 Part C 3.2.2)

# Serial Number String and System ID: they are read by nobody here, and what they hold never gets onto a tape.
NEVER_STORED = frozenset({"00002a25-0000-1000-8000-00805f9b34fb", "00002a23-0000-1000-8000-00805f9b34fb"})


class Direction(StrEnum):
    """What passed, and which way it went."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    SUBSCRIBE = "subscribe"  # the host asks for notifications or indications
    UNSUBSCRIBE = "unsubscribe"
    NOTIFY = "notify"
    INDICATE = "indicate"
    READ = "read"  # the unit's answer to a read
    WRITE = "write"  # a Write Request; that nothing but `error` could follow from it is not noted
    WRITE_WITHOUT_RESPONSE = "write-without-response"
    ERROR = "error"  # the unit refuses the last read, write or subscription of this characteristic: an ATT error code


OF_THE_LINK = frozenset({Direction.CONNECTED, Direction.DISCONNECTED})
WITHOUT_VALUE = OF_THE_LINK | {Direction.SUBSCRIBE, Direction.UNSUBSCRIBE}
FROM_UNIT = frozenset({Direction.NOTIFY, Direction.INDICATE, Direction.READ})
WRITES = frozenset({Direction.WRITE, Direction.WRITE_WITHOUT_RESPONSE})


class Source(StrEnum):
    """What made the tape."""

    RADIO = "radio"  # a program that was connected itself
    BTSNOOP = "btsnoop"  # imported from a capture of the host controller interface


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that passed, `t_us` microseconds after the start of the tape.

    `uuid` is the characteristic's, empty for what concerns the link. `missing` octets of the value were not captured.
    """

    t_us: int
    direction: Direction
    uuid: str = ""
    data: bytes = b""
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A characteristic as it was seen; `properties` by the names of Core spec Vol 3 Part G 3.3.1.1."""

    uuid: str
    properties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it was seen."""

    uuid: str
    characteristics: tuple[Characteristic, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """The facts about a tape. What is unknown is None, or empty.

    `ports` are short names for UUIDs, used in the lines. `start_s` is the recorder's monotonic clock at time 0; `started` is
    the wall time, RFC 3339, and only there when it was asked for.
    """

    device: str | None
    simulated: bool | None
    name: str | None
    services: tuple[Service, ...]
    source: Source
    software: str
    ports: Mapping[str, str] = field(default_factory=dict)
    start_s: float | None = None
    started: str | None = None
