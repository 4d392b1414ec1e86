"""Small files beside the journal that outlive the process: replaced as a whole or not at all, and locked while they change."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOOK_AGAIN_S = 0.05


def replace(path: Path, data: bytes, *, sync: bool = True) -> None:
    """Have this, and nothing else, in the file, mode 0600. On disk when it returns; raises OSError.

    Without `sync` it outlives this process all the same, but not the machine.
    """
    beside = path.with_suffix(".new")
    handle = os.open(beside, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    try:
        left = memoryview(data)
        while left:  # a disk that is nearly full takes a part, and says so only when it is given the rest
            left = left[os.write(handle, left) :]
        if sync:
            os.fsync(handle)
        _give_to_the_service(handle, path)
    finally:
        os.close(handle)
    beside.replace(path)
    if not sync:
        return
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(path: Path, wait_s: float = 0.5) -> Iterator[bool]:
    """Hold the lock of this file (flock on another beside it, which the kernel lets go of however a process dies).

    False: it is held elsewhere, and was waited for as long as that. Raises OSError.
    """
    handle = os.open(path.with_suffix(".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        _give_to_the_service(handle, path)
        yield _taken(handle, wait_s)
    finally:
        os.close(handle)


def _give_to_the_service(handle: int, path: Path) -> None:
    # Root may have to write it; the file stays that of whoever owns the folder.
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _taken(handle: int, wait_s: float) -> bool:
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(LOOK_AGAIN_S)
        else:
            return True
