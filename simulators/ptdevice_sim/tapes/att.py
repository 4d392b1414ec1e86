"""The attribute protocol of one link: what passed, by handle, and what discovery tells of the unit's attributes.

One request at a time is open on a link (Core spec Vol 3 Part F 3.3.2), so an answer belongs to the last request. Opcodes are in
3.4.8 there. A value that is read in parts is one value, told when the last part is there.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.tape.words import VALUE_MAX, Direction
from ptdevice_sim.tapes.attributes import CHARACTERISTIC, PRIMARY, entries, long_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ptdevice_sim.tapes.attributes import Attributes
    from ptdevice_sim.tapes.hci import Pdu

ERROR, MTU, MTU_ANSWER = 0x01, 0x02, 0x03
FIND_INFORMATION, FIND_BY_VALUE, READ_BY_TYPE = 0x04, 0x06, 0x08
READ, READ_BLOB, READ_BY_GROUP = 0x0A, 0x0C, 0x10
WRITE, PREPARE, EXECUTE, CONFIRM = 0x12, 0x16, 0x18, 0x1E
NOTIFY, INDICATE, NOTIFY_MULTIPLE = 0x1B, 0x1D, 0x23
WRITE_COMMAND, SIGNED_WRITE = 0x52, 0xD2
SIGNATURE = 12  # octets
# Requests that are about one attribute's value, so that an error to them is one too.
ABOUT_VALUE = {READ, READ_BLOB, WRITE, PREPARE, EXECUTE}
MTU_DEFAULT = 23


@dataclass(frozen=True, slots=True)
class Passed:
    """Something passed about the attribute with this handle. What was written may be a subscription: see `Attributes`."""

    t_us: int
    direction: Direction
    handle: int
    data: bytes = b""
    missing: int = 0


@dataclass(slots=True)
class Bearer:
    """One link's attribute protocol. `unhandled` counts messages by opcode that are not understood, or not whole enough."""

    attributes: Attributes
    unhandled: Counter[int] = field(default_factory=Counter)
    _request: bytes = b""
    _mtu: int = MTU_DEFAULT
    _part: Passed | None = None  # a value of which more may be read
    _prepared: dict[int, bytes] = field(default_factory=dict)

    def feed(self, pdu: Pdu) -> Iterator[Passed]:
        """What this message says."""
        if not pdu.data:
            self.unhandled[-1] += 1
            return
        if pdu.from_unit:
            yield from self._from_unit(pdu, pdu.data[0], pdu.data[1:])
        else:
            yield from self._to_unit(pdu, pdu.data[0], pdu.data[1:])

    def end(self) -> Iterator[Passed]:
        """The link is gone."""
        if self._part is not None:
            yield self._part
            self._part = None

    # --- requests and commands ---

    def _to_unit(self, pdu: Pdu, opcode: int, body: bytes) -> Iterator[Passed]:
        if opcode in {WRITE_COMMAND, SIGNED_WRITE} and len(body) >= 2:
            data = body[2:-SIGNATURE] if opcode == SIGNED_WRITE else body[2:]
            yield Passed(pdu.t_us, Direction.WRITE_WITHOUT_RESPONSE, _u16(body), data, pdu.missing)
            return
        if opcode == CONFIRM:
            return
        if self._part is not None and (opcode != READ_BLOB or _u16(body) != self._part.handle):
            yield from self.end()
        self._request = pdu.data
        if opcode == WRITE and len(body) >= 2:
            yield Passed(pdu.t_us, Direction.WRITE, _u16(body), body[2:], pdu.missing)
        elif opcode == PREPARE and len(body) >= 4:
            before = self._prepared.get(_u16(body), b"")
            self._prepared[_u16(body)] = (before + body[4:])[:VALUE_MAX]
        elif opcode == EXECUTE:
            for handle, data in self._prepared.items():
                if body[:1] == b"\1":
                    yield Passed(pdu.t_us, Direction.WRITE, handle, data, pdu.missing)
            self._prepared.clear()
        elif opcode & 1 or opcode > READ_BY_GROUP:
            self.unhandled[opcode] += 1

    # --- answers, notifications and indications ---

    def _from_unit(self, pdu: Pdu, opcode: int, body: bytes) -> Iterator[Passed]:
        request, asked = self._request[:1], self._request[1:]
        match opcode:
            case 0x1B | 0x1D if len(body) >= 2:
                way = Direction.NOTIFY if opcode == NOTIFY else Direction.INDICATE
                yield Passed(pdu.t_us, way, _u16(body), body[2:], pdu.missing)
            case 0x23:
                yield from self._several(pdu, body)
            case 0x01 if len(body) >= 4:
                yield from self._refused(pdu, body)
            case 0x03 if request == bytes((MTU,)) and len(body) >= 2:
                self._mtu = max(min(_u16(asked), _u16(body)), MTU_DEFAULT)
            case 0x05 if request == bytes((FIND_INFORMATION,)) and body:
                self.attributes.learn_types(body[1:], body[0])
            case 0x07 if request == bytes((FIND_BY_VALUE,)):
                self._found(asked, body)
            case 0x09 if request == bytes((READ_BY_TYPE,)) and body:
                yield from self._by_type(pdu, asked, body)
            case 0x0B | 0x0D if request == bytes((opcode - 1,)) and len(asked) >= 2:
                yield from self._value(pdu, asked, body)
            case 0x11 if request == bytes((READ_BY_GROUP,)) and body:
                if long_uuid(asked[4:]) == PRIMARY:
                    self.attributes.learn_services(body[1:], body[0])
            case 0x13 | 0x17 | 0x19:
                pass  # that a write was answered is not noted; that it was refused would be
            case _:
                self.unhandled[opcode] += 1

    def _value(self, pdu: Pdu, asked: bytes, body: bytes) -> Iterator[Passed]:
        """A value, or a part of it: as long as a part fills a message, another may be asked for."""
        before = self._part
        self._part = None
        handle, data = _u16(asked), body
        if self._request[0] == READ_BLOB:
            if before is None or _u16(asked[2:]) != len(before.data) or before.missing:
                self.unhandled[self._request[0]] += 1  # a part whose beginning is not known
                return
            data = before.data + body
        read = Passed(pdu.t_us, Direction.READ, handle, data, pdu.missing)
        if len(body) + pdu.missing >= self._mtu - 1:
            self._part = read
        else:
            yield read

    def _several(self, pdu: Pdu, body: bytes) -> Iterator[Passed]:
        """Multiple Handle Value Notification: handle, length, value, as often as there is room."""
        at = 0
        while at + 4 <= len(body):
            length = _u16(body[at + 2 :])
            data = body[at + 4 : at + 4 + length]
            yield Passed(pdu.t_us, Direction.NOTIFY, _u16(body[at:]), data, length - len(data))
            at += 4 + length

    def _refused(self, pdu: Pdu, body: bytes) -> Iterator[Passed]:
        if self._part is not None and body[0] == READ_BLOB:
            yield from self.end()  # there was no more of it
        elif body[0] in ABOUT_VALUE:
            yield Passed(pdu.t_us, Direction.ERROR, _u16(body[1:]), body[3:4])

    def _found(self, asked: bytes, body: bytes) -> None:
        kind, uuid = long_uuid(asked[4:6]), long_uuid(asked[6:])
        if kind == PRIMARY and uuid is not None:
            self.attributes.learn_ranges(body, uuid)

    def _by_type(self, pdu: Pdu, asked: bytes, body: bytes) -> Iterator[Passed]:
        uuid = long_uuid(asked[4:])
        if uuid == CHARACTERISTIC:
            self.attributes.learn_characteristics(body[1:], body[0])
        elif uuid is not None and uuid != PRIMARY:
            for entry in entries(body[1:], body[0], least=3):
                self.attributes.types.setdefault(_u16(entry), uuid)
                yield Passed(pdu.t_us, Direction.READ, _u16(entry), entry[2:])


def _u16(data: bytes) -> int:
    return int.from_bytes(data[:2], "little")
