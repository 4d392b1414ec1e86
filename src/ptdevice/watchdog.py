"""Whether every stage gets on, and the watchdog of the service manager, fed only while each does.

A stage that gets on, or waits for nothing, is well; a broker that is away is no hang, for the courier goes on trying. One that
promised to get on by a certain time and did not is stuck: nobody here can mend that, and a new start can. What waits in memory
is lost with it, so the promises are generous: they are about what should never happen.

A loop that is stuck feeds nothing either, for the feeding is done on it.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ptdevice.systemd import ALIVE, status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ptdevice.systemd import Systemd

log = logging.getLogger(__name__)

LOOK_S = 5.0  # without a service manager: how often to look
SHARE = 3.0  # of its patience: two looks may be late, and the third is still in time


@dataclass(frozen=True, slots=True)
class Pulse:
    """By when (gateway seconds) a stage has promised to get on; None: it waits for nothing."""

    stage: str
    due: float | None


class Watchdog:
    """`pulses` gives those of all stages, `summary` a line for people."""

    def __init__(self, manager: Systemd, pulses: Callable[[], Iterable[Pulse]], summary: Callable[[], str]) -> None:
        self.stuck: frozenset[str] = frozenset()
        self._manager, self._pulses, self._summary = manager, pulses, summary

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        patience_s = self._manager.watchdog_s
        look_s = LOOK_S if patience_s is None else min(LOOK_S, patience_s / SHARE)
        while True:
            self.look(loop.time())
            if not self.stuck:
                self._manager.tell(ALIVE, status(self._summary()))
            await asyncio.sleep(look_s)

    def look(self, now: float) -> None:
        """See who is stuck."""
        stuck = frozenset(pulse.stage for pulse in self._pulses() if pulse.due is not None and now > pulse.due)
        if stuck != self.stuck:
            self.stuck = stuck
            if stuck:
                names = ", ".join(sorted(stuck))
                log.critical("stuck: %s. The watchdog is no longer fed; a service manager starts this anew", names)
                self._manager.tell(status(f"stuck: {names}"))
            else:
                log.warning("nothing is stuck any more")
