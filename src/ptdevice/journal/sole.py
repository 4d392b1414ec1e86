"""One gateway per file: a lock of its own, beside SQLite's, so that others may read while it writes.

It is a flock(2) on the database itself, which the kernel lets go of when the process dies, however it dies. SQLite's own locks
are of another kind (fcntl) and know nothing of it. Two gateways on one file would give the same numbers twice.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import TYPE_CHECKING

from ptdevice.errors import JournalError

if TYPE_CHECKING:
    from pathlib import Path


class Sole:
    """Held from the start on. Raises JournalError where another process holds it, and OSError.

    Let go of it after SQLite has closed: closing any handle of a file drops the fcntl locks of the whole process (fcntl(2)).
    """

    def __init__(self, path: Path) -> None:
        # The record is about people: nobody else on this machine reads it. The WAL file inherits the mode.
        self._handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._handle)
            if isinstance(error, BlockingIOError):
                raise JournalError(
                    f"The journal {path} is in use by another process. Is ptdevice already running?"
                ) from error
            raise

    def release(self) -> None:
        """Let others have it."""
        with contextlib.suppress(OSError):
            os.close(self._handle)


def is_in_use(path: Path) -> bool:
    """Whether another process holds it. False also where that cannot be asked: the file is not there, or not for this user."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
