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
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ptdevice.errors import JournalError
from ptdevice.journal import retention
from ptdevice.journal.job import Job, take
from ptdevice.journal.keeper import Keeper
from ptdevice.journal.store import Store, open_sqlite
from ptdevice.journal.uuid7 import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Self

    from ptdevice.journal.keeper import Notice
    from ptdevice.journal.room import Fill
    from ptdevice.journal.store import Counts, Page, Sql
    from ptdevice.mqtt.topics import Draft, Entry, Names

T = TypeVar("T")

_SUCCEED, _FAIL = asyncio.Future.set_result, asyncio.Future.set_exception

QUEUE = 256  # requests waiting for the thread; then back-pressure
MARK_DELAY_S = 60.0  # on a card each commit of its own is 6 kB; records come every minute or so
# A commit on a worn SD card takes up to seconds; a disk that needs this long does not answer at all.
COMMIT_DEADLINE_S = 30.0


class Journal:
    """The journal at `path`, open inside `async with`. Every method raises JournalError or one of its kinds.

    `wall` gives nanoseconds since 1970, `randbits(n)` n random bits. A damaged file is set aside, at opening or whenever the
    damage shows, and told by `take_notices`; the new one has another epoch. `max_mb` is its ceiling (`room`), `names` whose
    records these are (`claim`).
    """

    def __init__(
        self,
        path: Path | str,
        *,
        wall: Callable[[], int],
        randbits: Callable[[int], int],
        connect: Callable[[Path], Sql] = open_sqlite,
        end_to_end: bool = False,
        max_mb: int | None = None,
        names: Names | None = None,
    ) -> None:
        self.path = Path(path)
        self.epoch = ""  # another one as soon as a damaged file was replaced
        self.newest = 0  # the sequence number of the last row that was promised
        self.news = asyncio.Event()  # set at every commit of new rows; whoever publishes clears it
        self.rows = 0  # appended since opening
        self.commits = 0  # transactions, reading ones too
        self.failures = 0  # requests that failed
        self.last_commit: float | None = None  # gateway seconds
        self._new_id = lambda: uuid7(wall(), randbits)
        self._keeper = Keeper(
            partial(Store, self.path, self._new_id, connect, end_to_end=end_to_end, max_mb=max_mb, names=names),
            self.path,
            wall,
        )
        # A daemon thread: a disk that hangs must not keep the process from ending. Every promised row is committed already.
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._jobs: queue.SimpleQueue[Job[Any] | None] = queue.SimpleQueue()
        self._room = asyncio.Semaphore(QUEUE)
        self._waiting = 0
        self.turned_at = 0.0  # when the thread last answered, or was first asked since; gateway seconds
        self._marks: list[int] = []
        self._mark_timer: asyncio.TimerHandle | None = None
        self._closed = True

    @classmethod
    def open(
        cls,
        path: Path | str,
        *,
        wall: Callable[[], int],
        randbits: Callable[[int], int],
        connect: Callable[[Path], Sql] = open_sqlite,
        end_to_end: bool = False,
        max_mb: int | None = None,
        names: Names | None = None,
    ) -> Self:
        """Name the journal: `async with Journal.open(...) as journal` opens it, or makes it where there is none."""
        return cls(
            path, wall=wall, randbits=randbits, connect=connect, end_to_end=end_to_end, max_mb=max_mb, names=names
        )

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[tuple[str, int]] = self._loop.create_future()
        self._waiting += 1
        self._thread.start()
        try:
            self.epoch, self.newest = await self._in_time(asyncio.shield(self._opened))
        except asyncio.CancelledError:
            # Whoever is cancelled while opening leaves a closed file behind, too.
            with contextlib.suppress(Exception):  # it did not open: there is nothing to close
                self.epoch, self.newest = await self._in_time(self._opened)
                await self.__aexit__()
            raise
        self._closed = False
        return self

    async def __aexit__(self, *_: object) -> None:
        self._flush_marks()
        self._closed = True
        self._waiting += 1  # until the thread says that it is at its end
        ended = self._ended = self._loop.create_future()
        self._jobs.put(None)
        # Shielded: whoever is cancelled while closing still leaves a closed file behind.
        await asyncio.shield(self._in_time(ended))

    async def append(self, draft: Draft) -> Entry:
        """Keep one record. When this returns, the record survives a power cut."""
        return (await self.append_many([draft]))[0]

    async def append_many(
        self, drafts: Sequence[Draft], *, deadline_s: float | None = COMMIT_DEADLINE_S
    ) -> list[Entry]:
        """Keep several records, all or none, with neighbouring numbers.

        After a JournalError for the deadline nobody knows whether they were kept, so asking again may keep them twice. Whoever
        must not do that waits with `deadline_s` None.
        """
        entries = await self.do(lambda store: store.append(drafts, self._new_id), deadline_s)
        self.promised(entries)
        return entries

    def promised(self, entries: Sequence[Entry]) -> None:
        """These are new rows: whoever publishes is told."""
        self.rows += len(entries)
        self.newest = max(self.newest, *(entry.sequence for entry in entries), 0)
        self.news.set()

    async def pending(self, after: int = 0, limit: int = 100) -> list[Entry]:
        """Rows that are not known to be sent, above `after`, in order."""
        return await self.do(lambda store: store.pending(after, limit))

    async def read(self, after: int = 0, limit: int = 100) -> list[Entry]:
        """Rows whatever became of them, above `after`, in order."""
        return await self.do(lambda store: store.read(after, limit))

    async def page(self, types: Sequence[str], below: int | None = None) -> Page:
        """Rows of these types from the newest end, page by page backwards; `looking_back` goes through them."""
        return await self.do(lambda store: store.page(types, below))

    def mark_sent(self, sequences: Iterable[int], epoch: str | None = None) -> None:
        """The broker has acknowledged these. Returns at once; written with the next commit or soon.

        `epoch` is theirs: what is said of a journal that was replaced meanwhile does not count for the new one.
        """
        if epoch is not None and epoch != self.epoch:
            return
        self._marks.extend(sequences)
        if self._marks and self._mark_timer is None:
            self._mark_timer = self._loop.call_later(MARK_DELAY_S, self._flush_marks)

    async def park(self, sequence: int, reason: str, epoch: str | None = None) -> None:
        """Set a row aside that no broker takes, so that it does not hold up those behind it. `epoch` as in `mark_sent`."""
        epoch = epoch or self.epoch
        await self.do(lambda store: store.park(sequence, reason) if store.epoch == epoch else None)

    async def parked(self, limit: int = 100) -> list[tuple[int, str]]:
        """Parked rows and why."""
        return await self.do(lambda store: store.parked(limit))

    async def fill(self) -> Fill:
        """How full the file is."""
        return await self.do(lambda store: store.fill())

    def take_notices(self) -> list[Notice]:
        """What happened since the last call that a person should know."""
        notices = self._keeper.notices
        return [notices.popleft() for _ in range(len(notices))]

    async def counts(self) -> Counts:
        """Rows by fate."""
        return await self.do(lambda store: store.counts())

    async def purge(self, days: float | Mapping[str, float], now_ns: int) -> int:
        """Delete sent rows older than `days`, or than those of their class; returns how many. `now_ns` must be synchronised."""
        purged = 0
        for name, before_ns in retention.limits(days, now_ns).items():
            while rows := await self.do(partial(retention.purge, name=name, before_ns=before_ns, now_ns=now_ns)):
                purged += rows
        return purged

    def busy(self) -> bool:
        """Whether the thread has something to do: time that is not real must wait for it."""
        return self._waiting > 0

    @property
    def queued(self) -> int:
        """Requests that wait for the disk."""
        return self._waiting

    def counters(self) -> dict[str, float | None]:
        """Progress for health; `journal.last_commit_s` is in gateway seconds."""
        return {
            "journal.rows": self.rows,
            "journal.queued": self._waiting,
            "journal.commits": self.commits,
            "journal.failures": self.failures,
            "journal.last_commit_s": self.last_commit,
        }

    async def do(self, work: Callable[[Store], T], deadline_s: float | None = COMMIT_DEADLINE_S) -> T:
        """Do something with the store, in the next transaction."""
        if self._closed:
            raise JournalError(f"The journal {self.path} is closed.")
        async with self._room:
            self._flush_marks()  # in front, so that `pending` knows what is sent
            return await self._in_time(self._put(work), deadline_s)

    def _put(self, work: Callable[[Store], T]) -> asyncio.Future[T]:
        future: asyncio.Future[T] = self._loop.create_future()
        self.turned_at = self.turned_at if self._waiting else self._loop.time()
        self._waiting += 1
        self._jobs.put(Job(work, future))
        return future

    async def _in_time(self, future: asyncio.Future[T], deadline_s: float | None = COMMIT_DEADLINE_S) -> T:
        try:
            async with asyncio.timeout(deadline_s):
                return await future
        except TimeoutError:
            raise JournalError(
                f"The disk of the journal {self.path} has not answered for {deadline_s:.0f} s. Check it."
            ) from None

    def _flush_marks(self) -> None:
        if self._mark_timer is not None:
            self._mark_timer.cancel()
            self._mark_timer = None
        if self._marks and not self._closed:
            marks, self._marks, epoch = self._marks, [], self.epoch
            self._put(lambda store: store.mark_sent(marks) if store.epoch == epoch else None).add_done_callback(
                partial(self._marked, marks, epoch)
            )

    def _marked(self, marks: list[int], epoch: str, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is not None and epoch == self.epoch:
            self._marks = marks + self._marks  # e.g. a full disk: the next commit takes them along

    # --- in the thread ---------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._keeper.open()
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to whoever opens the journal, not to a thread
            self._post([(_FAIL, self._opened, error)])
            return
        self._post([(_SUCCEED, self._opened, (self._keeper.epoch, self._keeper.newest_at_start))])
        with contextlib.closing(self._keeper):
            while (jobs := take(self._jobs)) is not None:
                for done, results in self._keeper.carry_out(jobs):
                    if isinstance(results, Exception):
                        self._post([(_FAIL, job.future, results) for job in done])
                    else:
                        self._post([(_SUCCEED, job.future, result) for job, result in zip(done, results, strict=True)])
        self._post([(_SUCCEED, self._ended, None)])

    def _post(self, outcomes: list[tuple[Callable[..., None], asyncio.Future[Any], Any]]) -> None:
        # The loop is closed when the process was torn down without closing the journal: nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._settle, outcomes)

    def _settle(self, outcomes: list[tuple[Callable[..., None], asyncio.Future[Any], Any]]) -> None:
        self._waiting -= len(outcomes)
        self.turned_at = self._loop.time()
        if self.epoch and self.epoch != self._keeper.epoch:
            self.epoch, self.newest = self._keeper.epoch, 0
            self.news.set()  # whoever publishes has to begin again
        for settle, future, outcome in outcomes:
            if settle is _FAIL:
                self.failures += 1
            if not future.done():  # the asker may have been cancelled meanwhile
                settle(future, outcome)
        if outcomes[0][0] is _SUCCEED:
            self.commits += 1
            self.last_commit = self._loop.time()
