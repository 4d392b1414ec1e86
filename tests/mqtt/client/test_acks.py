from __future__ import annotations

import asyncio

from ptdevice.mqtt.client.acks import Acks
from ptdevice_sim import virtual_time


def test_the_oldest_is_the_one_that_waits_longest_whoever_is_answered_meanwhile() -> None:
    async def story() -> None:
        acks, now = Acks(), asyncio.get_running_loop().time
        assert acks.oldest() is None
        began = now()
        for packet_id in (7, 8, 9):
            acks.expect(packet_id)
            await asyncio.sleep(1)
        acks.settle(8, 0)
        assert acks.oldest() == began
        acks.settle(7, 0)
        assert acks.oldest() == began + 2
        acks.settle(9, 0)
        assert acks.oldest() is None

    virtual_time.run(story())


def test_everyone_gets_the_reason_of_their_own_packet_or_learns_that_the_link_is_lost() -> None:
    async def story() -> None:
        acks = Acks()
        first, second = acks.expect(1), acks.expect(2)
        acks.settle(3, 0)  # nobody's
        acks.settle(1, 135)
        acks.give_up()
        assert (await first, await second) == (135, None)
        assert acks.oldest() is None

    virtual_time.run(story())
