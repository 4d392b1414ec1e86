"""The real journal and the courier through an outage of hours, in virtual time: threads are waited for, time is not."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from tests.journal.scaffold import draft, journal
from tests.mqtt.fakes import FakeBroker

from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.topics import Arrival, Entry, Message
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from pathlib import Path

MINUTES = 180


def say(entry: Entry) -> Message:
    return Message("evt", str(entry.sequence).encode(), qos=1)


async def ignore(_arrival: Arrival) -> Message | None:
    return None


async def outage(path: Path) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, virtual_time.VirtualTimeLoop)
    broker = FakeBroker(up=False)
    book = journal(path)
    loop.hold_while(book.busy)
    async with book:
        offline = Message("status", b"offline", 1, retain=True)
        courier = Courier(
            broker.connect,
            book,
            say=say,
            announce=list,
            goodbye=lambda: offline,
            listen="cmd/+/+",
            handle=ignore,
            rng=random.Random(1),  # noqa: S311 - a seed, no secret
        )
        running = asyncio.create_task(courier.run())
        for minute in range(MINUTES):
            await book.append(draft(minute))
            await asyncio.sleep(60)
        assert loop.time() >= MINUTES * 60
        assert (await book.counts()).pending == MINUTES
        broker.up = True
        await courier.drain()
        running.cancel()
        await asyncio.wait([running])
        assert broker.payloads() == [*(str(number) for number in range(1, MINUTES + 1)), "offline"]
        assert book.counters()["journal.rows"] == courier.counters()["courier.published"] == MINUTES
        assert (await book.counts()).sent == MINUTES


def test_a_broker_gone_for_hours_gets_every_record_in_order_when_it_returns(tmp_path: Path) -> None:
    virtual_time.run(outage(tmp_path / "journal.db"))
