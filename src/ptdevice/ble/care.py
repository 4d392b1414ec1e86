"""Who looks after the adapters of a radio: their ladders, and what the process before this one left."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ptdevice.ble.reaping import reap
from ptdevice.ble.recovery import Policy, Recovery

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from ptdevice.ble.doubts import Patience
    from ptdevice.ble.ledger import Ledger
    from ptdevice.ble.resetting import Reset
    from ptdevice.ble.station import Station
    from ptdevice.errors import LinkError
    from ptdevice.latest import AdapterHealth


class Rules(NamedTuple):
    """What may be done. `keep`: addresses of units that are configured; `climb`: whether adapters are mended at all."""

    ledger: Ledger
    keep: Collection[str] = ()
    climb: bool = True
    policy: Policy = "careful"
    reset: Reset | None = None
    root: Path = Path("/")
    patience: Patience | None = None


class Care:
    """Of one radio, as long as its task group runs. `taken`: addresses of units that are ours."""

    def __init__(self, rules: Rules, stations: Sequence[Station], taken: set[str]) -> None:
        self._rules, self._taken = rules, taken
        self._recoveries: dict[Station, Recovery] = {}
        if rules.climb:
            names = (
                [f"adapter {number}" for number, _ in enumerate(stations, 1)] if len(stations) > 1 else ["the adapter"]
            )
            self._recoveries = {
                station: self._recovery(station, name) for station, name in zip(stations, names, strict=True)
            }
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """From now on."""
        reaping = reap(self._rules.ledger, self._rules.keep, self._taken)
        self._tasks.append(tasks.create_task(reaping, name="what was left"))
        for station, recovery in self._recoveries.items():
            self._tasks.append(tasks.create_task(recovery.run(), name=f"recovery of {station.adapter}"))

    async def reaped(self, seconds: float) -> None:
        """What the process before this one left is undone, or so much time is over."""
        await asyncio.wait(self._tasks[:1], timeout=seconds)

    def end(self) -> None:
        """No longer. An adapter that is off for a moment is switched on first."""
        for task in self._tasks:
            task.cancel()

    def health(self) -> list[AdapterHealth]:
        """How each adapter is."""
        return [recovery.health for recovery in self._recoveries.values()]

    def better(self, error: LinkError, stations: Sequence[Station]) -> LinkError:
        """What to say instead, where none of the adapters that a unit could be reached through works."""
        told = [self._recoveries[station].better(error) for station in stations if station in self._recoveries]
        return told[0] if len(told) == len(stations) and all(each is not error for each in told) else error

    def _recovery(self, station: Station, name: str) -> Recovery:
        rules = self._rules
        return Recovery(
            station,
            rules.ledger,
            station.evidence,
            policy=rules.policy,
            reset=rules.reset,
            root=rules.root,
            patience=rules.patience,
            name=name,
        )
