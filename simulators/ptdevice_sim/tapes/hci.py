"""From HCI records to ATT messages: who is connected on which handle, and fragments put together again.

What cannot be put together is counted, never silently dropped. Numbers of events and fields: Core spec Vol 4 Part E 7.7; of
fragments: Vol 4 Part E 5.4.2 and Vol 3 Part A 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.errors import TapeError
from ptdevice_sim.tapes.btsnoop import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.tapes.btsnoop import Record

DISCONNECTED, COMMAND_COMPLETE, LE_META = 0x05, 0x0E, 0x3E
CONNECTED = {0x01, 0x0A, 0x29}  # LE Connection Complete, Enhanced, Enhanced version 2: alike up to the peer's address
ADVERTISEMENT, EXTENDED_ADVERTISEMENT = 0x02, 0x0D
READ_BD_ADDR, SET_RANDOM_ADDRESS = 0x1009, 0x2005
SHORT_NAME, NAME = 0x08, 0x09  # advertising data types
ATT_CHANNEL = 0x0004
CONTINUED = 0b01
LINKS_MAX = 1024  # at a time; a controller has a dozen
CROWD = f"more than {LINKS_MAX} connections at a time: not a capture of this world"
NAMES_MAX = 4096  # of units heard; the street has fewer

Peer = tuple[int, str]  # adapter, and address or (where its connection was not captured) "handle 0x..."


@dataclass(slots=True, eq=False)
class Link:
    """One connection. `peer_is_central`: it was the host here that played the unit."""

    peer: Peer
    peer_is_central: bool = False
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection came about, or was found to exist."""

    t_us: int
    link: Link


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection ended."""

    t_us: int
    link: Link


@dataclass(frozen=True, slots=True)
class Pdu:
    """An ATT message; `missing` octets at its end were not captured."""

    t_us: int
    link: Link
    from_unit: bool
    data: bytes
    missing: int = 0


@dataclass(slots=True)
class Losses:
    """What could not be used, and why."""

    cut_records: int = 0  # of which the capture holds a part only
    orphans: int = 0  # fragments whose beginning was not captured
    unfinished: int = 0  # messages whose end was not captured
    other_channels: int = 0  # fragments of links that are about something else


@dataclass(slots=True)
class _Assembly:
    length: int  # octets of the message
    have: bytes
    passed: int  # octets of it that were sent, captured or not


@dataclass(slots=True)
class Stack:
    """Feed it records; it gives what became of links, and the messages. `names` are by address, `locals` are our addresses."""

    losses: Losses = field(default_factory=Losses)
    names: dict[str, str] = field(default_factory=dict)
    locals: set[str] = field(default_factory=set)
    _links: dict[tuple[int, int], Link] = field(default_factory=dict)
    _assemblies: dict[tuple[int, int, bool], _Assembly] = field(default_factory=dict)

    def feed(self, record: Record) -> Iterator[Opened | Closed | Pdu]:
        """What this record tells. Raises TapeError where there are more links than can be."""
        if record.kind is Kind.OTHER:
            return
        self.losses.cut_records += record.missing > 0
        if record.kind is Kind.EVENT and len(record.data) >= 2:
            yield from self._event(record, record.data[0], record.data[2:])
        elif record.kind is Kind.ACL and len(record.data) >= 4:
            yield from self._fragment(record)
        elif record.kind is Kind.COMMAND and len(record.data) >= 9 and _u16(record.data, 0) == SET_RANDOM_ADDRESS:
            self.locals.add(_address(record.data, 3))

    # --- events ---

    def _event(self, record: Record, code: int, data: bytes) -> Iterator[Opened | Closed]:
        if code == LE_META and data and data[0] in CONNECTED and len(data) >= 12 and data[1] == 0:
            handle, address = _u16(data, 2) & 0xFFF, _address(data, 6)
            yield from self._close(record, handle)
            self._open(record.adapter, handle, Link((record.adapter, address), data[4] == 1, address))
            yield Opened(record.t_us, self._links[record.adapter, handle])
        elif code == LE_META and data and data[0] in {ADVERTISEMENT, EXTENDED_ADVERTISEMENT}:
            self._advertisements(data)
        elif code == DISCONNECTED and len(data) >= 3 and data[0] == 0:
            yield from self._close(record, _u16(data, 1) & 0xFFF)
        elif code == COMMAND_COMPLETE and len(data) >= 10 and _u16(data, 1) == READ_BD_ADDR and data[3] == 0:
            self.locals.add(_address(data, 4))

    def _open(self, adapter: int, handle: int, link: Link) -> None:
        if len(self._links) >= LINKS_MAX:
            raise TapeError(CROWD)
        self._links[adapter, handle] = link

    def _close(self, record: Record, handle: int) -> Iterator[Closed]:
        for sent in (False, True):
            if self._assemblies.pop((record.adapter, handle, sent), None) is not None:
                self.losses.unfinished += 1
        link = self._links.pop((record.adapter, handle), None)
        if link is not None:
            yield Closed(record.t_us, link)

    def _advertisements(self, data: bytes) -> None:
        extended = data[0] == EXTENDED_ADVERTISEMENT
        at = 2
        for _ in range(data[1] if len(data) > 1 else 0):
            start, length_at = (at + 3, at + 23) if extended else (at + 2, at + 8)
            if length_at >= len(data):
                return
            end = length_at + 1 + data[length_at]
            name = _name(data[length_at + 1 : end])
            if name is not None and len(self.names) < NAMES_MAX:
                self.names[_address(data, start)] = name
            at = end if extended else end + 1  # a legacy report ends with the signal strength

    # --- data ---

    def _fragment(self, record: Record) -> Iterator[Opened | Pdu]:
        head, length = _u16(record.data, 0), _u16(record.data, 2)
        handle, boundary = head & 0xFFF, head >> 12 & 0b11
        key, body = (record.adapter, handle, record.sent), record.data[4 : 4 + length]
        if boundary == CONTINUED:
            assembly = self._assemblies.get(key)
            if assembly is None:
                self.losses.orphans += 1
                return
            if len(assembly.have) == assembly.passed:  # nothing of it is missing so far
                assembly.have += body
        else:
            self.losses.unfinished += self._assemblies.pop(key, None) is not None
            if len(body) < 4:
                self.losses.orphans += 1  # not even the header of the message
                return
            if _u16(body, 2) != ATT_CHANNEL:
                self.losses.other_channels += 1
                return
            if len(self._assemblies) >= 2 * LINKS_MAX:
                raise TapeError(CROWD)
            assembly = self._assemblies[key] = _Assembly(_u16(body, 0), body[4:], -4)
        assembly.passed += length
        if assembly.passed >= assembly.length:
            del self._assemblies[key]
            yield from self._message(record, handle, assembly)

    def _message(self, record: Record, handle: int, assembly: _Assembly) -> Iterator[Opened | Pdu]:
        link = self._links.get((record.adapter, handle))
        if link is None:
            link = Link((record.adapter, f"handle 0x{handle:04x}"))
            self._open(record.adapter, handle, link)
            yield Opened(record.t_us, link)
        data = assembly.have[: assembly.length]
        yield Pdu(record.t_us, link, record.sent == link.peer_is_central, data, assembly.length - len(data))


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _address(data: bytes, at: int) -> str:
    return ":".join(f"{octet:02X}" for octet in reversed(data[at : at + 6]))


def _name(data: bytes) -> str | None:
    at = 0
    while at + 1 < len(data) and data[at]:
        if data[at + 1] in {SHORT_NAME, NAME}:
            return data[at + 2 : at + 1 + data[at]].split(b"\0")[0].decode(errors="replace")
        at += 1 + data[at]
    return None
