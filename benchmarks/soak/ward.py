"""The simulated side in a process of its own: `python -m benchmarks.soak.ward SEED DURATION_S`.

Prints the address of the bus, then answers each line of standard input, a command in JSON, with a line in JSON. Ends at the end
of input.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from typing import TYPE_CHECKING, Any

from benchmarks.soak.cast import CAST, MOVING, bodies
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.units.bthome import BthomeButton

if TYPE_CHECKING:
    from collections.abc import Callable

    from ptdevice_sim.body import SyntheticBody
    from ptdevice_sim.host import Host

SETTLED_S = 5.0  # what a link needs before repetitions on it have to be counted
LOOK_S = 0.2
CORRUPT, LOSS = 0.05, 0.2  # shares of packets


class Ward:
    """The units, what is done to them, and what they really did."""

    def __init__(self, air: BluezAir, bodies: dict[str, SyntheticBody], rng: random.Random) -> None:
        self._loop = asyncio.get_running_loop()
        self._rng, self._air, self._bodies = rng, air, bodies
        self.hosts: dict[str, Host] = {
            alias: air.publish(part.make(part.address, bodies[alias])) for alias, part in CAST.items()
        }
        self._well_since: dict[str, float | None] = dict.fromkeys(MOVING)
        self._next = dict.fromkeys(MOVING, 0)  # repetition to be looked at
        self.done, self.whole = dict.fromkeys(MOVING, 0), dict.fromkeys(MOVING, 0)
        self.sessions = {"back": 0, "leg": 0}
        self.presses = 0
        self._impaired: set[str] = set()

    # --- what people do ---

    async def stimulate(self, alias: str) -> None:
        """Sessions at a stimulator's own keys: up, a while, down, a rest. One that only goes down to 1 is switched off."""
        host, rng = self.hosts[alias], self._rng
        unit: Any = host.unit
        while True:
            await asyncio.sleep(rng.uniform(5, 15))
            steps = rng.randint(2, 5)
            self.sessions[alias] += 1
            for _ in range(steps):
                unit.press_up(self._loop.time())
                host.poke()
                await asyncio.sleep(rng.uniform(0.3, 1.0))
            await asyncio.sleep(rng.uniform(20, 40))
            for _ in range(steps):
                unit.press_down(self._loop.time())
                host.poke()
                await asyncio.sleep(rng.uniform(0.3, 1.0))
            if alias == "leg":
                unit.switch_off(self._loop.time())
                host.poke()

    async def press(self) -> None:
        """The button, now and then."""
        host = self.hosts["button"]
        assert isinstance(host.unit, BthomeButton)
        while True:
            await asyncio.sleep(self._rng.uniform(15, 30))
            host.unit.press(self._loop.time())
            host.poke()
            self.presses += 1

    async def watch(self) -> None:
        """Counts the repetitions that were done, and those that were done whole on a link that was well."""
        while True:
            await asyncio.sleep(LOOK_S)
            now = self._loop.time()
            for alias in MOVING:
                if not self.hosts[alias].is_connected or alias in self._impaired:
                    self._well_since[alias] = None
                elif self._well_since[alias] is None:
                    self._well_since[alias] = now
                since = self._well_since[alias]
                repetitions = self._bodies[alias].repetitions
                while self._next[alias] < len(repetitions) and repetitions[self._next[alias]].end < now:
                    begun = repetitions[self._next[alias]].start
                    self.done[alias] += 1
                    self.whole[alias] += since is not None and since + SETTLED_S < begun
                    self._next[alias] += 1

    # --- what befalls them ---

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Carry out one command. The answer names the units whose link it cut."""
        before = self._linked()
        aliases = [command["unit"]] if command.get("unit") else list(self.hosts)
        await self._carry_out(command["do"], [self.hosts[alias] for alias in aliases])
        cut = sorted(before - self._linked())
        if command["do"] in {"freeze", "corrupt", "lose"}:
            self._impaired |= {*aliases}
        elif command["do"] in {"thaw", "mend"}:
            self._impaired -= {*aliases}
        return {"cut": cut}

    async def _carry_out(self, what: str, hosts: list[Host]) -> None:
        bluetoothd = self._air.bluetoothd
        match what:
            case "crash":
                await bluetoothd.crash()
            case "restart":
                await bluetoothd.restart(self._rng.uniform(0.1, 1.0))
            case "power_off" | "power_on":
                bluetoothd.adapter.power(on=what == "power_on")
            case "unplug":
                bluetoothd.adapter.unplug()
            case "plug":
                bluetoothd.adapter.plug()
            case _:
                for host in hosts:
                    _to_unit(what, host)

    def truth(self) -> dict[str, Any]:
        """What was really done so far."""
        return {"done": self.done, "whole": self.whole, "sessions": self.sessions, "presses": self.presses}

    def _linked(self) -> set[str]:
        return {alias for alias, host in self.hosts.items() if host.is_connected}


def _to_unit(what: str, host: Host) -> None:
    faults = host.faults
    match what:
        case "drop":
            host.drop_link()
        case "vanish":
            host.vanish()
        case "appear":
            host.appear()
        case "refuse":
            faults.refuse_connects = 3
            host.drop_link()
        case "lose_discovery":
            faults.lose_during_discovery = 2
            host.drop_link()
        case "freeze":
            host.freeze()
        case "thaw":
            host.thaw()
        case "corrupt":
            faults.corrupt = CORRUPT
        case "lose":
            faults.loss = LOSS
        case "mend":
            faults.corrupt = faults.loss = 0.0
        case _:
            raise ValueError(f"unknown: {what}")


async def main(seed: int, duration_s: float) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    say: Callable[[str], object] = lambda text: print(text, flush=True)  # noqa: E731
    async with BluezAir(Manners.real()) as air:
        ward = Ward(air, bodies(seed, loop.time() + 20.0, duration_s), random.Random(seed))  # noqa: S311 - reproducible
        lives = [ward.stimulate("back"), ward.stimulate("leg"), ward.press(), ward.watch()]
        people = [asyncio.create_task(life, name="people") for life in lives]
        say(air.bus.address)
        while line := await lines.readline():
            command = json.loads(line)
            match command["do"]:
                case "truth":
                    say(json.dumps(ward.truth()))
                case "rest":
                    for task in people:
                        task.cancel()
                    await asyncio.wait(people)
                    say("{}")
                case _:
                    say(json.dumps(await ward.do(command)))
        for task in people:
            task.cancel()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
