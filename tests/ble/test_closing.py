from __future__ import annotations

import asyncio
import contextlib

import pytest

from ptdevice.ble.closing import attempt, finish
from ptdevice_sim import virtual_time


class Door:
    """Takes a while to close, and may refuse to be hurried."""

    def __init__(self, takes_s: float, *, stubborn: bool = False) -> None:
        self.closed = False
        self._takes_s, self._stubborn = takes_s, stubborn

    async def close(self) -> str:
        try:
            await asyncio.sleep(self._takes_s)
        except asyncio.CancelledError:
            if self._stubborn:
                await asyncio.sleep(1000)
            raise
        self.closed = True
        return "closed"


async def cancelled_at(work: asyncio.Task[object], *moments: float) -> None:
    """Cancel at these moments, and wait for the end."""
    loop = asyncio.get_running_loop()
    for moment in moments:
        loop.call_at(moment, work.cancel)
    await asyncio.wait({work})


def test_it_waits_for_the_end() -> None:
    async def main() -> None:
        door = Door(2.0)
        assert await finish(door.close(), 5.0, "closing") is None
        assert door.closed

    virtual_time.run(main())


def test_one_cancellation_does_not_end_it_and_is_raised_afterwards() -> None:
    async def main() -> None:
        door = Door(2.0)
        work = asyncio.create_task(finish(door.close(), 5.0, "closing"))
        await cancelled_at(work, 1.0)
        assert door.closed
        assert work.cancelled()

    virtual_time.run(main())


def test_a_second_cancellation_does_not_end_it_either() -> None:
    async def main() -> None:
        door = Door(2.0)
        work = asyncio.create_task(finish(door.close(), 5.0, "closing"))
        await cancelled_at(work, 0.5, 1.0, 1.5)
        assert door.closed
        assert work.cancelled()
        assert asyncio.get_running_loop().time() == pytest.approx(2.0)

    virtual_time.run(main())


def test_in_a_finally_it_closes_although_its_task_is_cancelled_twice() -> None:
    async def main() -> None:
        door = Door(2.0)

        async def use() -> None:
            try:
                await asyncio.sleep(1000)
            finally:
                await finish(door.close(), 5.0, "closing")

        work = asyncio.create_task(use())
        await cancelled_at(work, 1.0, 1.5)
        assert door.closed

    virtual_time.run(main())


def test_cancellations_do_not_move_its_deadline() -> None:
    async def main() -> None:
        work = asyncio.create_task(finish(Door(100.0).close(), 5.0, "closing"))
        await cancelled_at(work, 3.0, 4.9)
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)
        assert work.cancelled()

    virtual_time.run(main())


def test_what_takes_too_long_is_told_and_left_behind() -> None:
    async def main() -> None:
        problem = await finish(Door(100.0, stubborn=True).close(), 5.0, "closing the door")
        assert isinstance(problem, TimeoutError)
        assert str(problem) == "closing the door took longer than 5 s"
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)

    virtual_time.run(main())


def test_what_it_raises_is_returned_and_not_raised() -> None:
    async def fail() -> None:
        raise EOFError("the bus is gone")

    async def main() -> None:
        assert str(await finish(fail(), 5.0, "closing")) == "the bus is gone"

    virtual_time.run(main())


def test_an_attempt_gives_its_result() -> None:
    async def main() -> None:
        assert await attempt(Door(2.0).close(), 5.0, 1.0, "opening") == "closed"

    virtual_time.run(main())


def test_an_attempt_raises_what_it_raised() -> None:
    async def fail() -> None:
        raise EOFError("the bus is gone")

    async def main() -> None:
        with pytest.raises(EOFError, match="the bus is gone"):
            await attempt(fail(), 5.0, 1.0, "opening")

    virtual_time.run(main())


def test_an_attempt_that_takes_too_long_is_cancelled() -> None:
    async def main() -> None:
        door = Door(100.0)
        with pytest.raises(TimeoutError, match="opening took longer than 5 s"):
            await attempt(door.close(), 5.0, 1.0, "opening")
        assert asyncio.get_running_loop().time() == pytest.approx(5.0)
        assert len(asyncio.all_tasks()) == 1

    virtual_time.run(main())


def test_an_attempt_whose_clean_up_hangs_is_left_behind_after_the_grace() -> None:
    async def main() -> None:
        with pytest.raises(TimeoutError, match="opening took longer than 5 s"):
            await attempt(Door(100.0, stubborn=True).close(), 5.0, 1.0, "opening")
        assert asyncio.get_running_loop().time() == pytest.approx(6.0)

    virtual_time.run(main())


def test_a_cancelled_attempt_ends_at_once_and_is_cancelled() -> None:
    async def main() -> None:
        work = asyncio.create_task(attempt(Door(100.0).close(), 50.0, 1.0, "opening"))
        await cancelled_at(work, 2.0)
        assert work.cancelled()
        assert asyncio.get_running_loop().time() == pytest.approx(2.0)

    virtual_time.run(main())


def test_an_attempt_cancelled_twice_still_waits_for_its_clean_up() -> None:
    async def main() -> None:
        tidy = False

        async def work() -> None:
            nonlocal tidy
            try:
                await asyncio.sleep(100.0)
            finally:
                await asyncio.sleep(0.5)
                tidy = True

        attempting = asyncio.create_task(attempt(work(), 50.0, 1.0, "opening"))
        await cancelled_at(attempting, 2.0, 2.2)
        assert tidy
        with contextlib.suppress(asyncio.CancelledError):
            await attempting

    virtual_time.run(main())


def test_work_that_ends_as_if_cancelled_is_an_error_and_cancels_nobody() -> None:
    async def cut() -> None:
        raise asyncio.CancelledError

    async def main() -> None:
        assert isinstance(await finish(cut(), 5.0, "closing"), ConnectionAbortedError)
        with pytest.raises(ConnectionAbortedError, match="opening was cut short"):
            await attempt(cut(), 5.0, 1.0, "opening")

    virtual_time.run(main())
