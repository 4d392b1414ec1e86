"""What a simulated unit is: firmware as a pure object that any carrier can host.

A unit owns its GATT table and its behaviour; it never sees a carrier, an event loop or a wall clock. Time is an argument
(`now`, seconds on the simulation's one true clock); a unit that has a clock of its own derives it from `now` through its
`UnitClock`, with offset and skew. Randomness comes from an injected `random.Random`.

A carrier calls `connected`, `subscribe`, `read`, `write`, `tick` and `disconnected`, each with `now`, and sends what they
return. It calls `tick` whenever `next_due()` has passed. `ptdevice_sim.host.Host` does that for all carriers alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Characteristic:
    """A GATT characteristic. `properties` are the names of Core spec Vol 3 Part G 3.3.1.1, e.g. "write-without-response"."""

    uuid: str
    properties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Service:
    """A GATT service."""

    uuid: str
    characteristics: tuple[Characteristic, ...]


@dataclass(frozen=True, slots=True)
class Advertising:
    """What the unit advertises. `name` is raw bytes, because some units pad theirs with NULs."""

    name: bytes
    service_uuids: tuple[str, ...] = ()
    manufacturer_data: dict[int, bytes] = field(default_factory=dict)
    service_data: dict[str, bytes] = field(default_factory=dict)  # of 16-bit UUIDs
    tx_power: int | None = None
    interval_ms: float = 100.0


@dataclass(frozen=True, slots=True)
class Notify:
    """Send this value to the subscriber of this characteristic (a notification, or an indication if that is its property)."""

    uuid: str
    data: bytes


@dataclass(frozen=True, slots=True)
class DropLink:
    """The unit ends the connection (switched off, idle, out of power)."""

    reason: int = 0x13  # HCI: remote user terminated connection


Output = Notify | DropLink


class AttError(Exception):
    """The unit answers a read or a write with an ATT error code (Core spec Vol 3 Part F 3.4.1.1)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"ATT error 0x{code:02x}")
        self.code = code


@dataclass(frozen=True, slots=True)
class UnitClock:
    """A unit's own clock, ns since its epoch, running `skew_ppm` fast."""

    start_ns: int = 0
    skew_ppm: float = 0.0

    def ns(self, now: float) -> int:
        """The unit's time at simulation second `now`."""
        return self.start_ns + round(now * (1e9 + self.skew_ppm * 1e3))


class Unit(Protocol):
    """One unit's firmware."""

    @property
    def address(self) -> str:
        """Random static, as "AA:BB:CC:DD:EE:FF"."""
        ...

    @property
    def advertising(self) -> Advertising:
        """What it advertises; another object once it says something else."""
        ...

    @property
    def services(self) -> tuple[Service, ...]:
        """Its GATT table."""
        ...

    @property
    def mtu(self) -> int:
        """The largest ATT MTU this unit accepts."""
        ...

    def connected(self, now: float) -> Sequence[Output]:
        """A central has connected."""
        ...

    def disconnected(self, now: float) -> None:
        """The link is gone, for whatever reason. Subscriptions are forgotten by the carrier."""
        ...

    def subscribe(self, uuid: str, enabled: bool, now: float) -> Sequence[Output]:  # noqa: FBT001 - the CCCD's own shape
        """The central wrote this characteristic's CCCD."""
        ...

    def read(self, uuid: str, now: float) -> bytes:
        """The central reads. Raises AttError."""
        ...

    def write(self, uuid: str, data: bytes, now: float) -> Sequence[Output]:
        """The central writes. Raises AttError."""
        ...

    def tick(self, now: float) -> Sequence[Output]:
        """Time has passed: whatever the unit sends by itself, up to and including `now`."""
        ...

    def next_due(self) -> float | None:
        """When `tick` next has something to do (simulation seconds), or None."""
        ...
