"""The gateway's disk: the real journal with its real thread and SQL, on a file that can be full and survives its process.

Two things make a run the same every time. The thread and the event loop take turns, so that which records share a commit does
not depend on who was faster. And the file is not forced to the platter after each commit: in this house no power fails, and
`fsync` would make a week last as long as the disk wants. That a commit survives a power cut is for the journal's own tests.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from ptdevice.journal import Journal
from ptdevice_sim.clinic.settings import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

    from ptdevice_sim.virtual_time import VirtualTimeLoop

SUFFIXES = ("", "-wal")
GONE_POLL_S = 0.02  # real seconds between two looks whether a thread that does not answer is still there


class Disk:
    """What is on it stays, whoever writes. `full` refuses every commit."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / JOURNAL
        self.full = False

    def connect(self, path: Path) -> sqlite3.Connection:
        """For `Journal`: SQLite on this disk."""
        connection: _Connection = sqlite3.connect(path, isolation_level=None, factory=_Connection)
        connection.disk = self
        return connection

    def image(self) -> dict[Path, bytes]:
        """What is on it now."""
        paths = [self.path.with_name(self.path.name + suffix) for suffix in SUFFIXES]
        return {path: path.read_bytes() for path in paths if path.exists()}

    def restore(self, image: dict[Path, bytes]) -> None:
        """Be as it was."""
        for path in self.image():
            path.unlink()
        for path, data in image.items():
            path.write_bytes(data)


class _Connection(sqlite3.Connection):
    """Python's own. What needs no room goes well on a full disk too: reading, and changing nothing."""

    disk: Disk
    before = 0

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "BEGIN":
            self.before = self.total_changes
        if sql == "COMMIT" and self.disk.full and self.total_changes > self.before:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error
        return super().execute(sql.replace("synchronous = FULL", "synchronous = OFF"), parameters)


class TurnJournal(Journal):
    """A journal whose thread works when the loop of virtual time has nothing to do, and only then."""

    def __init__(
        self, disk: Disk, loop: VirtualTimeLoop, *, wall: Callable[[], int], randbits: Callable[[int], int]
    ) -> None:
        super().__init__(disk.path, wall=wall, randbits=randbits, connect=disk.connect)
        self._disk, self._virtual = disk, loop
        self._turns = self._jobs = _Turns(self._thread)
        self.killed = False

    async def __aenter__(self) -> Self:
        self._virtual.take_turns(self._turns.give)
        return await super().__aenter__()

    async def __aexit__(self, *error: object) -> None:
        if not self.killed:
            try:
                await super().__aexit__(*error)
            finally:
                self._virtual.end_turns(self._turns.give)

    def kill(self) -> None:
        """The process is gone: the file stays as the last commit left it, and what was not committed is lost."""
        self.killed = True
        image = self._disk.image()
        self._ended = self._loop.create_future()  # what the thread settles at its end; nobody waits for it
        self._turns.drop()
        self._virtual.end_turns(self._turns.give)
        self._disk.restore(image)  # the thread's orderly end has tidied up; a killed process does not


class _Turns(queue.SimpleQueue[Any]):
    """The queue to the thread: it gets nothing until its turn, then everything that is there."""

    def __init__(self, thread: threading.Thread) -> None:
        super().__init__()
        self._thread = thread
        self._parked = threading.Event()
        self._go = threading.Semaphore(0)
        self._ending = self._over = False

    # --- in the event loop's thread ---

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:  # noqa: FBT001, FBT002, ARG002 - the shape
        if item is None:
            self._ending = True
        elif self._ending:
            return  # nobody takes it any more
        super().put(item)

    def give(self) -> bool:
        """The thread's turn; returns when it is over. False: there was nothing to do."""
        if self._over:
            return False
        if self._parked.is_set():
            if self.empty():
                return False
            self._parked.clear()
            self._go.release()
        return self._wait()

    def drop(self) -> None:
        """End the thread; what waits is lost."""
        self._wait()
        while not self.empty():
            self.get_nowait()
        self.put(None)
        self.give()

    def _wait(self) -> bool:
        """Until the thread has done all there is; True."""
        if self._ending:
            self._thread.join()
        while not self._parked.wait(GONE_POLL_S) and not self._over:
            self._over = not self._thread.is_alive()
        return True

    # --- in the thread ---

    def get(self, block: bool = True, timeout: float | None = None) -> Any:  # noqa: FBT001, FBT002, ARG002 - the shape
        if self.empty():
            self._parked.set()
            self._go.acquire()
        return super().get()
