"""One unit of a capture, onto a tape: handles become names, and what must not be stored is not."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice import __version__
from ptdevice.errors import TapeError
from ptdevice.link import SIMULATED_SERVICE
from ptdevice.tape.redaction import stored_name
from ptdevice.tape.words import VALUE_MAX, WRITES, Direction, Entry, Header, Source
from ptdevice.tape.writing import entry_line, header_line
from ptdevice_sim.tapes.att import Passed
from ptdevice_sim.tapes.btsnoop import EPOCH_US
from ptdevice_sim.tapes.hci import Closed, Opened
from ptdevice_sim.tapes.importing import redaction, replay

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ptdevice.devices.device import Profile
    from ptdevice_sim.tapes.importing import Contents, Seen


LONGEST_US = 1_000_000_000_000_000  # what a tape's times can be
YEAR_10000_S = 253_402_300_800


@dataclass(slots=True)
class Dubbed:
    """What came of it. `nameless` counts what could not be stored by handle, because nothing tells what the handle is."""

    entries: Counter[Direction] = field(default_factory=Counter)
    nameless: Counter[int] = field(default_factory=Counter)
    cut: int = 0
    left_out: int = 0
    masked: int = 0

    @property
    def values(self) -> int:
        """Entries with a value."""
        return sum(count for way, count in self.entries.items() if way in WRITES or way in _SENT)


_SENT = {Direction.NOTIFY, Direction.INDICATE, Direction.READ}


def dub(
    path: Path, contents: Contents, unit: Seen, dubbed: Dubbed, *, profile: Profile | None, dated: bool
) -> Iterator[bytes]:
    """The lines of the tape. `dubbed` is filled in on the way. Raises TapeError."""
    ports = {port.name: port.uuid for port in profile.ports} if profile else {}
    names = {uuid: name for name, uuid in ports.items()}
    hide = redaction(contents, unit, profile)
    yield header_line(_header(unit, profile, ports, dated=dated))
    last_us = 0
    for told in replay(path, unit):
        last_us = max(last_us, told.t_us - unit.first_us)
        if last_us > LONGEST_US:
            raise TapeError(f"{path}: its times are more than thirty years apart")
        entry = _entry(last_us, told, unit)
        if entry is None:
            assert isinstance(told, Passed)
            dubbed.nameless[told.handle] += 1
            continue
        stored = hide.applied(entry)
        dubbed.left_out, dubbed.masked = hide.left_out, hide.masked
        if stored is not None:
            dubbed.entries[stored.direction] += 1
            dubbed.cut += stored.missing > 0
            yield entry_line(stored, names)


def _header(unit: Seen, profile: Profile | None, ports: dict[str, str], *, dated: bool) -> Header:
    table = unit.attributes.table()
    return Header(
        device=profile.name if profile else None,
        # Without discovery nobody knows whether it carries the mark.
        simulated=any(service.uuid == SIMULATED_SERVICE for service in table) if table else None,
        name=stored_name(unit.name) if profile else None,  # a stranger's name may have anything in it
        services=table,
        source=Source.BTSNOOP,
        software=f"ptdevice {__version__}",
        ports=ports,
        started=_date(unit.first_us) if dated else None,
    )


def _date(t_us: int) -> str | None:
    """Of a record's time; None for one that no calendar has."""
    seconds = (t_us - EPOCH_US) // 1_000_000
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds)) if 0 <= seconds < YEAR_10000_S else None


def _entry(t_us: int, told: Opened | Closed | Passed, unit: Seen) -> Entry | None:
    match told:
        case Opened():
            return Entry(t_us, Direction.CONNECTED)
        case Closed():
            return Entry(t_us, Direction.DISCONNECTED)
    known, handle = unit.attributes, told.handle
    uuid = known.value(handle)
    if uuid is not None:
        missing = min(told.missing + max(len(told.data) - VALUE_MAX, 0), VALUE_MAX)
        return Entry(t_us, told.direction, uuid, told.data[:VALUE_MAX], missing)
    if told.direction is Direction.ERROR:
        uuid = known.subscribed(handle, b"\0\0")
        return None if uuid is None else Entry(t_us, Direction.ERROR, uuid, told.data)
    uuid = known.subscribed(handle, told.data) if told.direction in WRITES else None
    if uuid is None:
        return None
    return Entry(t_us, Direction.SUBSCRIBE if any(told.data) else Direction.UNSUBSCRIBE, uuid)
