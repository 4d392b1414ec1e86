"""A unit's GATT table as BlueZ exports it: paths that carry the declaration handle, in the order of handles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice.devices.sig import assigned
from ptdevice_sim.carriers.bluez import words
from ptdevice_sim.carriers.bluez.manners import GAP_SERVICE
from ptdevice_sim.unit import Characteristic, Service

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ptdevice_sim.carriers.bluez.tree import Interfaces

# Every peripheral has these two, wherever its firmware comes from; device name, appearance, "service changed".
READ = frozenset({"read"})
GAP = Service(GAP_SERVICE, (Characteristic(assigned(0x2A00), READ), Characteristic(assigned(0x2A01), READ)))
GATT = Service(assigned(0x1801), (Characteristic(assigned(0x2A05), frozenset({"indicate"})),))
OWN = (GAP, GATT)
CCCD = assigned(0x2902)
OUR_MTU = 517  # what bluetoothd asks for


@dataclass(frozen=True, slots=True)
class Entry:
    """One object of the table."""

    path: str
    interfaces: Interfaces
    characteristic: Characteristic | None = None


def uuids(services: Iterable[Service]) -> list[str]:
    """The UUIDs of all services, as Device1 lists them once they are known."""
    return [service.uuid for service in (*OWN, *services)]


def entries(device: str, services: Iterable[Service], mtu: int, hidden: frozenset[str]) -> Iterator[Entry]:
    """The objects in the order in which they are exported. Hidden services use up their handles and are not exported."""
    handle = 1
    for service in (*OWN, *services):
        path = f"{device}/service{handle:04x}"
        shown = service.uuid not in hidden
        if shown:
            facts = {
                "UUID": Variant("s", service.uuid),
                "Device": Variant("o", device),
                "Primary": Variant("b", True),
                "Includes": Variant("ao", []),
            }
            yield Entry(path, {words.SERVICE: facts})
        handle += 1
        for characteristic in service.characteristics:
            if shown:
                yield from _characteristic(path, handle, characteristic, min(mtu, OUR_MTU))
            handle += 3 if _announces(characteristic) else 2


def _characteristic(service: str, handle: int, characteristic: Characteristic, mtu: int) -> Iterator[Entry]:
    path = f"{service}/char{handle:04x}"
    facts = {
        "UUID": Variant("s", characteristic.uuid),
        "Service": Variant("o", service),
        "Value": Variant("ay", b""),
        "Flags": Variant("as", sorted(characteristic.properties)),
        "MTU": Variant("q", mtu),
    }
    if _announces(characteristic):
        facts["Notifying"] = Variant("b", False)
    if "notify" in characteristic.properties:
        facts["NotifyAcquired"] = Variant("b", False)
    if "write-without-response" in characteristic.properties:
        facts["WriteAcquired"] = Variant("b", False)
    yield Entry(path, {words.CHARACTERISTIC: facts}, characteristic)
    if _announces(characteristic):
        facts = {
            "UUID": Variant("s", CCCD),
            "Characteristic": Variant("o", path),
            "Value": Variant("ay", b""),
        }
        yield Entry(f"{path}/desc{handle + 2:04x}", {words.DESCRIPTOR: facts})


def _announces(characteristic: Characteristic) -> bool:
    return not characteristic.properties.isdisjoint({"notify", "indicate"})
