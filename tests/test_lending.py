"""A unit that is let go for a while."""

from __future__ import annotations

import asyncio

import pytest
from tests.scripted import in_virtual_time

from ptdevice.lending import Lending


def now() -> float:
    return asyncio.get_running_loop().time()


@in_virtual_time
async def test_what_is_done_with_it_ends_when_it_is_lent_and_without_an_error() -> None:
    lending, ends = Lending(), list[str]()

    async def live() -> None:
        async with lending.life():
            try:
                await asyncio.Event().wait()
            finally:
                ends.append("cleaned up")
        ends.append("over")

    living = asyncio.create_task(live())
    await asyncio.sleep(1)
    lending.lend(now() + 60, "")
    await living
    assert ends == ["cleaned up", "over"]


@in_virtual_time
async def test_it_is_lent_until_then_and_not_longer() -> None:
    lending = Lending()
    lending.lend(now() + 60, "")
    await asyncio.sleep(59)
    assert lending.until is not None
    await asyncio.sleep(1)
    assert lending.until is None


@in_virtual_time
async def test_a_rest_ends_when_it_is_lent_or_taken_back() -> None:
    lending, began = Lending(), now()
    loop = asyncio.get_running_loop()
    loop.call_later(5, lending.lend, began + 60, "")
    await lending.rest(60)
    assert now() - began == pytest.approx(5)
    loop.call_later(5, lending.take_back)
    await lending.rest(60)
    assert now() - began == pytest.approx(10)
    lending.take_back()  # it is not lent
    await lending.rest(7)
    assert now() - began == pytest.approx(17)
    lending.lend(now() + 60, "")
    await lending.rest(7)
    assert now() - began == pytest.approx(17)


@in_virtual_time
async def test_only_what_is_lent_can_be_taken_back() -> None:
    lending = Lending()
    assert not lending.take_back()
    lending.lend(now() + 60, "")
    assert lending.take_back()
    assert not lending.take_back()


@in_virtual_time
async def test_another_timeout_and_a_cancellation_are_not_taken_for_it() -> None:
    lending = Lending()
    with pytest.raises(TimeoutError):
        async with lending.life(), asyncio.timeout(1):
            await asyncio.Event().wait()

    async def live() -> None:
        async with lending.life():
            await asyncio.Event().wait()

    living = asyncio.create_task(live())
    await asyncio.sleep(1)
    living.cancel()
    await asyncio.wait({living})
    assert living.cancelled()


@in_virtual_time
async def test_it_may_be_lent_anew_while_it_is_still_being_let_go() -> None:
    lending = Lending()

    async def live() -> None:
        async with lending.life():
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(2.5)  # a real bluetoothd takes as long to end a link

    living = asyncio.create_task(live())
    await asyncio.sleep(1)
    lending.lend(now() + 60, "")
    await asyncio.sleep(1)
    lending.lend(now() + 120, "")
    await living
    assert lending.until == pytest.approx(122)
