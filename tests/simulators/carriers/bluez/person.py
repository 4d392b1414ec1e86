"""A person at this end, who answers what BlueZ asks while it pairs: an agent on the bus of a witness."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dbus_fast import Message, MessageType

if TYPE_CHECKING:
    from dbus_fast import Message as Asked
    from tests.simulators.carriers.bluez.witness import Witness

AGENT = "/agent"
MANAGER = ("/org/bluez", "AgentManager1")


@dataclass
class Person:
    """`answers`: what is said to which question; a question that is not in it is refused, None leaves it open."""

    seen: Witness
    answers: dict[str, list[Any] | None]
    asked: list[tuple[str, list[Any]]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def sit_down(self, capability: str = "KeyboardDisplay") -> Message:
        self.seen.bus.add_message_handler(self._ask)
        return await self.seen.ask(*MANAGER, "RegisterAgent", "os", AGENT, capability)

    async def be_asked(self, question: str) -> None:
        async with asyncio.timeout(10):
            while question not in {member for member, _ in self.asked}:
                self.news.clear()
                await self.news.wait()

    def _ask(self, message: Asked) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != "org.bluez.Agent1":
            return None
        member = message.member or ""
        self.asked.append((member, message.body))
        self.news.set()
        if member not in self.answers:
            return Message.new_error(message, "org.bluez.Error.Rejected", "no")
        answer = self.answers[member]
        if answer is None:  # dbus-fast would answer for a handler that returns nothing
            return Message(message_type=MessageType.SIGNAL, path="/", interface="x.y", member="Thinking")
        return Message.new_method_return(message, "u" if answer else "", answer)
