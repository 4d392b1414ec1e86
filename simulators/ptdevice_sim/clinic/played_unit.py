"""One simulated unit in the clinic: hosted on the air, in somebody's hands, and watched for what is true about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ptdevice_sim.clinic import actions
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.faults import Faults
from ptdevice_sim.units.polar import OFF_BODY_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.carriers.inproc import InProcessAir
    from ptdevice_sim.clinic.actions import Entry
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Unit as UnitTable
    from ptdevice_sim.unit import Unit

SHARES = ("loss", "corrupt", "duplicate", "split", "merge", "late")


class PlayedUnit:
    """One unit of a scenario. `told(what, detail)` hears what becomes true; `stirred()` asks to be looked at soon."""

    def __init__(
        self,
        table: UnitTable,
        unit: Unit,
        air: InProcessAir,
        *,
        fault_seed: int,
        told: Callable[[str, dict[str, Detail]], None],
        stirred: Callable[[], None],
    ) -> None:
        self.unit = unit
        self.faults = Faults(seed=fault_seed)
        self.host = air.publish(unit, self.faults)
        self._played = DEVICES[table.device]
        self._told = told
        self._loop = asyncio.get_running_loop()
        self._known: dict[str, dict[str, Detail]] = {}
        self._sleeps: asyncio.TimerHandle | None = None
        if table.starts_off:
            self.host.vanish()
        self.look()
        self.host.watch = stirred

    def act(self, entry: Entry, *, over: bool) -> None:
        """Something is done to the unit, or is over."""
        if over:
            self._end(entry)
        else:
            self._begin(entry)
        self.look()

    def _begin(self, entry: Entry) -> None:
        host = self.host
        match entry:
            case actions.Freeze():
                host.freeze()
            case actions.BadRadio():
                self._radio(entry, entry.late_by)
            case actions.RefuseConnects():
                self.faults.refuse_connects = entry.times
            case actions.SwitchOn() | actions.Appear():
                host.appear()
            case actions.SwitchOff():
                self._hand(entry, "switch_off")
                host.poke()  # some say so before they go
                host.vanish()
            case actions.Battery(percent=0):
                self._hand(entry, "switch_off")
                host.vanish()
            case actions.DropLink(span=None):
                host.drop_link()
            case actions.Vanish() | actions.DropLink():
                host.vanish()
            case _:
                self._hand(entry, actions.action_of(entry))
                self._sleep(entry)
                host.poke()

    def _end(self, entry: Entry) -> None:
        match entry:
            case actions.Freeze():
                self.host.thaw()
            case actions.BadRadio():
                self._radio(None, self.faults.late_s)
            case actions.TakeOff():
                self._begin(actions.PutOn.model_construct(time=entry.time, put_on=entry.take_off))
            case _:
                self.host.appear()

    def _radio(self, entry: actions.BadRadio | None, late_s: float) -> None:
        for name in SHARES:
            setattr(self.faults, name, getattr(entry, name) if entry else 0.0)
        self.faults.late_s = late_s

    def _hand(self, entry: Entry, name: str) -> None:
        if (hand := self._played.hands.get(name)) is not None:
            hand(self.unit, entry, self._loop.time())

    def _sleep(self, entry: Entry) -> None:
        """A sensor off the body ends its link and sleeps; on the body it wakes."""
        if not isinstance(entry, actions.TakeOff | actions.PutOn):
            return
        if self._sleeps is not None:
            self._sleeps.cancel()
            self._sleeps = None
        if isinstance(entry, actions.PutOn):
            self.host.appear()
        else:
            self._sleeps = self._loop.call_later(OFF_BODY_S, self.host.vanish)

    def look(self) -> None:
        """Tell what is true now and was not before."""
        now: dict[str, dict[str, Detail]] = {
            "link": {"connected": self.host.is_connected, "in_reach": self.host.is_visible},
            **self._played.truth(self.unit),
        }
        for what, detail in now.items():
            if self._known.get(what) != detail:
                self._known[what] = detail
                self._told(what, detail)
