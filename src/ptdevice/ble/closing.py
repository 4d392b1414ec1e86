"""Clean-up that really happens, and attempts that really end.

A plain `finally: await close()` is not enough: a second cancellation lands inside the clean-up and ends it. Here the
clean-up is a task of its own, waited for against one absolute deadline, and the cancellation is raised again afterwards.

Nor is `async with timeout(s): await connect()`: what is cancelled then may clean up after itself, that may hang, and the
deadline has passed without effect.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")


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
        problem = _cut_short(name) if task.cancelled() else task.exception()
    else:
        task.cancel()
        task.add_done_callback(_retrieve)
        problem = TimeoutError(f"{name} took longer than {seconds:g} s")
    if cancelled is not None:
        raise cancelled
    return problem


async def attempt(work: Coroutine[Any, Any, T], seconds: float, grace_s: float, name: str) -> T:
    """The result of `work`, if it has one within `seconds`. If not, or when cancelled, `work` gets `grace_s` to clean up.

    Raises what it raised, or TimeoutError.
    """
    task = asyncio.get_running_loop().create_task(work, name=name)
    try:
        await asyncio.wait({task}, timeout=seconds)
        if task.cancelled():
            raise _cut_short(name)
        if task.done():
            return task.result()
    finally:
        if not task.done():
            task.cancel()
            task.add_done_callback(_retrieve)
            await finish(asyncio.wait({task}), grace_s, f"giving up {name}")
    raise TimeoutError(f"{name} took longer than {seconds:g} s")


def _cut_short(name: str) -> ConnectionAbortedError:
    """For work that ended as if cancelled, when nobody had: raised as it is, that would end whoever waits without a word."""
    return ConnectionAbortedError(f"{name} was cut short")


def _retrieve(task: asyncio.Task[Any]) -> None:
    """Look at a late task's exception, so that it is not reported as never retrieved."""
    if not task.cancelled():
        task.exception()
