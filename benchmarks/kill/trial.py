"""One stimulation, one death, and when the output fell: all devices at once, on one air that outlives the process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.kill.holder import IDLE
from ptdevice_sim.carriers.bluez import BluezAir
from ptdevice_sim.units.beurer_em70 import BeurerEm70
from ptdevice_sim.units.bluetens import Bluetens
from ptdevice_sim.units.dglab_coyote3 import DglabCoyote3
from ptdevice_sim.units.openemsstim import OpenEmsStim

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence
    from random import Random

    from ptdevice_sim.flow import Flow
    from ptdevice_sim.host import Host

UNITS = {"beurer_em70": BeurerEm70, "bluetens": Bluetens, "dglab_coyote3": DglabCoyote3, "openemsstim": OpenEmsStim}
HIGH = 2  # a level at which a unit counts as running
START_S = 40.0  # for all of them to run, on a busy machine
PATIENCE_S = 20.0  # for a unit to fall to zero; what has not by then goes on
SILENT_S = 12.0  # the same, where nobody is there to stop it: longer than any dead-man
RESTART_S = 5.0  # RestartSec of config/systemd/ptdevice.service
WATCHDOG_S = 3.0  # a hung process is killed so late, by whoever watches it
LOOK_S = 0.02
ROOT = Path(__file__).parents[2]
GAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Fall:
    """One unit in one trial: seconds from the death to zero, None: it went on. `said`: what stop-all said of it."""

    device: str
    case: str
    seconds: float | None
    said: str = ""


class Ward:
    """Units on air, and a process that commands them."""

    def __init__(self, folder: Path, hosts: dict[str, Host]) -> None:
        self.folder, self.hosts = folder, hosts
        self.holder: asyncio.subprocess.Process
        self.said: dict[str, str] = {}
        self._log = (folder / "log.txt").open("ab")

    async def start(self, *given: str) -> None:
        """Command them all."""
        units = [f"{device}={host.unit.address}" for device, host in self.hosts.items()]
        self.holder = await self._run("benchmarks.kill.holder", str(self.folder), *units, *given)

    async def stop_all(self) -> None:
        """What systemd runs after the daemon."""
        arguments = ("stop-all", "--outstanding", "--within", "12")
        helper = await self._run(
            "ptdevice.cli", *arguments, "--journal", str(self.folder / "journal.sqlite"), "-c", str(self.folder / "none.toml"),
            out=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await helper.communicate()
        for line in out.decode().splitlines():
            alias, _, said = line.partition(": ")
            if alias in self.hosts:
                self.said[alias] = said.partition(";")[0].partition(":")[0]

    async def kill(self) -> None:
        """No last word."""
        with contextlib.suppress(ProcessLookupError):
            self.holder.kill()
        await self.holder.wait()

    def flows(self, device: str) -> bool:
        """Whether current flows, or did a moment ago, whatever anybody says: waves that come late leave gaps."""
        flow, now = self._flow(device), asyncio.get_running_loop().time()
        return flow.flows or (flow.fell_at is not None and now - flow.fell_at < GAP_S)

    def running(self) -> bool:
        """Whether all of them are at a level."""
        return all(self.flows(device) and self._flow(device).highest >= HIGH for device in self.hosts)

    def fallen(self, since: float) -> dict[str, float | None]:
        """Seconds after which each fell to zero and stayed there."""
        return {
            device: None if flow.flows or flow.fell_at is None else max(flow.fell_at - since, 0.0)
            for device in self.hosts
            for flow in (self._flow(device),)
        }

    def _flow(self, device: str) -> Flow:
        unit = self.hosts[device].unit
        assert isinstance(unit, BeurerEm70 | Bluetens | DglabCoyote3 | OpenEmsStim)
        return unit.flow

    async def _run(self, module: str, *arguments: str, out: int | None = None) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments,
            cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=self._log if out is None else out,
            stderr=self._log if out is None else asyncio.subprocess.STDOUT, env=dict(os.environ),
        )  # fmt: skip

    async def close(self) -> None:
        """Nothing of it is left."""
        await self.kill()
        self._log.close()


@contextlib.asynccontextmanager
async def ward(folder: Path, devices: Sequence[str]) -> AsyncIterator[Ward]:
    """Fresh units on a fresh air."""
    async with BluezAir() as air:
        one = Ward(folder, {device: air.publish(UNITS[device]()) for device in devices})
        await one.start()
        try:
            yield one
        finally:
            await one.close()


async def until(condition: Callable[[], object], seconds: float) -> bool:
    """Whether it came true in time."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        if loop.time() > end:
            return False
        await asyncio.sleep(LOOK_S)
    return True


# --- what happens ---


async def sigterm(one: Ward) -> None:
    """systemctl stop, and the last word of every link."""
    one.holder.send_signal(signal.SIGTERM)


async def kill9_helper(one: Ward) -> None:
    """kill -9, and systemd runs ExecStopPost."""
    await one.kill()
    await one.stop_all()


async def kill9_restart(one: Ward) -> None:
    """kill -9, no helper, and systemd starts the daemon again."""
    await one.kill()
    await asyncio.sleep(RESTART_S)
    await one.start(IDLE)


async def kill9_alone(one: Ward) -> None:
    """kill -9, and nobody is left."""
    await one.kill()


async def link_cut(one: Ward) -> None:
    """The link breaks and the unit stays in reach."""
    for host in one.hosts.values():
        host.drop_link()


async def out_of_reach(one: Ward) -> None:
    """The unit is carried away."""
    for host in one.hosts.values():
        host.vanish()


async def stalled(one: Ward) -> None:
    """The process hangs; whoever watches it kills it, and the helper runs."""
    one.holder.send_signal(signal.SIGSTOP)
    await asyncio.sleep(WATCHDOG_S)
    await kill9_helper(one)


CASES = {
    "sigterm": sigterm,
    "kill9_helper": kill9_helper,
    "kill9_restart": kill9_restart,
    "kill9_alone": kill9_alone,
    "link_cut": link_cut,
    "out_of_reach": out_of_reach,
    "stalled": stalled,
}
UNATTENDED = {"kill9_alone", "out_of_reach"}


async def trial(case: str, folder: Path, devices: Sequence[str], rng: Random) -> list[Fall]:
    """One death. Raises RuntimeError where the stimulation did not come about: that proves nothing."""
    loop = asyncio.get_running_loop()
    async with ward(folder, devices) as one:
        if not await until(one.running, START_S):
            still = [device for device in devices if not one.flows(device)]
            raise RuntimeError(f"not running after {START_S:g} s: {', '.join(still)}; see {folder}/log.txt")
        await asyncio.sleep(rng.uniform(0.0, 0.5))  # at any moment between two frames
        died_at = loop.time()
        await CASES[case](one)
        patience_s = SILENT_S if case in UNATTENDED else PATIENCE_S
        await until(lambda: not any(map(one.flows, devices)), patience_s)
        fallen = one.fallen(died_at)
        return [Fall(device, case, fallen[device], one.said.get(device, "")) for device in devices]
