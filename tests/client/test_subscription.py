"""The client beside real gateways and a real Mosquitto: nothing is missed, nothing comes out twice."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest
from tests.client.gateways import alarm, gateway
from tests.mqtt.mosquitto import HOST, free_port, mosquitto

from ptdevice.client import Broker, FileCursor, Record, TransactionCursor, subscribe
from ptdevice.errors import CursorError

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.client import Subscription

DEADLINE_S = 30.0


def client(port: int, cursor: Any, **changes: Any) -> Subscription:
    return subscribe(f"{HOST}:{port}", name="db", cursor=cursor, **changes)


async def taken(subscription: Subscription, count: int) -> list[Record]:
    found: list[Record] = []
    async with asyncio.timeout(DEADLINE_S):
        async with contextlib.aclosing(aiter(subscription)) as records:
            async for record in records:
                found.append(record)
                if len(found) == count:
                    await record.done()
                    break
    return found


async def stumbling(subscription: Subscription) -> None:
    async with asyncio.timeout(DEADLINE_S), subscription as records:
        async for _ in records:
            raise ZeroDivisionError


def texts(records: list[Record]) -> list[str]:
    return [record.data["text"] for record in records]


@pytest.mark.parametrize("consumer", ["db", None], ids=["end-to-end", "broker"])
async def test_a_new_consumer_gets_everything_that_the_gateway_has_in_order(
    tmp_path: Path, consumer: str | None
) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer=consumer) as (journal, courier, _):
        await journal.append_many([alarm(str(number)) for number in range(700)])
        async with asyncio.timeout(DEADLINE_S):
            await courier.drain()  # published to nobody
        records = await taken(client(broker.port, tmp_path / "c"), 700)
    assert [record.sequence for record in records] == list(range(1, 701))
    assert texts(records) == [str(number) for number in range(700)]


@pytest.mark.parametrize("consumer", ["db", None], ids=["end-to-end", "broker"])
async def test_a_consumer_that_was_away_goes_on_where_it_left(tmp_path: Path, consumer: str | None) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer=consumer) as (journal, courier, _):
        await journal.append_many([alarm("a"), alarm("b")])
        first = await taken(client(broker.port, tmp_path / "c"), 2)
        await journal.append_many([alarm("c"), alarm("d")])
        async with asyncio.timeout(DEADLINE_S):
            await courier.drain()
        second = await taken(client(broker.port, tmp_path / "c"), 2)
    assert texts(first + second) == list("abcd")


async def test_what_was_not_asked_past_comes_again(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _):
        await journal.append_many([alarm("a"), alarm("b")])
        async with asyncio.timeout(DEADLINE_S):
            async for record in client(broker.port, tmp_path / "c"):
                if record.data["text"] == "b":
                    break
        assert texts(await taken(client(broker.port, tmp_path / "c"), 1)) == ["b"]


async def test_an_error_in_the_loop_loses_nothing(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _):
        await journal.append(alarm("a"))
        with pytest.raises(ZeroDivisionError):
            await stumbling(client(broker.port, tmp_path / "c"))
        assert texts(await taken(client(broker.port, tmp_path / "c"), 1)) == ["a"]


async def test_a_record_is_delivered_when_the_consumer_is_done_with_it_and_not_before(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, courier, _):
        await journal.append_many([alarm("a"), alarm("b")])
        async with asyncio.timeout(DEADLINE_S):
            await courier.drain()
            assert (await journal.counts()).told == 2
            async with contextlib.aclosing(aiter(client(broker.port, tmp_path / "c"))) as records:
                await anext(records)
                await anext(records)  # so the first is done
                while (await journal.counts()).sent < 1:  # noqa: ASYNC110 - a report is on its way
                    await asyncio.sleep(0.05)
        assert (await journal.counts()).told == 1


async def test_records_that_a_killed_broker_forgot_come_again(tmp_path: Path) -> None:
    async with (
        mosquitto() as broker,
        gateway(tmp_path / "j", broker.port, consumer="db") as (journal, courier, _),
        contextlib.aclosing(aiter(client(broker.port, tmp_path / "c"))) as records,
    ):
        await journal.append(alarm("first"))
        async with asyncio.timeout(DEADLINE_S):
            assert (await anext(records)).data["text"] == "first"
        await broker.kill()
        await broker.start()
        async with asyncio.timeout(DEADLINE_S):
            while not courier.progress.connected:  # noqa: ASYNC110 - a broker comes back
                await asyncio.sleep(0.01)
            # Perhaps before the consumer is back: then nobody is there to hear these.
            await journal.append_many([alarm("second"), alarm("third")])
            await courier.drain()
            assert [(await anext(records)).data["text"] for _ in range(2)] == ["second", "third"]


async def test_several_gateways_each_have_their_own_order(tmp_path: Path) -> None:
    async with (
        mosquitto() as broker,
        gateway(tmp_path / "one", broker.port, "pi-1", "db") as (one, _, _),
        gateway(tmp_path / "two", broker.port, "pi-2", None) as (two, _, _),
    ):
        await one.append_many([alarm("a"), alarm("b")])
        await two.append_many([alarm("x"), alarm("y"), alarm("z")])
        records = await taken(client(broker.port, tmp_path / "c"), 5)
    by_gateway: dict[str, list[str]] = {}
    for record in records:
        by_gateway.setdefault(record.gateway, []).append(record.data["text"])
    assert by_gateway == {"ptdevice/v1/clinic-a/pi-1": ["a", "b"], "ptdevice/v1/clinic-a/pi-2": ["x", "y", "z"]}


async def test_one_gateway_of_several_can_be_chosen(tmp_path: Path) -> None:
    async with (
        mosquitto() as broker,
        gateway(tmp_path / "one", broker.port, "pi-1") as (one, _, _),
        gateway(tmp_path / "two", broker.port, "pi-2") as (two, _, _),
    ):
        await one.append(alarm("a"))
        await two.append(alarm("x"))
        assert texts(await taken(client(broker.port, tmp_path / "c", gateway="pi-2"), 1)) == ["x"]


async def test_a_journal_that_was_lost_begins_a_new_epoch_and_nothing_is_taken_for_old(tmp_path: Path) -> None:
    async with mosquitto() as broker:
        async with gateway(tmp_path / "old", broker.port, consumer="db") as (journal, _, _):
            await journal.append_many([alarm("a"), alarm("b")])
            old = await taken(client(broker.port, tmp_path / "c"), 2)
        async with gateway(tmp_path / "new", broker.port, consumer="db") as (journal, _, _):
            await journal.append(alarm("c"))
            new = await taken(client(broker.port, tmp_path / "c"), 1)
    assert texts(old + new) == list("abc")
    assert (old[0].sequence, new[0].sequence) == (1, 1)
    assert old[0].epoch != new[0].epoch


async def test_a_parked_record_does_not_hold_up_those_behind_it_and_comes_late_when_it_comes(tmp_path: Path) -> None:
    async with (
        mosquitto(extra="max_packet_size 3000\n") as broker,
        gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _),
    ):
        await journal.append_many([alarm("a"), alarm("x" * 4000), alarm("b")])
        subscription = client(broker.port, tmp_path / "c", patience_s=None)
        assert texts(await taken(subscription, 2)) == ["a", "b"]
        assert [sequence for sequence, _ in await journal.parked()] == [2]


async def test_from_now_on_means_without_what_was_before(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port) as (journal, courier, _):
        await journal.append_many([alarm("a"), alarm("b")])
        async with asyncio.timeout(DEADLINE_S):
            await courier.drain()
        subscription = client(broker.port, tmp_path / "c", start="now")
        taking = asyncio.create_task(taken(subscription, 1))
        async with asyncio.timeout(DEADLINE_S):
            await subscription.connected.wait()
        await journal.append(alarm("c"))
        assert texts(await taking) == ["c"]


async def test_processing_and_the_position_are_one_transaction_of_the_consumer_s_own(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _):
        await journal.append_many([alarm(str(number)) for number in range(4)])
        with contextlib.closing(sqlite3.connect(tmp_path / "mine.db")) as mine:
            mine.execute("CREATE TABLE note (id TEXT PRIMARY KEY, text TEXT)")
            async with asyncio.timeout(DEADLINE_S):
                async for record in client(broker.port, TransactionCursor(mine)):
                    mine.execute("INSERT INTO note VALUES (?, ?)", (record.id, record.data["text"]))
                    if record.sequence == 3:
                        break  # as a crash would: written, not committed
            mine.rollback()
            assert mine.execute("SELECT count(*) FROM note").fetchone() == (2,)
            async with asyncio.timeout(DEADLINE_S):
                async for record in client(broker.port, TransactionCursor(mine)):
                    mine.execute("INSERT INTO note VALUES (?, ?)", (record.id, record.data["text"]))
                    if record.sequence == 4:
                        await record.done()
                        break
            assert [text for (text,) in mine.execute("SELECT text FROM note ORDER BY text")] == list("0123")


async def test_two_subscriptions_on_one_cursor_file_are_one_too_many(tmp_path: Path) -> None:
    first, second = FileCursor(tmp_path / "c"), FileCursor(tmp_path / "c")
    await first.save("gateway", "epoch", "1")
    with pytest.raises(CursorError, match="One subscription per file"):
        await second.save("gateway", "epoch", "2")
    await first.close()
    assert await second.load("gateway", "epoch") == "1"
    await second.close()


async def test_a_cursor_that_cannot_be_written_ends_the_loop_with_its_reason(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _):
        await journal.append(alarm("a"))
        with pytest.raises(CursorError, match="no-such-folder"):
            await taken(client(broker.port, tmp_path / "no-such-folder" / "c"), 1)
        assert (await journal.counts()).sent == 0


async def test_a_position_that_is_none_ends_the_loop_rather_than_begin_anew(tmp_path: Path) -> None:
    async with mosquitto() as broker, gateway(tmp_path / "j", broker.port, consumer="db") as (journal, _, _):
        await journal.append(alarm("a"))
        cursor = FileCursor(tmp_path / "c")
        await cursor.save("ptdevice/v1/clinic-a/pi-1", journal.epoch, "nonsense")
        await cursor.close()
        with pytest.raises(CursorError, match="is no position: 'nonsense'"):
            await taken(client(broker.port, tmp_path / "c"), 1)


async def test_a_broker_with_passwords_and_only_3_1_1(tmp_path: Path) -> None:
    async with (
        mosquitto() as plain,
        gateway(tmp_path / "j", plain.port, consumer="db") as (journal, _, _),
    ):
        await journal.append(alarm("a"))
        broker = Broker(HOST, "me", plain.port, username="u", password="p", protocol=4)
        assert texts(await taken(subscribe(broker, name="db", cursor=tmp_path / "c"), 1)) == ["a"]


async def test_a_consumer_that_finds_no_broker_waits_for_one(tmp_path: Path) -> None:
    port = free_port()
    taking = asyncio.create_task(taken(client(port, tmp_path / "c"), 1))
    await asyncio.sleep(0)
    async with mosquitto(port=port), gateway(tmp_path / "j", port, consumer="db") as (journal, _, _):
        await journal.append(alarm("a"))
        assert texts(await taking) == ["a"]


@pytest.mark.parametrize("name", ["", "A", "a/b", "a" * 33, "+"])
def test_a_name_that_is_none_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no name"):
        subscribe("localhost", name=name, cursor=tmp_path / "c")
