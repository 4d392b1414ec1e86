"""The seam to the air: what an open link to one unit can do, and nothing about how.

A *port* is a device profile's own name for one GATT characteristic ("control", "data", "battery"); nothing above this seam
knows a UUID or a handle. What a unit sends and what it answers to a read arrive as the same thing: a `Packet` on a port.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

# Every simulated unit carries this GATT service, on every carrier, so that no gateway can take it for a real one.
# A random (version 4) UUID, made for this purpose; it has no characteristics.
SIMULATED_SERVICE = "b1dcbd1c-5b70-4a4e-9f5c-70746465ad00"


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes that arrived on a port, and when (gateway seconds)."""

    at: float
    port: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes for a port. `acked`: a Write Request, answered by the unit; else a Write Command."""

    port: str
    data: bytes
    acked: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """A wish to read a port once more; the value arrives as a packet. Reading changes nothing, so nobody has to permit it."""

    port: str


@dataclass(frozen=True, slots=True)
class Selector:
    """Which of several units of a kind is meant: by address, else by name, else any that the profile matches.

    `adapter`: the only one to reach it through, as configured; None: any. `urgent`: its stop may be owed, so it goes first,
    and never through a proxy.
    """

    address: str | None = None
    name: str | None = None
    adapter: str | None = None
    urgent: bool = field(default=False, compare=False)


class Link(Protocol):
    """An open link to one unit. It is opened and closed by an async context manager that the daemon is given."""

    simulated: bool  # the unit carries SIMULATED_SERVICE

    async def receive(self) -> Packet:
        """The next packet in order of arrival. Cancelling it loses nothing. Raises LinkLostError once all are taken."""
        ...

    async def write(self, write: Write) -> None:
        """Write once, under a deadline. Raises LinkLostError or LinkError."""
        ...

    async def read(self, port: str) -> None:
        """Read a port, under a deadline; the value arrives as a Packet. Raises LinkLostError or LinkError."""
        ...

    def dropped(self) -> int:
        """Packets dropped so far because nobody took them in time."""
        ...
