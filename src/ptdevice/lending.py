"""One unit, let go for a while so that a phone or another host can have it, and taken back when that time is over, or sooner.

It is kept in memory only: a gateway that is started anew connects to all its units.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Lending:
    """Of one unit. Times are gateway seconds."""

    def __init__(self) -> None:
        self._until: float | None = None
        self.text = ""  # until when, in words
        self._news = asyncio.Event()
        self._life: asyncio.Timeout | None = None

    def lend(self, until: float, text: str) -> None:
        """Let it go until then; what is done with it ends now."""
        self._until, self.text = until, text
        self._news.set()
        if self._life is not None and not self._life.expired():  # asked twice while the unit is still being let go
            self._life.reschedule(asyncio.get_running_loop().time())

    def take_back(self) -> bool:
        """It is wanted again. False: it was not lent."""
        if self.until is None:
            return False
        self._until = None
        self._news.set()
        return True

    @property
    def until(self) -> float | None:
        """Until when it is lent; None: it is not."""
        if self._until is not None and asyncio.get_running_loop().time() >= self._until:
            self._until = None
        return self._until

    @asynccontextmanager
    async def life(self) -> AsyncIterator[None]:
        """What is done with the unit; it ends early, and without an error, when the unit is lent."""
        try:
            async with asyncio.timeout(None) as self._life:
                yield
        except TimeoutError:
            if self._life is None or not self._life.expired():
                raise
        finally:
            self._life = None

    async def rest(self, seconds: float) -> None:
        """Wait for so long, or until it is lent or taken back; not at all where that was just before."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        self._news.clear()
