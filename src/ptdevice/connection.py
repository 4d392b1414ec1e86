"""One unit, supervised for ever: find, open, identify, listen, ask what is due, and when it is lost, try again.

Nothing of one unit can stop another: whatever goes wrong here ends in a report and another try, never in an exception (but
for cancellation). The rules:

* *Online* means that the unit has spoken, not that a link flag says so. A lost link means *unknown*, never *off*.
* A stimulator hears nothing but the queries of its profile. Anything else is a programming error and is not sent.
* One that is commanded (`commands`) hears what the guard admitted, in the codec's bytes, and its profile's constant stop:
  as the first thing on every link and as the last, whatever ends it. A stop skips whatever waits, waits for one write in flight
  at most, and makes everything void that was to be said before it.
* Nonsense is counted and logged. Five packets of it in a row from a stimulator: its state is unknown; start over.
* Silence longer than `quiet_s` rebuilds the link. A unit that is lent is let go; a stop that is asked for takes it back.
* Tries are spaced by a growing, jittered pause (`pauses`), forgotten after a minute that went well. It does not grow for what
  is the host's Bluetooth's fault, and not far for a unit that is there: it advertises, or speaks and is lost again and again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, cast

from ptdevice.devices.device import Kind
from ptdevice.errors import AwayError, ForeignUnitError, LinkError, PtdeviceError, WireError
from ptdevice.halting import insist
from ptdevice.lending import Lending
from ptdevice.link import Read
from ptdevice.pauses import Pauses
from ptdevice.progress import Progress

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from ptdevice.devices.device import Codec, CommandedCodec, Profile
    from ptdevice.errors import Code
    from ptdevice.link import Link, Packet, Selector, Write
    from ptdevice.model import Admitted, Event

    Commands = Callable[[float], Sequence[Admitted]]
    OpenLink = Callable[[Profile, Selector], AbstractAsyncContextManager[Link]]

Reach = Literal["online", "offline", "unknown"]

log = logging.getLogger(__name__)

NONSENSE_IN_A_ROW = 5
OPENING_S = 1200.0  # a breaker and the search 120 s each, and 785 s where 29 others take all of their 25 s first
STEP_S = 120.0  # beyond its deadline, for a step whose every wait has one: a machine that is suspended, or swaps
LAST_STOP_S = 6.0  # for the last word on a link: one operation in flight (5 s at most) and the stop itself
LOG_EVERY = 20  # of a kind of nonsense, the first and then every twentieth is logged


@dataclass(frozen=True, slots=True)
class LinkReport:
    """What is known about a unit's reachability. `availability` is online, offline or unknown; `code` a stable reason."""

    alias: str
    availability: Reach
    code: Code
    at: float
    text: str


class Connection:
    """One unit. `hear` gets every event, `report` every change of reachability; both on the loop, and must not wait.

    `commands(now)` gives what the guard has just admitted, where the unit is commanded. None: it is observed only.
    """

    def __init__(
        self,
        alias: str,
        profile: Profile,
        selector: Selector,
        open_link: OpenLink,
        *,
        simulated: bool,
        hear: Callable[[Event], None],
        report: Callable[[LinkReport], None],
        rng: random.Random,
        commands: Commands | None = None,
    ) -> None:
        self.alias = alias
        self.progress = Progress()
        self.lending = Lending()
        self._commands = commands if profile.commanding is not None else None
        self._turn = asyncio.Lock()  # for everything that a commanded unit is told
        self._stops = 0  # asked for since the start: whatever was admitted before the last of them is void
        self._told = 0  # how many of these stops the unit was told
        self._link: Link | None = None  # while a commanded unit can be told anything
        self._profile, self._selector, self._open_link = profile, selector, open_link
        self._simulated = simulated
        self._hear, self._report = hear, report
        self._pauses = Pauses(rng)
        self._online = False  # it has spoken on the present link
        self._known = False  # it has ever spoken: from then on, what cannot be heard is unknown
        self._opened_at: float | None = None
        self._codec: Codec | None = None  # of a unit that only advertises: the one it had before

    async def run(self) -> None:
        """Until cancelled."""
        loop, this = asyncio.get_running_loop(), cast("asyncio.Task[None]", asyncio.current_task())
        code: Code
        while True:
            self._online, self._opened_at = False, None
            self.progress.due = None if self._profile.broadcast else loop.time() + OPENING_S
            if (until := self.lending.until) is not None:
                self._unheard("released", f"{self.alias}: {self.lending.text}")
                self.progress.due = until + STEP_S
                await self.lending.rest(until - loop.time())
                continue
            try:
                async with self.lending.life():
                    await self._connect_once()
                continue  # it was let go
            except AwayError as error:
                self._unheard(error.code, f"{self.alias}: {error}")
                self.progress.due = loop.time() + error.pause_s + STEP_S
                await self.lending.rest(error.pause_s)
                continue
            except LinkError as error:
                code = error.code
                self._unheard(code, str(error) if self._online else f"{error}{self._profile.hint}")
            except (Exception, asyncio.CancelledError) as error:
                if isinstance(error, asyncio.CancelledError) and this.cancelling():
                    raise  # and not where a library cancelled what it waited for itself: this would end without a word
                # A bug in a codec or in what listens. It must not take the other units down; it must be seen.
                log.exception("%s: internal error", self.alias)
                code = "internal_error"
                self._unheard(code, f"{type(error).__name__}: {error}")
            wait = self._pauses.after(code, spoke=self._online, lived_s=self._lived_s())
            self.progress.due = loop.time() + wait + STEP_S
            await self.lending.rest(wait)

    # --- stop ---

    @property
    def link(self) -> Link | None:
        """The open link of a commanded unit; None: it can be told nothing now."""
        return self._link

    async def halt(self) -> bool:
        """Stop the unit's output, before anything else that waits to be said. False: it cannot be told now.

        True says that the unit was told. Whether it stopped, only the unit's own word tells. It asks nobody, and may be said
        in any state and any number of times; who asks while one waits for its turn shares it.
        """
        self.lending.take_back()  # to be told to stop, as the first thing on the link, if whoever has it lets go
        self._stops += 1
        asked = self._stops
        try:
            async with self._turn:
                if self._link is None:
                    return False
                if self._told < asked:
                    until = self._stops  # whoever has asked by now is served by this one
                    await self._say_stop(self._link)
                    self._told = until
        except LinkError as error:
            log.warning("%s: could not be told to stop: %s", self.alias, error)
            return False
        return True

    async def _say_stop(self, link: Link, *, opening: bool = False) -> None:
        commanding = self._profile.commanding
        assert commanding is not None
        for write in commanding.stop + (commanding.opening if opening else ()):
            await link.write(write)

    async def _last_stop(self, link: Link) -> None:
        self._stops += 1
        async with self._turn:
            await self._say_stop(link)

    # --- one life of the link ---

    async def _connect_once(self) -> None:
        async with self._open_link(self._profile, self._selector) as link:
            if link.simulated != self._simulated:
                raise ForeignUnitError(_foreign(self.alias, link.simulated))
            if self._commands is None:
                await self._live(link)
                return
            try:
                self._link = link
                async with self._turn:
                    await self._say_stop(link, opening=True)  # after a crash it may still be on
                await self._live(link)
            finally:
                # First of all that is to be done now, whatever it was that ended this.
                await insist(partial(self._last_stop, link), LAST_STOP_S, f"last stop {self.alias}")
                self._link = None

    async def _live(self, link: Link) -> None:
        loop = asyncio.get_running_loop()
        self._opened_at = loop.time()
        self.progress.connects += 1
        dropped_before = self.progress.dropped
        codec = self._codec or self._profile.codec()
        # A unit that only advertises does not start anew with the link: what was its last word then is, when an operating
        # system tells it again, no new press of a button.
        self._codec = codec if self._profile.broadcast else None
        heard_at, nonsense = loop.time(), 0
        while True:
            self.progress.due = loop.time() + self._wait_s + STEP_S
            for wish in codec.due(loop.time()):
                if isinstance(wish, Read):
                    await link.read(wish.port)
                    continue
                self._permit(wish)
                async with self._turn:
                    await link.write(wish)
            if self._commands is not None:
                await self._command(link, cast("CommandedCodec", codec), self._commands)
            try:
                async with asyncio.timeout(self._wait_s):
                    packet = await link.receive()
            except TimeoutError:
                if loop.time() - heard_at > self._profile.quiet_s:
                    text = f"{self.alias}: nothing heard for {self._profile.quiet_s:g} s; reconnecting"
                    raise LinkError(text, "silent") from None
                continue
            heard_at = packet.at
            self.progress.packets += 1
            self.progress.last_packet_at = packet.at
            self.progress.dropped = dropped_before + link.dropped()
            nonsense = 0 if self._take(codec, packet) else nonsense + 1
            if nonsense >= NONSENSE_IN_A_ROW and Kind.STIMULATOR in self._profile.kinds:
                text = f"{self.alias}: {nonsense} packets in a row made no sense; what the unit does is unknown"
                raise LinkError(text, "nonsense")

    @property
    def _wait_s(self) -> float:
        """How long to wait for a packet before it is asked again what is due."""
        if self._commands is None or self._profile.commanding is None:
            return self._profile.tick_s
        return min(self._profile.tick_s, self._profile.commanding.refresh_s)

    async def _command(self, link: Link, codec: CommandedCodec, commands: Commands) -> None:
        """Tell the unit what is admitted now. A stop that is asked for meanwhile makes the rest void, and so does time."""
        loop, stops = asyncio.get_running_loop(), self._stops
        for admitted in commands(loop.time()):
            for write in codec.encode(admitted, loop.time()):
                async with self._turn:
                    if self._stops != stops or loop.time() > admitted.until:
                        return
                    await link.write(write)

    def _take(self, codec: Codec, packet: Packet) -> bool:
        """Decode one packet and pass its events on; False for nonsense."""
        try:
            for event in codec.decode(packet):
                if not self._online:
                    self._online = self._known = True
                    self._say("online", "data", "the unit speaks")
                self.progress.events += 1
                self._hear(event)
        except WireError as error:
            if self.progress.wire_errors % LOG_EVERY == 0:
                # Without the octets: a serial number or an address may be among them.
                what, so_far = f"{error.why} on port '{error.port}'", self.progress.wire_errors + 1
                log.warning("%s: %s, in %d octets (%d so far)", self.alias, what, len(error.data), so_far)
                log.getChild("octets").debug("%s: %s", self.alias, error)
            self.progress.wire_errors += 1
            return False
        return True

    def _permit(self, write: Write) -> None:
        if Kind.STIMULATOR in self._profile.kinds and write not in self._profile.queries:
            raise NotAQueryError(
                f"{self.alias}: refused to write {write.data.hex(' ')} to a stimulator that is observed only"
            )

    def _lived_s(self) -> float:
        return 0.0 if self._opened_at is None else asyncio.get_running_loop().time() - self._opened_at

    def _unheard(self, code: Code, text: str) -> None:
        if code == "auth_failed":
            text = f"{text}. It wants to be paired, or has forgotten that it was: `ptdevice pair {self.alias}`"
        # A unit that was heard and is lost may well still do what it did; one that never answered is just absent.
        self._say("unknown" if self._known else "offline", code, text)

    def _say(self, availability: Reach, code: Code, text: str) -> None:
        self._report(LinkReport(self.alias, availability, code, asyncio.get_running_loop().time(), text))


class NotAQueryError(PtdeviceError):
    """A codec wanted to write to an observed stimulator what is not one of its profile's queries."""


def _foreign(alias: str, simulated: bool) -> str:  # noqa: FBT001 - one word would not be clearer
    if simulated:
        return f"{alias}: this unit is simulated, and gateway.simulated is false; a gateway for people refuses it"
    return f"{alias}: this unit is real, and gateway.simulated is true; a gateway for simulations refuses it"
