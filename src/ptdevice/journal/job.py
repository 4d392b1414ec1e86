"""Something for the journal's thread to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from ptdevice.journal.store import Store

T = TypeVar("T")


@dataclass(slots=True)
class Job(Generic[T]):
    """Something to do with the store inside the next transaction, and who waits for it."""

    work: Callable[[Store], T]
    future: asyncio.Future[T]
