"""What is sent once more, and what is not because it is probably on its way."""

from __future__ import annotations

import asyncio

from tests.mqtt.test_courier import in_virtual_time

from ptdevice.mqtt.again import HOLD_S, REMEMBERED, REQUESTED, Again
from ptdevice.mqtt.topics import Draft, Entry

ROWS = 30
GAP = {4, 5}  # rows that are not there


def entry(sequence: int) -> Entry:
    return Entry(sequence, f"id-{sequence}", "epoch", Draft("type", None, None, 0, 0, "boot", "synced", "{}"))


async def read(first: int, last: int, limit: int) -> list[Entry]:
    await asyncio.sleep(0)
    return [entry(row) for row in range(first, min(last, ROWS) + 1) if row not in GAP][:limit]


def again() -> Again:
    return Again(read, asyncio.Event())


async def taken(what: Again, limit: int = 10) -> list[int]:
    return [row.sequence for row in await what.take(limit)]


@in_virtual_time
async def test_a_span_is_read_in_portions_without_what_is_not_there() -> None:
    what = again()
    what.report([(2, 9)])
    assert [await taken(what, 3) for _ in range(4)] == [[2, 3, 6], [7, 8, 9], [], []]


@in_virtual_time
async def test_a_newer_report_replaces_the_one_before() -> None:
    what = again()
    what.report([(1, 20)])
    assert await taken(what, 2) == [1, 2]
    what.report([(8, 9)])
    assert await taken(what) == [8, 9]


@in_virtual_time
async def test_a_report_that_comes_while_rows_are_read_replaces_the_rest_of_them() -> None:
    what = again()
    what.report([(1, 20)])
    reading = asyncio.create_task(taken(what, 2))
    await asyncio.sleep(0)
    what.report([(8, 9)])
    assert await reading == [1, 2]
    assert await taken(what) == [8, 9]


@in_virtual_time
async def test_a_request_adds_to_what_was_asked_for_before() -> None:
    what = again()
    what.request(1, 2)
    what.request(8, 9)
    what.report([(20, 20)])
    assert await taken(what) == [20, 1, 2, 8, 9]


@in_virtual_time
async def test_no_more_requests_wait_than_there_is_room_for() -> None:
    what = again()
    assert [what.request(1, 2) for _ in range(REQUESTED + 1)] == [True] * REQUESTED + [False]


@in_virtual_time
async def test_what_went_out_a_moment_ago_does_not_go_again_for_a_report() -> None:
    what = again()
    what.landed(2)
    what.report([(1, 3)])
    assert await taken(what) == [1, 3]


@in_virtual_time
async def test_after_a_while_it_does() -> None:
    what = again()
    what.landed(2)
    await asyncio.sleep(HOLD_S + 0.1)
    what.report([(1, 3)])
    assert await taken(what) == [1, 2, 3]


@in_virtual_time
async def test_and_it_does_where_all_that_was_on_its_way_is_lost() -> None:
    what = again()
    what.landed(2)
    what.lost()
    what.report([(2, 2)])
    assert await taken(what) == [2]


@in_virtual_time
async def test_a_request_does_not_mind_what_went_out_a_moment_ago() -> None:
    what = again()
    what.landed(2)
    what.request(2, 2)
    assert await taken(what) == [2]


@in_virtual_time
async def test_what_was_under_way_when_the_connection_was_lost_goes_first_on_the_next() -> None:
    what = again()
    what.request(6, 20)
    assert await taken(what, 3) == [6, 7, 8]
    what.landed(7)
    what.restart()
    what.restart()  # before anything was taken: no reason to send it twice
    assert await taken(what, 4) == [6, 8, 9, 10]


@in_virtual_time
async def test_what_is_remembered_is_bounded_and_forgotten_in_time() -> None:
    what = again()
    for row in range(REMEMBERED + 10):
        what.landed(row)
    assert len(what._went) == REMEMBERED
    await asyncio.sleep(HOLD_S + 0.1)
    what.landed(1)
    assert len(what._went) == 1


@in_virtual_time
async def test_it_tells_how_much_waits() -> None:
    what = again()
    what.report([(1, 3)])
    what.request(7, 16)
    assert what.waiting == 13
    await what.take(5)
    assert what.waiting == 13  # those under way too


@in_virtual_time
async def test_of_another_journal_nothing_is_sent_that_was_asked_of_the_one_before() -> None:
    what = again()
    what.request(6, 20)
    await what.take(3)
    what.report([(1, 2)])
    what.forget()
    what.restart()
    assert await taken(what) == []
