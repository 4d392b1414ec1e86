"""What there is on a tape, looked through once from end to end before it is served; whatever is wrong with it is found here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.link import SIMULATED_SERVICE
from ptdevice.tape.words import FROM_UNIT, NEVER_STORED, OF_THE_LINK, Direction
from ptdevice_sim.unit import Characteristic, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice.tape.reading import Tape
    from ptdevice.tape.words import Entry

# What a host stack brings along itself: Generic Access, Generic Attribute. The mark is the host's as well.
NOT_OURS = frozenset({
    "00001800-0000-1000-8000-00805f9b34fb", "00001801-0000-1000-8000-00805f9b34fb", SIMULATED_SERVICE,
})  # fmt: skip
# A home for characteristics whose service no discovery on the tape tells. A random (version 4) UUID, made for this purpose.
UNKNOWN_SERVICE = "7d0d3a58-63f1-4a0e-8f0c-70746465ad01"
PROPERTY = {
    Direction.NOTIFY: "notify",
    Direction.INDICATE: "indicate",
    Direction.READ: "read",
    Direction.WRITE: "write",
    Direction.WRITE_WITHOUT_RESPONSE: "write-without-response",
}


@dataclass(slots=True)
class Survey:
    """`first_read` and `first_sent` are values by UUID; `used` are the properties that the traffic shows."""

    links: int = 0
    entries: int = 0
    cut: int = 0
    longest: int = 0
    first_read: dict[str, bytes] = field(default_factory=dict)
    first_sent: dict[str, bytes] = field(default_factory=dict)
    used: dict[str, set[str]] = field(default_factory=dict)

    def look(self, entries: Iterable[Entry]) -> None:
        """Look through all of them."""
        for entry in entries:
            self.entries += 1
            self.links += entry.direction is Direction.CONNECTED
            self.cut += entry.missing > 0
            self.longest = max(self.longest, len(entry.data) + entry.missing)
            if entry.direction in OF_THE_LINK:
                continue
            used = self.used.setdefault(entry.uuid, set())
            if entry.direction in PROPERTY:
                used.add(PROPERTY[entry.direction])
            if entry.direction in FROM_UNIT and not entry.missing:
                first = self.first_read if entry.direction is Direction.READ else self.first_sent
                first.setdefault(entry.uuid, entry.data)


def survey(tape: Tape) -> Survey:
    """Look through a tape. Raises TapeError."""
    found = Survey()
    found.look(tape)
    return found


def table(tape: Tape, found: Survey) -> tuple[Service, ...]:
    """The GATT table to serve: as the header has it, and what else there is traffic of."""
    services = [
        Service(
            service.uuid,
            tuple(
                Characteristic(each.uuid, each.properties | found.used.get(each.uuid, set()))
                for each in service.characteristics
            ),
        )
        for service in tape.header.services
        if service.uuid not in NOT_OURS
    ]
    known = {each.uuid for service in tape.header.services for each in service.characteristics}
    homeless = [uuid for uuid in found.used if uuid not in known | NEVER_STORED]
    if homeless:
        services.append(
            Service(UNKNOWN_SERVICE, tuple(Characteristic(uuid, frozenset(found.used[uuid])) for uuid in homeless))
        )
    return tuple(services)
