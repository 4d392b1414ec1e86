"""A child that journals and publishes until it is killed: `python crashing.py JOURNAL PORT`.

It prints the id of a record when, and only when, the journal has promised it.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import secrets
import sys
import time

from ptdevice import model
from ptdevice.journal import Journal
from ptdevice.mqtt import topics
from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.courier import Courier

NAMES = topics.Names("clinic-a", "pi-1", simulated=True)
PRODUCERS = 4


async def main(path: str, port: int) -> None:
    broker = Broker("127.0.0.1", "pi-1", port)

    def status(state: str) -> topics.Message:
        return topics.status(NAMES, "online" if state == "online" else "offline", boot_id="boot", version="test")

    async def refuse(_arrival: topics.Arrival) -> None:
        return None

    async with (
        Journal.open(path, wall=time.time_ns, randbits=secrets.randbits) as journal,
        asyncio.TaskGroup() as tasks,
    ):
        courier = Courier(
            lambda: connect(broker, status("offline")),
            journal,
            say=lambda entry: topics.event(NAMES, entry),
            announce=lambda: [status("online")],
            goodbye=lambda: status("offline"),
            listen=NAMES.command_filter,
            handle=refuse,
            rng=random.Random(),  # noqa: S311 - jitter, no secret
        )
        tasks.create_task(courier.run(), name="courier")

        async def produce() -> None:
            for number in itertools.count():
                stamp = topics.Stamp("boot", time.time_ns(), asyncio.get_running_loop().time(), synced=True)
                alarm = model.Alarm(stamp.mono_s, "test", f"record {number}")
                entry = await journal.append(topics.draft(alarm, unit=None, subject=None, stamp=stamp))
                sys.stdout.write(f"{entry.id} {entry.sequence}\n")
                sys.stdout.flush()

        for _ in range(PRODUCERS):
            tasks.create_task(produce(), name="producer")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(sys.argv[1], int(sys.argv[2])))
