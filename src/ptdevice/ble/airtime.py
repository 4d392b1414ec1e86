"""One adapter's time on the air: whoever connects has it for itself, and the scan has what is left.

The order is that of `turns`. Between two turns that follow each other the scanner is not started: on a Raspberry Pi starting
and stopping it costs more than it would hear.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ptdevice.ble.turns import Rank, Turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ptdevice.ble.scanning import Scanning
    from ptdevice.ble.turns import Claim


class Airtime:
    """Of one adapter."""

    def __init__(self, scanning: Scanning) -> None:
        self._scanning = scanning
        self._turns = Turns()
        self._granted: dict[Claim, asyncio.Future[None]] = {}
        self._later: asyncio.TimerHandle | None = None

    @property
    def wanted(self) -> bool:
        """Whether somebody has it, or waits for it."""
        return self._turns.holder is not None or bool(self._turns.waiting)

    @asynccontextmanager
    async def turn(self, rank: Rank = Rank.NORMAL) -> AsyncIterator[None]:
        """Nobody else connects, and nothing scans, while this lasts."""
        loop = asyncio.get_running_loop()
        claim = self._turns.ask(rank, loop.time())
        granted = self._granted[claim] = loop.create_future()
        try:
            self._pass_on()
            await granted
            await self._scanning.hush()
            yield
        finally:
            del self._granted[claim]
            self._turns.leave(claim, loop.time())
            self._pass_on()
            if self._turns.holder is None:
                self._scanning.resume()

    def _pass_on(self) -> None:
        loop = asyncio.get_running_loop()
        if self._later is not None:
            self._later.cancel()
            self._later = None
        claim = self._turns.grant(loop.time(), seeking=self._scanning.seeking)
        if claim is not None:
            self._granted[claim].set_result(None)
        elif (due := self._turns.due(loop.time())) is not None:
            self._later = loop.call_at(due, self._pass_on)
