"""More in the log for a while, without a restart: what is asked for ends by itself, so that nobody has to think of it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ptdevice.logs.levels import LEVELS
from ptdevice.logs.subsystems import SUBSYSTEMS

if TYPE_CHECKING:
    from ptdevice.whose import Subsystem

log = logging.getLogger(__name__)

SIGNALLED_S = 600.0


def for_a_while(subsystem: Subsystem, level: str, for_s: float) -> None:
    """Log at this level for so long. Asked again, the last one counts."""
    change = LEVELS.change(subsystem, level)
    asyncio.get_running_loop().call_later(for_s, _over, subsystem, change)


def everything() -> None:
    """All at debug, for ten minutes: what SIGUSR1 means."""
    log.warning("SIGUSR1: everything is logged for %g s", SIGNALLED_S)
    for subsystem in SUBSYSTEMS:
        for_a_while(subsystem, "debug", SIGNALLED_S)


def as_configured() -> None:
    """What SIGUSR2 means."""
    LEVELS.restore_all()
    log.warning("SIGUSR2: the log is as configured")


def _over(subsystem: Subsystem, change: int) -> None:
    if LEVELS.restore(subsystem, change):
        log.warning("%s logs as configured again", subsystem)
