"""A scenario at work: the daemon's own code between played units and a played broker, in virtual time.

    run = run_scenario(load(path))

Everything that could differ between two runs is an argument: time comes from the loop, randomness from the seed, one stream for
each that draws. So the same scenario and seed say the same bytes, whether time jumps or passes.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import random
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptdevice.mqtt.topics import Arrival, Names
from ptdevice_sim import virtual_time
from ptdevice_sim.carriers.inproc import InProcessAir
from ptdevice_sim.clinic import actions
from ptdevice_sim.clinic.bodies import Mover, body_of
from ptdevice_sim.clinic.broker import PlayedBroker
from ptdevice_sim.clinic.daemon import Daemon, Life
from ptdevice_sim.clinic.devices import DEVICES
from ptdevice_sim.clinic.disk import Disk
from ptdevice_sim.clinic.log import Happened, Run, Said
from ptdevice_sim.clinic.played_unit import PlayedUnit
from ptdevice_sim.clinic.scenario import Person
from ptdevice_sim.clinic.settings import FOLDER, address, settings_of
from ptdevice_sim.clinic.timeline import bouts, steps

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator, Callable

    from ptdevice.mqtt.topics import Message
    from ptdevice_sim.body import TrueRepetition
    from ptdevice_sim.clinic.actions import Entry
    from ptdevice_sim.clinic.log import Detail
    from ptdevice_sim.clinic.scenario import Scenario

REQUESTER = "scenario"


class Clinic:
    """A scenario on the running loop of virtual time. Made by `opened`."""

    def __init__(self, scenario: Scenario, seed: int, folder: Path, hear: Callable[[Said], None]) -> None:
        self.scenario, self.seed = scenario, seed
        self._truth: list[Happened] = []
        self._repetitions: list[Happened] = []
        self.air = InProcessAir()
        self.broker = PlayedBroker(self._heard)
        self.disk = Disk(folder)
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._start_ns, self._wall_jump_s = scenario.start_ns, 0.0
        self._requests = 0
        self._looking = False
        self._hear = hear
        self._folder = str(folder)
        settings = settings_of(scenario, folder)
        self.names = Names(settings.gateway.site, settings.gateway.name, simulated=True)
        self._settings = settings
        self.units = {alias: self._unit(alias) for alias in scenario.units}
        self.daemon = Daemon(self._life, self._daemon_told)

    @property
    def now_s(self) -> float:
        """Scenario seconds."""
        return self._loop.time() - self._began

    @property
    def truth(self) -> list[Happened]:
        """What has really happened so far, in order."""
        done = [true for true in self._repetitions if true.t_s <= self.now_s]
        return sorted([*self._truth, *done], key=lambda happened: happened.t_s)

    async def until(self, t_s: float) -> None:
        """Let scenario time pass. Raises what ended the daemon, where it ended by a bug."""
        sleep = self._loop.create_task(asyncio.sleep(t_s - self.now_s), name="until")
        await asyncio.wait({sleep, self.daemon.failed}, return_when=asyncio.FIRST_COMPLETED)
        sleep.cancel()
        if self.daemon.failed.done():
            self.daemon.failed.result()

    async def play(self) -> None:
        """The timeline, from here to the end of the scenario."""
        for step in steps(self.scenario):
            await self.until(step.t_s)
            self.act(step.entry, over=step.over)
        await self.until(self.scenario.duration)

    def act(self, entry: Entry, *, over: bool = False) -> None:
        """One thing happens now."""
        what = actions.action_of(entry)
        target = str(getattr(entry, what))
        who = target if target in self.units else what.partition("_")[0]
        self._told(who, what + ("_over" if over else ""), {} if over else actions.detail_of(entry))
        match entry:
            case actions.Broker(broker=state):
                self.broker.go("up" if over else state)
            case actions.Disk():
                self.disk.full = not over
            case actions.ClockJump(clock_jump=step_s):
                self._wall_jump_s += step_s
            case actions.Daemon(daemon=how):
                (self.daemon.start if over else self.daemon.kill if how == "kill" else self.daemon.stop)()
            case actions.Asked():
                self._ask(target, what, actions.asks_for(entry))
            case _:
                self.units[target].act(entry, over=over)

    def wall(self) -> int:
        """The gateway's wall clock, ns since 1970."""
        return self._start_ns + round((self._loop.time() - self._began + self._wall_jump_s) * 1e9)

    def stream(self, name: str) -> random.Random:
        """Randomness for one that draws. Text is hashed by SHA-512 here, the same in every process."""
        return random.Random(f"{self.seed}/{name}")  # noqa: S311 - reproducible, not secret

    async def close(self) -> None:
        """The daemon ends in order."""
        await self.daemon.close()
        self.air.close()

    # --- inside ---

    def _unit(self, alias: str) -> PlayedUnit:
        table = self.scenario.units[alias]
        person = self.scenario.people[table.worn_by] if table.worn_by is not None else Person()
        body = body_of(
            person,
            bouts(person.exercises, self.scenario.duration),
            self.stream(f"person {table.worn_by}"),
            began=self._began,
            mounting=table.mounting_deg,
        )
        if isinstance(body, Mover) and DEVICES[table.device].needs_wearer:
            self._repetitions += [self._repetition(alias, true) for true in body.repetitions]
        return PlayedUnit(
            table,
            DEVICES[table.device].build(table, address(alias), body),
            self.air,
            fault_seed=self.stream(f"faults {alias}").getrandbits(32),
            told=lambda what, detail: self._told(alias, what, detail),
            stirred=self._stirred,
        )

    def _stirred(self) -> None:
        # Units that something happens to at once are looked at in their own order: a task group ends its tasks in none.
        if not self._looking:
            self._looking = True
            self._loop.call_soon(self._look)

    def _look(self) -> None:
        self._looking = False
        for unit in self.units.values():
            unit.look()

    def _repetition(self, alias: str, true: TrueRepetition) -> Happened:
        moments = {name: round(getattr(true, name) - self._began, 3) for name in ("start", "turn", "hold_end", "end")}
        detail = {f"{name}_s": at_s for name, at_s in moments.items()} | {"range_deg": round(true.range_deg, 1)}
        return Happened(true.end - self._began, alias, "repetition", detail)

    def _life(self, number: int) -> Life:
        return Life(
            self._settings,
            self.air,
            self.broker,
            self.disk,
            boot_id=str(uuid.UUID(int=self.stream("boot").getrandbits(128), version=4)),
            wall=self.wall,
            stream=lambda name: self.stream(f"life {number} {name}"),
        )

    def _ask(self, unit: str, name: str, body: dict[str, Any]) -> None:
        self._requests += 1
        payload = json.dumps({"id": f"r-{self._requests}", "requester": REQUESTER, **body}).encode()
        if not self.broker.ask(Arrival(f"{self.names.prefix}/cmd/{unit}/{name}", payload)):
            self._told("broker", "request_lost", {"unit": unit, "command": name})

    def _heard(self, message: Message) -> None:
        payload = message.payload.replace(self._folder.encode(), FOLDER.encode())
        self._hear(Said(self.now_s, message.topic, payload, message.qos, message.retain))

    def _daemon_told(self, what: str, why: str | None) -> None:
        self._told("daemon", what, {"why": why.replace(self._folder, FOLDER)} if why else {})

    def _told(self, who: str, what: str, detail: dict[str, Detail]) -> None:
        self._truth.append(Happened(self.now_s, who, what, detail))


@contextlib.asynccontextmanager
async def opened(scenario: Scenario, *, seed: int | None = None, hear: Callable[[Said], None]) -> AsyncIterator[Clinic]:
    """A clinic whose daemon has just been started. On leaving, the daemon ends in order."""
    with tempfile.TemporaryDirectory(prefix="ptdevice-clinic-") as folder:
        clinic = Clinic(scenario, scenario.seed if seed is None else seed, Path(folder), hear)
        clinic.daemon.start()
        try:
            yield clinic
        finally:
            await clinic.close()


def run_scenario(
    scenario: Scenario,
    *,
    seed: int | None = None,
    speed: float | None = None,
    hear: Callable[[Said], None] | None = None,
    ends_on: signal.Signals | None = None,
) -> Run:
    """Play the whole scenario. `seed` overrides the scenario's; `speed` 1 is real time, None as fast as it goes.

    `hear` gets each message as it is said. `ends_on`: a signal that ends the run as Ctrl-C does, with CancelledError, so that
    nothing of it stays in the temporary folder. Raises what ended the daemon, where it ended by a bug.
    """
    said: list[Said] = []
    truth: list[Happened] = []
    seed = scenario.seed if seed is None else seed

    def take(message: Said) -> None:
        said.append(message)
        if hear is not None:
            hear(message)

    async def main() -> None:
        task = asyncio.current_task()
        if ends_on is not None and task is not None:
            asyncio.get_running_loop().add_signal_handler(ends_on, task.cancel)
        async with opened(scenario, seed=seed, hear=take) as clinic:
            await clinic.play()
        # Not returned: what a task returns, asyncio.Runner writes out as text on its way (Python 3.11), and a run is long.
        truth.extend(clinic.truth)

    gc.freeze()  # what was loaded until here stays, and need not be looked through again and again
    try:
        virtual_time.run(main(), speed=speed)
    finally:
        gc.unfreeze()
    return Run(scenario.title, seed, scenario.start_ns, scenario.duration, tuple(said), tuple(truth))
