"""Stopping units that nobody commands any more: stop first, then ask what they do, and say plainly what is known of it.

What is said to a unit is the constant stop of its profile, as the first thing on the link and again each second until its own
word says that its output is zero, three times at most. Where that is not heard, or the unit cannot be reached, a person has
to switch it off, and that is what is said. It is the same for the daemon at its start and for `ptdevice stop-all`.

The link is given up at the end: a unit that goes to zero when it hears nobody does so then, whatever became of the rest.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ptdevice.errors import LinkError, WireError
from ptdevice.link import Read, Selector
from ptdevice.model import Alarm, Audit, Decision, Output, StimulationStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import AbstractAsyncContextManager

    from ptdevice.devices.device import Codec, Profile
    from ptdevice.link import Link
    from ptdevice.outstanding import Outstanding, Unit

    OpenLink = Callable[[Profile, Selector], AbstractAsyncContextManager[Link]]

log = logging.getLogger(__name__)

CONFIRM_S = 1.0  # so long a stop has to be confirmed; then it is said again (S-18 of the safety rules)
TRIES = 3
AT_START_S = 10.0  # then the daemon goes on; its connections say stop first, too
PAUSE_S = 0.25  # between two attempts to reach it


class Outcome(StrEnum):
    """What is known of a unit that was to be stopped."""

    STOPPED = "stopped"  # it says so itself
    NOT_CONFIRMED = "not confirmed"  # it was told; what it does is unknown
    NOT_REACHED = "not reached"  # it was not told; what it does is unknown


@dataclass(frozen=True, slots=True)
class Report:
    """What became of one unit. `told_s` and `confirmed_s` are seconds since the beginning."""

    unit: Unit
    outcome: Outcome
    why: str | None = None
    told_s: float | None = None
    confirmed_s: float | None = None

    @property
    def advice(self) -> str | None:
        """What a person has to do; None: nothing."""
        if self.outcome is Outcome.STOPPED:
            return None
        return f"Switch {self.unit.alias} off by hand, at the unit, now. What its output is, is not known."


async def stop_orphans(outstanding: Outstanding, catalogue: Mapping[str, Profile], open_link: OpenLink) -> list[Report]:
    """At the start: stop whom the process before this one left, and note what is known. Never raises but for cancellation."""
    try:
        left = await asyncio.to_thread(outstanding.units)
    except OSError as error:
        log.error("whom the process before this one commanded cannot be read: %s", error)  # noqa: TRY400 - no bug of ours
        return []
    done = [Report(unit, Outcome.STOPPED, None) for unit in left.values() if unit.stopped == Outcome.STOPPED]
    open_ones = [unit for unit in left.values() if unit.stopped != Outcome.STOPPED]
    for unit in open_ones:
        log.warning("%s: was commanded when the process before this one ended; stopping it", unit.alias)
    return done + await stop_all(open_ones, catalogue, open_link, AT_START_S)


def on_record(report: Report, now: float) -> list[Audit | Alarm]:
    """What is to be kept of it."""
    by_helper = report.unit.stopped == Outcome.STOPPED
    actor, channel = ("stop-all", "cli") if by_helper else ("system", "system")
    reasons = (report.outcome.value, *([report.why] if report.why else []))
    audit = Audit(now, actor, channel, "stop", Decision.STOPPED, "orphan", reasons)
    if report.advice is None:
        return [audit]
    what = f"{report.outcome.value}: {report.why}. {report.advice}"
    text = f"{report.unit.alias} was being commanded when the gateway ended. {what}"
    return [audit, Alarm(now, "stop_not_confirmed", text)]


async def stop_all(
    units: Iterable[Unit], catalogue: Mapping[str, Profile], open_link: OpenLink, seconds: float
) -> list[Report]:
    """Stop these, all at once, within so many seconds. Never raises but for cancellation."""
    begun = asyncio.get_running_loop().time()
    tries = [_Try(unit, catalogue.get(unit.device), open_link, begun) for unit in units]
    tasks = [asyncio.create_task(each.run(), name=f"stop {each.unit.alias}") for each in tries]
    if tasks:
        await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        # What is being closed may take its time; it has been told by now, if it could be told at all.
        await asyncio.wait(tasks, timeout=CONFIRM_S)
    return [each.report() for each in tries]


class _Try:
    """One unit being stopped."""

    def __init__(self, unit: Unit, profile: Profile | None, open_link: OpenLink, begun: float) -> None:
        self.unit = unit
        self._profile, self._open_link, self._begun = profile, open_link, begun
        self._told_s: float | None = None
        self._confirmed_s: float | None = None
        self._why: str | None = None

    def report(self) -> Report:
        """How it stands."""
        outcome = Outcome.NOT_REACHED if self._told_s is None else Outcome.NOT_CONFIRMED
        if self._confirmed_s is not None:
            return Report(self.unit, Outcome.STOPPED, None, self._told_s, self._confirmed_s)
        return Report(self.unit, outcome, self._why or "time was over", self._told_s)

    async def run(self) -> None:
        """Until it is confirmed, or cannot be, or somebody has waited long enough."""
        if self._profile is None or self._profile.commanding is None:
            self._why = f"this version knows no stop for {self.unit.device}"
            return
        while self._confirmed_s is None:
            try:
                which = Selector(self.unit.address, self.unit.name, urgent=True)
                async with self._open_link(self._profile, which) as link:
                    if link.simulated != self.unit.simulated:
                        wanted, found = ("real", "simulated") if link.simulated else ("simulated", "real")
                        self._why = f"a {wanted} unit was meant, and this one is {found}: nothing was said to it"
                        return
                    if await self._on(link, self._profile):
                        return
            except LinkError as error:
                self._why = str(error)
            except Exception as error:  # a bug in a codec; the other units are not to suffer from it
                log.exception("%s: internal error", self.unit.alias)
                self._why = f"{type(error).__name__}: {error}"
            await asyncio.sleep(PAUSE_S)

    async def _on(self, link: Link, profile: Profile) -> bool:
        """Say it, and listen. True: there is nothing more to be learned on this link."""
        assert profile.commanding is not None
        loop, codec, zero = asyncio.get_running_loop(), profile.codec(), _Zero(profile)
        for attempt in range(TRIES):
            zero.told(loop.time())  # some answer before they acknowledge what they were told
            for write in profile.commanding.stop:
                await link.write(write)
            if self._told_s is None:
                self._told_s = loop.time() - self._begun
            if attempt:
                # Where a stop changed nothing some say nothing; what opens a link makes them speak.
                for write in profile.commanding.opening:
                    await link.write(write)
            if not profile.commanding.readback:
                self._why = "it says nothing of what it does"
                return True
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONFIRM_S):
                    await self._listen(link, profile, codec, zero)
                    self._confirmed_s = loop.time() - self._begun
                    return True
        self._why = zero.doubt or f"it was told {TRIES} times, and did not say that its output is zero"
        return True

    async def _listen(self, link: Link, profile: Profile, codec: Codec, zero: _Zero) -> None:
        """Return when the unit says that all its output is zero."""
        loop = asyncio.get_running_loop()
        while not zero.confirmed:
            for wish in codec.due(loop.time()):
                if isinstance(wish, Read):
                    await link.read(wish.port)
                elif wish in profile.queries:
                    await link.write(wish)
            try:
                async with asyncio.timeout(min(profile.tick_s, CONFIRM_S)):
                    packet = await link.receive()
            except TimeoutError:
                continue
            with contextlib.suppress(WireError):
                for event in codec.decode(packet):
                    if isinstance(event, StimulationStatus):
                        zero.hear(event)


class _Zero:
    """What the unit says of its channels, since it was told to stop."""

    def __init__(self, profile: Profile) -> None:
        self.doubt: str | None = None
        self._wanted: set[str | None] = set(profile.channels) or {None}
        self._off: set[str | None] = set()
        self._told_at = 0.0

    def told(self, now: float) -> None:
        """What was said before is no answer to this."""
        self._told_at = now
        self._off.clear()

    def hear(self, status: StimulationStatus) -> None:
        """The unit speaks."""
        if status.at < self._told_at:
            return
        if status.output is Output.OFF:
            self._off.add(status.channel)
        else:
            self._off.discard(status.channel)
            self.doubt = f"it says that its output is {status.output.value}, level {status.level} of {status.level_max}"

    @property
    def confirmed(self) -> bool:
        """Whether all of it is off."""
        return self._wanted <= self._off or None in self._off
