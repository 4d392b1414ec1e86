"""How far a consumer has come, kept over restarts: in a file of its own, or in the consumer's own transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from typing import TYPE_CHECKING, Protocol

from ptdevice.errors import CursorError

if TYPE_CHECKING:
    from pathlib import Path

LOCKED_S = 5.0  # a subscription that is just ending lets go of its file by then

_TABLE = """CREATE TABLE IF NOT EXISTS ptdevice_cursor (
                gateway TEXT NOT NULL, epoch TEXT NOT NULL, position TEXT NOT NULL, PRIMARY KEY (gateway, epoch)
            ) WITHOUT ROWID"""
_LOAD = "SELECT position FROM ptdevice_cursor WHERE gateway = ? AND epoch = ?"
_SAVE = "INSERT OR REPLACE INTO ptdevice_cursor VALUES (?, ?, ?)"


class Cursor(Protocol):
    """Where positions are kept. `gateway` is the start of its topics, `position` is text of ours.

    A record is processed exactly once where `save` commits in one transaction what processing it wrote and the position.
    """

    async def load(self, gateway: str, epoch: str) -> str | None:
        """What was saved last; None: nothing yet."""
        ...

    async def save(self, gateway: str, epoch: str, position: str) -> None:
        """Keep it. When this returns, the record before it does not come again."""
        ...

    async def close(self) -> None:
        """The subscription has ended."""
        ...


class FileCursor:
    """An SQLite file of its own, for one subscription. A crash may take the last positions along: those records come again.

    Every method raises CursorError.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._sql: sqlite3.Connection | None = None
        self._one = threading.Lock()  # whoever is cancelled leaves a thread behind that may still be at it

    async def load(self, gateway: str, epoch: str) -> str | None:
        """What was saved last."""
        return await asyncio.to_thread(self._do, _LOAD, gateway, epoch)

    async def save(self, gateway: str, epoch: str, position: str) -> None:
        """Keep it."""
        await asyncio.to_thread(self._do, _SAVE, gateway, epoch, position)

    async def close(self) -> None:
        """Let go of the file."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        with self._one:
            if self._sql is not None:
                self._sql.close()
                self._sql = None

    def _do(self, statement: str, *parameters: str) -> str | None:
        try:
            with self._one:
                row = self._opened().execute(statement, parameters).fetchone()
        except sqlite3.Error as error:
            raise CursorError(f"The cursor {self._path} cannot be used: {error}. One subscription per file.") from error
        return None if row is None else str(row[0])

    def _opened(self) -> sqlite3.Connection:
        if self._sql is None:
            sql = sqlite3.connect(self._path, timeout=LOCKED_S, isolation_level=None, check_same_thread=False)
            try:
                # Exclusive: two subscriptions on one file would each forget what the other did.
                sql.execute("PRAGMA locking_mode = EXCLUSIVE")
                sql.execute("PRAGMA journal_mode = WAL")
                sql.execute("PRAGMA synchronous = NORMAL")
                sql.execute(_TABLE)
            except BaseException:
                sql.close()
                raise
            self._sql = sql
        return self._sql


class TransactionCursor:
    """A table `ptdevice_cursor` in the consumer's own SQLite database: `save` commits the consumer's open transaction, too.

    So what the consumer wrote for a record and the position past it are on disk together, or neither is. The connection stays
    the consumer's. Commits block the event loop for as long as the disk needs.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._made = False

    async def load(self, gateway: str, epoch: str) -> str | None:
        """What was saved last."""
        try:
            if not self._made:
                self._sql.execute(_TABLE)
                self._sql.commit()
                self._made = True
            row = self._sql.execute(_LOAD, (gateway, epoch)).fetchone()
        except sqlite3.Error as error:
            raise CursorError(f"The position cannot be read: {error}.") from error
        return None if row is None else str(row[0])

    async def save(self, gateway: str, epoch: str, position: str) -> None:
        """Commit it with whatever else is open."""
        try:
            self._sql.execute(_SAVE, (gateway, epoch, position))
            self._sql.commit()
        except sqlite3.Error as error:
            raise CursorError(f"The position cannot be written: {error}.") from error

    async def close(self) -> None:
        """Nothing: the connection is not ours."""
