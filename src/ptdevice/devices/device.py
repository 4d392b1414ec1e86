"""What a device is: the facts (`Profile`) and the meaning of its bytes (`Codec`). No I/O.

A device is one name in four places: its evidence page in docs/devices, its byte layout (`wire.py`) and meaning (`codec.py`)
here, its simulated unit, and its vectors in tests/devices. A test fails when one of them is missing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ptdevice.link import Packet, Read, Write
    from ptdevice.model import Event


class Kind(StrEnum):
    """What a unit is for. One unit may be both."""

    STIMULATOR = "stimulator"
    SENSOR = "sensor"  # of movement
    THERMOMETER = "thermometer"
    REMOTE = "remote"  # buttons


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a unit says of itself on air. No address: nothing in the core needs one."""

    name: str | None
    service_uuids: frozenset[str] = frozenset()
    manufacturer_data: Mapping[int, bytes] = field(default_factory=dict)
    service_data: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Port:
    """A characteristic by name. A missing `required` port makes the unit unusable; others are left out quietly.

    `private` are octets of its values, from and up to, that tell which unit it is or whose: they never get onto a tape.
    """

    name: str
    uuid: str
    subscribe: bool = False
    read: bool = False  # read once when the link opens
    required: bool = True
    private: tuple[tuple[int, int], ...] = ()


class Codec(Protocol):
    """The meaning of one unit's bytes, for one connection. Made afresh for every connection."""

    def decode(self, packet: Packet) -> Iterable[Event]:
        """What the unit told us. Raises WireError on nonsense, and nothing else, whatever the bytes.

        It may be a generator that yields what could be read before it raises.
        """
        ...

    def due(self, now: float) -> Sequence[Write | Read]:
        """What the unit should hear now: handshakes, polls. Asked after opening, after each packet, and each `tick_s`.

        Raises AwayError where the unit must be without a link for a while to do what it was told, and LinkError where a part of
        it has fallen silent, so that what it does is unknown.
        """
        ...


@dataclass(frozen=True, slots=True)
class Profile:
    """The facts about one kind of unit. `queries` is the closed list of what an observer may write to a stimulator.

    `channels` are the names of a stimulator's channels where it reports them one by one.
    """

    name: str
    title: str
    kinds: frozenset[Kind]
    ports: tuple[Port, ...]
    matches: Callable[[Advertisement], bool]
    codec: Callable[[], Codec]
    tick_s: float
    quiet_s: float  # longest believable silence; beyond it the unit is `unknown` and the link is rebuilt
    queries: frozenset[Write] = frozenset()
    level_max: int | None = None
    broadcast: bool = False  # it only advertises: its ports are service data, and there is no connection
    channels: tuple[str, ...] = ()
    # Of units that can share a clock: codecs for the units at these addresses, the first of which gives its clock.
    sharing: Callable[[Sequence[str]], Sequence[Callable[[], Codec]]] | None = None
    turn_ns: int | None = None  # after so long their common clock starts anew
