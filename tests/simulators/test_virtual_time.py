from __future__ import annotations

import asyncio
import socket
import threading
import time

import pytest

from ptdevice_sim import virtual_time
from ptdevice_sim.virtual_time import DeadlockError, VirtualTimeLoop


def test_an_hour_passes_in_a_moment() -> None:
    async def sleeps() -> float:
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time() - began

    real = time.monotonic()
    assert virtual_time.run(sleeps()) == 3600.0
    assert time.monotonic() - real < 5.0


def test_time_begins_where_it_is_told_and_stands_still_while_there_is_something_to_do() -> None:
    async def works() -> tuple[float, float]:
        loop = asyncio.get_running_loop()
        began = loop.time()
        for _ in range(100):
            await asyncio.sleep(0)
        return began, loop.time()

    assert virtual_time.run(works(), start=1e6) == (1e6, 1e6)


def test_timers_go_off_in_their_order_and_at_their_time() -> None:
    async def main() -> list[tuple[str, float]]:
        loop, heard = asyncio.get_running_loop(), []

        async def ring(name: str, after_s: float) -> None:
            await asyncio.sleep(after_s)
            heard.append((name, loop.time()))

        async with asyncio.TaskGroup() as group:
            for name, after_s in (("third", 900.0), ("first", 0.5), ("second", 60.0)):
                group.create_task(ring(name, after_s))
        return heard

    assert virtual_time.run(main()) == [("first", 0.5), ("second", 60.0), ("third", 900.0)]


def test_a_deadline_is_kept_in_virtual_time() -> None:
    async def waits() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert virtual_time.run(waits()) == 30.0


def test_waiting_for_nothing_is_told_instead_of_hanging() -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError, match="no timer is set"):
        virtual_time.run(waits())


def test_while_a_thread_is_at_work_the_clock_stands_still() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        at_work = True
        loop.hold_while(lambda: at_work)
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.sleep(100))  # over at once if the clock ran
            await asyncio.to_thread(time.sleep, 0.05)  # work takes real time
            finished_at = loop.time()
            at_work = False
        assert loop.time() == 100.0
        return finished_at

    assert virtual_time.run(main()) == 0.0


def test_a_thread_at_work_holds_the_clock_and_not_the_loop() -> None:
    async def main() -> int:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        asked, steps = True, 0
        loop.hold_while(lambda: asked)
        for steps in range(1, 101):  # noqa: B007 - what is done last is told
            await asyncio.sleep(0)
        asked = False
        return steps

    assert virtual_time.run(main()) == 100


def test_the_threads_of_a_pool_may_end_in_their_own_time() -> None:
    async def main() -> None:
        asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.05)  # still at work when the loop closes
        await asyncio.sleep(0)

    virtual_time.run(main())


def test_a_condition_that_was_released_holds_nothing() -> None:
    loop = VirtualTimeLoop()

    def always() -> bool:
        return True

    loop.hold_while(always)
    held = loop.is_held()
    loop.release(always)
    assert (held, loop.is_held()) == (True, False)
    loop.close()


def test_sockets_work_in_virtual_time() -> None:
    async def main() -> bytes:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()

        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        talking = True
        loop.hold_while(lambda: talking)  # the kernel is at work too
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"hello\n")
        said = await reader.readline()
        writer.close()
        await writer.wait_closed()
        server.close()
        await server.wait_closed()
        talking = False
        return said

    assert virtual_time.run(main()) == b"HELLO\n"


def test_timers_for_one_moment_come_in_the_order_in_which_they_were_set_whichever_others_there_are() -> None:
    async def order(others: int) -> list[int]:
        loop = asyncio.get_running_loop()
        came: list[int] = []
        for i in range(20):
            loop.call_at(5.0, came.append, i)
            for other in range(others):
                loop.call_at(1.0 + (other * 7 + i) % 9, lambda: None)
        await asyncio.sleep(20)
        return came

    assert [virtual_time.run(order(others)) for others in range(4)] == [list(range(20))] * 4


def test_a_timer_is_cancelled_in_virtual_time_as_in_real() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        came: list[str] = []
        loop.call_later(1.0, came.append, "cancelled").cancel()
        loop.call_later(2.0, came.append, "kept")
        await asyncio.sleep(3)
        return came

    assert virtual_time.run(main()) == ["kept"]


def test_a_thread_that_takes_turns_works_only_while_the_loop_has_nothing_to_do() -> None:
    async def main() -> list[str]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualTimeLoop)
        story: list[str] = []
        work: list[asyncio.Future[None]] = []

        def turn() -> bool:
            if not work:
                return False
            story.append(f"{len(work)} in one turn")
            for future in work:
                loop.call_soon_threadsafe(future.set_result, None)
            work.clear()
            return True

        async def asks(name: str) -> None:
            work.append(loop.create_future())
            await work[-1]
            story.append(f"{name} at {loop.time():g} s")

        loop.take_turns(turn)
        async with asyncio.TaskGroup() as group:
            group.create_task(asks("first"))
            group.create_task(asks("second"))
            group.create_task(asyncio.sleep(1))
        loop.end_turns(turn)
        return story

    assert virtual_time.run(main()) == ["2 in one turn", "first at 0 s", "second at 0 s"]


def test_a_thousand_small_jumps_are_no_more_than_their_sum() -> None:
    async def main() -> float:
        for _ in range(1000):
            await asyncio.sleep(0.1)
        return asyncio.get_running_loop().time()

    assert virtual_time.run(main()) == 100.0


@pytest.mark.parametrize(("start", "far"), [(0.0, 4_294_967.3), (4_294_967.3, 1.0), (1e8, 1.0), (1e9, 1.0)])
def test_timers_go_off_however_late_it_is_and_coarse_a_float(start: float, far: float) -> None:
    async def main() -> int:
        loop, rung = asyncio.get_running_loop(), list[float]()
        await asyncio.sleep(far)
        for i in range(1, 1000):
            loop.call_at(start + far + i / 60.0024, lambda: rung.append(loop.time()))
        await asyncio.sleep(20)
        return len(rung)

    assert virtual_time.run(main(), start=start) == 999


def test_at_a_speed_real_time_passes_with_virtual_time_and_the_moments_are_the_same() -> None:
    async def main() -> list[float]:
        moments = []
        for after_s in (0.5, 3.0, 4.5):
            await asyncio.sleep(after_s)
            moments.append(asyncio.get_running_loop().time())
        return moments

    began = time.monotonic()
    assert virtual_time.run(main(), speed=20.0) == [0.5, 3.5, 8.0]
    assert 0.4 <= time.monotonic() - began < 8.0  # the virtual time would be its upper bound


def test_at_a_speed_what_really_happens_wakes_the_loop_in_between() -> None:
    async def main() -> float:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        with ours, theirs:
            ours.setblocking(False)
            sender = threading.Timer(0.2, theirs.send, (b"!",))
            sender.start()
            async with asyncio.timeout(1000):
                await loop.sock_recv(ours, 1)
            sender.join()
        return loop.time()

    assert 0.15 * 10 <= virtual_time.run(main(), speed=10.0) < 500.0
