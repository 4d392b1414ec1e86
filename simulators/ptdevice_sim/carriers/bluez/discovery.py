"""Who discovers on one adapter, with which filter, and what is heard of the units in reach."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import words

if TYPE_CHECKING:
    from ptdevice_sim.carriers.bluez.adapter import Adapter
    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call

LOOK_S = 0.02  # how often the discovery looks for units that came into reach

Filter = frozenset[str] | None  # service UUIDs of which an advertisement must have one; None: any advertisement


class Discovery:
    """The discovery of one adapter: a session for each D-Bus client that wants one."""

    def __init__(self, daemon: Bluetoothd, adapter: Adapter) -> None:
        self._daemon, self._adapter = daemon, adapter
        self._filters: dict[str, Filter] = {}
        self._sessions: dict[str, Filter] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        """Whether anybody discovers."""
        return bool(self._sessions)

    def client_gone(self, client: str) -> None:
        """A D-Bus client has vanished without saying stop."""
        self._filters.pop(client, None)
        if client in self._sessions:
            self._end(client)

    def crashed(self) -> None:
        """Sessions die with bluetoothd."""
        self._filters.clear()
        self.switched_off()

    def switched_off(self) -> None:
        """Whoever discovered is told nothing more."""
        self._sessions.clear()
        self._stop()

    # --- the methods of Adapter1 ---

    def set_filter(self, call: Call) -> None:
        """SetDiscoveryFilter: only UUIDs are looked at."""
        (wanted,) = call.arguments
        self._filters[call.sender] = frozenset(wanted["UUIDs"].value) if "UUIDs" in wanted else None
        call.reply()

    def start(self, call: Call) -> None:
        """StartDiscovery. Raises Refusal."""
        adapter = self._adapter
        adapter.counters.discoveries += 1
        if adapter.connecting:
            adapter.counters.overlaps += 1
        if not adapter.powered:
            raise words.not_ready()
        if call.sender in self._sessions or adapter.manners.stuck:
            raise words.in_progress()
        first = not self._sessions
        self._sessions[call.sender] = self._filters.get(call.sender)
        self._answer(call)
        if first:
            adapter.change({"Discovering": Variant("b", True)})
            self._task = self._daemon.spawn(self._discover(), "discovery")

    def stop(self, call: Call) -> None:
        """StopDiscovery. Raises Refusal."""
        if not self._adapter.powered:
            raise words.not_ready()
        if call.sender not in self._sessions:
            raise words.failed("No discovery started")
        self._answer(call)
        self._end(call.sender)

    # --- inside ---

    def _answer(self, call: Call) -> None:
        late_s = self._adapter.manners.scan_answer_s
        if late_s > 0:
            asyncio.get_running_loop().call_later(late_s, call.reply)
        else:
            call.reply()

    async def _discover(self) -> None:
        manners = self._adapter.manners
        await asyncio.sleep(manners.advert_delay_s)
        loop = asyncio.get_running_loop()
        while True:
            now = loop.time()
            for device in () if manners.deaf else self._adapter.devices:
                due = device.heard_at is None or now - device.heard_at >= manners.repeat_s
                if due and device.advertises and self._wanted(device.host.unit.advertising.service_uuids):
                    device.heard(now)
            await asyncio.sleep(LOOK_S)

    def _wanted(self, uuids: tuple[str, ...]) -> bool:
        return any(wanted is None or not wanted.isdisjoint(uuids) for wanted in self._sessions.values())

    def _end(self, client: str) -> None:
        del self._sessions[client]
        if not self._sessions:
            self._stop()
            for device in self._adapter.devices:
                device.unheard()
            self._adapter.change({"Discovering": Variant("b", False)})

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
