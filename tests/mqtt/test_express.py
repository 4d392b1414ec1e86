"""The lane that does not wait, in virtual time."""

from __future__ import annotations

import asyncio

from tests.scripted import in_virtual_time

from ptdevice.mqtt.express import ANSWERS, Express
from ptdevice.mqtt.topics import Arrival, Message


def arrival(name: str) -> Arrival:
    return Arrival(name, b"")


def answer(arrived: Arrival) -> Message | None:
    return Message(arrived.topic, b"", qos=1) if arrived.topic.startswith("stop") else None


@in_virtual_time
async def test_what_may_not_wait_is_done_where_it_arrives_and_answered_after() -> None:
    done: list[str] = []

    def urgent(arrived: Arrival) -> Message | None:
        done.append(arrived.topic)
        return answer(arrived)

    express, said = Express(urgent), list[str]()

    async def slowly(message: Message) -> None:
        await asyncio.sleep(5.0)
        said.append(message.topic)

    carrying = asyncio.create_task(express.carry(slowly))
    await asyncio.sleep(0)
    assert express.take(arrival("stop 1"))
    assert express.take(arrival("stop 2"))
    assert done == ["stop 1", "stop 2"]
    assert said == []
    await asyncio.sleep(11.0)
    assert said == ["stop 1", "stop 2"]
    carrying.cancel()


@in_virtual_time
async def test_what_may_wait_is_left_to_the_others() -> None:
    assert not Express(answer).take(arrival("ping"))
    assert not Express(None).take(arrival("stop"))


@in_virtual_time
async def test_of_too_many_answers_the_oldest_is_dropped() -> None:
    express, said = Express(answer), list[str]()
    for number in range(ANSWERS + 3):
        assert express.take(arrival(f"stop {number}"))

    async def say(message: Message) -> None:
        said.append(message.topic)

    carrying = asyncio.create_task(express.carry(say))
    await asyncio.sleep(1.0)
    assert said == [f"stop {number}" for number in range(3, ANSWERS + 3)]
    carrying.cancel()
