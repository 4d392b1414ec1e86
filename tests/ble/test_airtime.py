"""One adapter's time on the air, in virtual time: turns that exclude each other and the scan, whatever ends them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ble.scaffold import BENCH, unit_number
from tests.scripted import in_virtual_time

from ptdevice.ble.adapters import Chosen
from ptdevice.ble.airtime import Airtime
from ptdevice.ble.doubts import Evidence
from ptdevice.ble.scanning import Scanning
from ptdevice.ble.turns import BLIND_S, SCAN_S, Rank
from ptdevice.link import Selector
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir

if TYPE_CHECKING:
    from collections.abc import Iterable

ABSENT = Selector("C0:DE:00:00:00:63")


def now() -> float:
    return asyncio.get_running_loop().time()


class Station:
    """An adapter on an air in process, whose turns are written down."""

    def __init__(self, air: InProcessAir) -> None:
        self.air = air
        self.scanning = Scanning(Chosen(None), air.scanner_backend, Evidence())
        self.airtime = Airtime(self.scanning)
        self.went: list[tuple[str, float]] = []
        self.under_way = 0
        self.most = 0

    @property
    def scans(self) -> bool:
        return self.scanning._scanner is not None

    async def take(self, who: str, seconds: float, rank: Rank = Rank.NORMAL) -> None:
        async with self.airtime.turn(rank):
            assert not self.scans
            self.went.append((who, now()))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.under_way -= 1

    async def keep_looking(self) -> None:
        await self.scanning.find(BENCH, ABSENT, timeout=3600.0)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


@in_virtual_time
async def test_nothing_is_scanned_during_a_turn_and_it_is_taken_up_again_after_it() -> None:
    async with InProcessAir() as air:
        station = Station(air)
        looking = asyncio.create_task(station.keep_looking())
        await asyncio.sleep(1)
        assert station.scans
        await station.take("a", 1.0)
        await asyncio.sleep(0.001)
        assert station.scans
        await ended(looking)


@in_virtual_time
async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    async with InProcessAir() as air:
        station = Station(air)
        first = asyncio.create_task(station.take("first", 5.0))
        await asyncio.sleep(1)
        second, third = (asyncio.create_task(station.take(who, 1.0)) for who in ("second", "third"))
        await asyncio.sleep(1)
        await ended(second)
        await asyncio.gather(first, third)
        assert [who for who, _ in station.went] == ["first", "third"]


@in_virtual_time
async def test_a_turn_that_is_cancelled_or_fails_goes_to_the_next() -> None:
    async with InProcessAir() as air:
        station = Station(air)
        first = asyncio.create_task(station.take("first", 60.0))
        await asyncio.sleep(1)
        second = asyncio.create_task(station.take("second", 1.0))
        await ended(first)
        await second
        assert station.went[1][1] - station.went[0][1] == 1.0


@in_virtual_time
async def test_a_turn_that_is_cancelled_the_moment_it_is_granted_goes_to_the_next() -> None:
    async with InProcessAir() as air:
        station = Station(air)
        async with station.airtime.turn():
            second, third = (asyncio.create_task(station.take(who, 1.0)) for who in ("second", "third"))
            await asyncio.sleep(1)
            asyncio.get_running_loop().call_soon(second.cancel)  # it runs after the turn is passed on
        await third
        assert second.cancelled()
        assert [who for who, _ in station.went] == ["third"]


@in_virtual_time
async def test_a_unit_is_found_although_others_connect_all_the_time_and_fail() -> None:
    async with InProcessAir() as air:
        station = Station(air)

        async def fails_for_ever(who: str) -> None:
            while True:
                await station.take(who, 5.0, Rank.SUSPECT)

        failing = [asyncio.create_task(fails_for_ever(str(number))) for number in range(3)]
        await asyncio.sleep(60)
        air.publish(unit_number(1))
        began = now()
        await station.scanning.find(BENCH, Selector(unit_number(1).address))
        assert now() - began <= BLIND_S + 5.0 + SCAN_S
        healthy = now()
        await station.take("healthy", 1.0)
        assert station.went[-1][1] - healthy <= 5.0  # the one that was under way
        await ended(*failing)


WISHES = st.lists(
    st.tuples(
        st.floats(0.0, 60.0),  # when
        st.floats(0.0, 25.0),  # for how long
        st.sampled_from(list(Rank)),
        st.one_of(st.none(), st.floats(0.0, 80.0)),  # when it is cancelled
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=60, deadline=None)
@given(WISHES, st.booleans())
def test_whatever_is_wished_and_cancelled_one_has_a_turn_and_all_get_theirs(
    wishes: Iterable[tuple[float, float, Rank, float | None]],
    somebody_is_looked_for: bool,  # noqa: FBT001 - a switch
) -> None:
    async def story() -> None:
        async with InProcessAir() as air:
            station = Station(air)
            looking = asyncio.create_task(station.keep_looking()) if somebody_is_looked_for else None
            tasks = []
            for number, (when, seconds, rank, cancelled) in enumerate(wishes):

                async def wish(
                    who: str = str(number), when: float = when, seconds: float = seconds, rank: Rank = rank
                ) -> None:
                    await asyncio.sleep(when)
                    await station.take(who, seconds, rank)

                task = asyncio.create_task(wish())
                tasks.append(task)
                if cancelled is not None:
                    asyncio.get_running_loop().call_later(cancelled, task.cancel)
            _, late = await asyncio.wait(tasks, timeout=60.0 + 20 * (25.0 + SCAN_S))
            assert not late
            assert station.most <= 1
            assert not station.airtime.wanted
            went = {who for who, _ in station.went}
            assert {str(number) for number, wish in enumerate(wishes) if wish[3] is None} <= went
            await asyncio.sleep(0.001)
            assert station.scans == somebody_is_looked_for
            if looking is not None:
                await ended(looking)
            assert not station.scans

    virtual_time.run(story())
