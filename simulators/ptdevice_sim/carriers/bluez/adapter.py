"""One adapter: whether it is there, whether it is switched on, and what it has been asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import words
from ptdevice_sim.carriers.bluez.discovery import Discovery

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call
    from ptdevice_sim.carriers.bluez.device import Device
    from ptdevice_sim.carriers.bluez.manners import Manners


@dataclass(slots=True)
class Counters:
    """What was asked of an adapter since the beginning."""

    power_cycles: int = 0  # switched off and on again
    discoveries: int = 0  # StartDiscovery
    connects: int = 0  # Connect
    # A scan that was asked for during a connect, or a connect during a scan or another connect: adapters stumble over it.
    overlaps: int = 0


class Adapter:
    """An adapter of the host. Units are in its reach; `manners` is how it behaves, apart from other adapters."""

    def __init__(self, daemon: Bluetoothd, name: str, address: str, manners: Manners) -> None:
        self.name, self.address, self.manners = name, address, manners
        self.powered = True
        self.devices: list[Device] = []  # the units in its reach
        self.counters = Counters()
        self.discovery = Discovery(daemon, self)
        self.plugged = True
        self._daemon = daemon
        self._busy = 0

    @property
    def path(self) -> str:
        """Its object, while it is plugged."""
        return f"/org/bluez/{self.name}"

    @property
    def discovering(self) -> bool:
        """Whether anybody discovers."""
        return self.discovery.runs

    @property
    def connecting(self) -> bool:
        """Whether any Connect has not been answered yet."""
        return any(device.connecting for device in self.devices)

    @property
    def is_full(self) -> bool:
        """Whether it has no slot for another link. One that is being made has its slot already."""
        slots = self.manners.slots
        return slots is not None and sum(device.linked or device.connecting for device in self.devices) >= slots

    def plug(self) -> None:
        """Its object appears on the bus. What its firmware was stuck in is forgotten; its power is on unless rfkill says no."""
        self.plugged = True
        self.manners.stuck = self.manners.deaf = False
        self.powered = not self.manners.rfkill
        self.appear()

    def appear(self) -> None:
        """Bluetoothd takes note of it: when it was plugged, or when bluetoothd has started."""
        if not self.plugged or not self._daemon.up:
            return
        self._busy = self.manners.busy_after_plug
        facts = {
            "Address": Variant("s", self.address),
            "AddressType": Variant("s", "random"),
            "Name": Variant("s", "simulated"),
            "Alias": Variant("s", "simulated"),
            "Powered": Variant("b", self.powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central", "peripheral"]),
        }
        self._daemon.tree.add(self.path, {words.ADAPTER: facts | self._power_state()})
        for device in self.devices:
            device.remember()

    def unplug(self) -> None:
        """All devices go, then its power, then itself."""
        self.plugged = False
        for device in self.devices:
            device.forget()
        if self._is_known:
            self._switch(on=False)
            self._daemon.tree.remove(self.path)

    def power(self, *, on: bool) -> None:
        """Switched on or off, by a person or by a program. Off: links break, and whoever discovered is told nothing more."""
        if on == self.powered:
            return
        if not on:
            self._lose_links()
        self._switch(on=on)

    def rfkill(self, *, blocked: bool) -> None:
        """Blocked: off, and cannot be switched on. Unblocked: bluetoothd switches it on again."""
        self.manners.rfkill = blocked
        if blocked == self.powered:
            self.power(on=not blocked)
        else:
            self.change(self._power_state())

    def client_gone(self, client: str) -> None:
        """A D-Bus client has vanished without saying stop."""
        self.discovery.client_gone(client)

    def crashed(self) -> None:
        """Sessions die with bluetoothd; the power stays."""
        self.discovery.crashed()

    def change(self, properties: dict[str, Variant]) -> None:
        """Properties of its object have new values."""
        if self._is_known:
            self._daemon.tree.change(self.path, words.ADAPTER, properties)

    # --- what Adapter1 is asked for, apart from its discovery ---

    def set_powered(self, call: Call, value: Variant) -> None:
        """Properties.Set of Powered: the answer first, then the signal. Raises Refusal."""
        if self._busy > 0:
            self._busy -= 1
            raise words.busy()
        if value.value == self.powered:
            call.reply()
            return
        if value.value and self.manners.rfkill:
            raise words.Refusal(*self.manners.rfkill_refusal)
        if not value.value:
            self._lose_links()
        call.reply()
        self._switch(on=value.value)

    def remove_device(self, call: Call) -> None:
        """RemoveDevice. Raises Refusal."""
        device = self._daemon.devices.get(call.arguments[0])
        if device is None or device not in self.devices or not device.known:
            raise words.does_not_exist()
        device.pairing.forget()
        device.forget()
        call.reply()

    # --- inside ---

    @property
    def _is_known(self) -> bool:
        return self.path in self._daemon.tree.objects

    def _lose_links(self) -> None:
        for device in self.devices:
            device.cancel_connect()
            device.drop(0)

    def _switch(self, *, on: bool) -> None:
        news = {"Powered": Variant("b", on)}
        if on:
            self.counters.power_cycles += 1
            if not self.manners.incurable:
                self.manners.stuck = self.manners.deaf = False
        else:
            self.discovery.switched_off()
            for device in self.devices:
                device.unheard()
            news["Discovering"] = Variant("b", False)
        self.powered = on
        self.change(news | self._power_state())

    def _power_state(self) -> dict[str, Variant]:
        if not self.manners.power_state:
            return {}
        off = "off-blocked" if self.manners.rfkill else "off"
        return {"PowerState": Variant("s", "on" if self.powered else off)}
