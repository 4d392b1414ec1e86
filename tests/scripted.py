"""Links that read like a script, a codec for their words, and a connection that is watched. In virtual time."""

from __future__ import annotations

import asyncio
import functools
import itertools
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ptdevice.connection import (
    Connection,
    LinkReport,
)
from ptdevice.devices.device import Kind, Profile
from ptdevice.errors import LinkError, LinkLostError, WireError
from ptdevice.link import Packet, Selector, Write
from ptdevice.model import Battery
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence

    from ptdevice.connection import Commands, OpenLink
    from ptdevice.link import Link
    from ptdevice.model import Event

QUERY, OTHER = Write("told", b"query"), Write("told", b"set 15")
GOOD, ACK, NONSENSE, MIXED, BUG = b"good", b"ack", b"?", b"good, then ?", b"bug"
LOST = LinkLostError("the link was lost")


def in_virtual_time(test: Callable[..., Coroutine[None, None, None]]) -> Callable[..., None]:
    """An hour passes in a moment."""

    @functools.wraps(test)
    def run(*arguments: object, **named: object) -> None:
        virtual_time.run(test(*arguments, **named))

    return run


class Words:
    """A codec for the bytes above. `wants` is what it has to say at once; `asked` notes when it was asked."""

    def __init__(self, wants: Sequence[Write] = ()) -> None:
        self.asked: list[float] = []
        self._wants = list(wants)

    def decode(self, packet: Packet) -> Iterator[Event]:
        if packet.data in {GOOD, MIXED}:
            yield Battery(packet.at, 80)
        if packet.data in {NONSENSE, MIXED}:
            raise WireError("nonsense", packet.port, packet.data)
        if packet.data == BUG:
            raise ZeroDivisionError("a bug of ours")

    def due(self, now: float) -> Sequence[Write]:
        self.asked.append(now)
        due, self._wants = self._wants, []
        return due


def profile(*, kind: Kind = Kind.SENSOR, codec: Callable[[], Words] = Words) -> Profile:
    return Profile(
        name="scripted",
        title="Scripted unit",
        kinds=frozenset({kind}),
        ports=(),
        matches=lambda _: True,
        codec=codec,
        tick_s=1.0,
        quiet_s=10.0,
        queries=frozenset({QUERY}),
    )


class ScriptedLink:
    """Bytes that arrive, and errors that happen, so many seconds after it was opened."""

    def __init__(self, *script: tuple[float, bytes | BaseException], simulated: bool = True) -> None:
        self.simulated = simulated
        self.writes: list[Write] = []
        self.closed = False
        self._script = list(script)
        self._opened = 0.0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Link]:
        self._opened = asyncio.get_running_loop().time()
        try:
            yield self
        finally:
            self.closed = True

    async def receive(self) -> Packet:
        if not self._script:
            await asyncio.Event().wait()
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._opened + self._script[0][0] - loop.time())
        _, what = self._script.pop(0)
        if isinstance(what, BaseException):
            raise what
        return Packet(loop.time(), "told", what)

    async def write(self, write: Write) -> None:
        self.writes.append(write)

    async def read(self, port: str) -> None:
        raise NotImplementedError

    def dropped(self) -> int:
        return 3


@dataclass
class Script:
    """What happens at each attempt to open a link; the last of it happens again and again."""

    attempts: list[ScriptedLink | LinkError | tuple[float, LinkError]]
    at: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def open(self, profile: Profile, selector: Selector) -> AsyncIterator[Link]:
        loop = asyncio.get_running_loop()
        self.at.append(loop.time())
        attempt = self.attempts.pop(0) if len(self.attempts) > 1 else self.attempts[0]
        if isinstance(attempt, tuple):
            await asyncio.sleep(attempt[0])
            raise attempt[1]
        if isinstance(attempt, LinkError):
            raise attempt
        async with attempt.open() as link:
            yield link

    def pauses(self) -> list[float]:
        """Between the attempts, where each of them took no time."""
        return [after - before for before, after in itertools.pairwise(self.at)]


class NoJitter(random.Random):
    """The longest pause that chance allows."""

    def uniform(self, a: float, b: float) -> float:
        return b


def seeded() -> random.Random:
    """Chance, the same in every run."""
    return random.Random(7)  # noqa: S311 - a seed, no secret


class Watched:
    """A connection, and everything it said."""

    def __init__(
        self,
        open_link: OpenLink,
        profile: Profile,
        *,
        simulated: bool = True,
        rng: random.Random | None = None,
        alias: str = "unit",
        address: str | None = None,
        commands: Commands | None = None,
    ) -> None:
        self.events: list[Event] = []
        self.reports: list[LinkReport] = []
        self.connection = Connection(
            alias,
            profile,
            Selector(address),
            open_link,
            simulated=simulated,
            hear=self.events.append,
            report=self.reports.append,
            rng=rng or NoJitter(),
            commands=commands,
        )

    @property
    def reach(self) -> list[tuple[str, str]]:
        return [(report.availability, report.code) for report in self.reports]

    async def live(self, seconds: float) -> None:
        """Let it run for so long."""
        running = asyncio.create_task(self.connection.run())
        await asyncio.wait({running}, timeout=seconds)
        assert not running.done()
        running.cancel()
        await asyncio.wait({running})
        assert running.cancelled()


async def lived(*attempts: ScriptedLink | LinkError | tuple[float, LinkError], seconds: float = 5.0) -> Watched:
    watched = Watched(Script([*attempts]).open, profile())
    await watched.live(seconds)
    return watched
