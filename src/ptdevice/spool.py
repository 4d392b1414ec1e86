"""Lines into a new file, written on a thread, so that a slow disk delays nothing.

What waits is bounded. When the disk does not keep up the spool ends with an error, and the file holds a whole beginning: no
line is ever left out in the middle.
"""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, BinaryIO

from ptdevice.ble.closing import finish
from ptdevice.errors import TapeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

FLUSH_S = 1.0  # what a power cut costs at most
WAITING_MAX = 16 << 20  # octets; a quarter of an hour of the fastest sensor known here
CLOSE_S = 10.0  # a worn SD card may take seconds for its last write


class Spool:
    """A file that lines are put into. `lines` and `octets` count what was put, until it overflowed."""

    def __init__(self, path: Path, file: BinaryIO, *, waiting_max: int = WAITING_MAX) -> None:
        self.lines = self.octets = 0
        self._path, self._file, self._max = path, file, waiting_max
        self._waiting: list[bytes] = []
        self._written = 0
        self._overflowed = False

    def put(self, line: bytes) -> None:
        """A line to be written within a second. Never waits, never raises."""
        if self._overflowed or self.octets - self._written + len(line) > self._max:
            self._overflowed = True
            return
        self._waiting.append(line)
        self.lines += 1
        self.octets += len(line)

    def discard(self) -> None:
        """The file is not wanted after all."""
        self._waiting.clear()
        self.lines = 0

    async def run(self) -> None:
        """Write what comes, until cancelled. Raises TapeError."""
        while True:
            await asyncio.sleep(FLUSH_S)
            await self.flush()

    async def flush(self) -> None:
        """Write what waits. Raises TapeError."""
        chunk, self._waiting = b"".join(self._waiting), []
        try:
            await asyncio.to_thread(self._write, chunk)
        except OSError as error:
            raise TapeError(f"{self._path}: {error.strerror}; the tape is good up to there") from error
        self._written += len(chunk)
        if self._overflowed and not self._waiting:
            raise TapeError(f"{self._path}: the disk does not keep up; the tape is good up to there")

    def _write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._file.flush()


@asynccontextmanager
async def new_file(path: Path, *, waiting_max: int = WAITING_MAX) -> AsyncIterator[Spool]:
    """A spool into a file that was not there. It is removed again when nothing was put. Raises TapeError."""
    try:
        file = await asyncio.to_thread(path.open, "xb")
    except FileExistsError:
        raise TapeError(f"{path} is there already, and is not overwritten; choose another name") from None
    except OSError as error:
        raise TapeError(f"{path}: {error.strerror}") from error
    spool = Spool(path, file, waiting_max=waiting_max)
    try:
        yield spool
    finally:
        problem = await finish(_end(spool, file, path), CLOSE_S, f"closing {path}")
    if problem is not None:
        raise problem


async def _end(spool: Spool, file: BinaryIO, path: Path) -> None:
    try:
        await spool.flush()
    finally:
        with contextlib.suppress(OSError):  # it was told when it was written
            await asyncio.to_thread(file.close)
        if not spool.lines:
            await asyncio.to_thread(path.unlink)
