"""The journal as the daemon sees it: one thread owns the file, the event loop never waits for the disk.

What is asked while a commit is under way goes into the next one together (group commit), so many producers share one fsync.
Marks of what the broker has acknowledged ride along with the next commit, or go by themselves after MARK_DELAY_S: losing
them costs a duplicate, which its id gives away, and saving them at once would cost a second fsync for every record.

The queue to the thread is bounded: whoever appends faster than the disk can write, waits.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ptdevice.errors import JournalCorruptError, JournalError
from ptdevice.journal.store import Store, open_sqlite, set_aside
from ptdevice.journal.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Sequence

    from ptdevice.journal.store import Counts, Sql
    from ptdevice.mqtt.topics import Draft, Entry

T = TypeVar("T")

QUEUE = 256  # requests waiting for the thread; then back-pressure
BATCH = 256  # requests in one commit
MARK_DELAY_S = 5.0
# A commit on a worn SD card takes up to seconds; a disk that needs this long does not answer at all.
COMMIT_DEADLINE_S = 30.0
PURGE_ROWS = 500  # per transaction, so that an append never waits long behind a purge


@dataclass(slots=True)
class _Job(Generic[T]):
    """Something to do with the store inside the next transaction, and who waits for it."""

    work: Callable[[Store], T]
    future: asyncio.Future[T]


class Journal:
    """The open journal. Made by `Journal.open`; every method raises JournalError or one of its kinds."""

    def __init__(self, path: Path, new_id: Callable[[], str], loop: asyncio.AbstractEventLoop) -> None:
        self.path = path
        self.epoch = ""
        self.notices: list[str] = []  # what happened at opening that a person should know
        self.news = asyncio.Event()  # set at every commit of new rows; whoever publishes clears it
        self.rows = 0  # appended since opening
        self.commits = 0
        self.failures = 0  # requests that failed
        self.last_commit: float | None = None  # gateway seconds
        self._new_id = new_id
        self._loop = loop
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(QUEUE)
        self._waiting = 0
        self._marks: list[int] = []
        self._mark_timer: asyncio.TimerHandle | None = None
        self._closed = False

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        path: Path | str,
        *,
        wall: Callable[[], int],
        randbits: Callable[[int], int],
        connect: Callable[[Path], Sql] = open_sqlite,
    ) -> AsyncIterator[Journal]:
        """Open or make the journal at `path`; `wall` gives nanoseconds since 1970, `randbits(n)` n random bits.

        A damaged file is set aside and reported in `notices`; the new one has another epoch.
        """
        loop = asyncio.get_running_loop()
        journal = cls(Path(path), lambda: uuid7(wall(), randbits), loop)
        opened: asyncio.Future[str] = loop.create_future()
        # A daemon thread: a disk that hangs must not keep the process from ending. Every promised row is committed already.
        thread = threading.Thread(
            target=journal._run,
            args=(partial(_open_store, journal, connect, wall), opened),
            name="journal",
            daemon=True,
        )
        journal._waiting += 1
        thread.start()
        try:
            try:
                journal.epoch = await journal._in_time(opened)
            finally:
                journal._waiting -= 1
            yield journal
        finally:
            await journal._close(thread)

    async def append(self, draft: Draft) -> Entry:
        """Keep one record. When this returns, the record survives a power cut."""
        return (await self.append_many([draft]))[0]

    async def append_many(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Keep several records, all or none, with neighbouring numbers."""
        entries = await self._do(lambda store: store.append(drafts, self._new_id))
        self.rows += len(entries)
        self.news.set()
        return entries

    async def pending(self, after: int = 0, limit: int = 100) -> list[Entry]:
        """Rows that are not known to be sent, above `after`, in order."""
        return await self._do(lambda store: store.pending(after, limit))

    async def read(self, after: int = 0, limit: int = 100) -> list[Entry]:
        """Rows whatever became of them, above `after`, in order."""
        return await self._do(lambda store: store.read(after, limit))

    def mark_sent(self, sequences: Iterable[int]) -> None:
        """The broker has acknowledged these. Returns at once; written with the next commit or soon."""
        self._marks.extend(sequences)
        if self._marks and self._mark_timer is None:
            self._mark_timer = self._loop.call_later(MARK_DELAY_S, self._flush_marks)

    async def park(self, sequence: int, reason: str) -> None:
        """Set a row aside that no broker takes, so that it does not hold up those behind it."""
        await self._do(lambda store: store.park(sequence, reason))

    async def parked(self, limit: int = 100) -> list[tuple[int, str]]:
        """Parked rows and why."""
        return await self._do(lambda store: store.parked(limit))

    async def resend(self, first: int, last: int) -> int:
        """Make rows pending again; returns how many. Whoever publishes must start again below `first`."""
        rows = await self._do(lambda store: store.resend(first, last))
        self.news.set()
        return rows

    async def counts(self) -> Counts:
        """Rows by fate."""
        return await self._do(lambda store: store.counts())

    async def purge(self, days: float, now_ns: int) -> int:
        """Delete sent rows older than `days`; returns how many. `now_ns` must come from a synchronised clock."""
        before_ns = now_ns - round(days * 86_400e9)
        purged = 0
        while rows := await self._do(lambda store: store.purge(before_ns, now_ns, PURGE_ROWS)):
            purged += rows
        return purged

    def busy(self) -> bool:
        """Whether the thread has something to do: time that is not real must wait for it."""
        return self._waiting > 0

    @property
    def queued(self) -> int:
        """Requests that wait for the disk."""
        return self._waiting

    async def _do(self, work: Callable[[Store], T]) -> T:
        if self._closed:
            raise JournalError(f"The journal {self.path} is closed.")
        async with self._room:
            self._flush_marks()  # in front, so that `pending` knows what is sent
            return await self._in_time(self._put(work))

    def _put(self, work: Callable[[Store], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting += 1
        self._jobs.put(_Job(work, future))
        return future

    async def _in_time(self, future: asyncio.Future[T]) -> T:
        try:
            async with asyncio.timeout(COMMIT_DEADLINE_S):
                return await future
        except TimeoutError:
            raise JournalError(
                f"The disk of the journal {self.path} has not answered for {COMMIT_DEADLINE_S:.0f} s. Check it."
            ) from None

    def _flush_marks(self) -> None:
        if self._mark_timer is not None:
            self._mark_timer.cancel()
            self._mark_timer = None
        if self._marks and not self._closed:
            marks, self._marks = self._marks, []
            self._put(lambda store: store.mark_sent(marks)).add_done_callback(partial(self._marked, marks))

    def _marked(self, marks: list[int], done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is not None:
            self._marks = marks + self._marks  # e.g. a full disk: the next commit takes them along

    async def _close(self, thread: threading.Thread) -> None:
        self._flush_marks()
        self._closed = True
        self._jobs.put(None)
        closing = self._loop.run_in_executor(None, thread.join, COMMIT_DEADLINE_S)
        self._waiting += 1
        try:
            await asyncio.shield(closing)
        finally:
            self._waiting -= 1

    # --- in the thread ---------------------------------------------------------------------------------------------------

    def _run(self, open_store: Callable[[], Store], opened: asyncio.Future[str]) -> None:
        try:
            store = open_store()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever awaits `open`, not to a thread
            self._post([(_settle_error, opened, error)], jobs=0)
            return
        self._post([(_settle_result, opened, store.epoch)], jobs=0)
        with contextlib.closing(store):
            while (jobs := self._take()) is not None:
                self._commit(store, jobs)

    def _take(self) -> list[_Job[Any]] | None:
        first = self._jobs.get()
        if first is None:
            return None
        jobs = [first]
        with contextlib.suppress(queue.Empty):
            while len(jobs) < BATCH:
                job = self._jobs.get_nowait()
                if job is None:
                    self._jobs.put(None)  # the end stays the end: nothing is put after it
                    break
                jobs.append(job)
        return jobs

    def _commit(self, store: Store, jobs: list[_Job[Any]]) -> None:
        try:
            with store.transaction():
                results = [job.work(store) for job in jobs]
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits for the job, not to a thread
            if len(jobs) > 1:
                # One request must not fail its neighbours: each gets a transaction of its own.
                for job in jobs:
                    self._commit(store, [job])
            else:
                self._post([(_settle_error, jobs[0].future, error)], jobs=1)
            return
        self._post(
            [(_settle_result, job.future, result) for job, result in zip(jobs, results, strict=True)], jobs=len(jobs)
        )

    def _post(self, outcomes: list[tuple[Callable[..., None], asyncio.Future[Any], Any]], jobs: int) -> None:
        # The loop is closed when the process was torn down without closing the journal: nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, outcomes, jobs)

    def _settle(self, outcomes: list[tuple[Callable[..., None], asyncio.Future[Any], Any]], jobs: int) -> None:
        self._waiting -= jobs
        for settle, future, outcome in outcomes:
            if settle is _settle_error:
                self.failures += 1
            if not future.done():  # the asker may have been cancelled meanwhile
                settle(future, outcome)
        if jobs and outcomes[0][0] is _settle_result:
            self.commits += 1
            self.last_commit = self._loop.time()


def _settle_result(future: asyncio.Future[Any], result: object) -> None:
    future.set_result(result)


def _settle_error(future: asyncio.Future[Any], error: Exception) -> None:
    future.set_exception(error)


def _open_store(journal: Journal, connect: Callable[[Path], Sql], wall: Callable[[], int]) -> Store:
    path, new_id = journal.path, journal._new_id  # noqa: SLF001 - a friend: the part of `Journal.open` that runs in the thread
    try:
        return Store(path, new_id, connect)
    except JournalCorruptError as error:
        kept = set_aside(path, wall())
        journal.notices.append(
            f"{error} It was set aside as {kept} and a new journal begun. Keep that file: it has the record."
        )
        return Store(path, new_id, connect)
