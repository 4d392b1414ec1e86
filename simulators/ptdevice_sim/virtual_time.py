"""An event loop whose clock jumps to the next timer when there is nothing else to do: an hour passes in a moment.

Threads (the journal has one) and sockets work as usual. While `busy()` says that a thread is at work the clock stands still,
so that virtual time never overtakes real work. A thread that must not be asked how fast it was takes turns with the loop
(`take_turns`): it works only while the loop has nothing to do, so that what comes of it is the same in every run.

With a `speed` the clock waits before it jumps, until real time has come as far: 1 is real time, 10 ten times as fast. The
program under it does the same as without, only later; a host that is too slow falls behind and catches up.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import math
import selectors
import time
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import contextvars
    from collections.abc import Callable, Coroutine

BUSY_POLL_S = 0.001
ASK_EVERY = 50  # jumps; each takes microseconds


class DeadlockError(RuntimeError):
    """Everything waits and no timer is set: in real time this would hang for ever."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at `start` and moves only by jumping. `speed` None: without waiting."""

    def __init__(self, start: float = 0.0, *, speed: float | None = None) -> None:
        self._now = start
        self._busy: set[Callable[[], bool]] = set()
        self._turns: list[Callable[[], bool]] = []
        self._set = itertools.count()
        super().__init__(_JumpingSelector(self, speed))
        loop: Any = (
            self  # a loop calls what is due within its clock's resolution, which must not be finer than a float there
        )
        loop._clock_resolution = max(loop._clock_resolution, 2 * math.ulp(start))  # noqa: SLF001

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def call_at(  # type: ignore[override]  # typeshed ties the callback to its arguments; the loop does not care
        self, when: float, callback: Callable[..., object], *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.TimerHandle:
        """As any loop's, but of two timers for one moment the one that was set first comes first."""
        loop: Any = self  # what follows is `BaseEventLoop.call_at`, with another timer, and none of it has types
        loop._check_closed()  # noqa: SLF001
        timer: Any = _Timer(when, callback, args, self, context)
        timer.order = next(self._set)
        heapq.heappush(loop._scheduled, timer)  # noqa: SLF001
        timer._scheduled = True  # noqa: SLF001
        return cast("asyncio.TimerHandle", timer)

    def hold_while(self, busy: Callable[[], bool]) -> None:
        """Register a condition under which the clock stands still."""
        self._busy.add(busy)

    def release(self, busy: Callable[[], bool]) -> None:
        """Forget it."""
        self._busy.discard(busy)

    def is_held(self) -> bool:
        """Whether some thread is at work."""
        for busy in self._busy:  # noqa: SIM110 - asked before every jump, and `any` takes twice as long
            if busy():
                return True
        return False

    def take_turns(self, turn: Callable[[], bool]) -> None:
        """Register a thread's turn: called when the loop has nothing to do, it returns when the thread is done again.

        It tells whether the thread did anything.
        """
        self._turns.append(turn)

    def end_turns(self, turn: Callable[[], bool]) -> None:
        """Forget it."""
        self._turns.remove(turn)

    def give_turns(self) -> bool:
        """Let the threads work. True when one of them did."""
        worked = False
        for turn in self._turns:
            worked = turn() or worked
        return worked

    async def shutdown_default_executor(self, *args: Any) -> None:
        """The pool's threads end in real time: wait for them, and not for a deadline that would be over at once."""
        self.hold_while(_always)
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self.release(_always)

    def jump(self, seconds: float) -> None:
        """Let virtual time pass. To the nanosecond, so that a thousand jumps of 0.1 s are 100 s.

        After 48 days a float tells steps of 0.93 ns only, and rounding may undo a jump: then it is the next float, or time
        would stand still before a timer for ever.
        """
        then = round(self._now + seconds, 9)
        self._now = then if then > self._now or seconds <= 0.0 else math.nextafter(self._now, math.inf)


class _Timer(asyncio.TimerHandle):
    """A heap promises no order among equals: it would depend on which other timers there are."""

    __slots__ = ("order",)
    order: int
    _when: float

    def __lt__(self, other: object) -> bool:
        # Asked several times for each timer of a week: no calls, no tuples. All timers of this loop are of this kind.
        timer: Any = other
        mine, theirs = self._when, timer._when
        return bool(mine < theirs or (mine == theirs and self.order < timer.order))


def _always() -> bool:
    return True


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop, speed: float | None) -> None:
        super().__init__()
        self._loop, self._speed = loop, speed
        self._began = time.monotonic(), loop.time()
        self._unasked = 0  # jumps since the system was asked what is ready

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout == 0:  # callbacks are waiting; a thread at work holds the clock, not the loop
            # The loop's own pipe only wakes it, and it is awake: without other sockets the system is not asked.
            return super().select(0) if len(self.get_map()) > 1 else []
        while (worked := self._loop.give_turns()) or self._loop.is_held():
            if ready := super().select(0 if worked else BUSY_POLL_S):
                return ready
        # What a thread left behind comes before any jump. It has woken the loop as well as its pipe: of the pipe alone only a
        # signal is heard, and a signal can wait for some jumps.
        self._unasked += 1
        if timeout is None or self._unasked >= ASK_EVERY or len(self.get_map()) > 1:
            self._unasked = 0
            if ready := super().select(0):
                return ready
        if timeout is None:
            raise DeadlockError("nothing is ready, no timer is set, no thread is at work")
        return self._pass(max(timeout, 0.0))

    def _pass(self, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        """Let time pass, at the wanted speed; less of it when something real happens meanwhile."""
        if self._speed is None:
            self._loop.jump(seconds)
            return []
        real, virtual = self._began
        until = real + (self._loop.time() + seconds - virtual) / self._speed
        ready = super().select(max(until - time.monotonic(), 0.0))
        passed = virtual + (time.monotonic() - real) * self._speed - self._loop.time()
        self._loop.jump(min(max(passed, 0.0), seconds) if ready else seconds)
        return ready


def run(main: Coroutine[Any, Any, Any], *, start: float = 0.0, speed: float | None = None) -> Any:
    """`asyncio.run` in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start, speed=speed)) as runner:
        return runner.run(main)
