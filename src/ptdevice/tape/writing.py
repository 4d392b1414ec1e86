"""Lines of a tape, from header and entries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ptdevice.tape.words import OF_THE_LINK, VERSION, WITHOUT_VALUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ptdevice.tape.words import Entry, Header


def header_line(header: Header) -> bytes:
    """The first line, with its newline."""
    services = [
        {
            "uuid": service.uuid,
            "characteristics": [
                {"uuid": characteristic.uuid, "properties": sorted(characteristic.properties)}
                for characteristic in service.characteristics
            ],
        }
        for service in header.services
    ]
    body = {
        "ptdevice_tape": VERSION,
        "device": header.device,
        "simulated": header.simulated,
        "name": header.name,
        "source": header.source,
        "software": header.software,
        "start_s": header.start_s,
        "started": header.started,
        "ports": dict(header.ports),
        "gatt": services,
    }
    return json.dumps(body, separators=(",", ":")).encode("ascii") + b"\n"


def entry_line(entry: Entry, names: Mapping[str, str]) -> bytes:
    """One line, with its newline. `names` gives ports by UUID; a UUID without one is written out."""
    # By hand: six decimals whatever the time, and several times as fast as json.dumps.
    seconds, microseconds = divmod(entry.t_us, 1_000_000)
    line = f'{{"t":{seconds}.{microseconds:06d},"dir":"{entry.direction}"'
    if entry.direction not in OF_THE_LINK:
        name = names.get(entry.uuid)
        line += f',"port":"{name}"' if name is not None else f',"uuid":"{entry.uuid}"'
    if entry.direction not in WITHOUT_VALUE:
        line += f',"hex":"{entry.data.hex()}"'
    if entry.missing:
        line += f',"missing":{entry.missing}'
    return f"{line}}}\n".encode()
