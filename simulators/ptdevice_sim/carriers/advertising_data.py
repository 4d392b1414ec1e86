"""What a unit advertises, as the octets that go on air and back: 31 in the advertisement, 31 in the scan response.

The layout is the Core Specification Supplement's, part A: length, type, value. Flags come first, then the name (units are
recognised by it), then the rest; what no longer fits into the advertisement goes into the scan response. `SIMULATED_SERVICE`
is not advertised: it stands in the GATT table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from bleak.backends.scanner import AdvertisementData

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ptdevice_sim.unit import Advertising

LIMIT = 31  # octets of a legacy advertisement or scan response (Core spec Vol 6 Part B 2.3.1.1)
FLAGS = b"\x02\x01\x06"  # general discoverable, no BR/EDR
# Types (Assigned Numbers 2.3), in the complete form; the incomplete form of a name or a list is one less.
UUIDS_16, UUIDS_128, NAME, TX_POWER, SERVICE_DATA_16, MANUFACTURER = 0x03, 0x07, 0x09, 0x0A, 0x16, 0xFF
BASE = UUID("00000000-0000-1000-8000-00805f9b34fb").int  # Core spec Vol 3 Part B 2.5.1
ASSIGNED = 0xFFFF << 96  # where a 16-bit UUID stands in it


def pack(said: Advertising) -> tuple[bytes, bytes]:
    """Advertisement and scan response. Raises ValueError where both together are too small."""
    uuids = [UUID(text).int for text in said.service_uuids]
    short = b"".join((uuid >> 96).to_bytes(2, "little") for uuid in uuids if uuid & ~ASSIGNED == BASE)
    long = b"".join(uuid.to_bytes(16, "little") for uuid in uuids if uuid & ~ASSIGNED != BASE)
    parts = [(NAME, said.name), (UUIDS_16, short)]
    parts += [(MANUFACTURER, company.to_bytes(2, "little") + data) for company, data in said.manufacturer_data.items()]
    parts += [
        (SERVICE_DATA_16, (UUID(uuid).int >> 96).to_bytes(2, "little") + data)
        for uuid, data in said.service_data.items()
    ]
    if said.tx_power is not None:
        parts.append((TX_POWER, said.tx_power.to_bytes(1, "little", signed=True)))
    parts.append((UUIDS_128, long))
    advertisement, response = FLAGS, b""
    for kind, value in parts:
        octets = bytes((len(value) + 1, kind)) + value
        if not value:
            continue
        if len(advertisement) + len(octets) <= LIMIT:
            advertisement += octets
        elif len(response) + len(octets) <= LIMIT:
            response += octets
        else:
            raise ValueError(
                f"{said.name!r} advertises more than fits into two times {LIMIT} octets: {octets.hex(' ')}"
            )
    return advertisement, response


def parse(structures: Iterable[tuple[int, bytes]], rssi: int) -> AdvertisementData:
    """Types and values, of advertisement and scan response together, as bleak tells them."""
    name: str | None = None
    tx_power: int | None = None
    uuids: list[str] = []
    manufacturer: dict[int, bytes] = {}
    service_data: dict[str, bytes] = {}
    for kind, value in structures:
        if kind in {NAME - 1, NAME}:
            name = value.split(b"\0")[0].decode(errors="replace")  # every stack cuts a name at its first NUL
        elif kind == TX_POWER:
            tx_power = int.from_bytes(value, "little", signed=True)
        elif kind in {UUIDS_16 - 1, UUIDS_16}:
            uuids += [str(UUID(int=BASE | item << 96)) for item in _items(value, 2)]
        elif kind in {UUIDS_128 - 1, UUIDS_128}:
            uuids += [str(UUID(int=item)) for item in _items(value, 16)]
        elif kind == SERVICE_DATA_16:
            service_data[str(UUID(int=BASE | int.from_bytes(value[:2], "little") << 96))] = value[2:]
        elif kind == MANUFACTURER:
            manufacturer[int.from_bytes(value[:2], "little")] = value[2:]
    return AdvertisementData(
        local_name=name,
        manufacturer_data=manufacturer,
        service_data=service_data,
        service_uuids=uuids,
        tx_power=tx_power,
        rssi=rssi,
        platform_data=(),
    )


def _items(value: bytes, size: int) -> list[int]:
    return [int.from_bytes(value[i : i + size], "little") for i in range(0, len(value) - size + 1, size)]
