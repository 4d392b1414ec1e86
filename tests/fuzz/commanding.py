"""A stimulator that says arbitrary bytes to whoever commands it: what it is told never exceeds what was admitted.

The first byte picks the device. The rest is a story as in `targets`; in each step the lowest free bits of the step's octet are
what is admitted then.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from tests.devices.commanding import CASES, guard

from ptdevice.devices import CATALOGUE
from ptdevice.devices.dglab_coyote3 import wire as coyote
from ptdevice.devices.openemsstim import wire as openemsstim
from ptdevice.errors import WireError
from ptdevice.link import Packet, Write

if TYPE_CHECKING:
    from ptdevice.devices.device import CommandedCodec

NEXT = b"\xde\xad"
WAITS_S = (0.03, 0.3, 0.6, 2.0)
PORTS = {
    "beurer_em70": ("control", "battery"),
    "bluetens": ("shell", "shell"),
    "dglab_coyote3": ("notify", "battery"),
    "openemsstim": ("battery", "model_number"),
}
DEVICES = tuple(CASES)
EM70_UP, EM70_DOWN = bytes.fromhex("5a0501000060"), bytes.fromhex("5a0502000061")


def commanded(data: bytes) -> None:
    """Codec and commander of one device."""
    device = DEVICES[(data or b"\0")[0] % len(DEVICES)]
    codec = cast("CommandedCodec", CATALOGUE[device].codec())
    wish = CASES[device].wish
    doors = guard(9, wish(0).channel, ends=1e6)
    now = 1000.0
    for told in data[1:].split(NEXT):
        step, packet = (told or b"\0")[0], told[1:]
        now += WAITS_S[step & 3]
        level = step >> 3 & 7
        with contextlib.suppress(WireError):
            list(codec.decode(Packet(now, PORTS[device][step >> 2 & 1], packet)))
        for asked in codec.due(now):
            assert not isinstance(asked, Write) or asked in CATALOGUE[device].queries
        for write in codec.encode(doors.admit(wish(level), now, now + 1.0), now):
            _no_more(device, write, level)


def _no_more(device: str, write: Write, level: int) -> None:
    """What this write can bring the unit to is within what is admitted now."""
    match device:
        case "beurer_em70":
            assert write.data in {EM70_UP, EM70_DOWN}
            assert level > 0 or write.data != EM70_UP
        case "bluetens":
            if write.data.startswith(b">str "):
                assert 1 <= int(write.data[5:]) <= level
        case "dglab_coyote3":
            if write.data[0] == coyote.LIMITS:
                assert max(write.data[1:3]) <= level + 1
            else:
                drive = coyote.parse_drive(write.data)
                sounding = [wave.sounds for wave in drive.waves]
                assert sounding[1] is False
                assert drive.modes == (coyote.KEEP,) * 2 or drive.strengths[0] <= 9
                assert level > 0 or not sounding[0]
        case "openemsstim":
            it = openemsstim.parse(write.data)
            assert (it.channel, it.ms <= 1500) == (0, True)
            assert it.intensity <= level
