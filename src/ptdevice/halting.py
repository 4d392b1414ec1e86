"""A stop that is really said, however often whoever says it is cancelled.

A plain `finally` does not guarantee it: a second cancellation lands inside the clean-up and ends it, and whoever ends the loop
cancels every task, so also the one that was made to be safe from that. Here the stop is a task of its own, waited for against
one absolute deadline; where that task itself is cancelled, the stop is begun again; and the cancellation is raised afterwards.

What it cannot do: survive the end of the process, or of the loop. For that there is the unit's own dead-man.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

AGAIN = 3  # times that a stop which was itself cancelled is begun anew: the loop's own end cancels each task once


async def insist(work: Callable[[], Coroutine[Any, Any, object]], seconds: float, name: str) -> BaseException | None:
    """Do `work` to its end or for `seconds`, however often this or the work itself is cancelled meanwhile.

    Begun anew it is done from its start, so it must be something that may be said twice. Returns what it raised (TimeoutError
    when the time was over), or None. Raises CancelledError afterwards if this was cancelled.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    cancelled: asyncio.CancelledError | None = None
    task, begun = loop.create_task(work(), name=name), 1
    while (left := deadline - loop.time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
        if task.cancelled() and begun <= AGAIN:
            task, begun = loop.create_task(work(), name=name), begun + 1
        elif task.done():
            break
    if cancelled is not None:
        _give_up(task)
        raise cancelled
    if not task.done():
        _give_up(task)
        return TimeoutError(f"{name} took longer than {seconds:g} s")
    return asyncio.CancelledError() if task.cancelled() else task.exception()


def _give_up(task: asyncio.Task[object]) -> None:
    """End what still runs, and look at what it raised, so that it is not reported as never retrieved."""
    task.cancel()
    task.add_done_callback(lambda done: None if done.cancelled() else done.exception())
