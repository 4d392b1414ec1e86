"""Work under the name of a task, as the gateway gives it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def named(name: str, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.create_task(work, name=name)
