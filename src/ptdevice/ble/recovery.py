"""Takes the rungs of one adapter's ladder, and says what became of it: one line of log per change, and what health tells.

An adapter is switched off only while nothing scans or connects on it, and only where the setting allows it: carefully (the
default), where nobody else's link is on it and none of ours holds; never while a stimulator has a link, whatever the setting
says, for its stop would have no way. Once switched off it is switched on again whoever cancels this, and if the process is
killed in between, the next one does it (`ledger`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal, Protocol

from ptdevice.ble import power
from ptdevice.ble.advice import fix, text
from ptdevice.ble.closing import finish
from ptdevice.ble.doubts import Patience
from ptdevice.ble.kernel import on_usb
from ptdevice.ble.ladder import Ladder, Rung, Seen, State
from ptdevice.errors import LinkError, RadioError
from ptdevice.latest import AdapterHealth

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from ptdevice.ble.doubts import Evidence
    from ptdevice.ble.ladder import Trouble
    from ptdevice.ble.ledger import Ledger
    from ptdevice.ble.resetting import Reset
    from ptdevice.errors import Code

log = logging.getLogger(__name__)

TICK_S = 1.0
CYCLE_S = 2 * power.SWITCH_S + Patience().rest_s + 1.0
OURS = "it was switched off to mend it, and does not come on again; it is tried every few seconds"
Policy = Literal["never", "careful", "always"]

# What an adapter that does not work makes of every attempt: there, its own trouble says more.
ITS_DOING: frozenset[Code] = frozenset(
    {
        "radio_unavailable",
        "no_adverts",
        "connect_failed",
        "backing_off",
        "link_error",
        "link_lost",
        "silent",
        "gatt_failed",
    }
)


class Station(Protocol):
    """One adapter's radio, as far as it is seen from here."""

    @property
    def name(self) -> str | None:
        """BlueZ's name of the adapter, as of now; None: whichever is first."""
        ...

    @property
    def address(self) -> str | None:
        """Its address, where it is known."""
        ...

    def wanted(self) -> bool:
        """Whether anybody waits for a unit."""
        ...

    def links(self) -> Mapping[str, bool]:
        """The addresses of units with an open link of ours, and whether each is a stimulator."""
        ...

    def quiet(self) -> AbstractAsyncContextManager[None]:
        """Nothing scans or connects while this lasts."""
        ...

    async def restart_scanning(self) -> None:
        """Throw the scanner away, and build a new one if anybody waits."""
        ...

    def lose_all(self, text: str, code: Code) -> None:
        """End every link of ours."""
        ...


class Recovery:
    """Of one adapter. `root` is / but in tests; `reset`: where the management interface may be used."""

    def __init__(
        self,
        station: Station,
        ledger: Ledger,
        evidence: Evidence,
        *,
        policy: Policy,
        reset: Reset | None,
        root: Path,
        patience: Patience | None = None,
        name: str = "the adapter",
    ) -> None:
        self._station, self._ledger, self._policy, self._reset, self._root = station, ledger, policy, reset, root
        now = asyncio.get_running_loop().time()
        self.ladder = Ladder(now, evidence, patience)
        self._name = station.name or name  # until it is known what BlueZ calls it
        self._told: AdapterHealth = AdapterHealth(self._name, "ok", now)
        self._judged: tuple[Trouble | None, bool, str] = (None, True, self._name)
        self._silence_logged_at = float("-inf")
        self._owed_on = False  # we switched it off, and it did not come on

    @property
    def health(self) -> AdapterHealth:
        """How the adapter is."""
        return self._told

    def better(self, error: LinkError) -> LinkError:
        """What to say instead, where an attempt failed on an adapter that is known not to work."""
        told = self._told
        if told.state != "trouble" or told.code is None or error.code not in ITS_DOING:
            return error
        return RadioError(f"{told.name}: {told.text}. {told.fix}", told.code)

    async def run(self) -> None:
        """Until cancelled."""
        rung: Rung | None = Rung.PROBE  # at least to know what BlueZ calls it
        while True:
            await self._tell()
            while rung is not None:
                rung = await self._take(rung)
                await self._tell()
            await asyncio.sleep(min(TICK_S, self.ladder.patience.absent_s))
            rung = self.ladder.look(self._now(), wanted=self._station.wanted())

    # --- the rungs ---

    async def _take(self, rung: Rung) -> Rung | None:
        match rung:
            case Rung.PROBE:
                return await self._probe()
            case Rung.REBUILD:
                log.debug("%s: its scanner is built anew", self._name)
                await self._rebuild()
                return None
            case Rung.CYCLE:
                async with self._station.quiet():
                    further = await self._cycle()
                await self._rebuild()
                return further
            case Rung.RESET:
                async with self._station.quiet():
                    further = await self._by_management()
                await self._rebuild()
                return further

    async def _probe(self) -> Rung | None:
        answer = await self._ask()
        seen = answer.seen
        if seen is Seen.OFF and self._owed_on and answer.path is not None:
            seen = await self._switch_on(answer.path, answer.address)
        elif seen is Seen.SOUND and self._owed_on:
            self._owed_on = False  # somebody else did it, or it was plugged in anew
            await self._ledger.switched_on(answer.address)
        return self.ladder.probed(seen, self._now(), OURS if seen is Seen.OFF and self._owed_on else answer.why)

    async def _rebuild(self) -> None:
        try:
            await self._station.restart_scanning()
        except LinkError as error:
            log.debug("%s: scanning anew: %s", self._name, error)  # whoever waits is told, and tries again

    async def _cycle(self) -> Rung | None:
        answer = await self._ask()
        if answer.seen is not Seen.SOUND or answer.path is None:
            return self.ladder.probed(answer.seen, self._now(), answer.why)
        if (why := self._in_the_way(answer)) is not None:
            return self.ladder.refused(self._now(), why)
        log.info("%s: does not seem to work; switching it off and on", self._name)
        self._station.lose_all("the adapter is switched off and on, for it does not work", "adapter_stuck")
        # Never half-way: an adapter that is left off is worse than one that does not work.
        problem = await finish(
            self._off_and_on(answer.path, answer.address), CYCLE_S, f"switching {self._name} off and on"
        )
        if problem is not None and not isinstance(problem, RadioError | TimeoutError):
            raise problem
        if problem is not None:
            log.debug("%s: %s", self._name, problem)
        self.ladder.cycled(self._now())
        return await self._probe() if self._owed_on else None

    async def _off_and_on(self, path: str, address: str) -> None:
        await self._ledger.switching_off(address)
        self._owed_on = True
        try:
            await power.switch(path, on=False)
            await asyncio.sleep(self.ladder.patience.rest_s)
        finally:
            await self._switch_on(path, address)

    async def _switch_on(self, path: str, address: str) -> Seen:
        """Undo what we did to it, and tell how it is then."""
        try:
            await power.switch(path, on=True)
        except RadioError as error:
            log.debug("%s: %s", self._name, error)
            return Seen.BLOCKED if error.code == "rfkill_soft" else Seen.OFF
        self._owed_on = False
        await self._ledger.switched_on(address)
        return Seen.SOUND

    async def _by_management(self) -> Rung | None:
        if self._reset is None:
            return self.ladder.refused(self._now(), None)
        answer = await self._ask()
        if (why := self._in_the_way(answer)) is not None:
            return self.ladder.refused(self._now(), why)
        log.info("%s: resetting it by way of the kernel's management interface", self._name)
        problem = await finish(
            self._reset(self._name, answer.address), self.ladder.patience.resetting_s, f"resetting {self._name}"
        )
        self.ladder.was_reset(self._now())
        if problem is not None:
            log.debug("%s: %s", self._name, problem)
        return None

    # --- what stands in the way ---

    def _in_the_way(self, answer: power.Answer) -> str | None:
        """Why the adapter may not be switched off now."""
        ours = self._station.links()
        if any(ours.values()):
            return "a stimulator has a link on it"
        if self._policy == "never":
            return 'bluetooth.power_cycle is "never"'
        if self._policy == "always":
            return None
        if ours:
            return "links on it hold"
        if answer.connected - self._ledger.ours:
            return "another program has a link on it"
        return None

    # --- what is told ---

    async def _ask(self) -> power.Answer:
        answer = await power.ask(self._station.address, self._station.name, self._root)
        if answer.path is not None:
            self._name = answer.path.rpartition("/")[2]
        return answer

    async def _tell(self) -> None:
        trouble, well = self.ladder.trouble, self.ladder.state is State.WELL
        if (trouble, well, self._name) == self._judged:
            return
        self._judged = (trouble, well, self._name)
        old, now = self._told, self._now()
        if trouble is None:
            self._told = AdapterHealth(self._name, "ok" if well else "recovering", now)
            if old.state == "trouble":
                log.info("%s: works again, after %.0f s", self._name, now - old.since)
            return
        usb = await asyncio.to_thread(on_usb, self._root, self._name)
        kind: Literal["silent", "trouble"] = "silent" if trouble.code == "adapter_silent" else "trouble"
        what, to_do = text(trouble), fix(trouble, on_usb=usb)
        self._told = AdapterHealth(self._name, kind, trouble.since, trouble.code, what, to_do)
        if kind == "trouble":
            log.warning("%s: %s. %s", self._name, what, to_do)
        elif now - self._silence_logged_at >= self.ladder.patience.memory_s:
            self._silence_logged_at = now  # where units come and go, so does this
            log.info("%s: %s. %s", self._name, what, to_do)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
