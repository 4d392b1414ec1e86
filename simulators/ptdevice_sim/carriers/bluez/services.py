"""Which of a unit's services are on the bus. They stay there when the link ends, until the unit says that they are others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import table, words

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.device import Device
    from ptdevice_sim.unit import Service


class Services:
    """One device's."""

    def __init__(self, daemon: Bluetoothd, device: Device) -> None:
        self._daemon, self._device = daemon, device
        self._exported: tuple[Service, ...] | None = None
        self._uuids: list[str] | None = None  # as Device1 has told of them; on bluetoothd's disk, like the unit's name

    def resolve(self) -> dict[str, Variant]:
        """They are on the bus; what Device1 has to tell of them."""
        device, tree, manners = self._device, self._daemon.tree, self._device.adapter.manners
        services = device.host.services
        others = self._exported is not services
        if others and not manners.stale_services:
            device.attributes.forget()
            for path in tree.children(device.path):
                tree.remove(path)
        if tree.children(device.path):
            return {}
        self._exported, self._uuids = services, table.uuids(services)
        for entry in table.entries(device.path, services, device.host.unit.mtu, manners.hidden_services):
            tree.add(entry.path, entry.interfaces)
            if entry.characteristic is not None:
                device.attributes.exported(entry.path, entry.characteristic)
        told = tree.objects[device.path][words.DEVICE]["UUIDs"].value
        return self.facts() if others or told != self._uuids else {}

    def facts(self) -> dict[str, Variant]:
        """What bluetoothd has on disk of them."""
        return {"UUIDs": Variant("as", self._uuids)} if self._uuids else {}
