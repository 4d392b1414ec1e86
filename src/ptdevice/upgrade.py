"""An older journal becomes one of this version, and the other way round.

At the start it is done off the loop, and the service manager is told to be patient: a copy of years of records on a worn card
takes minutes, and a manager that waits 90 s for the start would kill it each time in the middle. So this comes before the
journal is opened for work, which has a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from typing import TYPE_CHECKING

from ptdevice.errors import JournalError
from ptdevice.journal import upgrading, uuid7
from ptdevice.journal.migrations import take_back
from ptdevice.journal.store import Store
from ptdevice.systemd import patience, status

if TYPE_CHECKING:
    from pathlib import Path

    from ptdevice.systemd import Systemd

log = logging.getLogger(__name__)

AGAIN_S = 5.0  # how often the manager is told
PATIENCE_S = 60.0  # and for how long each time: a disk may stand still for a while


def upgrade(path: Path) -> None:
    """Copy the journal and bring it up to date; to be called where that is due. Takes minutes. Raises JournalError."""
    _store(path).close()


def downgrade(path: Path, version: int) -> None:
    """Make it a journal for an older program, with all that is in it. Raises JournalError where there is no way back."""
    with contextlib.closing(_store(path)) as store, store.transaction():
        take_back(store.sql, path, version)


def _store(path: Path) -> Store:
    # end_to_end: what a consumer has not acknowledged stays so.
    return Store(path, lambda: uuid7(time.time_ns(), secrets.randbits), end_to_end=True)


async def upgraded(path: Path, manager: Systemd) -> None:
    """Do that in a thread if it is due. Raises JournalError."""
    try:
        due = await asyncio.to_thread(upgrading.due, path)
    except JournalError:
        return  # whoever opens it for work tells what is wrong, and sets aside what is damaged
    if due is None:
        return
    log.warning("%s is of an older ptdevice (schema %d): it is copied, and brought up to date", path, due.version)
    telling = asyncio.create_task(_tell(manager), name="patience")
    try:
        await asyncio.to_thread(
            upgrade, path
        )  # cannot be cut short: a process that is told to end meanwhile ends after it
    finally:
        telling.cancel()
    log.warning("%s is of this version now; %s is a copy of it as it was (docs/upgrading.md)", path, due.copy)


async def _tell(manager: Systemd) -> None:
    while True:
        manager.tell(patience(PATIENCE_S), status("an older journal is copied and brought up to date"))
        await asyncio.sleep(AGAIN_S)
