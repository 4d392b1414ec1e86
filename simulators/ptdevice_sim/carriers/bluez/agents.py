"""The agents that D-Bus clients offer, so that bluetoothd can ask a person while it pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dbus_fast import Message, MessageFlag, MessageType

from ptdevice_sim.carriers.bluez import words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from ptdevice_sim.carriers.bluez.call import Call

CAPABILITIES = {"DisplayOnly", "DisplayYesNo", "KeyboardOnly", "NoInputNoOutput", "KeyboardDisplay"}


@dataclass(frozen=True, slots=True)
class Agent:
    """One client's."""

    client: str
    path: str
    capability: str


class Agents:
    """AgentManager1. `ask` calls a method of a client and waits for its answer, `tell` does not."""

    path = "/org/bluez"

    def __init__(self, ask: Callable[[Message], Awaitable[Message]], tell: Callable[[Message], None]) -> None:
        self._ask, self._tell = ask, tell
        self._by_client: dict[str, Agent] = {}
        self._default: list[str] = []  # clients, the latest last

    def of(self, client: str) -> Agent | None:
        """Who is asked when this client pairs: its own agent, or the default one."""
        if client in self._by_client:
            return self._by_client[client]
        return self._by_client[self._default[-1]] if self._default else None

    async def ask(self, agent: Agent, member: str, signature: str, *body: Any) -> list[Any] | None:
        """What the agent answers; None if it says no."""
        reply = await self._ask(
            Message(agent.client, agent.path, words.AGENT, member, signature=signature, body=list(body))
        )
        return reply.body if reply.message_type is MessageType.METHOD_RETURN else None

    def tell_canceled(self, client: str) -> None:
        """What this client's agent is asking a person about has become pointless."""
        agent = self.of(client)
        if agent is not None:
            self._tell(Message(agent.client, agent.path, words.AGENT, "Cancel", flags=MessageFlag.NO_REPLY_EXPECTED))

    def client_gone(self, client: str) -> None:
        """A D-Bus client has vanished, and its agent with it."""
        self._by_client.pop(client, None)
        if client in self._default:
            self._default.remove(client)

    def crashed(self) -> None:
        """Agents register anew."""
        self._by_client.clear()
        self._default.clear()

    # --- the methods of AgentManager1 ---

    def register(self, call: Call) -> None:
        """RegisterAgent. Raises Refusal."""
        path, capability = call.arguments
        if call.sender in self._by_client:
            raise words.already_exists()
        if capability and capability not in CAPABILITIES:
            raise words.Refusal("org.bluez.Error.InvalidArguments", "Invalid arguments in method call")
        self._by_client[call.sender] = Agent(call.sender, path, capability or "KeyboardDisplay")
        call.reply()

    def unregister(self, call: Call) -> None:
        """UnregisterAgent. Raises Refusal."""
        self._own(call)
        self.client_gone(call.sender)
        call.reply()

    def make_default(self, call: Call) -> None:
        """RequestDefaultAgent. Raises Refusal."""
        self._own(call)
        if call.sender in self._default:
            self._default.remove(call.sender)
        self._default.append(call.sender)
        call.reply()

    def _own(self, call: Call) -> None:
        agent = self._by_client.get(call.sender)
        if agent is None or agent.path != call.arguments[0]:
            raise words.does_not_exist()
