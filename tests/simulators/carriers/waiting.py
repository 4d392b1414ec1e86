"""Waiting for something to become true, with a deadline that is long because the machine may be busy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 15.0
LOOK_S = 0.005


async def until(condition: Callable[[], object], seconds: float = DEADLINE_S) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - what is waited for cannot be asked to tell
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        raise AssertionError("it did not come about in time") from None
