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
    from ptdevice.model.command import Admitted, Wish


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


class CommandedCodec(Codec, Protocol):
    """The meaning of the bytes of a unit that can be commanded."""

    def encode(self, admitted: Admitted, now: float) -> Sequence[Write]:
        """What to send now (gateway seconds) to bring the unit one step towards what was admitted; nothing where it is there.

        Asked again every `refresh_s` of the profile, each time with a newly admitted wish. It may know what the unit reported
        last. It never sends what was not admitted, and nothing before `admitted.at` or once `admitted.until` has passed.
        What ended is not begun again by itself (`ptdevice.devices.approach`).
        Raises RefusedError for what the unit cannot be told (`Commanding.objection`).
        """
        ...


@dataclass(frozen=True, slots=True)
class Commanding:
    """What must be known of a kind of stimulator before anybody may command it. Sources: docs/devices/.

    `stop` is constant: the octets that stop all output, whatever the unit does, and that change nothing where it is stopped.
    So is `opening`, which is written after it on every new link, before all else: limits that the unit itself keeps. It raises
    nothing.
    """

    stop: tuple[Write, ...]
    deadman_s: float | None  # the unit is at zero so long after it last heard a host, by itself; None: it goes on
    timer_s: (
        tuple[int, int] | None
    )  # what its own treatment timer can be set to, from and up to; the same twice: it is fixed
    readback: bool  # it tells what it does, so that a lie or a loss is found out
    local_stop: bool  # it has a switch of its own that stops it
    local_key: bool  # and tells when somebody touched it (`LevelChanged.by_hand`): a local confirmation
    refresh_s: float  # how often an admitted output is told again, or checked
    proven: bool  # every opcode it needs is backed by bytes from outside, not only by bytes that we worked out
    firmware: frozenset[str] | None = None  # the revisions that this was read from or tried on; None: it tells none
    opening: tuple[Write, ...] = ()
    objection: Callable[[Wish], str | None] = lambda _: None  # why this unit cannot be told such a wish; None: it can


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one unit, observed, sends over its link on average, by its wire format: for planning.

    `octets` are those of one notification; `rate_hz` is that of samples of motion, where it sends any; `asks_hz`: how often it
    is written to, or read.
    """

    notifications_hz: float
    octets: int
    rate_hz: float | None = None
    asks_hz: float = 0.0


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
    commanding: Commanding | None = None  # None: nothing is ever sent to it but its queries
    broadcast: bool = False  # it only advertises: its ports are service data, and there is no connection
    channels: tuple[str, ...] = ()
    # Of units that can share a clock: codecs for the units at these addresses, the first of which gives its clock.
    sharing: Callable[[Sequence[str]], Sequence[Callable[[], Codec]]] | None = None
    turn_ns: int | None = None  # after so long their common clock starts anew
    near: Callable[[Advertisement], str | None] = lambda _: (
        None
    )  # why what looks like one of these is none; None: it does not
    traffic: Traffic | None = None  # None: it only advertises
    hint: str = ""  # what else may be wrong where it is not found or refuses a connection, as the end of a sentence
