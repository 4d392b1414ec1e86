"""What Device1 tells of a unit before anybody has connected to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import words

if TYPE_CHECKING:
    from ptdevice_sim.unit import Advertising, Unit


def facts(unit: Unit, adapter: str) -> dict[str, Variant]:
    """What stays, whatever it advertises later."""
    name = words.display_name(unit.advertising.name)
    told = {
        "Address": Variant("s", unit.address),
        "AddressType": Variant("s", "random"),
        "Alias": Variant("s", name or unit.address.replace(":", "-")),
        "Blocked": Variant("b", False),
        "LegacyPairing": Variant("b", False),
        "Connected": Variant("b", False),
        "UUIDs": Variant("as", list(unit.advertising.service_uuids)),
        "Adapter": Variant("o", adapter),
        "ServicesResolved": Variant("b", False),
    }
    return told | ({"Name": Variant("s", name)} if name else {})


def heard(said: Advertising, rssi_dbm: int) -> dict[str, Variant]:
    """What each advertisement tells anew."""
    told = {"RSSI": Variant("n", rssi_dbm)}
    if said.tx_power is not None:
        told["TxPower"] = Variant("n", said.tx_power)
    if said.service_data:
        told["ServiceData"] = Variant(
            "a{sv}", {uuid: Variant("ay", value) for uuid, value in said.service_data.items()}
        )
    return told


def maker(said: Advertising) -> dict[str, Variant]:
    """What the first advertisement tells."""
    if not said.manufacturer_data:
        return {}
    data = {company: Variant("ay", value) for company, value in said.manufacturer_data.items()}
    return {"ManufacturerData": Variant("a{qv}", data)}
