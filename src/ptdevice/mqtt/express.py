"""The lane that does not wait: what must be done where it arrives, and the answers to it.

Requests wait for their turn in a queue, and each for the one before it and its answer. A wish for less current does not: it is
carried out in the moment in which it arrives, whatever waits, and only its answer goes through a queue. That one is bounded;
the oldest answer is dropped, because what it is about has been done, and the unit's state tells of it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from ptdevice.mqtt.topics import Arrival, Message

    Urgent = Callable[[Arrival], Message | None]

ANSWERS = 16


class Express:
    """`urgent` carries out what may not wait, at once, and gives the answer; None: it may wait."""

    def __init__(self, urgent: Urgent | None) -> None:
        self._urgent = urgent
        self._answers: deque[Message] = deque(maxlen=ANSWERS)
        self._answered = asyncio.Event()

    def take(self, arrival: Arrival) -> bool:
        """Carry it out, if it is of this kind."""
        answer = self._urgent(arrival) if self._urgent is not None else None
        if answer is None:
            return False
        self._answers.append(answer)
        self._answered.set()
        return True

    async def carry(self, confirm: Callable[[Message], Awaitable[None]]) -> None:
        """Publish the answers, until cancelled."""
        while True:
            await self._answered.wait()
            self._answered.clear()
            while self._answers:
                await confirm(self._answers.popleft())
