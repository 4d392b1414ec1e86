"""Clean-up that really happens.

A plain `finally: await close()` is not enough: a second cancellation lands inside the clean-up and ends it. Here the
clean-up is a task of its own, waited for against one absolute deadline, and the cancellation is raised again afterwards.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Coroutine


async def finish(work: Coroutine[Any, Any, object], seconds: float, name: str) -> BaseException | None:
    """Run `work` to its end or for `seconds`, however often this is cancelled meanwhile.

    Returns what it raised (TimeoutError when the time was over), or None. Raises CancelledError afterwards if it was cancelled.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)
    deadline = asyncio.get_running_loop().time() + seconds
    cancelled: asyncio.CancelledError | None = None
    while not task.done() and (left := deadline - asyncio.get_running_loop().time()) > 0:
        try:
            await asyncio.wait({task}, timeout=left)
        except asyncio.CancelledError as error:
            cancelled = error
    problem: BaseException | None
    if task.done():
        problem = asyncio.CancelledError() if task.cancelled() else task.exception()
    else:
        task.cancel()
        task.add_done_callback(_retrieve)
        problem = TimeoutError(f"{name} took longer than {seconds:g} s")
    if cancelled is not None:
        raise cancelled
    return problem


def _retrieve(task: asyncio.Task[object]) -> None:
    """Look at a late task's exception, so that it is not reported as never retrieved."""
    if not task.cancelled():
        task.exception()
