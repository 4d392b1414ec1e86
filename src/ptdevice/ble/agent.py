"""The agent that bluetoothd asks while it pairs, for the person at this end (BlueZ: doc/org.bluez.Agent.rst).

What is asked and answered is never logged: it is a passkey. Questions about other units than the one that is being paired are
refused. PIN codes are left out: they are of Bluetooth before LE.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from dbus_fast import Message, MessageType

from ptdevice.ble.bluez_watch import BUS_ERRORS, CALL_S
from ptdevice.ble.closing import finish
from ptdevice.errors import RadioError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from dbus_fast.aio import MessageBus

PATH = "/org/ptdevice/agent"
AGENT, MANAGER = "org.bluez.Agent1", "org.bluez.AgentManager1"
REJECTED = "org.bluez.Error.Rejected"
PASSKEYS = range(1_000_000)  # Bluetooth Core 5.4, Vol 3, Part H, 2.3.5.3: six decimal digits


class Person(Protocol):
    """Who is at this end, and what they can be asked. `can` is what bluetoothd is told of it."""

    can: Literal["KeyboardDisplay", "NoInputNoOutput"]

    async def agrees(self, number: int | None) -> bool:
        """Whether the unit shows this number; None: whether to pair at all."""

    async def passkey(self) -> int | None:
        """The number that the unit shows; None: there is none."""

    def shows(self, number: int) -> None:
        """Show this number, which is to be typed at the unit."""


@dataclass(slots=True)
class Asked:
    """What became of the questions."""

    questions: set[str] = field(default_factory=set)  # methods of Agent1
    refused: bool = False  # the person said no


class Agent:
    """Of one pairing. `handle` gets what arrives on the bus."""

    def __init__(self, bus: MessageBus, path: str, person: Person) -> None:
        self.asked = Asked()
        self._bus, self._path, self._person = bus, path, person
        self._tasks: set[asyncio.Task[None]] = set()

    def handle(self, message: Message) -> Message | bool | None:
        """A message handler of dbus-fast: True where the answer will be sent later."""
        if message.message_type is not MessageType.METHOD_CALL or message.interface != AGENT:
            return None
        match message.member:
            case "Cancel":
                self.cancel()
                return Message.new_method_return(message)
            case "Release":
                return Message.new_method_return(message)
        if not message.body or message.body[0] != self._path:
            return Message.new_error(message, REJECTED, "another unit is being paired")
        self.asked.questions.add(message.member or "")
        task = asyncio.get_running_loop().create_task(self._answer(message), name=f"agent {message.member}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    def cancel(self) -> None:
        """Nobody waits for an answer any more."""
        for task in self._tasks:
            task.cancel()

    async def _answer(self, message: Message) -> None:
        answer: tuple[str, list[Any]] | None = None
        match message.member:
            case "RequestConfirmation" | "RequestAuthorization":
                number = message.body[1] if len(message.body) > 1 else None
                answer = ("", []) if await self._person.agrees(number) else None
            case "RequestPasskey":
                passkey = await self._person.passkey()
                answer = ("u", [passkey]) if passkey in PASSKEYS else None
            case "DisplayPasskey":
                if message.body[2] == 0:  # digits typed at the unit by now: it is told anew with each
                    self._person.shows(message.body[1])
                answer = ("", [])
            case "AuthorizeService":
                answer = ("", [])
        if answer is None:
            self.asked.refused = True
            reply = Message.new_error(message, REJECTED, "the person at the terminal said no")
        else:
            reply = Message.new_method_return(message, *answer)
        with suppress(*BUS_ERRORS):  # nobody waits for it any more
            await self._bus.send(reply)


@asynccontextmanager
async def agent(bus: MessageBus, path: str, person: Person) -> AsyncIterator[Asked]:
    """Bluetoothd asks this person about the unit at this path, for what is paired over this bus, while the block lasts.

    Raises RadioError.
    """
    ours = Agent(bus, path, person)
    bus.add_message_handler(ours.handle)
    try:
        await manager(bus, "RegisterAgent", "os", PATH, person.can)
        try:
            yield ours.asked
        finally:
            ours.cancel()
            await finish(manager(bus, "UnregisterAgent", "o", PATH), CALL_S, "unregistering the agent")
    finally:
        bus.remove_message_handler(ours.handle)


async def manager(bus: MessageBus, member: str, signature: str, *body: str) -> None:
    """Call a method of AgentManager1. Raises RadioError."""
    message = Message("org.bluez", "/org/bluez", MANAGER, member, signature=signature, body=list(body))
    try:
        async with asyncio.timeout(CALL_S):
            reply = await bus.call(message)
    except BUS_ERRORS as error:
        raise RadioError(f"D-Bus does not answer ({str(error) or type(error).__name__})", "dbus_away") from error
    if reply.error_name is not None:
        why = reply.body[0] if reply.body else reply.error_name
        raise RadioError(f"bluetoothd takes no agent of ours: {why} ({reply.error_name})")
