"""btsnoop files written by hand, octet by octet from the format's description: for what no program here can write."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

EPOCH_US = 62_168_256_000_000_000  # 1970 in microseconds since the year 0, as the format's description has it
COMMAND, ACL, EVENT = 1, 2, 4


@dataclass(frozen=True)
class Raw:
    """A record as it is in the file."""

    flags: int
    data: bytes
    original: int
    t_us: int
    drops: int = 0

    @property
    def sent(self) -> bool:
        return not self.flags & 1


def read(path: Path) -> list[Raw]:
    """The records of a file that another program wrote."""
    octets, at, records = path.read_bytes(), 16, []
    while at < len(octets):
        original, included, flags, drops, t_us = struct.unpack_from(">IIIIQ", octets, at)
        records.append(Raw(flags, octets[at + 24 : at + 24 + included], original, t_us, drops))
        at += 24 + included
    return records


def write(path: Path, records: Iterable[Raw], datalink: int = 1002) -> Path:
    parts = [b"btsnoop\0", struct.pack(">II", 1, datalink)]
    for raw in records:
        parts += [struct.pack(">IIIIQ", raw.original, len(raw.data), raw.flags, raw.drops, raw.t_us), raw.data]
    path.write_bytes(b"".join(parts))
    return path


def as_h1(raw: Raw) -> Raw:
    """The same record without H4's type octet; whether it is a command or an event is in the flags already."""
    return replace(raw, data=raw.data[1:], original=raw.original - 1)


def as_monitor(adapter: int) -> Callable[[Raw], Raw]:
    """The same record as btmon writes it: its opcode and the adapter's number are in the flags."""

    def turned(raw: Raw) -> Raw:
        opcode = {COMMAND: 2, EVENT: 3, ACL: 4 if raw.sent else 5}[raw.data[0]]
        return replace(as_h1(raw), flags=adapter << 16 | opcode)

    return turned


def shortened(limit: int) -> Callable[[Raw], Raw]:
    """The same record, of which no more than so many octets were kept."""
    return lambda raw: replace(raw, data=raw.data[:limit])


class Script:
    """A capture of one central's side, message by message, a millisecond apart."""

    def __init__(self, *, mtu: int | None = None) -> None:
        self.records: list[Raw] = []
        if mtu is not None:
            self.asks(b"\x02" + struct.pack("<H", mtu)).answers(b"\x03" + struct.pack("<H", mtu))

    def add(self, kind: int, data: bytes, *, sent: bool) -> Script:
        flags = (not sent) | 2 * (kind != ACL)
        packet = bytes((kind,)) + data
        self.records.append(Raw(flags, packet, len(packet), EPOCH_US + 1000 * len(self.records)))
        return self

    def connected(
        self, address: str = "C0:DE:00:00:00:77", *, handle: int = 1, subevent: int = 1, role: int = 0
    ) -> Script:
        octets = bytes.fromhex(address.replace(":", ""))[::-1]
        length = {1: 19, 0x0A: 31, 0x29: 34}[subevent]
        body = bytes((subevent, 0)) + struct.pack("<HBB", handle, role, 1) + octets
        return self.add(EVENT, bytes((0x3E, length)) + body.ljust(length, b"\0"), sent=False)

    def disconnected(self, *, handle: int = 1) -> Script:
        return self.add(EVENT, b"\x05\x04\0" + struct.pack("<H", handle) + b"\x13", sent=False)

    def acl(self, pdu: bytes, *, sent: bool, handle: int = 1, cid: int = 4, sizes: tuple[int, ...] = ()) -> Script:
        """One message, cut where `sizes` say: lengths of the fragments, the last of which is what is left."""
        message = struct.pack("<HH", len(pdu), cid) + pdu
        first = True
        for size in [*sizes, len(message)]:
            piece, message = message[:size], message[size:]
            boundary = (0 if sent else 2) if first else 1
            first = False
            self.add(ACL, struct.pack("<HH", handle | boundary << 12, len(piece)) + piece, sent=sent)
            if not message:
                break
        return self

    def asks(self, pdu: bytes, **how: int) -> Script:
        return self.acl(pdu, sent=True, **how)  # type: ignore[arg-type] # handle and cid

    def answers(self, pdu: bytes, **how: int) -> Script:
        return self.acl(pdu, sent=False, **how)  # type: ignore[arg-type] # handle and cid

    def knows(self) -> Script:
        """Discovery: a service FFF0 from 1 to 9, with FFF1 (3, notify, CCCD 4), FFF2 (6, read, write), FFF3 (8, indicate)."""
        self.asks(bytes.fromhex("100100ffff0028")).answers(bytes.fromhex("1106010009 00f0ff"))
        self.asks(bytes.fromhex("080100 0900 0328")).answers(
            bytes.fromhex("0907 0200100300f1ff 05000a0600f2ff 0700200800f3ff")
        )
        return self.asks(bytes.fromhex("0404000400")).answers(bytes.fromhex("050104000229"))

    def to(self, path: Path, datalink: int = 1002) -> Path:
        return write(path, self.records, datalink)
