"""What a request that passed the door does: each room brings what it can do, by the request's model."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from ptdevice.mqtt.commands import DONE, Command, Outcome
from ptdevice.mqtt.contract import LogLevel, Ping, Request
from ptdevice.requests.log_level import set_log_level

Handler = Callable[[Command], Outcome | Awaitable[Outcome]]
Handlers = Mapping[type[Request], Handler]

ALIVE: Handlers = {Ping: lambda _: DONE, LogLevel: set_log_level}


class Requests:
    """Carries them out. Each of `rooms` handles some of the requests, and no two of them the same."""

    def __init__(self, *rooms: Handlers) -> None:
        self._handlers: dict[type[Request], Handler] = {}
        for room in rooms:
            assert not self._handlers.keys() & room.keys()
            self._handlers |= room

    async def execute(self, command: Command) -> Outcome:
        """Do it, and tell what became of it."""
        assert command.request is not None
        outcome = self._handlers[type(command.request)](command)
        return await outcome if isinstance(outcome, Awaitable) else outcome
