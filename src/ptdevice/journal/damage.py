"""What can be wrong with the file: SQLite's errors in our words, and setting a damaged journal aside."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from ptdevice.errors import JournalCorruptError, JournalError, JournalFullError
from ptdevice.mqtt.topics import rfc3339

if TYPE_CHECKING:
    from pathlib import Path


SET_ASIDE = ".corrupt-"  # in the name of a file that was


def set_aside(path: Path, wall_ns: int) -> Path:
    """Rename a damaged journal, with its WAL, so that nothing overwrites it. Raises JournalCorruptError."""
    stamp = rfc3339(wall_ns).replace(":", "").replace("-", "")
    kept = path.with_name(f"{path.name}{SET_ASIDE}{stamp}")
    try:
        if kept.exists():
            raise FileExistsError(17, "there is already a file of that name", str(kept))
        for suffix in ("-wal", "-shm", ""):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(kept.with_name(kept.name + suffix))
    except OSError as error:
        raise JournalCorruptError(
            f"The journal {path} is damaged and could not be set aside as {kept}: {error.strerror}. Move it away by hand."
        ) from error
    return kept


def translated(error: sqlite3.Error, path: Path, done: str) -> JournalError:
    """An error of SQLite as one of ours; `done` is what could not be done with the file."""
    code = getattr(error, "sqlite_errorcode", None)
    # The low byte is the kind, the rest says more exactly where (https://sqlite.org/rescode.html).
    match code & 0xFF if code is not None else None:
        case sqlite3.SQLITE_FULL:
            return JournalFullError(
                f"There is no space left for the journal {path}. Free some; nothing recorded is lost."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return JournalCorruptError(f"The journal {path} is damaged: {error}")
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return JournalError(f"The journal {path} is in use by another process. Is ptdevice already running?")
        case _:
            return JournalError(f"The journal {path} could not be {done}: {error}")
