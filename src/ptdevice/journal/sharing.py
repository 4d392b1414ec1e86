"""Whether others may read while the gateway writes. That takes SQLite's shared memory, which must not cost a life.

It is a file that is mapped. SQLite makes sure that there is room for it by writing one byte to each 4096 of it. Where the file
system's blocks are smaller, some of them have no room all the same when the disk is full, and touching one kills the process
(SIGBUS; seen on ext4 with blocks of 1024). And on a disk that is full already at the start the file cannot be made at all. In
both cases the journal is opened in SQLite's exclusive mode, which needs no shared memory: the gateway is at work, and whoever
wants to look has to wait.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ptdevice.journal.store import Sql

STEP = 4096  # bytes: how SQLite looks for room (os_unix.c, unixShmMap)
NO_MEMORY = frozenset(
    {
        sqlite3.SQLITE_IOERR_SHMOPEN,
        sqlite3.SQLITE_IOERR_SHMSIZE,
        sqlite3.SQLITE_IOERR_SHMMAP,
        sqlite3.SQLITE_FULL,
    }
)


def connected(path: Path, connect: Callable[[Path], Sql], page_bytes: int) -> Sql:
    """A connection in WAL mode, with shared memory where it can be had safely. Raises what SQLite raises, and OSError.

    `page_bytes` is for a new file; an old one keeps its own.
    """
    if safe_at(path):
        try:
            return _in_wal_mode(connect(path), page_bytes)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", None) not in NO_MEMORY:
                raise
    return _in_wal_mode(connect(path), page_bytes, "PRAGMA locking_mode = EXCLUSIVE")


def safe_at(path: Path) -> bool:
    """Whether a full disk would be told as an error. Raises OSError where the place is not there."""
    return os.statvfs(path.parent).f_bsize >= STEP


def _in_wal_mode(sql: Sql, page_bytes: int, *before: str) -> Sql:
    try:
        for statement in (f"PRAGMA page_size = {page_bytes}", *before):
            sql.execute(statement)
        sql.execute("PRAGMA journal_mode = WAL").fetchone()
    except BaseException:
        sql.close()
        raise
    return sql
