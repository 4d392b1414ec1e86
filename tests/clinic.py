"""A gateway in virtual time: the real daemon code and journal, simulated units in process, and a broker that is played."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.mqtt.fakes import FakeBroker
from tests.mqtt.valid import objections

from ptdevice.ble.radio import Radio
from ptdevice.clock import Clock
from ptdevice.config import load
from ptdevice.gateway import Gateway
from ptdevice.journal import Journal, uuid7
from ptdevice.journal.store import open_sqlite
from ptdevice.mqtt.topics import Names
from ptdevice_sim import virtual_time
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from ptdevice.home_assistant import Memory
    from ptdevice.journal.store import Sql
    from ptdevice.mqtt.topics import Message
    from ptdevice_sim.host import Host

NOON_NS = 1_790_000_000_000_000_000
CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[telemetry]
motion = true
[units.chest]
device = "polar"
exercise = "sit_up"
subject = "k3f7q"
[units.back]
device = "beurer_em70"
"""


@dataclass
class Clinic:
    """What a test may look at and do. `wall_jump_s` sets the wall clock; nothing else depends on it."""

    folder: Path
    air: InProcessAir
    broker: FakeBroker
    body: SyntheticBody
    chest: Host
    back: Host
    gateway: Gateway
    journal: Journal
    running: asyncio.Task[None]
    wall_jump_s: list[float] = field(default_factory=lambda: [0.0])
    ntp: list[bool] = field(default_factory=lambda: [True])

    @property
    def em70(self) -> BeurerEm70:
        unit = self.back.unit
        assert isinstance(unit, BeurerEm70)
        return unit

    @property
    def polar(self) -> PolarSensor:
        unit = self.chest.unit
        assert isinstance(unit, PolarSensor)
        return unit

    def press_up(self, times: int = 1) -> None:
        for _ in range(times):
            self.em70.press_up(asyncio.get_running_loop().time())
        self.back.poke()

    def said(self, topic: str) -> list[Any]:
        """Bodies on topics that end like this, in order."""
        return [json.loads(message.payload) for message in self.heard(topic)]

    def heard(self, topic: str) -> list[Message]:
        return [message for message in self.broker.heard if message.topic.endswith(topic)]

    def records(self, kind: str) -> list[Any]:
        """Data of the records of this kind, as the broker has them."""
        return [body["data"] for body in self.said(f"/evt/{kind}")]

    async def until(self, condition: Callable[[], object], *, within_s: float) -> None:
        async with asyncio.timeout(within_s):
            while not condition():  # noqa: ASYNC110 - it is virtual time that passes
                await asyncio.sleep(0.5)

    async def stop(self) -> None:
        self.running.cancel()
        await asyncio.wait([self.running])
        if not self.running.cancelled():
            self.running.result()


@contextlib.asynccontextmanager
async def clinic(
    folder: Path,
    *,
    config: str = CONFIG,
    seed: int = 1,
    connect: Callable[[Path], Sql] | None = None,
    wall_jump_s: list[float] | None = None,
    ntp: bool = True,
    sets: tuple[int, ...] = (10,),
    memory: Memory | None = None,
) -> AsyncIterator[Clinic]:
    """A running gateway with an H10 worn by somebody who does sets of sit-ups from the fifth second on, and an EM 70."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, virtual_time.VirtualTimeLoop)
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    jump = wall_jump_s if wall_jump_s is not None else [0.0]
    disciplined = [ntp]
    (folder / "ptdevice.toml").write_text(config)
    settings = load(folder / "ptdevice.toml", {})
    air, broker = InProcessAir(), FakeBroker()
    body = SyntheticBody(rng, sets=sets, start=loop.time() + 5.0)
    chest, back = air.publish(PolarSensor(body)), air.publish(BeurerEm70())

    def wall() -> int:
        return NOON_NS + round((loop.time() + jump[0]) * 1e9)

    journal = Journal.open(
        settings.journal.path,
        wall=wall,
        randbits=rng.getrandbits,
        connect=connect or open_sqlite,
        end_to_end=settings.mqtt.delivery == "end-to-end",
        max_mb=settings.journal.max_mb,
        names=Names(settings.gateway.site, settings.gateway.name, settings.gateway.simulated),
    )
    loop.hold_while(journal.busy)
    try:
        async with journal, Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio:
            gateway = Gateway(
                settings,
                journal,
                radio.open,
                clock=Clock("boot", mono=loop.time, wall=wall, synced=lambda: disciplined[0]),
                connect=lambda _will: broker.connect(),
                new_id=lambda: uuid7(wall(), rng.getrandbits),
                rng=rng,
                memory=memory,
            )
            running = asyncio.create_task(gateway.run(), name="gateway")
            inside = Clinic(folder, air, broker, body, chest, back, gateway, journal, running, jump, disciplined)
            try:
                yield inside
            finally:
                await inside.stop()
            ours = [said for said in broker.heard if not said.topic.startswith("homeassistant/")]
            for said in ours:
                assert objections(said.topic, json.loads(said.payload), qos=said.qos, retain=said.retain) == []
    finally:
        loop.release(journal.busy)
        air.close()


def in_virtual_time(story: Callable[[Clinic], Awaitable[None]], folder: Path, **options: Any) -> None:
    """Run a story inside a clinic."""

    async def main() -> None:
        async with clinic(folder, **options) as inside:
            await story(inside)

    virtual_time.run(main())
