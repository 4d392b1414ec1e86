"""The gateway's two rhythms: once a second, whatever happens; and in batches, as soon as there is something live to tell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice.health import Lag

TICK_S = 1.0


async def every_second(beat: Callable[[float], None], lag: Lag) -> None:
    """Call `beat(now)` (gateway seconds) until cancelled. `lag` learns how late the loop was; a stall is not made up for."""
    loop = asyncio.get_running_loop()
    due = loop.time() + TICK_S
    while True:
        await asyncio.sleep(due - loop.time())
        now = loop.time()
        lag.woke(due=due, now=now)
        due = max(due + TICK_S, now)
        beat(now)


async def in_batches(stirred: asyncio.Event, batch_s: float, say: Callable[[], None]) -> None:
    """Call `say()` so long after the first that stirred, until cancelled: a gateway whose units are off wakes for nothing."""
    while True:
        await stirred.wait()
        stirred.clear()
        await asyncio.sleep(batch_s)
        say()
