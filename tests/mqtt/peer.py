"""Something on a port that is not quite a broker."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from tests.mqtt.mosquitto import HOST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@contextlib.asynccontextmanager
async def peer(says: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[int]:
    """Something on a port that is not quite a broker."""
    calls: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        calls.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await says(reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
            calls.discard(task)

    server = await asyncio.start_server(answer, HOST, 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for call in calls:
                call.cancel()
            if calls:
                await asyncio.wait(calls)
