"""The adapter: who discovers, and whether it is switched on."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import words

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call

LOOK_S = 0.02  # how often the discovery looks for units that came into reach

Filter = frozenset[str] | None  # service UUIDs of which an advertisement must have one; None: any advertisement


class Adapter:
    """hci0."""

    path = "/org/bluez/hci0"

    def __init__(self, daemon: Bluetoothd) -> None:
        self.powered = True
        self._daemon = daemon
        self._filters: dict[str, Filter] = {}
        self._sessions: dict[str, Filter] = {}
        self._discovery: asyncio.Task[None] | None = None

    @property
    def discovering(self) -> bool:
        """Whether anybody discovers."""
        return bool(self._sessions)

    def plug(self) -> None:
        """Its object appears on the bus."""
        facts = {
            "Address": Variant("s", "F0:00:00:00:00:01"),
            "AddressType": Variant("s", "random"),
            "Name": Variant("s", "simulated"),
            "Alias": Variant("s", "simulated"),
            "Powered": Variant("b", self.powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central", "peripheral"]),
        }
        self._daemon.tree.add(self.path, {words.ADAPTER: facts})

    def unplug(self) -> None:
        """All devices go, then its power, then itself."""
        for device in self._daemon.devices.values():
            device.forget()
        self._switch(on=False)
        self._daemon.tree.remove(self.path)
        self.powered = True

    def power(self, *, on: bool) -> None:
        """Switched on or off, by a person or by rfkill. Off: links break, and whoever discovered is told nothing more."""
        if not on:
            for device in self._daemon.devices.values():
                device.drop(0)
        self._switch(on=on)

    def client_gone(self, client: str) -> None:
        """A D-Bus client has vanished without saying stop."""
        self._filters.pop(client, None)
        if client in self._sessions:
            self._end(client)

    def crashed(self) -> None:
        """Sessions die with bluetoothd; the power stays."""
        self._filters.clear()
        self._sessions.clear()
        self._stop()

    # --- the methods of Adapter1 ---

    def set_discovery_filter(self, call: Call) -> None:
        """SetDiscoveryFilter: only UUIDs are looked at."""
        (wanted,) = call.arguments
        self._filters[call.sender] = frozenset(wanted["UUIDs"].value) if "UUIDs" in wanted else None
        call.reply()

    def start_discovery(self, call: Call) -> None:
        """StartDiscovery. Raises Refusal."""
        if not self.powered:
            raise words.not_ready()
        if call.sender in self._sessions:
            raise words.in_progress()
        first = not self._sessions
        self._sessions[call.sender] = self._filters.get(call.sender)
        self._answer(call)
        if first:
            self._change({"Discovering": Variant("b", True)})
            self._discovery = self._daemon.spawn(self._discover(), "discovery")

    def stop_discovery(self, call: Call) -> None:
        """StopDiscovery. Raises Refusal."""
        if not self.powered:
            raise words.not_ready()
        if call.sender not in self._sessions:
            raise words.failed("No discovery started")
        self._answer(call)
        self._end(call.sender)

    def remove_device(self, call: Call) -> None:
        """RemoveDevice. Raises Refusal."""
        device = self._daemon.devices.get(call.arguments[0])
        if device is None or not device.known:
            raise words.Refusal("org.bluez.Error.DoesNotExist", "Does Not Exist")
        device.forget()
        call.reply()

    # --- inside ---

    def _answer(self, call: Call) -> None:
        late_s = self._daemon.manners.scan_answer_s
        if late_s > 0:
            asyncio.get_running_loop().call_later(late_s, call.reply)
        else:
            call.reply()

    async def _discover(self) -> None:
        await asyncio.sleep(self._daemon.manners.advert_delay_s)
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            for device in self._daemon.devices.values():
                due = device.heard_at is None or now - device.heard_at >= self._daemon.manners.repeat_s
                if due and device.advertises and self._wanted(device.host.unit.advertising.service_uuids):
                    device.heard(now)
            await asyncio.sleep(LOOK_S)

    def _wanted(self, uuids: tuple[str, ...]) -> bool:
        return any(wanted is None or not wanted.isdisjoint(uuids) for wanted in self._sessions.values())

    def _end(self, client: str) -> None:
        del self._sessions[client]
        if not self._sessions:
            self._stop()
            for device in self._daemon.devices.values():
                device.unheard()
            self._change({"Discovering": Variant("b", False)})

    def _stop(self) -> None:
        if self._discovery is not None:
            self._discovery.cancel()
            self._discovery = None

    def _switch(self, *, on: bool) -> None:
        news = {"Powered": Variant("b", on)}
        if not on:
            self._sessions.clear()
            self._stop()
            for device in self._daemon.devices.values():
                device.unheard()
            news["Discovering"] = Variant("b", False)
        self.powered = on
        self._change(news)

    def _change(self, properties: dict[str, Variant]) -> None:
        self._daemon.tree.change(self.path, words.ADAPTER, properties)
