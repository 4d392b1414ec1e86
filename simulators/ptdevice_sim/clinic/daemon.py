"""The daemon's process as the clinic sees it: started, stopped in order, killed, started again on the same disk.

Everything inside is the daemon's own: gateway, journal, courier, radio room, codecs. Around it are played the air, the broker,
the disk's fullness and the clocks.

`kill` is as near to SIGKILL as one process allows. The file on the disk is left as the last commit made it, the broker says the
will, every link drops, and nothing that the dead gateway still does reaches disk, broker or units: its tasks are cancelled, and
their last words are spoken into nowhere. It does not prove that a commit which was under way is all or nothing, nor what the
operating system would do with a torn write; the journal's own tests, with a real SIGKILL, do.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ptdevice.ble.radio import Radio
from ptdevice.clock import Clock
from ptdevice.errors import BrokerLostError, JournalError
from ptdevice.gateway import Gateway
from ptdevice.journal import uuid7
from ptdevice_sim.clinic.disk import TurnJournal

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from ptdevice.config import Settings
    from ptdevice.mqtt.topics import Message
    from ptdevice_sim.carriers.inproc import InProcessAir
    from ptdevice_sim.clinic.broker import PlayedBroker, PlayedSession
    from ptdevice_sim.clinic.disk import Disk
    from ptdevice_sim.virtual_time import VirtualTimeLoop

AGAIN_S = 5.0  # RestartSec of the systemd unit that comes with ptdevice
END_S = 60.0  # virtual seconds that an end may take before it is a bug


class Life:
    """One process, from start to end."""

    def __init__(
        self,
        settings: Settings,
        air: InProcessAir,
        broker: PlayedBroker,
        disk: Disk,
        *,
        boot_id: str,
        wall: Callable[[], int],
        stream: Callable[[str], random.Random],
    ) -> None:
        loop: Any = asyncio.get_running_loop()
        virtual: VirtualTimeLoop = loop
        self._settings, self._air, self._broker = settings, air, broker
        self._boot_id, self._wall = boot_id, wall
        self._rng, ids = stream("gateway"), stream("ids")
        self._new_id = lambda: uuid7(wall(), ids.getrandbits)
        # A stream of its own: the thread draws when it is its turn, and the order between the two must not matter.
        self.journal = TurnJournal(disk, virtual, wall=wall, randbits=stream("journal").getrandbits)
        self.gateway: Gateway | None = None
        self._dead = False

    async def run(self) -> None:
        """Until cancelled. Raises JournalError where the journal cannot be opened."""
        air = self._air
        radio = Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend)
        async with self.journal, radio:
            loop = asyncio.get_running_loop()
            gateway = self.gateway = Gateway(
                self._settings,
                self.journal,
                radio.open,
                clock=Clock(self._boot_id, mono=loop.time, wall=self._wall, synced=lambda: True),
                connect=self._connect,
                new_id=self._new_id,
                rng=self._rng,
            )
            await gateway.run()

    def die(self) -> None:
        """Killed. The task that runs `run` is to be cancelled next."""
        self._dead = True
        self.journal.kill()
        self._broker.lose()
        for host in self._air.hosts.values():
            host.drop_link()

    def _connect(self, will: Message) -> AbstractAsyncContextManager[PlayedSession]:
        if self._dead:
            raise BrokerLostError("the dead do not connect")
        return self._broker.connect(will)


class Daemon:
    """Whoever starts the process, as systemd would. `begin(n)` makes the n-th life; `told(what, why)` hears of each step.

    `failed` ends with the exception of a life that ended by a bug.
    """

    def __init__(self, begin: Callable[[int], Life], told: Callable[[str, str | None], None]) -> None:
        self._begin, self._told = begin, told
        self._loop = asyncio.get_running_loop()
        self._lives = 0
        self._wanted = False
        self._task: asyncio.Task[None] | None = None
        self._corpses: list[asyncio.Task[None]] = []
        self.life: Life | None = None
        self.failed: asyncio.Future[None] = self._loop.create_future()

    def start(self) -> None:
        """Start it, now or as soon as the one before has ended."""
        self._wanted = True
        if self._task is None:
            self._lives += 1
            self.life = self._begin(self._lives)
            self._task = self._loop.create_task(self.life.run(), name=f"daemon {self._lives}")
            self._task.add_done_callback(self._ended)
            self._told("started", None)

    def stop(self) -> None:
        """SIGTERM: it ends in order, and is not started again before `start`."""
        self._wanted = False
        if self._task is not None:
            self._task.cancel()

    def kill(self) -> None:
        """SIGKILL."""
        self._wanted = False
        if self._task is not None and self.life is not None:
            self.life.die()
            self._task.cancel()
            self._corpses.append(self._task)
            self._task = None
            self._told("killed", None)

    async def close(self) -> None:
        """Stop it and wait for the end. Raises what ended a life that ended by a bug."""
        self.stop()
        left = [*self._corpses, *([self._task] if self._task else [])]
        if left:
            _, late = await asyncio.wait(left, timeout=END_S)
            assert not late, f"still running {END_S:g} s after the end: {late}"
        if self.failed.done():
            self.failed.result()

    def _ended(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, JournalError) and not self.failed.done():
            self.failed.set_exception(error)
        if task is not self._task:
            return  # a corpse
        self._task = None
        self._told("stopped", str(error) if error else None)
        if self._wanted:
            self._loop.call_later(AGAIN_S if error else 0.0, self._again)

    def _again(self) -> None:
        if self._wanted:
            self.start()
