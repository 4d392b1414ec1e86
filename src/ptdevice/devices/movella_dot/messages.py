"""The DOT's message service: frames with a sum, and those of them that make several units share one clock.

A frame is `group, length, data, check`; all its octets add up to 0 modulo 256. What a unit answers is read from the
acknowledgement or comes as a notification, both padded with zeros to 160 octets. Source: as in `wire.py`.

To synchronise, StartSync names one unit, the root, to every unit, itself as well; then all links are ended for about 14 s. What
came of it is in the acknowledgement of the next link. From then on all their time stamps have one base.
"""

from __future__ import annotations

from enum import IntEnum

from ptdevice.devices.movella_dot.wire import DotError

LENGTH = 160
RECORDING, SYNC = 1, 2
START_SYNC, STOP_SYNC, RESULT, STATUS = 0x01, 0x02, 0x03, 0x08  # first octet of the data
STOPPED, STATE = 0x50, 0x51
SYNCED, NOT_SYNCED = 0x04, 0x09

ASK_STATUS = bytes((STATUS,))


class SyncResult(IntEnum):
    """How a synchronisation ended for this unit."""

    OK = 0
    FEW_SAMPLES = 5
    SKEW = 7
    START_TIME = 8
    NOT_STARTED = 9


def message(group: int, data: bytes) -> bytes:
    """A frame, not padded."""
    frame = bytes((group, len(data))) + data
    return frame + bytes((-sum(frame) & 0xFF,))


def parse_message(data: bytes) -> tuple[int, bytes] | None:
    """Group and data; None for nothing but zeros, as where no message was sent yet. Raises DotError."""
    if not any(data):
        return None
    if len(data) < 3 or len(data) < 3 + data[1]:
        raise DotError("a message is cut short")
    end = 3 + data[1]
    if sum(data[:end]) % 256 or any(data[end:]):
        raise DotError("a message whose sum is wrong")
    return data[0], data[2 : end - 1]


def start_sync(root: str) -> bytes:
    """The request to synchronise with the unit of this address ("AA:BB:CC:DD:EE:FF")."""
    return message(SYNC, bytes((START_SYNC,)) + bytes.fromhex(root.replace(":", ""))[::-1])
