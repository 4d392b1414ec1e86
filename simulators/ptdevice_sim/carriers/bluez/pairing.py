"""Pairing one unit with one adapter, and the bond that comes of it. A bond may be lost on one side, and the other not know.

Left out: that bluetoothd pairs by itself when a unit answers "insufficient authentication" (0x05) and an agent is there.
Whoever wants a bond asks for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from dbus_fast import Variant

from ptdevice_sim.carriers.bluez import words
from ptdevice_sim.carriers.bluez.security import ABLE, Method, Security

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
    from ptdevice_sim.carriers.bluez.call import Call
    from ptdevice_sim.carriers.bluez.device import Device

# What an agent is told: the device, and the number where it is known here.
QUESTIONS: dict[Method, tuple[str, Callable[[str, int], list[Any]]]] = {
    Method.AUTHORIZE: ("o", lambda path, _: [path]),
    Method.CONFIRM: ("ou", lambda path, passkey: [path, passkey]),
    Method.ENTER: ("o", lambda path, _: [path]),
    Method.SHOW: ("ouq", lambda path, passkey: [path, passkey, 0]),
}


class Pairing:
    """Of one device. What it knows outlives bluetoothd, as the files of a real one do."""

    def __init__(self, daemon: Bluetoothd, device: Device, security: Security) -> None:
        self.bonded = False  # as bluetoothd has it; the unit's side is `security.bonds`
        self.trusted = False
        self.security = security
        self._daemon, self._device = daemon, device
        self._call: Call | None = None
        self._task: asyncio.Task[None] | None = None
        self._asking = ""  # the agent's client, while it is asked

    @property
    def key_is_missing(self) -> bool:
        """Whether the link can not be encrypted although it should be: the unit has forgotten its bond."""
        return self.bonded and self._us not in self.security.bonds

    def permits(self, uuid: str) -> bool:
        """Whether the unit lets this link get at a characteristic."""
        return not self.security.guards(uuid) or (self.bonded and self._us in self.security.bonds)

    def facts(self) -> dict[str, Variant]:
        """As Device1 tells it."""
        return {
            "Paired": Variant("b", self.bonded),
            "Bonded": Variant("b", self.bonded),
            "Trusted": Variant("b", self.trusted),
        }

    def forget(self) -> None:
        """RemoveDevice: this side of the bond is gone."""
        self.bonded = self.trusted = False

    def client_gone(self, client: str) -> None:
        """Who pairs, or who is asked, has vanished."""
        if self._call is not None and client in {self._call.sender, self._asking}:
            self.end()

    def end(self) -> None:
        """It comes to nothing: canceled, or the link is gone."""
        self._finish(words.authentication("Canceled"))

    def crashed(self) -> None:
        """Nobody is told."""
        self._call = self._task = None
        self._asking = ""

    # --- what Device1 is asked for ---

    def pair(self, call: Call) -> None:
        """Pair. Raises Refusal."""
        if self._call is not None:
            raise words.in_progress()
        if self.bonded:
            raise words.already_exists()
        self._call = call
        self._task = self._daemon.spawn(self._pair(call), f"pair {self._device.path}")

    def cancel(self, call: Call) -> None:
        """CancelPairing. Raises Refusal."""
        if self._call is None:
            raise words.does_not_exist()
        if self._asking:
            self._daemon.agents.tell_canceled(self._call.sender)
        self.end()
        call.reply()

    def trust(self, call: Call, value: Variant) -> None:
        """Properties.Set of Trusted."""
        self.trusted = value.value
        call.reply()
        self._device.change({"Trusted": value})

    # --- inside ---

    @property
    def _us(self) -> str:
        return self._device.adapter.address

    async def _pair(self, call: Call) -> None:
        try:
            await self._device.linked_up()
            await self._agree(call.sender)
        except words.Refusal as refusal:
            self._finish(refusal)
            return
        self.bonded = True
        self.security.bonds.add(self._us)
        self._device.change({"Paired": Variant("b", True), "Bonded": Variant("b", True)})
        self._finish()

    async def _agree(self, client: str) -> None:
        """Unit, agent and person. Raises Refusal."""
        method, passkey = self.security.method, self.security.passkey
        if self.security.refuses_another and self.security.bonds:
            raise words.authentication("Failed")
        if method is Method.JUST_WORKS:
            return
        agent = self._daemon.agents.of(client)
        if agent is None or agent.capability not in ABLE[method]:
            raise words.authentication("Failed")
        signature, body = QUESTIONS[method]
        self._asking = agent.client
        answer = await self._daemon.agents.ask(agent, method.value, signature, *body(self._device.path, passkey))
        self._asking = ""
        if answer is None or (method is Method.ENTER and answer != [passkey]):
            raise words.authentication("Failed")

    def _finish(self, refusal: words.Refusal | None = None) -> None:
        call, self._call = self._call, None
        task, self._task = self._task, None
        self._asking = ""
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        if call is not None:
            call.answer(refusal)
