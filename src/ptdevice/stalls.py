"""What to do when the event loop stands still: nothing can be written to a unit then, so the process ends.

A loop that is stalled (a call that blocks, a bug that spins) sends no stop. A thread that notices cannot send one either: the
link belongs to the loop. What it can do is to end the process, at once, without a clean-up that could hang on what hangs. Then:

* a unit with a dead-man is at zero by itself, as its profile says;
* systemd runs `ExecStopPost=ptdevice stop-all`, which opens a link of its own and stops what was being commanded;
* the next start finds what is outstanding and stops it before anything else, and commands nothing by itself.

A unit without a dead-man goes on until one of the latter reaches it. That is said here because it cannot be done better here.
Where nothing is commanded there is no such thread: a stall then is a nuisance and no danger.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

STALL_S = 2.0
LOOK_S = 0.25  # how often the loop says that it lives, and the thread looks
STALLED = 75  # the exit status: nothing else here ends with it (EX_TEMPFAIL)


def end_process() -> None:
    """At once: no handler, no flush, no log, any of which may wait for what stands still."""
    os._exit(STALLED)


class Watch:
    """Looks at a heart that `beat` moves. `stalled()` is called on the thread, once; times are of the `now` clock."""

    def __init__(self, stalled: Callable[[], None] = end_process, *, now: Callable[[], float] = time.monotonic) -> None:
        self._stalled, self._now = stalled, now
        self._beat_at = now()
        self._over = threading.Event()

    def beat(self) -> None:
        """The loop lives."""
        self._beat_at = self._now()

    def look(self) -> bool:
        """Whether it has stood still for too long."""
        return self._now() - self._beat_at > STALL_S

    def run(self) -> None:
        """On a thread of its own, until it is over or the loop has stalled."""
        while not self._over.wait(LOOK_S):
            if self.look():
                self._stalled()
                return

    def end(self) -> None:
        """No more."""
        self._over.set()


@contextlib.asynccontextmanager
async def watched(stalled: Callable[[], None] = end_process) -> AsyncIterator[Watch]:
    """While this is open, a loop that stands still for longer than STALL_S ends the process."""
    watch = Watch(stalled)
    thread = threading.Thread(target=watch.run, name="stall watch", daemon=True)
    loop = asyncio.get_running_loop()
    handle: asyncio.TimerHandle | None = None

    def beat() -> None:
        nonlocal handle
        watch.beat()
        handle = loop.call_later(LOOK_S, beat)

    beat()
    thread.start()
    try:
        yield watch
    finally:
        watch.end()
        if handle is not None:
            handle.cancel()
