"""Carries out requests that passed the door, one at a time, each under a deadline, and words the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ptdevice.errors import PtdeviceError
from ptdevice.mqtt.commands import Command, Door, Outcome

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ptdevice.mqtt.topics import Arrival, Message, Stamp

REQUEST_S = 5.0  # nothing that can be asked for takes longer


class Desk:
    """`execute` does what a command asks and tells what became of it; `stamp` is now."""

    def __init__(
        self, door: Door, execute: Callable[[Command], Awaitable[Outcome]], stamp: Callable[[], Stamp]
    ) -> None:
        self._door = door
        self._execute = execute
        self._stamp = stamp

    async def handle(self, arrival: Arrival) -> Message | None:
        """The answer to publish, or None where nobody can be answered."""
        admitted = self._door.admit(arrival, self._stamp())
        if not isinstance(admitted, Command):
            return admitted
        try:
            async with asyncio.timeout(REQUEST_S):
                outcome = await self._execute(admitted)
        except TimeoutError:
            outcome = Outcome("failed", "timeout", f"It was not done within {REQUEST_S:.0f} s.")
        except PtdeviceError as error:
            outcome = Outcome("failed", "error", str(error))
        return self._door.answer(admitted, outcome, self._stamp())
