"""What Home Assistant is told: which devices there are, again after every connection and when it starts anew, and what is gone.

Messages of its discovery are retained, so a unit that was renamed or removed would stay for ever. What was announced is
therefore remembered on disk, in a small file beside the journal, and written there *before* it is announced: whatever this
daemon dies of, the next one knows what to take away, also when discovery has been switched off since.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from typing import TYPE_CHECKING, Any, Protocol

from ptdevice import __version__
from ptdevice.mqtt import discovery
from ptdevice.mqtt.discovery import Speaker
from ptdevice.mqtt.entities import OCCASIONAL
from ptdevice.mqtt.topics import Names

if TYPE_CHECKING:
    import random
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from ptdevice.bedside import Bedside
    from ptdevice.config import Settings
    from ptdevice.mqtt.discovery import Announcement
    from ptdevice.mqtt.topics import Arrival, Message
    from ptdevice.pair import Pair

log = logging.getLogger(__name__)

MEMORY = ".home-assistant.json"  # instead of the suffix of the journal's file
BIRTH = b"online"
BIRTH_WAIT_S = 3.0  # at most, by chance: not all gateways of a house at once, while Home Assistant has most to do
HANG_UP_S = 5.0  # a broker that forbids it hangs up at once; a later loss is the network's
PATIENCE = 3
QUIET_S = 3600.0
LARGEST_MEMORY = 1_000_000  # bytes of the file; more was not written by us


class Memory(Protocol):
    """What was announced, over restarts: for each topic the device and what it has told so far."""

    async def read(self) -> dict[str, dict[str, Any]]:
        """All of it; nothing where it cannot be read."""
        ...

    async def write(self, announced: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep it."""
        ...


class HomeAssistant:
    """One gateway's devices. `speaker` None: discovery is off, and only what was announced before is taken away.

    `stoppable` are the units that a request can stop; `memory` None: nothing is remembered; `retain` publishes.
    """

    def __init__(
        self,
        speaker: Speaker | None,
        bedsides: Mapping[str, Bedside],
        pairs: Mapping[str, Pair],
        stoppable: frozenset[str],
        memory: Memory | None,
        rng: random.Random,
        birth_topic: str = "",
    ) -> None:
        self.retain: Callable[[Message], None] = lambda _: None
        self._speaker, self._memory, self._rng = speaker, memory, rng
        self._birth_topic = birth_topic
        self._bedsides, self._pairs, self._stoppable = bedsides, pairs, stoppable
        self._told: dict[str, set[str]] = {alias: set() for alias in bedsides}
        self._once: dict[str, dict[str, str]] = {}  # every component that was ever announced, by topic
        self._gone: list[str] = []  # topics to be emptied
        self._unkept = asyncio.Event()  # what is known differs from what the file has
        self.connected: Callable[[], bool] = lambda: False
        self._announced_at: float | None = None  # and not yet known to be taken well
        self._hang_ups = 0  # in a row, when devices had just been announced
        self._quiet_until = float("-inf")

    async def restore(self) -> None:
        """Learn what was announced before, and keep what will be. To be awaited before anything is announced."""
        before = {} if self._memory is None else await self._memory.read()
        kinds = self._kinds()
        self._gone = sorted(set(before) - set(kinds))
        for topic, (alias, kind) in kinds.items():
            known = before.get(topic, {})
            self._once[topic] = dict(known.get("components", {}))
            if alias in self._told and known.get("device") == kind:
                self._told[alias] |= set(known.get("told", ()))
        if kinds or before:
            await self._keep()

    def handlers(self) -> dict[str, Callable[[Arrival], Awaitable[Message | None]]]:
        """What to listen to, and who takes it."""
        return {self._birth_topic: self.hear} if self._speaker is not None else {}

    def announce(self) -> Iterator[Message]:
        """What is gone, and then everything that is there. Whoever asks for the next has published the one before."""
        if self._speaker is not None or self._gone:
            self._hang_ups = self._hang_ups + 1 if self._announced_at is not None else 0
            self._announced_at = asyncio.get_running_loop().time()
        if self._unwelcome:
            self._announced_at = None
            return
        for topic in self._gone:
            yield discovery.gone(topic)
        if self._gone:
            self._gone = []
            self._unkept.set()
        yield from self._everything()

    async def hear(self, arrival: Arrival) -> None:
        """Home Assistant says that it has started: it may have been without a broker, or this broker without its memory."""
        if arrival.payload == BIRTH and not self._unwelcome:
            await asyncio.sleep(self._rng.uniform(0, BIRTH_WAIT_S))
            for message in self._everything():
                self.retain(message)

    def tick(self) -> None:
        """A second has passed: a unit may have told something for the first time."""
        began = self._announced_at
        if began is not None and self.connected() and asyncio.get_running_loop().time() - began > HANG_UP_S:
            self._announced_at, self._hang_ups = None, 0
        if self._speaker is None or self._unwelcome:
            return
        for alias, bedside in self._bedsides.items():
            new = (OCCASIONAL.keys() & bedside.therapy.state.values.keys()) - self._told[alias]
            if new:
                self._told[alias] |= new
                self._unkept.set()
                self.retain(self._say(self._unit(self._speaker, alias)))

    async def run(self) -> None:
        """Keep what has changed, until cancelled."""
        while True:
            await self._unkept.wait()
            await self._keep()

    @property
    def _unwelcome(self) -> bool:
        """Whether the broker hung up on whoever announced devices. Nothing that matters may wait for that to change."""
        now = asyncio.get_running_loop().time()
        if self._hang_ups >= PATIENCE:
            self._hang_ups, self._quiet_until = 0, now + QUIET_S
            log.warning(
                "the broker hung up %d times when devices were announced to Home Assistant; that is given up for an hour. May "
                "this gateway write there? `ptdevice mosquitto-config --home-assistant NAME` has the rights.",
                PATIENCE,
            )
        return now < self._quiet_until

    async def _keep(self) -> None:
        self._unkept.clear()
        if self._memory is None:
            return
        kept: dict[str, dict[str, Any]] = {topic: {} for topic in self._gone}
        kinds = self._kinds()
        for announced in self._devices():
            alias, kind = kinds[announced.topic]
            once = self._once[announced.topic] = self._once.get(announced.topic, {}) | announced.platforms
            kept[announced.topic] = {"device": kind, "told": sorted(self._told.get(alias, ())), "components": once}
        await self._memory.write(kept)

    def _kinds(self) -> dict[str, tuple[str, str]]:
        """Alias and kind of every device that there is, by topic."""
        if self._speaker is None:
            return {}
        kinds = {discovery.GATEWAY: discovery.GATEWAY}
        kinds |= {alias: bedside.profile.name for alias, bedside in self._bedsides.items()}
        kinds |= dict.fromkeys(self._pairs, "pair")
        return {self._speaker.topic(alias): (alias, kind) for alias, kind in kinds.items()}

    def _everything(self) -> Iterator[Message]:
        return map(self._say, self._devices())

    def _say(self, announced: Announcement) -> Message:
        return announced.message(self._once.get(announced.topic, {}))

    def _devices(self) -> Iterator[Announcement]:
        if self._speaker is None:
            return
        yield self._speaker.gateway(stops=bool(self._stoppable))
        for alias in self._bedsides:
            yield self._unit(self._speaker, alias)
        for alias, pair in self._pairs.items():
            yield self._speaker.pair(alias, pair.trunk.alias, pair.pelvis.alias)

    def _unit(self, speaker: Speaker, alias: str) -> Announcement:
        profile, told = self._bedsides[alias].profile, sorted(self._told[alias])
        return speaker.unit(alias, profile, told, stops=alias in self._stoppable)


def home_of(
    settings: Settings,
    bedsides: Mapping[str, Bedside],
    pairs: Mapping[str, Pair],
    commanded: Collection[str],
    memory: Memory | None,
    rng: random.Random,
) -> HomeAssistant:
    """What Home Assistant is told of a configuration. Of the units, those that are `commanded` can be stopped."""
    wanted, gateway = settings.home_assistant, settings.gateway
    speaker = None
    if wanted.discovery and memory is not None:
        names = Names(gateway.site, gateway.name, gateway.simulated)
        speaker = Speaker(names, wanted.prefix, wanted.requester, __version__)
    return HomeAssistant(speaker, bedsides, pairs, frozenset(commanded), memory, rng, wanted.birth_topic)


def _is_device(said: object) -> bool:
    """Whether this is what is remembered of a device."""
    if not isinstance(said, dict):
        return False
    told, components = said.get("told", []), said.get("components", {})
    if not isinstance(told, list) or not isinstance(components, dict):
        return False
    return all(isinstance(each, str) for each in (*told, *components.values()))


class MemoryFile:
    """The memory as a file: replaced as a whole, so that it is the old or the new one after a power cut."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> dict[str, dict[str, Any]]:
        """What the file has; nothing where there is none, or no sense in it."""
        try:
            return await asyncio.to_thread(self._read)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            log.warning(
                "what was announced to Home Assistant is not known (%s): remove what is gone there by hand", error
            )
            return {}

    async def write(self, announced: Mapping[str, Mapping[str, Any]]) -> None:
        """Replace the file. Without it nothing but the tidying up is lost, so trouble is only told."""
        try:
            await asyncio.to_thread(self._write, json.dumps(announced, indent=1))
        except OSError as error:
            log.warning("what is announced to Home Assistant cannot be remembered: %s", error)

    def _read(self) -> dict[str, dict[str, Any]]:
        with self._path.open(encoding="utf-8") as file:
            said = json.loads(file.read(LARGEST_MEMORY))
        if not isinstance(said, dict) or not all(map(_is_device, said.values())):
            raise ValueError("it is not as this program writes it")
        return said

    def _write(self, text: str) -> None:
        fresh = self._path.with_suffix(".new")
        with fresh.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name is the folder's
        finally:
            os.close(folder)
