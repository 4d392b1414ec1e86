"""Who waits for which acknowledgement, and since when."""

from __future__ import annotations

import asyncio


class Acks:
    """By packet id, in the order of sending. The result is the broker's reason code, or None when the link was lost."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[float, asyncio.Future[int | None]]] = {}

    def expect(self, packet_id: int) -> asyncio.Future[int | None]:
        """Done when this packet is acknowledged or the link is lost."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[int | None] = loop.create_future()
        self._waiting[packet_id] = loop.time(), future
        return future

    def oldest(self) -> float | None:
        """Since when the longest has been waited for, in gateway seconds."""
        since, _ = next(iter(self._waiting.values()), (None, None))
        return since

    def settle(self, packet_id: int, reason: int) -> None:
        """The broker has answered."""
        _, future = self._waiting.pop(packet_id, (None, None))
        if future is not None and not future.done():
            future.set_result(reason)

    def give_up(self) -> None:
        """The link is lost."""
        for _, future in self._waiting.values():
            if not future.done():
                future.set_result(None)
        self._waiting.clear()
