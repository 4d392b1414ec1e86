"""A bedside: what was dropped here, because this program was too slow, is told apart from what was lost on its way."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import replace
from typing import TYPE_CHECKING

from tests.motion.movement import measured, packets, repetitions
from tests.scripted import profile

from ptdevice.bedside import Bedside
from ptdevice.link import Packet, Selector
from ptdevice.model import Gap
from ptdevice.motion.exercises import EXERCISES
from ptdevice.therapy import Therapy
from ptdevice_sim import virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ptdevice.link import Write
    from ptdevice.model import Event, MotionSamples, Record

GONE = range(60, 64)  # packets that are dropped here


class Playing:
    """Codec and link in one: the number of a packet is which of the events it is."""

    simulated = True

    def __init__(self, events: list[MotionSamples]) -> None:
        self._events = events
        self._next = 0

    async def receive(self) -> Packet:
        if self._next in GONE:
            self._next = GONE.stop
        if self._next == len(self._events):
            await asyncio.Event().wait()
        self._next += 1
        return Packet(0.0, "data", str(self._next - 1).encode())

    async def write(self, write: Write) -> None:
        raise AssertionError(write)

    async def read(self, port: str) -> None:
        raise AssertionError(port)

    def dropped(self) -> int:
        return len(GONE) if self._next > GONE.stop else 0

    def decode(self, packet: Packet) -> list[Event]:
        return [self._events[int(packet.data)]]

    def due(self, now: float) -> Sequence[Write]:
        return ()


def test_samples_that_were_dropped_here_are_a_gap_of_ours_and_others_are_not() -> None:
    kept: list[Record] = []

    async def scene() -> None:
        played = Playing(packets(measured(repetitions(8)).keep(lambda t: not 28.0 <= t < 29.0)))

        @contextlib.asynccontextmanager
        async def opened(*_: object) -> AsyncIterator[Playing]:
            yield played

        bedside = Bedside(
            "chest",
            replace(profile(), codec=lambda: played),
            Selector(),
            opened,
            simulated=True,
            therapy=Therapy(profile(), lambda: "id", exercise=EXERCISES["any"]),
            exercise=EXERCISES["any"],
            motion=False,
            keep=lambda _, records: kept.extend(records),
            rng=random.Random(1),  # noqa: S311 - a seed, no secret
        )
        running = asyncio.create_task(bedside.connection.run())
        await asyncio.sleep(5.0)
        running.cancel()
        await asyncio.wait([running])

    virtual_time.run(scene())
    assert [(gap.cause, gap.missing) for gap in kept if isinstance(gap, Gap)] == [
        ("gateway_overrun", 40),
        ("samples_lost", 25),
    ]
