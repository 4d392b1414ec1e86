"""The demo's stage: a broker, a virtual radio with two units on it, the real daemon, and a subscriber at the broker.

Nothing here knows more of the daemon than a production main does: it is given a configuration file and a radio. What is shown
comes from the subscriber, so it went all the way.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import sqlite3
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiomqtt

from ptdevice.ble.radio import Radio
from ptdevice.config import load
from ptdevice.daemon import serve
from ptdevice.mqtt.topics import SIMULATED_ROOT
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.virtual_radio import VirtualRadio
from ptdevice_sim.demo.board import Board
from ptdevice_sim.demo.broker import embedded_broker
from ptdevice_sim.demo.story import PAUSE_S, STILL_S, STYLE, Performer, Story, plan
from ptdevice_sim.demo.summary import Truth
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ptdevice.config import Settings
    from ptdevice_sim.body import Body
    from ptdevice_sim.demo.board import Line
    from ptdevice_sim.demo.broker import RunningBroker

JOURNAL = "journal.sqlite"
GOODBYE_S = 1.0  # for the daemon's last words to come through the broker
CONFIG = """\
[gateway]
site = "demo"
name = "pi-sim"
simulated = true

[journal]
path = "{journal}"

[mqtt]
host = "{broker.host}"
port = {broker.port}
protocol = "{broker.protocol}"

[units.chest]
device = "polar"
exercise = "{exercise}"
{target}
[units.back]
device = "beurer_em70"
"""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person at the command line wants. `worn`: a recording, in place of the synthetic body."""

    duration_s: float
    engine: str | None = None
    port: int | None = None
    seed: int = 1
    exercise: str = "sit_up"
    worn: Body | None = None


class Stage:
    """What is running: what the subscriber knows of it (`board`), and the truth."""

    def __init__(self, wishes: Wishes, broker: RunningBroker, air: VirtualRadio) -> None:
        self.board = Board()
        self.broker = broker
        self.script = plan(wishes.duration_s)
        self.on_disk = 0  # records in the journal, when everything has ended
        self._air, self._now = air, asyncio.get_running_loop().time
        self._began = self._now()
        self._planned = SyntheticBody(
            random.Random(wishes.seed),  # noqa: S311 - reproducible, not secret
            sets=self.script.sets,
            start=STILL_S,
            pause_s=PAUSE_S,
            style=STYLE,
        )
        self._is_synthetic = wishes.worn is None
        self._performer = Performer(wishes.worn or self._planned)
        self._sensor = PolarSensor(self._performer)
        self._story = Story(self._performer, air.publish(self._sensor), air.publish(BeurerEm70()))

    @property
    def elapsed_s(self) -> float:
        """Since the broker was there."""
        return self._now() - self._began

    def truth(self, *, complete: bool) -> Truth:
        """What really happened, after everything has ended. `complete`: nobody cut it short."""
        now = self._now()
        age = self._performer.age(now)
        done = sum(1 for repetition in self._planned.repetitions if repetition.end <= age)
        return Truth(
            complete=complete,
            engine=self.broker.engine,
            values=self._air.delivered,
            samples=self._sensor.sent_samples,
            repetitions=done if self._is_synthetic else None,
            stimulated_s=self._story.stimulated_s(now),
            on_disk=self.on_disk,
        )

    async def play(self) -> None:
        """What happens."""
        await self._story.play(self.script)

    async def listen(self, tell: Callable[[Line], None], ready: asyncio.Event) -> None:
        """Hear what arrives at the broker, for ever."""
        async with aiomqtt.Client(self.broker.host, self.broker.port) as client:
            await client.subscribe(f"{SIMULATED_ROOT}/#", qos=1)
            ready.set()
            async for message in client.messages:
                assert isinstance(message.payload, bytes)
                line = self.board.feed(str(message.topic), message.payload, self.elapsed_s)
                if line is not None:
                    tell(line)


@contextlib.asynccontextmanager
async def staged(wishes: Wishes, tell: Callable[[Line], None]) -> AsyncIterator[Stage]:
    """Everything running, for as long as the block lasts. Raises BrokerStartError, and what the daemon raises (in a group).

    At the end the daemon goes first and says what it has to say; the subscriber stays until it has heard that.
    """
    with tempfile.TemporaryDirectory(prefix="ptdevice-demo-") as folder:
        async with embedded_broker(wishes.port, engine=wishes.engine) as broker, VirtualRadio() as air:
            stage = Stage(wishes, broker, air)
            settings = _settings(Path(folder), wishes, stage)
            async with (
                Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio,
                asyncio.TaskGroup() as tasks,
            ):
                ready = asyncio.Event()
                listening = tasks.create_task(stage.listen(tell, ready), name="subscriber")
                await ready.wait()
                serving = tasks.create_task(serve(settings, radio.open), name="daemon")
                playing = tasks.create_task(stage.play(), name="story")
                try:
                    yield stage
                finally:
                    playing.cancel()
                    serving.cancel()
                    await asyncio.wait({serving})
                    await _goodbye(stage.board)
                    listening.cancel()
        stage.on_disk = _rows(settings.journal.path)


def _settings(folder: Path, wishes: Wishes, stage: Stage) -> Settings:
    """The daemon's configuration, by way of a file like anybody's. Raises ConfigError."""
    target = "" if wishes.worn else f"target_repetitions = {stage.script.sets[0]}\n"
    path = folder / "ptdevice.toml"
    path.write_text(CONFIG.format(journal=JOURNAL, broker=stage.broker, exercise=wishes.exercise, target=target))
    return load(path, {})


async def _goodbye(board: Board) -> None:
    """Wait for the daemon's last words, which come after everything else it said. It may have said nothing yet."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(GOODBYE_S):
            while board.gateway not in {"unknown", "offline"}:  # noqa: ASYNC110 - the board is fed, it does not tell
                await asyncio.sleep(0.01)


def _rows(journal: Path) -> int:
    with contextlib.closing(sqlite3.connect(journal)) as sql:
        # The daemon makes its file before it makes its tables; whoever is interrupted in between has recorded nothing.
        made = sql.execute("SELECT 1 FROM sqlite_master WHERE name = 'entry'").fetchone()
        count: int = sql.execute("SELECT count(*) FROM entry").fetchone()[0] if made else 0
    return count
