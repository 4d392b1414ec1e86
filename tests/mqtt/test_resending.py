"""Rows that are sent once more, beside those that were never sent."""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import TYPE_CHECKING

from tests.mqtt.fakes import FakeBroker, Shelf
from tests.mqtt.test_courier import echo, in_virtual_time, records, say, status

from ptdevice.mqtt.again import Again
from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.topics import Arrival, Entry, Message

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@contextlib.asynccontextmanager
async def resending(
    broker: FakeBroker, shelf: Shelf, also: dict[str, Callable[[Arrival], Awaitable[Message | None]]] | None = None
) -> AsyncIterator[tuple[Courier, Again]]:
    async def read(first: int, last: int, limit: int) -> list[Entry]:
        return [
            row for row in await shelf.all() if first <= row.sequence <= last and shelf.state[row.sequence] == "sent"
        ][:limit]

    again = Again(read, shelf.news)
    courier = Courier(
        broker.connect,
        shelf,
        say=say,
        announce=lambda: [status("online")],
        goodbye=lambda: status("offline"),
        listen="cmd/+/+",
        handle=echo,
        rng=random.Random(1),  # noqa: S311 - a seed, no secret
        also=also,
        again=again,
    )
    task = asyncio.create_task(courier.run())
    try:
        yield courier, again
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


async def finished(again: Again) -> None:
    async with asyncio.timeout(3600):
        while again.waiting:  # noqa: ASYNC110 - in virtual time
            await asyncio.sleep(0.05)


@in_virtual_time
async def test_a_range_goes_out_again_in_order_although_nothing_new_comes() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*"abcdef")
    async with resending(broker, shelf) as (courier, again):
        await courier.drain()
        again.request(2, 4)
        await finished(again)
    assert records(broker) == [*"abcdef", *"bcd"]
    assert (courier.records.published, courier.records.repeated) == (6, 3)


@in_virtual_time
async def test_new_records_do_not_wait_for_a_thousand_old_ones() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*(str(number) for number in range(1000)))
    async with resending(broker, shelf) as (courier, again):
        await courier.drain()
        again.request(1, 1000)
        await asyncio.sleep(0.5)
        shelf.add("new")
        began = asyncio.get_running_loop().time()
        await courier.drain()
        assert asyncio.get_running_loop().time() - began < 0.5
        assert again.waiting > 800
        await finished(again)
    assert len(records(broker)) == 2001


@in_virtual_time
async def test_old_records_are_not_starved_by_a_backlog_of_new_ones() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*"abc")
    async with resending(broker, shelf) as (courier, again):
        await courier.drain()
        again.request(1, 3)
        shelf.add(*(str(number) for number in range(1000)))
        await finished(again)
        assert shelf.state[1003] == "pending"


@in_virtual_time
async def test_a_lost_connection_does_not_cut_a_range_short() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*(str(number) for number in range(200)))
    async with resending(broker, shelf) as (courier, again):
        await courier.drain()
        before = len(broker.heard)
        again.request(1, 200)
        await asyncio.sleep(0.35)
        broker.lose()
        await finished(again)
    repeated = [message.payload.decode() for message in broker.heard[before:] if message.topic == "evt"]
    assert set(repeated) == {str(number) for number in range(200)}
    assert len(repeated) < 200 + 2 * 16  # those under way, and one at a time after that


@in_virtual_time
async def test_a_row_on_which_the_broker_hangs_up_the_second_time_is_parked_and_the_others_arrive() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*"abcdef")
    told: list[str] = []
    async with resending(broker, shelf) as (courier, again):
        courier.records.on_parked = lambda: told.append("parked")
        await courier.drain()
        broker.hangs_up_on = {"c"}
        again.request(1, 6)
        await finished(again)
    assert "hung up" in shelf.state[3]
    assert told == ["parked"]
    assert {*records(broker)[6:]} >= set("abdef")


@in_virtual_time
async def test_reports_on_a_topic_of_their_own_do_not_keep_a_request_waiting() -> None:
    broker, shelf = FakeBroker(), Shelf()
    slowly = asyncio.Event()

    async def hear(arrival: Arrival) -> Message | None:
        await slowly.wait()
        return None

    async with resending(broker, shelf, {"ack": hear}) as (courier, _):
        await broker.connected.wait()
        await asyncio.sleep(0.1)
        assert broker.session is not None
        assert broker.session.topics == ["cmd/+/+", "ack"]
        for _ in range(100):
            broker.ask(Arrival("ack", b"report"))
        broker.ask(Arrival("cmd/gateway/ping", b"now"))
        await asyncio.sleep(0.1)
        assert "now" in broker.payloads()
        assert courier.progress.requests_dropped > 80
