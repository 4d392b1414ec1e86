"""Something for the journal's thread to do, and what it takes into one transaction."""

from __future__ import annotations

import contextlib
import queue
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ptdevice.journal.store import Store

T = TypeVar("T")

BATCH = 256  # jobs in one commit


@dataclass(slots=True)
class Job(Generic[T]):
    """Something to do with the store inside the next transaction, and who waits for it."""

    work: Callable[[Store], T]
    future: asyncio.Future[T]


def take(waiting: queue.SimpleQueue[Job[Any] | None]) -> list[Job[Any]] | None:
    """Wait for a job, and take along what waits behind it; None is the end."""
    first = waiting.get()
    if first is None:
        return None
    jobs = [first]
    with contextlib.suppress(queue.Empty):
        while len(jobs) < BATCH:
            job = waiting.get_nowait()
            if job is None:
                waiting.put(None)  # the end stays the end: nothing is put after it
                break
            jobs.append(job)
    return jobs
