"""What identifies a person's unit does not get onto a tape."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ptdevice.privacy import PRIVATE, redacted
from ptdevice.tape.words import NAME_MAX, NEVER_STORED, Direction, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

# The serial number in a Movesense's greeting: the same as in its name, which not every host has heard when it connects.
GREETING_SERIAL = re.compile(r"(?<!\d)\d{12}(?=\0Movesense)")
SAID = (Direction.READ, Direction.NOTIFY, Direction.INDICATE)


class Redaction:
    """For one unit, once its addresses ("AA:BB:...") and its name are known: the name's serial part must not be in any value.

    `private` are octets, from and up to, of the values of a characteristic, by its UUID.
    `left_out` counts entries that were not stored, `masked` those of which octets were made zero.
    """

    def __init__(self, private: Mapping[str, tuple[tuple[int, int], ...]] | None = None) -> None:
        self._private = private or {}
        self.left_out = 0
        self.masked = 0
        self._secrets: dict[bytes, bytes] = {}

    def learn(self, address: str | None, name: str | None = None) -> None:
        """Hide these from now on."""
        octets = _octets(address or "")
        if octets:
            self._secrets |= {octets: bytes(6), octets[::-1]: bytes(6)}
        self._secrets |= {part.encode(): b"0" * len(part) for part in PRIVATE.findall(name or "")}

    def applied(self, entry: Entry) -> Entry | None:
        """The entry as it may be stored, or None."""
        if entry.uuid in NEVER_STORED and entry.direction is not Direction.ERROR:
            self.left_out += 1
            return None
        data = entry.data if entry.direction is Direction.ERROR else self._without_private(entry)
        for secret, mask in self._secrets.items():
            data = data.replace(secret, mask)
        if entry.direction in SAID:
            data = _without_names(data)
        if data == entry.data:
            return entry
        self.masked += 1
        return replace(entry, data=data)

    def _without_private(self, entry: Entry) -> bytes:
        data = entry.data
        for start, end in self._private.get(entry.uuid, ()):
            data = data[:start] + bytes(len(data[start:end])) + data[end:]
        return data


def stored_name(name: str | None) -> str | None:
    """A unit's name as it may stand in a header."""
    if name is None:
        return None
    return redacted(name.rstrip("\0").encode(errors="replace").decode())[:NAME_MAX]


def _octets(address: str) -> bytes | None:
    """The six octets; None for what is no address (some systems hide them behind UUIDs), or says nothing."""
    try:
        octets = bytes.fromhex(address.replace(":", "").replace("-", ""))
    except ValueError:
        return None
    return octets if len(octets) == 6 and any(octets) else None


def _without_names(data: bytes) -> bytes:
    """A text may be a name with a serial number in it, or an address."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    for pattern in (PRIVATE, GREETING_SERIAL):
        text = pattern.sub(lambda found: "0" * len(found.group()), text)
    return text.encode()
