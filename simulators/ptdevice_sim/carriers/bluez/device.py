"""One unit as bluetoothd knows it: seen, connected, resolved, lost. The order of signals is that of bluetoothd 5.66."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import appearance, words
from ptdevice_sim.carriers.bluez.attributes import Attributes
from ptdevice_sim.carriers.bluez.fading import Fading
from ptdevice_sim.carriers.bluez.pairing import Pairing
from ptdevice_sim.carriers.bluez.services import Services

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.adapter import Adapter
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call
    from ptdevice_sim.carriers.bluez.reach import Reach

RSSI_DBM = -50
ABORTED = "le-connection-abort-by-local"
KEY_MISSING = "le-connection-key-missing"
CANCELED = "br-connection-canceled"
NO_SLOT = "le-connection-concurrent-connection-limit"

# Without a packet in six intervals a link was none (Core 5.4, Vol 6 Part B 4.5.2); an interval is 15 ms and more.
ESTABLISH_S = 0.1
LOOK_S = 0.02  # how often a connect looks whether the unit can be connected to

Answer = Callable[[words.Refusal | None], None]


class Device:
    """One unit in reach of one adapter."""

    def __init__(self, daemon: Bluetoothd, adapter: Adapter, reach: Reach) -> None:
        self.host, self.adapter, self.reach = reach.host, adapter, reach
        self.pairing = Pairing(daemon, self, reach.security)
        self.attributes = Attributes(daemon, self)
        self.heard_at: float | None = None  # in the present discovery
        self._daemon = daemon
        self._connecting: Answer | None = None
        self._task: asyncio.Task[None] | None = None
        self._fading = Fading(self._faded)
        self._was_linked = False
        self._services = Services(daemon, self)
        self._resolved = False
        self._rssi = RSSI_DBM

    @property
    def path(self) -> str:
        """Its object, once it is known."""
        return f"{self.adapter.path}/dev_{self.host.unit.address.replace(':', '_')}"

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
        return self.host.is_visible and not self.reach.linked

    # --- the unit's side ---

    def drop(self, reason: int) -> None:  # noqa: ARG002 - BlueZ 5.66 does not tell it
        """The link breaks: one signal for both properties; the GATT objects stay."""
        if not self.linked:
            return
        gone = {"ServicesResolved": Variant("b", False)} if self._resolved else {}
        self._unlink()
        self.change(gone | {"Connected": Variant("b", False)})
        self._after_link()

    # --- the adapter's side ---

    def heard(self, now: float) -> None:
        """An advertisement arrived."""
        self.heard_at = now
        self._fade()
        said = self.host.unit.advertising
        self._rssi = RSSI_DBM if self._rssi != RSSI_DBM else RSSI_DBM - 1
        air = appearance.heard(said, self._rssi)
        if self.known:
            self.change(air)
        else:
            self._appear(air | appearance.maker(said))

    def remember(self) -> None:
        """Bluetoothd, or its adapter, is back: what it has on disk is there before it is heard."""
        if self.pairing.bonded or (self._was_linked and self.adapter.manners.remembers):
            self._appear(self._services.facts())

    def unheard(self) -> None:
        """Discovery has ended: nobody knows how strong it is now."""
        self.heard_at = None
        if self.known:
            self._daemon.tree.change(self.path, words.DEVICE, {}, ("RSSI", "TxPower"))

    def hold(self) -> None:
        """Connected and resolved, by a program that is gone."""
        if not self.known:
            self._appear()
        self._link()
        self.change({"Connected": Variant("b", True)})
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
        self._fading.stop()
        self.attributes.forget()
        if self.known:
            self._daemon.tree.remove(self.path)

    def crashed(self) -> None:
        """Whoever told of this unit is dead. The link ends with its sockets, and nobody says so."""
        self._stop_task()
        self._fading.stop()
        self._connecting = None
        self.pairing.crashed()
        self._unlink()
        self.attributes.forget()
        self.heard_at = None
        self.host.on_disconnected()

    # --- the methods of Device1 ---

    def connect(self, call: Call) -> None:
        """Connect. Raises Refusal."""
        self._begin(call.answer)

    async def linked_up(self) -> None:
        """The link is up; it is made if need be. Raises Refusal."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def answer(refusal: words.Refusal | None) -> None:
            if not done.done():
                done.set_exception(refusal) if refusal else done.set_result(None)

        self._begin(answer)
        await done

    def disconnect(self, call: Call) -> None:
        """Disconnect. Raises Refusal."""
        if self.adapter.manners.mute_disconnect:
            return
        if self._connecting is not None:
            self.cancel_connect()
            call.reply()
        elif self.linked:
            self._stop_task()
            self._daemon.spawn(self._disconnect(call), f"disconnect {self.path}")
        else:
            call.reply()

    def _begin(self, answer: Answer) -> None:
        adapter = self.adapter
        busy = adapter.discovering or adapter.connecting
        adapter.counters.connects += 1
        adapter.counters.overlaps += busy
        if not adapter.powered:
            raise words.not_ready()
        if self._connecting is not None:
            raise words.in_progress()
        if self.linked:
            answer(None)
            return
        if adapter.manners.stuck or (adapter.manners.touchy and busy):
            raise words.in_progress()
        if adapter.is_full:
            raise words.failed(NO_SLOT)
        self._connecting = answer
        self._task = self._daemon.spawn(self._connect(), f"connect {self.path}")

    async def _connect(self) -> None:
        manners, faults = self.adapter.manners, self.host.faults
        while not self.advertises or manners.deaf:  # noqa: ASYNC110 - knobs do not tell that they were turned
            await asyncio.sleep(LOOK_S)
        await asyncio.sleep(manners.connect_delay_s)
        key_is_missing = self.pairing.key_is_missing
        if key_is_missing and manners.tells_missing_key:
            await self._refuse_connect(words.failed(KEY_MISSING))
            return
        if self.reach.refuses:
            await asyncio.sleep(ESTABLISH_S)  # bleak tries again at once
        if self.reach.refuses or manners.aborts():
            await self._refuse_connect(words.failed(ABORTED))
            return
        if faults.refuses_connect():
            await self._refuse_connect(words.Refusal(*manners.refusal))
            return
        self._link()
        if manners.reply_before_connected:
            self._answer_connect()
            await asyncio.sleep(manners.overtaking_s)
            self.change({"Connected": Variant("b", True)})
        else:
            self.change({"Connected": Variant("b", True)})
            self._answer_connect()
        self.host.on_connected()
        await asyncio.sleep(manners.resolve_delay_s)
        if key_is_missing or faults.loses_discovery():
            self.drop(0)
        elif self.linked:
            self._resolve()

    async def _refuse_connect(self, refusal: words.Refusal) -> None:
        if refusal.text in {ABORTED, KEY_MISSING}:
            # BlueZ says these of a link that came up and broke at once, and signals both.
            self.change({"Connected": Variant("b", True)})
            self._answer_connect(refusal)
            self.change({"Connected": Variant("b", False)})
        else:
            self._answer_connect(refusal)

    async def _disconnect(self, call: Call) -> None:
        await asyncio.sleep(self.adapter.manners.disconnect_delay_s)
        if not self.linked:  # lost meanwhile
            call.reply()
            return
        if self._resolved:
            self.change({"ServicesResolved": Variant("b", False)})
        self._unlink()
        call.reply()
        self.change({"Connected": Variant("b", False)})
        self._after_link()

    # --- inside ---

    def _appear(self, air: dict[str, Variant] | None = None) -> None:
        facts = appearance.facts(self.host.unit, self.adapter.path) | self.pairing.facts()
        self._daemon.tree.add(self.path, {words.DEVICE: facts | (air or {})})

    def _link(self) -> None:
        self.attributes.linked = self._was_linked = True
        self.heard_at = None

    def _after_link(self) -> None:
        self.attributes.close_sockets()
        self.pairing.end()
        self.host.on_disconnected()
        self._fade()

    def _unlink(self) -> None:
        self._stop_task()
        self._resolved = False
        self.attributes.lost()

    def _resolve(self) -> None:
        news = self._services.resolve()
        self._resolved = True
        self.change(news | {"ServicesResolved": Variant("b", True)})
        self.attributes.resume()

    def _fade(self) -> None:
        self._fading.begin(None if self.pairing.bonded else self.adapter.manners.temporary_s)

    def _faded(self) -> None:
        if self.known and not self.linked and not self.connecting:
            self.forget()

    def _answer_connect(self, refusal: words.Refusal | None = None) -> None:
        answer, self._connecting = self._connecting, None
        if answer is not None:
            answer(refusal)

    def _stop_task(self) -> None:
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None

    def change(self, properties: dict[str, Variant]) -> None:
        """Properties of its object have new values."""
        self._daemon.tree.change(self.path, words.DEVICE, properties)
