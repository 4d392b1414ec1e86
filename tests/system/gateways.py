"""The shipped program as a process, with bleak's production backend on a private D-Bus and a real Mosquitto."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiomqtt
from tests.mqtt.mosquitto import HOST, Mosquitto, mosquitto
from tests.mqtt.valid import objections

from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from ptdevice_sim.host import Host

CONFIG = """\
[gateway]
site = "clinic-a"
name = "pi-1"
simulated = true
[journal]
path = "journal.sqlite"
[mqtt]
host = "{host}"
port = {port}
[units.chest]
device = "polar"
exercise = "sit_up"
[units.back]
device = "beurer_em70"
"""
PREFIX = "ptdevice-sim/v1/clinic-a/pi-1"


@dataclass
class Heard:
    """What a subscriber has, in order of arrival."""

    messages: list[tuple[str, Any, bool]] = field(default_factory=list)  # topic below the prefix, body, retained
    invalid: list[str] = field(default_factory=list)  # what is not as the published schema says
    more: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> None:
        body = json.loads(payload)
        self.invalid += objections(topic, body)
        self.messages.append((topic.removeprefix(PREFIX + "/"), body, retain))
        self.more.set()

    def bodies(self, topic: str) -> list[Any]:
        return [body for said, body, _ in self.messages if said == topic]

    def events(self) -> list[Any]:
        return [body for said, body, _ in self.messages if said.startswith("evt/")]

    async def until(self, condition: Callable[[], object], within_s: float = 20.0) -> None:
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    self.more.clear()
                    await self.more.wait()
        except TimeoutError:
            tail = "\n".join(f"{topic} {json.dumps(body)[:200]}" for topic, body, _ in self.messages[-15:])
            raise AssertionError(f"not within {within_s:g} s; the last messages were:\n{tail}") from None


@dataclass
class Ward:
    """Units on air, a broker, a subscriber; daemons come and go."""

    folder: Path
    air: BluezAir
    broker: Mosquitto
    heard: Heard
    body: SyntheticBody
    chest: Host
    back: Host

    @property
    def em70(self) -> BeurerEm70:
        unit = self.back.unit
        assert isinstance(unit, BeurerEm70)
        return unit

    def press_up(self) -> None:
        self.em70.press_up(asyncio.get_running_loop().time())
        self.back.poke()

    def rows(self) -> list[tuple[int, str, str, int]]:
        """Sequence, id, type, state of every row; to be asked while no daemon runs."""
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite")) as sql:
            return list(sql.execute("SELECT sequence, id, type, state FROM entry ORDER BY sequence"))

    @contextlib.asynccontextmanager
    async def daemon(self, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
        """`ptdevice run`, killed at the end of the block if it still runs. Its log is in daemon.log."""
        with (self.folder / "daemon.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "ptdevice.cli", "run", "-c", str(self.folder / "ptdevice.toml"), *arguments,
                stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def end(self, process: asyncio.subprocess.Process, how: signal.Signals, within_s: float = 10.0) -> int:
        """Send a signal; gives back the exit code."""
        process.send_signal(how)
        async with asyncio.timeout(within_s):
            return await process.wait()

    def log(self) -> str:
        return (self.folder / "daemon.log").read_text()


@contextlib.asynccontextmanager
async def ward(folder: Path, *, start_s: float = 4.0) -> AsyncIterator[Ward]:
    loop = asyncio.get_running_loop()
    async with mosquitto() as broker, BluezAir() as air, listening(broker.port) as heard:
        (folder / "ptdevice.toml").write_text(CONFIG.format(host=HOST, port=broker.port))
        body = SyntheticBody(random.Random(1), start=loop.time() + start_s)  # noqa: S311 - reproducible, not secret
        chest, back = air.publish(PolarSensor(body)), air.publish(BeurerEm70())
        yield Ward(folder, air, broker, heard, body, chest, back)


@contextlib.asynccontextmanager
async def listening(port: int) -> AsyncIterator[Heard]:
    heard, ready = Heard(), asyncio.Event()

    async def listen() -> None:
        while True:  # the broker may be killed
            with contextlib.suppress(aiomqtt.MqttError):
                async with aiomqtt.Client(HOST, port) as client:
                    await client.subscribe(f"{PREFIX}/#", qos=1)
                    ready.set()
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        heard.hear(str(message.topic), message.payload, retain=bool(message.retain))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(listen())
    await ready.wait()
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert heard.invalid == []
