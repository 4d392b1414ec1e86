"""What is to be sent once more: spans of rows, read portion by portion, so that new records need not wait for old ones.

Spans come from the consumer's reports, the latest of which replaces those before, and from requests. A row that went out a
moment ago is probably on its way, so a report does not make it go out again for HOLD_S, unless what was on its way is lost.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from ptdevice.mqtt.topics import Entry

    Span = tuple[int, int]

HOLD_S = 10.0  # a broker that queues for a consumer that lags this much makes for duplicates, which their ids give away
REMEMBERED = 20_000  # rows that went out of late
REQUESTED = 16  # spans of requests that may wait


class Again:
    """`read(first, last, limit)` gives rows that were out before, in order; `news` is set when there is something to read."""

    def __init__(self, read: Callable[[int, int, int], Awaitable[list[Entry]]], news: asyncio.Event) -> None:
        self._read, self._news = read, news
        self._reported: deque[Span] = deque()
        self._requested: deque[Span] = deque()
        self._out: dict[int, bool] = {}  # taken and not landed: whether a request wanted it
        self._went: dict[int, float] = {}  # when rows were acknowledged by the broker, in gateway seconds, ascending

    @property
    def waiting(self) -> int:
        """Rows to look at, at most."""
        return sum(last - first + 1 for first, last in (*self._reported, *self._requested)) + len(self._out)

    def report(self, spans: Iterable[Span]) -> None:
        """What the consumer lacks, as of its latest report."""
        self._reported = deque(spans)
        self._news.set()

    def request(self, first: int, last: int) -> bool:
        """Somebody wants these; False where too much is wanted already."""
        if len(self._requested) >= REQUESTED:
            return False
        self._requested.append((first, last))
        self._news.set()
        return True

    def forget(self) -> None:
        """The journal is another one: the same numbers are other rows."""
        for what in (self._reported, self._requested, self._out, self._went):
            what.clear()

    def lost(self) -> None:
        """Nothing is on its way any more."""
        self._went.clear()

    def restart(self) -> None:
        """A new connection: what was taken and did not land is to be taken again."""
        self.lost()
        for row, wanted in sorted(self._out.items(), reverse=True):
            (self._requested if wanted else self._reported).appendleft((row, row))
        self._out.clear()

    async def take(self, limit: int) -> list[Entry]:
        """The next rows, at most `limit`; none where nothing waits."""
        found = await self._take(self._reported, limit, requested=False)
        return found + await self._take(self._requested, limit - len(found), requested=True)

    def landed(self, sequence: int) -> None:
        """The broker has it, or it is known that it will not."""
        self._out.pop(sequence, None)
        now = asyncio.get_running_loop().time()
        self._went.pop(sequence, None)
        self._went[sequence] = now
        while (oldest := next(iter(self._went))) != sequence and (
            self._went[oldest] < now - HOLD_S or len(self._went) > REMEMBERED
        ):
            del self._went[oldest]

    async def _take(self, spans: deque[Span], limit: int, *, requested: bool) -> list[Entry]:
        found: list[Entry] = []
        oldest = asyncio.get_running_loop().time() - HOLD_S
        while spans and len(found) < limit:
            first, last = spans.popleft()
            wanted = limit - len(found)
            rows = await self._read(first, last, wanted)
            if len(rows) == wanted and rows[-1].sequence < last:
                spans.appendleft((rows[-1].sequence + 1, last))  # of no effect where a newer report has replaced them
            found += [row for row in rows if requested or self._went.get(row.sequence, oldest) <= oldest]
        for row in found:
            self._out[row.sequence] = requested
        return found
