"""A tape as the air: `Deck.open` is what a Connection opens links with, in virtual time.

What the unit said arrives when it arrived. What the gateway says is compared with what was said then: a tape waits for a write
that it holds, and goes on without it after `PATIENCE_S`. So a codec that asks the same questions gets the same answers. When it
is late because of that it waits for nothing until it has caught up, so that a tape of another program, whose questions nobody
asks here, is played as well.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ptdevice.errors import LinkError, LinkLostError, TapeError
from ptdevice.link import Packet
from ptdevice.tape.words import FROM_UNIT, OF_THE_LINK, WRITES, Direction, Entry

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from ptdevice.devices.device import Profile
    from ptdevice.link import Selector, Write
    from ptdevice.tape.reading import Tape

PATIENCE_S = 4.5  # the slowest codec here asks again after 3 to 4 s; the shortest silence that ends a link is 5 s
LATE_S = 0.5
AHEAD = 256  # entries that are looked at for a write to come
RESOLUTION_S = 1e-6  # of a tape's times
TOLD = 10  # writes of which the report tells the bytes


@dataclass(slots=True)
class Report:
    """What did not fit. Counts of entries, and the first few writes in words."""

    packets: int = 0
    writes: int = 0  # made as recorded
    unexpected: int = 0  # made, and not on the tape
    missing: int = 0  # on the tape, and not made
    not_taken: int = 0  # came after the gateway had given up this link
    cut: int = 0  # values that the capture holds only in part
    strange: Counter[str] = field(default_factory=Counter)  # entries of characteristics without a port, by UUID
    words: list[str] = field(default_factory=list)

    @property
    def faithful(self) -> bool:
        """Whether the gateway did all that it did then, and nothing else."""
        return not (self.unexpected or self.missing or self.not_taken)

    def tell(self, text: str) -> None:
        """Keep the first few."""
        if len(self.words) < TOLD:
            self.words.append(text)


@dataclass(slots=True, eq=False)
class _Item:
    entry: Entry
    made: bool = False  # a write that was made, perhaps before the tape came to it
    since: float | None = None  # when the tape came to it


class Deck:
    """One tape, played once. `ended` is set when there is nothing more on it; `error` is what was wrong with it."""

    def __init__(self, tape: Tape, profile: Profile) -> None:
        self.report = Report()
        self.ended = asyncio.Event()
        self.error: TapeError | None = None
        self.simulated = bool(tape.header.simulated)
        self.ports = {port.uuid: port.name for port in reversed(profile.ports)}
        self.uuids = {port.name: port.uuid for port in profile.ports}
        self._source: Iterator[Entry] = iter(tape)
        self._items: deque[_Item] = deque()
        self._left_at = 0.0  # when the gateway left the last link

    @asynccontextmanager
    async def open(self, _profile: Profile, _selector: Selector) -> AsyncIterator[TapeLink]:
        """The tape's next link, when its time has come."""
        while (item := await self.head()).entry.direction is not Direction.CONNECTED:
            # What had arrived already when the link was left was not taken then either.
            self.report.not_taken += item.entry.direction in FROM_UNIT and seconds(item.entry) > self._left_at
            self.drop()
        await until(item.entry)
        self.drop()
        try:
            yield TapeLink(self)
        finally:
            self._left_at = asyncio.get_running_loop().time()

    async def head(self) -> _Item:
        """What comes next. Waits for ever at the end of the tape."""
        if not self.ahead(1):
            self.ended.set()
            await asyncio.Event().wait()
        return self._items[0]

    def drop(self) -> None:
        """That was it."""
        self._items.popleft()

    def ahead(self, count: int = AHEAD) -> list[_Item]:
        """As much of the tape as is looked at before it is played."""
        missing = count - len(self._items)
        if missing > 0 and self.error is None:
            try:
                self._items.extend(_Item(entry) for entry in islice(self._source, missing))
            except TapeError as error:
                self.error = error
        return list(islice(self._items, count))


class TapeLink:
    """A `ptdevice.link.Link` whose unit is a tape."""

    def __init__(self, deck: Deck) -> None:
        self.simulated = deck.simulated
        self._deck = deck
        self._written = asyncio.Event()

    async def receive(self) -> Packet:
        """What the unit said next, at its time. Raises LinkLostError where the tape's link ends."""
        deck = self._deck
        while True:
            item = await deck.head()
            entry = item.entry
            match entry.direction:
                case Direction.DISCONNECTED:
                    await until(entry)
                    deck.drop()
                    raise LinkLostError("the link was lost, on the tape")
                case Direction.CONNECTED:
                    raise LinkLostError("the tape goes on with another link")
                case direction if direction in WRITES and entry.uuid in deck.ports:
                    await self._pass_write(item)
                case direction if direction in WRITES:
                    deck.drop()
                    deck.report.strange[entry.uuid] += 1
                case direction if direction in FROM_UNIT:
                    await until(entry)
                    deck.drop()
                    if (packet := self._packet(entry)) is not None:
                        return packet
                case _:
                    deck.drop()  # subscriptions; errors, of which those to writes were raised there

    async def write(self, write: Write) -> None:
        """Compare with what was written then. Raises LinkError where it was refused."""
        report, uuid = self._deck.report, self._deck.uuids[write.port]
        way = Direction.WRITE if write.acked else Direction.WRITE_WITHOUT_RESPONSE
        now, ahead = asyncio.get_running_loop().time() + RESOLUTION_S, self._deck.ahead()
        for index, item in enumerate(ahead):
            entry = item.entry
            if entry.direction is Direction.DISCONNECTED and seconds(entry) <= now:
                raise LinkLostError("the link was lost, on the tape")
            if entry.direction in OF_THE_LINK:
                break
            if entry.direction in WRITES and entry.uuid in self._deck.ports and not item.made:
                if (entry.direction, entry.uuid, entry.data) != (way, uuid, write.data):
                    break
                item.made = True
                report.writes += 1
                self._written.set()
                _raise_refusal(ahead[index + 1 :], uuid)
                return
        report.unexpected += 1
        report.tell(
            f"{now:.3f} s: {write.data.hex(' ')} was written to {write.port}, and is not what the tape has there"
        )

    async def read(self, port: str) -> None:
        """Nothing: what was read then arrives then."""

    def dropped(self) -> int:
        """None ever."""
        return 0

    async def _pass_write(self, item: _Item) -> None:
        """Wait for it, as often as this is cancelled and called again, but not longer than `PATIENCE_S` in all."""
        entry, deck, loop = item.entry, self._deck, asyncio.get_running_loop()
        if item.since is None:
            late = loop.time() - seconds(entry) > LATE_S
            item.since = loop.time() - PATIENCE_S if late else max(loop.time(), seconds(entry))
        while not item.made:
            self._written.clear()
            try:
                async with asyncio.timeout_at(item.since + PATIENCE_S):
                    await self._written.wait()
            except TimeoutError:
                deck.report.missing += 1
                name = deck.ports.get(entry.uuid, entry.uuid)
                deck.report.tell(f"{seconds(entry):.3f} s: {entry.data.hex(' ')} was not written to {name}")
                break
        deck.drop()

    def _packet(self, entry: Entry) -> Packet | None:
        report = self._deck.report
        port = self._deck.ports.get(entry.uuid)
        if port is None:
            report.strange[entry.uuid] += 1
            return None
        if entry.missing:
            report.cut += 1
            return None
        report.packets += 1
        return Packet(seconds(entry), port, entry.data)


def seconds(entry: Entry) -> float:
    """Its time on the tape, which is the loop's."""
    return entry.t_us / 1e6


async def until(entry: Entry) -> None:
    """Its time."""
    await asyncio.sleep(max(seconds(entry) - asyncio.get_running_loop().time(), 0))


def _raise_refusal(following: list[_Item], uuid: str) -> None:
    """Raise LinkError where the unit refused the write that these entries follow."""
    for item in following:
        entry = item.entry
        if entry.direction in WRITES or entry.direction is Direction.DISCONNECTED:
            return
        if entry.direction is Direction.ERROR and entry.uuid == uuid:
            raise LinkError(f"writing failed, on the tape: ATT error 0x{entry.data.hex()}", "gatt_failed")
