"""A capture of the host controller interface becomes a tape of one unit.

The file is read twice, a record at a time: first to see who is in it and what their attributes are, then to write what passed.
A unit is whoever has one address; its connections are links of one tape. Addresses are used for that, and go nowhere else.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.devices import CATALOGUE
from ptdevice.devices.device import Advertisement
from ptdevice.errors import TapeError
from ptdevice.tape.redaction import Redaction, stored_name
from ptdevice_sim.tapes.att import Bearer, Passed
from ptdevice_sim.tapes.attributes import Attributes
from ptdevice_sim.tapes.btsnoop import Capture
from ptdevice_sim.tapes.comparing import opened
from ptdevice_sim.tapes.hci import Closed, Link, Opened, Pdu, Stack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.devices.device import Profile
    from ptdevice_sim.tapes.hci import Losses, Peer

UNITS_MAX = 4096


@dataclass(slots=True)
class Seen:
    """One unit in a capture. `number` is what the user calls it; `values` counts what passed about its attributes."""

    number: int
    peer: Peer
    address: str | None
    first_us: int
    last_us: int
    name: str | None = None
    links: int = 0
    values: int = 0
    attributes: Attributes = field(default_factory=Attributes)

    @property
    def profile(self) -> Profile | None:
        """The device that it is, by its name, else by what every unit of that device has; None where neither tells."""
        said = Advertisement(self.name)
        has = {each.uuid for each in self.attributes.characteristics().values()}
        for profile in CATALOGUE.values():
            if profile.matches(said) or {port.uuid for port in profile.ports if port.required} <= has:
                return profile
        return None

    def __str__(self) -> str:
        device = self.profile.name if self.profile else "no known device"
        name = stored_name(self.name) if self.profile else "name not shown"  # who knows what is in a stranger's name
        span = f"{(self.last_us - self.first_us) / 1e6:.1f} s"
        characteristics = len(self.attributes.characteristics())
        table = f"{characteristics} characteristics" if characteristics else "no discovery"
        links = f"{self.links} connection{'' if self.links == 1 else 's'}"
        return f"{self.number}  {device} ({name or 'no name'}): {links}, {self.values} values in {span}, {table}"


@dataclass(slots=True)
class Contents:
    """What is in a capture. Units are those with whom attributes were exchanged, in the order in which they appear."""

    units: list[Seen]
    losses: Losses
    unhandled: Counter[int]
    addresses: frozenset[str]  # ours, and of all who were connected
    drops: int
    truncated: bool
    records: int
    clock_steps: int


def survey(path: Path) -> Contents:
    """Read it through once. Raises TapeError."""
    seen: dict[Peer, Seen] = {}
    unhandled: Counter[int] = Counter()
    with opened(path) as file:
        capture, stack, bearers = Capture(file, str(path)), Stack(), dict[Link, Bearer]()
        records = steps = last_us = 0
        for record in capture:
            steps += record.t_us < last_us
            records, last_us = records + 1, record.t_us
            for told in stack.feed(record):
                unit = _unit(seen, told.link, told.t_us)
                unit.last_us = max(unit.last_us, told.t_us)
                match told:
                    case Opened(_, link):
                        unit.links += 1
                        bearers[link] = Bearer(unit.attributes, unhandled)
                    case Closed(_, link):
                        unit.values += sum(1 for _ in bearers.pop(link).end())
                    case Pdu(_, link):
                        unit.values += sum(1 for _ in bearers[link].feed(told))
    for unit in seen.values():
        unit.name = stack.names.get(unit.address or "")
    units = [unit for unit in seen.values() if unit.values]
    for number, unit in enumerate(units, 1):
        unit.number = number
    addresses = stack.locals | {unit.address for unit in seen.values() if unit.address}
    return Contents(
        units, stack.losses, unhandled, frozenset(addresses), capture.drops, capture.truncated, records, steps
    )


def replay(path: Path, unit: Seen) -> Iterator[Opened | Closed | Passed]:
    """What passed on this unit's links, from the second reading. Raises TapeError."""
    with opened(path) as file:
        stack, bearers = Stack(), dict[Link, Bearer]()
        for record in Capture(file, str(path)):
            for told in stack.feed(record):
                if told.link.peer != unit.peer:
                    continue
                match told:
                    case Opened(_, link):
                        bearers[link] = Bearer(unit.attributes)
                        yield told
                    case Closed(_, link):
                        yield from bearers.pop(link).end()
                        yield told
                    case Pdu(_, link):
                        yield from bearers[link].feed(told)
        for bearer in bearers.values():
            yield from bearer.end()


def redaction(contents: Contents, unit: Seen, profile: Profile | None) -> Redaction:
    """For this unit: its name, its address, ours, those of all who were connected, and what its device keeps private."""
    made = Redaction({port.uuid: port.private for port in profile.ports} if profile else {})
    made.learn(unit.address, unit.name)
    for address in contents.addresses:
        made.learn(address)
    return made


def _unit(seen: dict[Peer, Seen], link: Link, t_us: int) -> Seen:
    if link.peer not in seen:
        if len(seen) >= UNITS_MAX:
            raise TapeError(f"more than {UNITS_MAX} units: not a capture of this world")
        seen[link.peer] = Seen(0, link.peer, link.address, t_us, t_us)
    return seen[link.peer]
