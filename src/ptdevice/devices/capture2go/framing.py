"""From notifications to packages.

The first octet tells how many real-time packages follow whole. The rest is a slice of one long stream of packages, cut
anywhere.
When a notification was lost, or what another host left in the unit's buffer ends in the middle, the stream goes on at the next
octets that are a package with a right checksum; what lies before is counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ptdevice.devices.capture2go import wire

if TYPE_CHECKING:
    from collections.abc import Iterator

# What a unit may say while it is told to forget its buffer: its answer, its refusal, and its status.
ANSWERS = {wire.Header.CLEARED: 0, wire.Header.ERROR: wire.ERROR.size, wire.Header.STATUS: wire.STATUS.size}


class Framing:
    """One connection's stream."""

    def __init__(self) -> None:
        self.skipped = 0  # octets that belong to no package, since it was asked last
        self._buffer = bytearray()
        self._clearing = False

    def clear(self) -> None:
        """The unit is told to forget its buffer: until it answers, samples and pieces of packages are passed over."""
        self._clearing = True

    def feed(self, notification: bytes) -> Iterator[wire.Package]:
        """The packages that are complete with this. Raises C2gError for real-time packages that are none."""
        if not notification:
            raise wire.C2gError("an empty notification")
        count, at = 0xFF - notification[0], 1
        if count > wire.REAL_TIME_MAX:
            raise wire.C2gError("not the beginning of a notification")
        for _ in range(count):
            package = wire.parse_package(notification[at:])
            at += wire.FRAME.size + len(package.payload)
            yield package
        self._buffer += notification[at:]
        yield from self._stream()

    def _stream(self) -> Iterator[wire.Package]:
        buffer = self._buffer
        while buffer:
            size = self._size()
            if size is not None and len(buffer) < size:
                return
            package = None
            if size is not None:
                try:
                    package = wire.parse_package(bytes(buffer[:size]))
                except wire.C2gError:
                    package = None
            if package is None:
                self.skipped += not self._clearing
                del buffer[:1]
                continue
            del buffer[:size]
            if package.header == wire.Header.CLEARED:
                self._clearing = False
            yield package

    def _size(self) -> int | None:
        """How many octets are needed to see whether a package begins here; None: none does."""
        buffer = self._buffer
        if buffer[0] != wire.START_OCTET:
            return None
        if len(buffer) < wire.FRAME.size:
            return wire.FRAME.size
        _, _, size, header = wire.FRAME.unpack_from(buffer)
        if size > wire.PAYLOAD_MAX or (self._clearing and ANSWERS.get(header) != size):
            return None
        return wire.FRAME.size + int(size)
