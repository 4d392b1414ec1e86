from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from ptdevice.errors import BrokerLostError, BrokerRefusedError
from ptdevice.mqtt.topics import Arrival, Message
from ptdevice_sim import virtual_time
from ptdevice_sim.clinic.broker import LATENCY_S, PlayedBroker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WILL = Message("t/status", b"will", qos=1, retain=True)


def at_a_broker(story: Callable[[PlayedBroker, list[bytes]], Awaitable[None]]) -> None:
    async def main() -> None:
        heard: list[bytes] = []
        await story(PlayedBroker(lambda message: heard.append(message.payload)), heard)

    virtual_time.run(main())


def message(payload: bytes) -> Message:
    return Message("t/evt", payload, qos=1)


def test_what_is_published_is_heard_at_once_and_acknowledged_after_a_moment() -> None:
    async def story(broker: PlayedBroker, heard: list[bytes]) -> None:
        async with broker.connect(WILL) as session:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await asyncio.gather(session.publish(message(b"1")), session.publish(message(b"2")))
            assert loop.time() - began == pytest.approx(LATENCY_S)
            assert session.send(message(b"3"))
        assert heard == [b"1", b"2", b"3"]  # and no will: it left in order

    at_a_broker(story)


def test_a_connection_that_breaks_fails_what_is_under_way_and_the_will_is_said() -> None:
    async def story(broker: PlayedBroker, heard: list[bytes]) -> None:
        async with broker.connect(WILL) as session:
            under_way = asyncio.ensure_future(session.publish(message(b"1")))
            await asyncio.sleep(LATENCY_S / 2)
            broker.lose()
            with pytest.raises(BrokerLostError):
                await under_way
            with pytest.raises(BrokerLostError):
                await session.publish(message(b"2"))
            assert not session.send(message(b"3"))
        broker.lose()  # nobody is connected any more
        assert heard == [b"1", b"will"]

    at_a_broker(story)


def test_a_broker_that_is_down_is_not_reached_and_one_that_refuses_says_so() -> None:
    async def story(broker: PlayedBroker, _: list[bytes]) -> None:
        for state, error in (("down", BrokerLostError), ("refuses", BrokerRefusedError)):
            broker.go(state)  # type: ignore[arg-type] # both are states
            with pytest.raises(error):
                async with broker.connect(WILL):
                    pass
        broker.go("up")
        async with broker.connect(WILL):
            pass

    at_a_broker(story)


def test_requests_arrive_in_order_and_end_with_the_connection() -> None:
    async def story(broker: PlayedBroker, _: list[bytes]) -> None:
        assert not broker.ask(Arrival("t/cmd", b"0"))
        async with broker.connect(WILL) as session:
            assert broker.ask(Arrival("t/cmd", b"1"))
            assert broker.ask(Arrival("t/cmd", b"2"))
            broker.go("down")
            arrivals = session.messages()
            assert [(await anext(arrivals)).payload for _ in range(2)] == [b"1", b"2"]
            with pytest.raises(BrokerLostError):
                await anext(arrivals)

    at_a_broker(story)


def test_a_connection_that_ends_late_does_not_take_the_next_one_with_it() -> None:
    async def story(broker: PlayedBroker, _: list[bytes]) -> None:
        old = broker.connect(WILL)
        await old.__aenter__()
        async with broker.connect(WILL) as session:
            await old.__aexit__(None, None, None)  # the dead gateway's, say
            assert broker.ask(Arrival("t/cmd", b"1"))
            assert (await anext(session.messages())).payload == b"1"

    at_a_broker(story)
