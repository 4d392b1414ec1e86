"""One unit as bluetoothd knows it: seen, connected, resolved, lost. The order of signals is that of bluetoothd 5.66."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import table, words
from ptdevice_sim.carriers.bluez.attributes import Attributes

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.adapter import Adapter
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call
    from ptdevice_sim.carriers.bluez.reach import Reach

RSSI_DBM = -50
ABORTED = "le-connection-abort-by-local"
CANCELED = "br-connection-canceled"
NO_SLOT = "le-connection-concurrent-connection-limit"


class Device:
    """One unit in reach of one adapter."""

    def __init__(self, daemon: Bluetoothd, adapter: Adapter, reach: Reach) -> None:
        self.host = reach.host
        self.attributes = Attributes(daemon, adapter, reach.host)
        self.heard_at: float | None = None  # in the present discovery
        self._daemon, self._adapter, self._reach = daemon, adapter, reach
        self._connecting: Call | None = None
        self._task: asyncio.Task[None] | None = None
        self._fading: asyncio.TimerHandle | None = None
        self._resolved = False
        self._rssi = RSSI_DBM

    @property
    def path(self) -> str:
        """Its object, once it is known."""
        return f"{self._adapter.path}/dev_{self.host.unit.address.replace(':', '_')}"

    @property
    def linked(self) -> bool:
        """Whether the link is up."""
        return self.attributes.linked

    @property
    def connecting(self) -> bool:
        """Whether a Connect has not been answered yet."""
        return self._connecting is not None

    @property
    def known(self) -> bool:
        """Whether there is an object for it on the bus."""
        return self.path in self._daemon.tree.objects

    @property
    def advertises(self) -> bool:
        """Whether it can be heard, and connected to. A unit with a link cannot."""
        return self.host.is_visible and not self._reach.linked

    # --- the unit's side ---

    def drop(self, reason: int) -> None:  # noqa: ARG002 - BlueZ 5.66 does not tell it
        """The link breaks: one signal for both properties; the GATT objects stay."""
        if not self.linked:
            return
        gone = {"ServicesResolved": Variant("b", False)} if self._resolved else {}
        self._unlink()
        self._change(gone | {"Connected": Variant("b", False)})
        self.attributes.close_sockets()
        self.host.on_disconnected()
        self._fade()

    # --- the adapter's side ---

    def heard(self, now: float) -> None:
        """An advertisement arrived."""
        self.heard_at = now
        self._fade()
        said = self.host.unit.advertising
        self._rssi = RSSI_DBM if self._rssi != RSSI_DBM else RSSI_DBM - 1
        air = {"RSSI": Variant("n", self._rssi)}
        if said.tx_power is not None:
            air["TxPower"] = Variant("n", said.tx_power)
        if said.service_data:
            news = {uuid: Variant("ay", value) for uuid, value in said.service_data.items()}
            air["ServiceData"] = Variant("a{sv}", news)
        if self.known:
            self._change(air)
            return
        if said.manufacturer_data:
            data = {company: Variant("ay", value) for company, value in said.manufacturer_data.items()}
            air["ManufacturerData"] = Variant("a{qv}", data)
        self._daemon.tree.add(self.path, {words.DEVICE: self._facts() | air})

    def unheard(self) -> None:
        """Discovery has ended: nobody knows how strong it is now."""
        self.heard_at = None
        if self.known:
            self._daemon.tree.change(self.path, words.DEVICE, {}, ("RSSI", "TxPower"))

    def hold(self) -> None:
        """Connected and resolved, by a program that is gone."""
        if not self.known:
            self._daemon.tree.add(self.path, {words.DEVICE: self._facts()})
        self._link()
        self._change({"Connected": Variant("b", True)})
        self.host.on_connected()
        self._resolve()

    def cancel_connect(self, why: str = CANCELED) -> None:
        """A connect that is under way ends."""
        if self._connecting is not None:
            self._stop_task()
            self._answer_connect(words.failed(why))

    def forget(self) -> None:
        """Its objects leave the bus."""
        self.cancel_connect(ABORTED)
        self.drop(0)
        self._stop_task()
        self._stop_fading()
        self.attributes.forget()
        if self.known:
            self._daemon.tree.remove(self.path)

    def crashed(self) -> None:
        """Whoever told of this unit is dead. The link ends with its sockets, and nobody says so."""
        self._stop_task()
        self._stop_fading()
        self._connecting = None
        self._unlink()
        self.attributes.forget()
        self.heard_at = None
        self.host.on_disconnected()

    # --- the methods of Device1 ---

    def connect(self, call: Call) -> None:
        """Connect. Raises Refusal."""
        adapter = self._adapter
        busy = adapter.discovering or adapter.connecting
        adapter.counters.connects += 1
        adapter.counters.overlaps += busy
        if not adapter.powered:
            raise words.not_ready()
        if self._connecting is not None:
            raise words.in_progress()
        if self.linked:
            call.reply()
            return
        if adapter.manners.stuck or (adapter.manners.touchy and busy):
            raise words.in_progress()
        if adapter.is_full:
            raise words.failed(NO_SLOT)
        self._connecting = call
        self._task = self._daemon.spawn(self._connect(), f"connect {self.path}")

    def disconnect(self, call: Call) -> None:
        """Disconnect. Raises Refusal."""
        if self._adapter.manners.mute_disconnect:
            return
        if self._connecting is not None:
            self.cancel_connect()
            call.reply()
        elif self.linked:
            self._stop_task()
            self._daemon.spawn(self._disconnect(call), f"disconnect {self.path}")
        else:
            call.reply()

    async def _connect(self) -> None:
        manners, faults = self._adapter.manners, self.host.faults
        await asyncio.sleep(manners.connect_delay_s if self.advertises and not manners.deaf else float("inf"))
        if manners.abort_by_local > 0:
            manners.abort_by_local -= 1
            await self._refuse_connect(words.failed(ABORTED))
            return
        if faults.refuses_connect():
            await self._refuse_connect(words.Refusal(*manners.refusal))
            return
        self._link()
        if manners.reply_before_connected:
            self._answer_connect()
            await asyncio.sleep(manners.overtaking_s)
            self._change({"Connected": Variant("b", True)})
        else:
            self._change({"Connected": Variant("b", True)})
            self._answer_connect()
        self.host.on_connected()
        await asyncio.sleep(manners.resolve_delay_s)
        if faults.loses_discovery():
            self.drop(0)
        elif self.linked:
            self._resolve()

    async def _refuse_connect(self, refusal: words.Refusal) -> None:
        if refusal.text == ABORTED:
            # BlueZ says this of a link that came up and broke at once, and signals both.
            self._change({"Connected": Variant("b", True)})
            self._answer_connect(refusal)
            self._change({"Connected": Variant("b", False)})
        else:
            self._answer_connect(refusal)

    async def _disconnect(self, call: Call) -> None:
        await asyncio.sleep(self._adapter.manners.disconnect_delay_s)
        if not self.linked:  # lost meanwhile
            call.reply()
            return
        if self._resolved:
            self._change({"ServicesResolved": Variant("b", False)})
        self._unlink()
        call.reply()
        self._change({"Connected": Variant("b", False)})
        self.attributes.close_sockets()
        self.host.on_disconnected()
        self._fade()

    # --- inside ---

    def _facts(self) -> dict[str, Variant]:
        unit = self.host.unit
        name = words.display_name(unit.advertising.name)
        facts = {
            "Address": Variant("s", unit.address),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", name or unit.address.replace(":", "-")),
            "Paired": Variant("b", False),
            "Trusted": Variant("b", False),
            "Connected": Variant("b", False),
            "UUIDs": Variant("as", list(unit.advertising.service_uuids)),
            "Adapter": Variant("o", self._adapter.path),
            "ServicesResolved": Variant("b", False),
        }
        return facts | ({"Name": Variant("s", name)} if name else {})

    def _link(self) -> None:
        self.attributes.linked = True
        self.heard_at = None

    def _unlink(self) -> None:
        self._stop_task()
        self._resolved = False
        self.attributes.lost()

    def _resolve(self) -> None:
        news = {"ServicesResolved": Variant("b", True)}
        services = self.host.services
        if not self._daemon.tree.children(self.path):
            hidden = self._adapter.manners.hidden_services
            for entry in table.entries(self.path, services, self.host.unit.mtu, hidden):
                self._daemon.tree.add(entry.path, entry.interfaces)
                if entry.characteristic is not None:
                    self.attributes.exported(entry.path, entry.characteristic)
            news = {"UUIDs": Variant("as", table.uuids(services))} | news
        self._resolved = True
        self._change(news)
        self.attributes.resume()

    def _fade(self) -> None:
        """It is a temporary device, unless somebody links it: the time until it is forgotten begins anew."""
        self._stop_fading()
        temporary_s = self._adapter.manners.temporary_s
        if temporary_s is not None:
            self._fading = asyncio.get_running_loop().call_later(temporary_s, self._faded)

    def _faded(self) -> None:
        if self.known and not self.linked and not self.connecting:
            self.forget()

    def _stop_fading(self) -> None:
        if self._fading is not None:
            self._fading.cancel()
            self._fading = None

    def _answer_connect(self, refusal: words.Refusal | None = None) -> None:
        call, self._connecting = self._connecting, None
        if call is not None:
            call.refuse(refusal) if refusal is not None else call.reply()

    def _stop_task(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    def _change(self, properties: dict[str, Variant]) -> None:
        self._daemon.tree.change(self.path, words.DEVICE, properties)
