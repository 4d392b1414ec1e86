from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from tests.mqtt.fakes import FakeBroker, Shelf
from tests.mqtt.test_courier import carried

from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    import pytest


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_a_broker_that_is_away_for_an_hour_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    async def hour() -> None:
        async with carried(FakeBroker(up=False), Shelf()):
            await asyncio.sleep(3600)

    virtual_time.run(hour())
    assert warnings(caplog) == ["nobody there"]


def test_every_loss_is_told_and_so_is_every_return(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    async def flapping() -> None:
        broker = FakeBroker()
        async with carried(broker, Shelf()):
            for _ in range(2):
                await asyncio.sleep(60)
                broker.lose()
            await asyncio.sleep(60)

    virtual_time.run(flapping())
    there = "connected to the broker"
    assert [record.getMessage() for record in caplog.records] == [there, "gone", there, "gone", there]


def test_a_record_that_will_not_be_published_is_told_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def refusal() -> None:
        shelf = Shelf()
        shelf.add("a", "b")
        async with carried(FakeBroker(refused={"b": 135}), shelf) as courier:
            await courier.drain()

    virtual_time.run(refusal())
    assert warnings(caplog) == [
        "record 2 will not be published, it stays in the journal: refused by the broker with reason 135"
    ]


def test_a_retained_message_that_is_refused_is_told(caplog: pytest.LogCaptureFixture) -> None:
    async def refusal() -> None:
        async with carried(FakeBroker(refused={"info": 135}), Shelf()):
            await asyncio.sleep(1)

    virtual_time.run(refusal())
    assert warnings(caplog) == ["no"]
