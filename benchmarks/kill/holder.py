"""A process that commands simulated units until it dies: `python -m benchmarks.kill.holder FOLDER DEVICE=ADDRESS ...`.

Production's radio, connections, codecs, guard and file of outstanding units; what decides about sessions is left out, so that
every device that can be commanded at all takes part, also those that the checks before a session refuse.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ptdevice.ble.radio import Radio
from ptdevice.connection import Connection
from ptdevice.devices import CATALOGUE
from ptdevice.link import Selector
from ptdevice.model import Wish
from ptdevice.orphans import stop_orphans
from ptdevice.outstanding import Mark, Outstanding, Unit
from ptdevice.stimulation.guard import Guard
from ptdevice.stimulation.limits import Limits, Ring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ptdevice.connection import LinkReport
    from ptdevice.model import Admitted, Event

LEVEL = 3
IDLE = "idle"  # as an argument: begin nothing, as a daemon that was restarted
SETTLE_S = 2.0  # a run begins with an admitted level of 0, and a Coyote needs a second to prove that it is there
SESSION_S, PAD_CM2 = 1800.0, 25.0
WISHES = {
    "beurer_em70": Wish(LEVEL),
    "bluetens": Wish(LEVEL, programme="V1D16{R12c|F64P32C12c|R6Pc8F2C1}", rate_hz=100.0, pulse_us=200.0, timer_s=1800),
    "dglab_coyote3": Wish(LEVEL, channel="a", rate_hz=50.0),
    "openemsstim": Wish(LEVEL, channel="a"),
}


class Holder:
    """Keeps one unit at its level."""

    def __init__(self, device: str, *, idle: bool) -> None:
        self._wish = WISHES[device]
        ring = Ring("benchmark", Limits(level=LEVEL, session_s=SESSION_S), "benchmarks/kill")
        self._guard = Guard((ring,), areas={self._wish.channel: PAD_CM2})
        self._heard_at: float | None = None
        self._over = idle

    def hear(self, event: Event) -> None:
        """The unit has spoken: from now on it is commanded."""
        if self._heard_at is None:
            self._heard_at = event.at
            self._guard = self._guard.begin(event.at, 0)

    def report(self, report: LinkReport) -> None:
        """A link that was lost ends it: nothing is begun anew after that."""
        sys.stderr.write(f"{report.alias}: {report.availability} {report.code} {report.text}\n")
        self._over |= report.availability != "online"

    def commands(self, now: float) -> Sequence[Admitted]:
        """What it may be told now."""
        if self._over:
            return []
        if self._heard_at is None:
            self._heard_at = now  # one that says nothing is commanded at once
            self._guard = self._guard.begin(now, 0)
        settled = now - self._heard_at > SETTLE_S
        wish = self._wish if settled else replace(self._wish, level=0)
        left_s = SESSION_S - (now - self._heard_at) - 1
        if wish.timer_s is not None:
            wish = replace(wish, timer_s=int(left_s))
        return [self._guard.admit(wish, now, now + 1.0)]


async def hold(folder: Path, units: Sequence[tuple[str, str]], *, idle: bool = False) -> None:
    """Until SIGTERM."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    outstanding = Outstanding(folder / "journal.sqlite")
    async with Radio() as radio:
        await stop_orphans(outstanding, CATALOGUE, radio.open)
        tasks = []
        for device, address in units:
            holder = Holder(device, idle=idle)
            connection = Connection(
                device,
                CATALOGUE[device],
                Selector(address),
                radio.open,
                simulated=True,
                hear=holder.hear,
                report=holder.report,
                rng=random.Random(),  # noqa: S311 - jitter, no secret
                commands=holder.commands,
            )
            if not idle and not await Mark(outstanding, Unit(device, device, address, simulated=True)).begin(
                connection
            ):
                continue
            tasks.append(asyncio.create_task(connection.run(), name=device))
        await ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


if __name__ == "__main__":
    pairs = [
        (device, address)
        for device, _, address in (argument.partition("=") for argument in sys.argv[2:] if "=" in argument)
    ]
    asyncio.run(hold(Path(sys.argv[1]), pairs, idle=IDLE in sys.argv[2:]))
