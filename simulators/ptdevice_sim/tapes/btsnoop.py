r"""The records of a btsnoop file, as Android, bumble (datalink H4), old tools (H1) and BlueZ's btmon (monitor) write it.

A file is a header of 16 octets, "btsnoop\0", version and datalink, then records of 24 octets and their data: original length,
included length, flags, cumulative drops, time in microseconds since the year 0. All big-endian. Sources: the format as
published with Frontline's "BTSnoop file format", which is RFC 1761 with other names, and BlueZ's btsnoop.h for the monitor.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum, auto
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from ptdevice.errors import TapeError

if TYPE_CHECKING:
    from collections.abc import Iterator

IDENTIFICATION = b"btsnoop\0"
HEADER = struct.Struct(">8sII")
RECORD = struct.Struct(">IIIIq")
H1, H4, MONITOR = 1001, 1002, 2001
OTHER_DATALINKS = {1003: "BCSP", 1004: "H5"}
LENGTH_MAX = 1 << 17  # octets; an HCI packet has 65 539 at most, a monitor's note a few hundred
EPOCH_US = 0x00DCDDB30F2F8000  # 1970 in microseconds since the year 0


class Kind(IntEnum):
    """What a record holds."""

    COMMAND = auto()
    EVENT = auto()
    ACL = auto()
    OTHER = auto()


# H4's packet types (Core spec Vol 4 Part A 2), and the monitor's opcodes with their direction (btsnoop.h).
H4_KINDS = {1: Kind.COMMAND, 2: Kind.ACL, 4: Kind.EVENT}
MONITOR_KINDS = {2: (Kind.COMMAND, True), 3: (Kind.EVENT, False), 4: (Kind.ACL, True), 5: (Kind.ACL, False)}


@dataclass(frozen=True, slots=True)
class Record:
    """One HCI packet without its type octet; `missing` octets at its end were not captured. `sent`: by the host."""

    t_us: int
    kind: Kind
    sent: bool
    data: bytes
    missing: int = 0
    adapter: int = 0


class Capture:
    """An open capture: iterate once, a record at a time is in memory. Raises TapeError.

    `truncated`: the file breaks off inside its last record. `drops`: packets that the program which captured could not write.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name, self._at = file, name, 0
        self.truncated = False
        self.drops = 0
        header = self._read(HEADER.size)
        if len(header) < HEADER.size or not header.startswith(IDENTIFICATION):
            self._wrong("not a btsnoop file")
        _, version, self.datalink = HEADER.unpack(header)
        if version != 1:
            self._wrong(f"btsnoop version {version}; only version 1 is known")
        if self.datalink not in {H1, H4, MONITOR}:
            known = OTHER_DATALINKS.get(self.datalink, "unknown")
            self._wrong(
                f"datalink {self.datalink} ({known}); it must be {H1} (H1), {H4} (H4) or {MONITOR} (Linux monitor)"
            )

    def __iter__(self) -> Iterator[Record]:
        while head := self._read(RECORD.size):
            if len(head) < RECORD.size:
                self.truncated = True
                return
            original, included, flags, self.drops, t_us = RECORD.unpack(head)
            if not included <= original <= LENGTH_MAX:
                self._wrong(f"a record of {included} octets out of {original}")
            data = self._read(included)
            if len(data) < included:
                self.truncated = True
                return
            yield self._record(t_us, flags, data, original - included)

    def _record(self, t_us: int, flags: int, data: bytes, missing: int) -> Record:
        if self.datalink == MONITOR:
            kind, sent = MONITOR_KINDS.get(flags & 0xFFFF, (Kind.OTHER, False))
            return Record(t_us, kind, sent, data, missing, flags >> 16)
        sent = not flags & 1
        if self.datalink == H4:
            return Record(t_us, H4_KINDS.get(data[0], Kind.OTHER) if data else Kind.OTHER, sent, data[1:], missing)
        kind = (Kind.COMMAND if sent else Kind.EVENT) if flags & 2 else Kind.ACL
        return Record(t_us, kind, sent, data, missing)

    def _read(self, count: int) -> bytes:
        try:
            data = self._file.read(count)
        except (OSError, EOFError) as error:
            self._wrong(f"cannot be read: {error}")
        self._at += len(data)
        return data

    def _wrong(self, why: str) -> NoReturn:
        raise TapeError(f"{self._name}: {why} (octet {self._at})")
