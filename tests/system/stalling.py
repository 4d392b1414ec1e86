"""A child with the real gateway, fed to a service manager, that stalls when it is told: `python stalling.py CONFIG WHAT`.

WHAT is `loop`, `journal`, `broker` or `nothing`. Its promises are short, so that nobody has to wait for minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import secrets
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice import pulses
from ptdevice.ble.radio import Radio
from ptdevice.broker import broker_of
from ptdevice.clock import Clock
from ptdevice.config import load
from ptdevice.gateway import Gateway
from ptdevice.journal import Journal, uuid7
from ptdevice.journal.store import open_sqlite
from ptdevice.mqtt.client import connect
from ptdevice.systemd import Systemd
from ptdevice_sim.carriers.inproc import InProcessAir

if TYPE_CHECKING:
    from ptdevice.journal.store import Sql

STALLS = threading.Event()


class Disk:
    """SQLite on a disk that answers no more from some moment on."""

    def __init__(self, path: Path) -> None:
        self._sql = open_sqlite(path)

    def execute(self, *arguments: Any) -> Any:
        while STALLS.is_set():
            time.sleep(0.1)
        return self._sql.execute(*arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sql, name)


def disk(path: Path) -> Sql:
    found: Any = Disk(path)
    return found  # type: ignore[no-any-return] # as a connection


async def main(config: str, what: str) -> None:
    settings, loop, air = load(Path(config), {}), asyncio.get_running_loop(), InProcessAir()
    pulses.JOURNAL_S = 1.0
    async with (
        Journal.open(settings.journal.path, wall=time.time_ns, randbits=secrets.randbits, connect=disk) as journal,
        Radio(scanner_backend=air.scanner_backend, client_backend=air.client_backend) as radio,
    ):
        gateway = Gateway(
            settings,
            journal,
            radio.open,
            clock=Clock("boot", mono=loop.time, wall=time.time_ns, synced=lambda: True),
            connect=lambda will: connect(broker_of("pi-1", settings.mqtt), will),
            new_id=lambda: uuid7(time.time_ns(), secrets.randbits),
            rng=random.Random(1),  # noqa: S311 - jitter, no secret
            manager=Systemd(os.environ, os.getpid()),
        )
        running = asyncio.create_task(gateway.run())
        await asyncio.to_thread(sys.stdin.readline)  # the parent says when
        if what == "loop":
            time.sleep(3600)  # noqa: ASYNC251 - a bug, played
        if what == "journal":
            STALLS.set()
            loop.create_task(journal.counts())
        await running


if __name__ == "__main__":
    # A shell's background ignores it, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], sys.argv[2]))
