"""An event loop whose clock jumps to the next timer when there is nothing else to do: an hour passes in a moment.

Threads (the journal has one) and sockets work as usual. While `busy()` says that a thread is at work the clock stands still,
so that virtual time never overtakes real work.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

BUSY_POLL_S = 0.001


class DeadlockError(RuntimeError):
    """Everything waits and no timer is set: in real time this would hang for ever."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """`time()` starts at `start` and moves only by jumping."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._busy: set[Callable[[], bool]] = set()
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def hold_while(self, busy: Callable[[], bool]) -> None:
        """Register a condition under which the clock stands still."""
        self._busy.add(busy)

    def release(self, busy: Callable[[], bool]) -> None:
        """Forget it."""
        self._busy.discard(busy)

    def is_held(self) -> bool:
        """Whether some thread is at work."""
        return any(busy() for busy in self._busy)

    async def shutdown_default_executor(self, *args: Any) -> None:
        """The pool's threads end in real time: wait for them, and not for a deadline that would be over at once."""
        self.hold_while(_always)
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self.release(_always)

    def jump(self, seconds: float) -> None:
        """Let virtual time pass."""
        self._now += seconds


def _always() -> bool:
    return True


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:  # 0: callbacks are waiting; a thread at work holds the clock, not the loop
            return ready
        while self._loop.is_held():
            if ready := super().select(BUSY_POLL_S):
                return ready
        if ready := super().select(0):  # what the thread left behind comes before any jump
            return ready
        if timeout is None:
            raise DeadlockError("nothing is ready, no timer is set, no thread is at work")
        self._loop.jump(max(timeout, 0.0))
        return ready


def run(main: Coroutine[Any, Any, Any], *, start: float = 0.0) -> Any:
    """`asyncio.run` in virtual time."""
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start)) as runner:
        return runner.run(main)
