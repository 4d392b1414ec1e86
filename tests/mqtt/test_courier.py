from __future__ import annotations

import asyncio
import contextlib
import functools
import random
from typing import TYPE_CHECKING

from tests.mqtt.fakes import FakeBroker, Shelf

from ptdevice.mqtt import courier as rules
from ptdevice.mqtt import records as rules_of_records
from ptdevice.mqtt.courier import Courier
from ptdevice.mqtt.topics import Arrival, Entry, Message
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine


def in_virtual_time(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """An hour passes in a moment."""

    @functools.wraps(test)
    def run() -> None:
        virtual_time.run(test())

    return run


def say(entry: Entry) -> Message:
    return Message("evt", entry.draft.data.encode(), qos=1)


def status(text: str) -> Message:
    return Message("status", text.encode(), qos=1, retain=True)


async def echo(arrival: Arrival) -> Message | None:
    return Message("res/me", arrival.payload, qos=1)


@contextlib.asynccontextmanager
async def carried(
    broker: FakeBroker,
    shelf: Shelf,
    handle: Callable[[Arrival], Awaitable[Message | None]] = echo,
    announced: tuple[Message, ...] = (),
) -> AsyncIterator[Courier]:
    courier = Courier(
        broker.connect,
        shelf,
        say=say,
        announce=lambda: announced or [Message("info", b"info", 1, retain=True), status("online")],
        goodbye=lambda: status("offline"),
        listen="cmd/+/+",
        handle=handle,
        rng=random.Random(1),  # noqa: S311 - a seed, no secret
    )
    task = asyncio.create_task(courier.run())
    try:
        yield courier
    finally:
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled(), task.exception()


def records(broker: FakeBroker) -> list[str]:
    return [message.payload.decode() for message in broker.heard if message.topic == "evt"]


@in_virtual_time
async def test_records_arrive_in_order_and_are_marked() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
        shelf.add(*"def")
        await courier.drain()
    assert records(broker) == list("abcdef")
    assert set(shelf.state.values()) == {"sent"}
    assert courier.records.published == 6


@in_virtual_time
async def test_a_record_is_not_marked_before_the_broker_has_acknowledged() -> None:
    broker, shelf = FakeBroker(latency_s=5.0), Shelf()
    shelf.add("a")
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(2 * 5.0 + 4.9)  # two announcements first
        assert shelf.state[1] == "pending"
        await courier.drain()
        assert shelf.state[1] == "sent"


@in_virtual_time
async def test_everything_is_announced_again_on_every_connection_information_first() -> None:
    broker, shelf = FakeBroker(), Shelf()
    async with carried(broker, shelf):
        await asyncio.sleep(1)
        broker.lose()
        await asyncio.sleep(5)
        assert broker.payloads() == ["info", "online", "info", "online"]


@in_virtual_time
async def test_an_end_on_purpose_says_goodbye_itself() -> None:
    broker, shelf = FakeBroker(), Shelf()
    async with carried(broker, shelf):
        await asyncio.sleep(1)
    assert broker.payloads()[-1] == "offline"


@in_virtual_time
async def test_a_broker_gone_for_an_hour_costs_nothing_but_time() -> None:
    broker, shelf = FakeBroker(up=False), Shelf()
    async with carried(broker, shelf) as courier:
        for minute in range(60):
            shelf.add(str(minute))
            await asyncio.sleep(60)
        assert not courier.progress.connected
        assert 100 < len(broker.attempts) < 300
        pauses = [after - before for before, after in zip(broker.attempts, broker.attempts[1:], strict=False)]
        assert all(pause <= rules.BACKOFF_MAX_S for pause in pauses)
        assert len({round(pause, 3) for pause in pauses[10:]}) > 10  # jitter
        broker.up = True
        await courier.drain()
    assert records(broker) == [str(minute) for minute in range(60)]


@in_virtual_time
async def test_a_lost_link_loses_no_record_and_keeps_the_order_of_first_arrivals() -> None:
    broker, shelf = FakeBroker(), Shelf()
    async with carried(broker, shelf) as courier:
        for batch in range(10):
            shelf.add(*(f"{batch:02}-{number:02}" for number in range(30)))
            await asyncio.sleep(0.025)
            broker.lose()
        await courier.drain()
    firsts = list(dict.fromkeys(records(broker)))
    assert firsts == sorted(shelf.rows.values())
    assert courier.progress.losses > 0


@in_virtual_time
async def test_no_more_are_under_way_than_the_broker_s_window_allows() -> None:
    broker, shelf = FakeBroker(window=20), Shelf()
    shelf.add(*(str(number) for number in range(200)))
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert rules.RESERVE < broker.most_under_way <= 20


@in_virtual_time
async def test_a_window_of_one_still_carries() -> None:
    broker, shelf = FakeBroker(window=1), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert records(broker) == list("abc")
    assert broker.most_under_way == 1


@in_virtual_time
async def test_a_record_that_is_refused_for_good_is_parked_and_blocks_nobody() -> None:
    broker, shelf = FakeBroker(refused={"b": 135}), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert records(broker) == ["a", "c"]
    assert shelf.state == {1: "sent", 2: "parked: refused by the broker with reason 135", 3: "sent"}
    assert courier.records.parked == 1


@in_virtual_time
async def test_a_record_that_is_refused_for_now_is_tried_again() -> None:
    broker, shelf = FakeBroker(refused={"b": 151}), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(1)
        broker.refused.clear()
        await courier.drain()
    assert set(records(broker)) == set("abc")
    assert set(shelf.state.values()) == {"sent"}


@in_virtual_time
async def test_a_record_that_is_refused_for_now_for_ever_is_parked_in_the_end() -> None:
    broker, shelf = FakeBroker(refused={"b": 151}), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert shelf.state == {1: "sent", 2: "parked: refused by the broker with reason 151", 3: "sent"}


@in_virtual_time
async def test_a_record_that_the_broker_hangs_up_on_is_found_parked_and_blocks_nobody() -> None:
    broker, shelf = FakeBroker(hangs_up_on={"poison"}), Shelf()
    shelf.add(*"abcde", "poison", *"fghij")
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert set(records(broker)) == set("abcdefghij")
    assert shelf.state[6] == "parked: the broker hung up 3 times while only this was under way"
    assert [state for state in shelf.state.values() if state != "sent"] == [shelf.state[6]]


@in_virtual_time
async def test_a_bad_network_parks_nothing() -> None:
    broker, shelf = FakeBroker(latency_s=4.0), Shelf()
    shelf.add("innocent")
    async with carried(broker, shelf) as courier:
        for _ in range(6):
            await broker.connected.wait()
            await asyncio.sleep(8 + 3)  # two announcements, then three of the four seconds that the record takes
            broker.lose()
            await asyncio.sleep(0.1)
        broker.latency_s = 0.01
        await courier.drain()
    assert shelf.state == {1: "sent"}


@in_virtual_time
async def test_a_record_above_the_broker_s_limit_is_parked_unsent() -> None:
    broker, shelf = FakeBroker(largest_packet=200), Shelf()
    shelf.add("a", "b" * 200, "c")
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert records(broker) == ["a", "c"]
    assert "more than the broker's 200" in shelf.state[2]


@in_virtual_time
async def test_rows_made_pending_again_are_sent_again() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
        shelf.state[2] = "pending"
        courier.records.rewind(2)
        await courier.drain()
    assert records(broker) == ["a", "b", "c", "b"]


@in_virtual_time
async def test_rows_asked_for_again_in_the_middle_of_a_backlog_are_not_forgotten() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*(str(number) for number in range(300)))
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(0.6)
        assert shelf.state[1] == "sent"
        assert shelf.state[300] == "pending"
        shelf.state[1] = "pending"
        courier.records.rewind(1)
        await courier.drain()
    assert records(broker).count("0") == 2
    assert len(records(broker)) == 301


@in_virtual_time
async def test_live_messages_overtake_a_backlog() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*(str(number) for number in range(500)))
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(1)
        courier.live(Message("telemetry", b"live", 0))
        await asyncio.sleep(0.01)
        assert "live" in broker.payloads()
        assert len(records(broker)) < 500


@in_virtual_time
async def test_live_messages_are_not_kept_while_there_is_no_connection() -> None:
    broker, shelf = FakeBroker(up=False), Shelf()
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(1)
        courier.live(Message("telemetry", b"old", 0))
        broker.up = True
        await asyncio.sleep(60)
        assert "old" not in broker.payloads()
        assert courier.progress.live_dropped == 1


@in_virtual_time
async def test_too_many_live_messages_drop_the_oldest_and_are_counted() -> None:
    broker, shelf = FakeBroker(), Shelf()
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(1)
        for number in range(rules.LIVE + 10):
            courier.live(Message("telemetry", str(number).encode(), 0))
        await asyncio.sleep(1)
        sent = [message.payload.decode() for message in broker.heard if message.topic == "telemetry"]
        assert sent == [str(number) for number in range(10, rules.LIVE + 10)]
        assert courier.progress.live_dropped == 10


@in_virtual_time
async def test_of_a_retained_topic_the_latest_wins_while_it_waits() -> None:
    broker, shelf = FakeBroker(latency_s=1.0), Shelf()
    async with carried(broker, shelf) as courier:
        await asyncio.sleep(10)
        for level in range(20):
            courier.retain(Message("state", str(level).encode(), 1, retain=True))
            await asyncio.sleep(0.1)
        await asyncio.sleep(10)
        sent = [message.payload.decode() for message in broker.heard if message.topic == "state"]
        assert sent[-1] == "19"
        assert len(sent) <= 4


@in_virtual_time
async def test_what_changes_during_the_announcement_is_said_after_it() -> None:
    broker, shelf = FakeBroker(latency_s=1.0), Shelf()
    async with carried(broker, shelf, announced=(status("1"), Message("state", b"old", 1, retain=True))) as courier:
        await asyncio.sleep(0.5)
        courier.retain(Message("state", b"new", 1, retain=True))
        await asyncio.sleep(10)
    assert [message.payload for message in broker.heard if message.topic == "state"] == [b"old", b"new"]


@in_virtual_time
async def test_an_announcement_that_is_refused_holds_up_nothing() -> None:
    broker, shelf = FakeBroker(refused={"info": 135}), Shelf()
    shelf.add("a")
    async with carried(broker, shelf) as courier:
        await courier.drain()
        assert courier.progress.last_error == "no"
    assert records(broker) == ["a"]


@in_virtual_time
async def test_requests_are_answered_while_a_backlog_drains() -> None:
    broker, shelf = FakeBroker(latency_s=0.1), Shelf()
    shelf.add(*(str(number) for number in range(500)))
    async with carried(broker, shelf):
        await asyncio.sleep(1)
        broker.ask(Arrival("cmd/gateway/ping", b"question"))
        await asyncio.sleep(0.2)
        assert "question" in broker.payloads()
        assert len(records(broker)) < 500


@in_virtual_time
async def test_a_flood_of_requests_is_bounded_and_counted() -> None:
    served: list[bytes] = []

    async def slow(arrival: Arrival) -> Message | None:
        await asyncio.sleep(1)
        served.append(arrival.payload)
        return None

    broker, shelf = FakeBroker(), Shelf()
    async with carried(broker, shelf, slow) as courier:
        await asyncio.sleep(1)
        for number in range(100):
            broker.ask(Arrival("cmd/gateway/ping", str(number).encode()))
        await asyncio.sleep(60)
        assert len(served) in {rules.REQUESTS, rules.REQUESTS + 1}
        assert courier.progress.requests_dropped == 100 - len(served)


@in_virtual_time
async def test_being_stopped_in_the_moment_of_a_loss_is_being_stopped() -> None:
    broker, shelf = FakeBroker(), Shelf()
    for turns in range(12):  # the cancellation meets every stage of the loss
        async with carried(broker, shelf):
            await asyncio.sleep(1)
            broker.lose()
            for _ in range(turns):
                await asyncio.sleep(0)
            began = asyncio.get_running_loop().time()
        assert asyncio.get_running_loop().time() - began < 0.1


# --- a journal that was replaced ------------------------------------------------------------------------------------------


@in_virtual_time
async def test_when_the_journal_was_replaced_its_rows_are_carried_from_the_first_one_on() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*"abc")
    async with carried(broker, shelf) as courier:
        await courier.drain()
        shelf.replace()
        shelf.add("x", "y")
        await courier.drain()
        shelf.add("z")
        await courier.drain()
    assert records(broker) == list("abcxyz")


@in_virtual_time
async def test_what_was_found_out_about_a_row_is_not_held_against_its_namesake_in_the_new_journal() -> None:
    broker, shelf = FakeBroker(hangs_up_on={"poison"}), Shelf()
    shelf.add("poison")
    async with carried(broker, shelf) as courier:
        while broker.session is None or len(broker.attempts) < rules_of_records.POISON_LOSSES:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        shelf.replace()
        shelf.add("good")
        broker.lose()
        await courier.drain()
    assert shelf.state == {1: "sent"}
    assert records(broker)[-1:] == ["good"]


# --- reading ahead ---------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_long_backlog_arrives_in_order_and_each_row_once() -> None:
    broker, shelf = FakeBroker(), Shelf()
    texts = [str(number) for number in range(3 * rules_of_records.BATCH + 7)]
    shelf.add(*texts)
    async with carried(broker, shelf) as courier:
        await courier.drain()
    assert records(broker) == texts


@in_virtual_time
async def test_the_next_rows_are_read_while_those_before_are_under_way() -> None:
    broker, shelf = FakeBroker(latency_s=1.0), Shelf(takes_s=10.0)
    shelf.add(*(str(number) for number in range(3 * rules_of_records.BATCH)))
    began = asyncio.get_running_loop().time()
    async with carried(broker, shelf) as courier:
        while len(records(broker)) < 3 * rules_of_records.BATCH:  # noqa: ASYNC110 - it is virtual time that passes
            await asyncio.sleep(0.5)
        took = asyncio.get_running_loop().time() - began
        assert courier.records.published > 0
    window = broker.window - rules.RESERVE
    assert took < 10 + 3 * rules_of_records.BATCH / window + 5  # one reading, and the sending


@in_virtual_time
async def test_rows_that_are_asked_for_again_in_the_middle_of_a_backlog_come_again() -> None:
    broker, shelf = FakeBroker(), Shelf()
    shelf.add(*(str(number) for number in range(4 * rules_of_records.BATCH)))
    async with carried(broker, shelf) as courier:
        while courier.records.published < 1.5 * rules_of_records.BATCH:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.01)
        shelf.state[5] = "pending"
        courier.records.rewind(5)
        await courier.drain()
    said = records(broker)
    assert said.count("4") == 2
    assert len(said) == 4 * rules_of_records.BATCH + 1
