"""A journal opened to be looked at, and not written: beside a daemon at work, or a copy."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import quote

from ptdevice.errors import JournalError
from ptdevice.journal.damage import translated
from ptdevice.journal.migrations import APPLICATION_ID, MIGRATIONS
from ptdevice.journal.store import BUSY_S

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUDITED = 3  # the form of the file from which on it has a trail


@contextlib.contextmanager
def opened(path: Path, *, at_least: int = AUDITED) -> Iterator[tuple[sqlite3.Connection, str]]:
    """The file, which must be of that form or a newer one, and its epoch.

    Raises JournalError, here and for what goes wrong inside the block.
    """
    if not path.is_file():
        raise JournalError(f"There is no journal {path}. Name it with --journal.")
    try:
        with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", timeout=BUSY_S, uri=True)) as sql:
            (application,) = sql.execute("PRAGMA application_id").fetchone()
            (version,) = sql.execute("PRAGMA user_version").fetchone()
            if application != APPLICATION_ID:
                raise JournalError(f"{path} is no journal of ptdevice.")
            if version > len(MIGRATIONS):
                raise JournalError(f"The journal {path} was written by a newer ptdevice. Look at it with that one.")
            if version < at_least:
                raise JournalError(f"The journal {path} is of a ptdevice that kept no audit. Nothing is wrong with it.")
            (epoch,) = sql.execute("SELECT value FROM meta WHERE name = 'epoch'").fetchone()
            yield sql, str(epoch)
    except sqlite3.Error as error:
        raise translated(error, path, "read") from error
