"""A stop that is really said, in virtual time: cancelled once, twice, from inside, and never for ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from tests.scripted import in_virtual_time

from ptdevice.halting import AGAIN, insist

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


class Stop:
    """Something that takes `seconds`, and remembers when it was begun and done."""

    def __init__(self, seconds: float = 1.0, error: Exception | None = None) -> None:
        self.begun: list[float] = []
        self.done: list[float] = []
        self._seconds, self._error = seconds, error

    async def __call__(self) -> None:
        loop = asyncio.get_running_loop()
        self.begun.append(loop.time())
        await asyncio.sleep(self._seconds)
        if self._error:
            raise self._error
        self.done.append(loop.time())


async def interrupted(
    work: Callable[[], Coroutine[None, None, None]], *cancel_at: float, deadline_s: float = 5.0
) -> float:
    """Insist in a `finally`, cancelled at these moments; the moment at which the cancellation came out."""

    async def holding() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await insist(work, deadline_s, "stop")

    loop, task = asyncio.get_running_loop(), asyncio.create_task(holding())
    for moment in cancel_at:
        await asyncio.sleep(moment - loop.time())
        task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    return loop.time()


@in_virtual_time
async def test_a_stop_in_a_clean_up_is_done_before_the_cancellation_goes_on() -> None:
    stop = Stop()
    assert await interrupted(stop, 1.0) == stop.done[0] == 2.0


@in_virtual_time
async def test_a_second_cancellation_and_a_third_do_not_end_it() -> None:
    stop = Stop()
    assert await interrupted(stop, 1.0, 1.2, 1.4) == stop.done[0] == 2.0
    assert stop.begun == [1.0]


@in_virtual_time
async def test_a_stop_that_is_cancelled_itself_is_begun_again() -> None:
    stop = Stop()

    async def cancel_everything() -> None:
        await asyncio.sleep(0.5)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            if task.get_name() == "stop":
                task.cancel()

    saboteur = asyncio.create_task(cancel_everything())
    assert await insist(stop, 5.0, "stop") is None
    await saboteur
    assert stop.begun == [0.0, 0.5]
    assert stop.done == [1.5]


@in_virtual_time
async def test_a_stop_that_cancels_itself_is_not_begun_for_ever() -> None:
    begun = 0

    async def gives_up() -> None:
        nonlocal begun
        begun += 1
        raise asyncio.CancelledError

    assert isinstance(await insist(gives_up, 5.0, "stop"), asyncio.CancelledError)
    assert begun == AGAIN + 1


@in_virtual_time
async def test_the_deadline_is_one_and_absolute_however_often_it_is_cancelled() -> None:
    stop = Stop(seconds=60.0)
    assert await interrupted(stop, 1.0, 2.0, 3.0, 4.0, deadline_s=5.0) == 6.0
    assert stop.done == []


@in_virtual_time
async def test_what_takes_too_long_is_told_and_ended() -> None:
    stop = Stop(seconds=60.0)
    assert isinstance(await insist(stop, 2.0, "stop"), TimeoutError)
    await asyncio.sleep(100.0)
    assert stop.done == []


@in_virtual_time
async def test_what_it_raised_is_told_and_not_raised() -> None:
    error = OSError("no link")
    assert await insist(Stop(error=error), 5.0, "stop") is error


@in_virtual_time
async def test_after_a_failure_the_cancellation_still_comes_out() -> None:
    assert await interrupted(Stop(error=OSError("no link")), 1.0) == 2.0


@in_virtual_time
async def test_a_cancellation_that_came_meanwhile_is_not_swallowed() -> None:
    stop = Stop()
    task = asyncio.create_task(insist(stop, 5.0, "stop"))
    await asyncio.sleep(0.5)
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert stop.done == [1.0]


def test_it_is_done_also_where_the_loop_itself_is_being_ended() -> None:
    stop = Stop(seconds=0.01)

    async def main() -> None:
        async def holding() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await insist(stop, 5.0, "stop")

        task = asyncio.create_task(holding())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0.001)
        raise KeyboardInterrupt  # as a second Ctrl-C does: asyncio.run now cancels every task there is

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())
    assert len(stop.begun) == 2
    assert len(stop.done) == 1
