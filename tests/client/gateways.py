"""A gateway without units: the real journal, courier and deliveries, for those who look at what arrives at the other end.

    python gateways.py JOURNAL PORT NAME CONSUMER PAUSE_S

appends a record every PAUSE_S seconds (0: four producers, as fast as the disk) and prints `id sequence` of each that is
promised. CONSUMER `-`: the broker's word counts.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import secrets
import sys
import time
from typing import TYPE_CHECKING

from ptdevice import model
from ptdevice.deliveries import Deliveries
from ptdevice.journal import Delivery, Journal
from ptdevice.mqtt import contract, topics
from ptdevice.mqtt.again import Again
from ptdevice.mqtt.client import Broker, connect
from ptdevice.mqtt.commands import Door
from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.desk import Desk
from ptdevice.requests import ALIVE, Requests

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

HOST = "127.0.0.1"


def stamp() -> topics.Stamp:
    return topics.Stamp("boot", time.time_ns(), asyncio.get_running_loop().time(), synced=True)


def alarm(text: str) -> topics.Draft:
    return topics.draft(model.Alarm(stamp().mono_s, "test", text), unit=None, subject=None, stamp=stamp())


@contextlib.asynccontextmanager
async def gateway(
    path: Path | str, port: int, name: str = "pi-1", consumer: str | None = None
) -> AsyncIterator[tuple[Journal, Courier, Deliveries]]:
    names = topics.Names("clinic-a", name, simulated=False)
    rng = random.Random()  # noqa: S311 - jitter, no secret

    def status(state: contract.GatewayState) -> topics.Message:
        return topics.status(names, state, boot_id="boot", version="test")

    async with Journal.open(
        path, wall=time.time_ns, randbits=secrets.randbits, end_to_end=consumer is not None
    ) as journal:
        delivery = Delivery(journal)
        again = Again(delivery.again, journal.news)
        deliveries = Deliveries(names, delivery, again, stamp, consumer)
        requests = Requests(ALIVE, {contract.Resend: deliveries.resend})
        courier = Courier(
            lambda: connect(Broker(HOST, name, port), status("offline")),
            journal,
            say=lambda entry: topics.event(names, entry),
            announce=lambda: [deliveries.message(), status("online")],
            goodbye=lambda: status("offline"),
            listen=names.command_filter,
            handle=Desk(Door(names, []), requests.execute, stamp).handle,
            rng=rng,
            also={names.ack: deliveries.hear} if consumer is not None else None,
            again=again,
        )
        deliveries.retain, deliveries.retry = courier.retain, courier.records.rewind
        courier.records.on_parked = deliveries.stale
        await deliveries.refresh()
        tasks = [asyncio.create_task(courier.run()), asyncio.create_task(deliveries.run())]
        try:
            yield journal, courier, deliveries
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            assert all(task.cancelled() for task in tasks), [task.exception() for task in tasks if not task.cancelled()]


async def main(path: str, port: str, name: str, consumer: str, pause_s: str) -> None:
    async with (
        gateway(path, int(port), name, None if consumer == "-" else consumer) as (journal, _, _),
        asyncio.TaskGroup() as producing,
    ):

        async def produce() -> None:
            for number in itertools.count():
                entry = await journal.append(alarm(f"record {number}"))
                sys.stdout.write(f"{entry.id} {entry.sequence}\n")
                sys.stdout.flush()
                await asyncio.sleep(float(pause_s))

        for _ in range(1 if float(pause_s) else 4):
            producing.create_task(produce(), name="producer")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(*sys.argv[1:]))
