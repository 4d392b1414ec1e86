"""The same with the whole daemon: sessions armed over MQTT, started by a press at the unit, held by a client that may go."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

import aiomqtt
from tests.mqtt.mosquitto import HOST, Mosquitto, mosquitto

from benchmarks.kill.controller import Controller, configure, key_of
from benchmarks.kill.trial import PATIENCE_S, START_S, UNITS, Fall, Ward, kill9_helper, sigterm, stalled, until
from ptdevice_sim.carriers.bluez import BluezAir

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path
    from random import Random

    from ptdevice_sim.host import Host

WHOLE = "whole_"
COMMANDABLE = ("beurer_em70", "bluetens", "dglab_coyote3")  # openEMSstim tells nothing, and is refused


class Clinic(Ward):
    """A daemon, its broker, and who commands."""

    def __init__(self, folder: Path, hosts: dict[str, Host], broker: Mosquitto) -> None:
        super().__init__(folder, hosts)
        self.broker = broker
        self.holding: asyncio.Task[None]

    async def start(self, *given: str) -> None:
        """The daemon alone."""
        self.holder = await self._run("benchmarks.kill.daemon", str(self.folder / "ptdevice.toml"), *given)


@contextlib.asynccontextmanager
async def clinic(folder: Path, devices: Sequence[str]) -> AsyncIterator[Clinic]:
    """Everything up to the moment when all of them run."""
    async with mosquitto() as broker, BluezAir() as air:
        one = Clinic(folder, {device: air.publish(UNITS[device]()) for device in devices}, broker)
        configure(folder, broker.port, {device: host.unit.address for device, host in one.hosts.items()})
        os.mkfifo(key_of(folder))
        key = os.open(key_of(folder), os.O_RDWR)
        await one.start()
        tasks: list[asyncio.Task[None]] = []
        try:
            async with aiomqtt.Client(HOST, broker.port) as client:
                controller = Controller(client)
                tasks.append(asyncio.create_task(_heard(controller), name="answers"))
                one.holding = asyncio.create_task(controller.hold(), name="holding")
                tasks.append(one.holding)
                await controller.ready()
                await asyncio.gather(*(controller.begin(device, host, folder) for device, host in one.hosts.items()))
                yield one
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
        except aiomqtt.MqttError:
            pass  # the broker was killed, on purpose
        finally:
            for task in tasks:
                task.cancel()
            await one.close()
            os.close(key)


async def _heard(controller: Controller) -> None:
    with contextlib.suppress(aiomqtt.MqttError):
        await controller.listen()


# --- what happens ---


async def client_gone(one: Clinic) -> None:
    """Who commands falls silent; the lease is 3 s."""
    one.holding.cancel()


async def broker_killed(one: Clinic) -> None:
    """The broker dies, and with it all that could be said."""
    await one.broker.kill()


async def hangs(one: Clinic) -> None:
    """The event loop hangs: the process gives itself up after 2 s, and the helper runs."""
    one.holder.send_signal(signal.SIGUSR1)
    async with asyncio.timeout(PATIENCE_S):
        await one.holder.wait()
    await one.stop_all()


CASES = {
    "client_gone": client_gone,
    "broker_killed": broker_killed,
    "sigterm": sigterm,
    "kill9_helper": kill9_helper,
    "hangs": hangs,
    "frozen": stalled,
}


async def trial(case: str, folder: Path, devices: Sequence[str], rng: Random) -> list[Fall]:
    """One death. Raises RuntimeError where the stimulation did not come about."""
    loop = asyncio.get_running_loop()
    async with clinic(folder, devices) as one:
        if not await until(one.running, START_S):
            still = [device for device in devices if not one.flows(device)]
            raise RuntimeError(f"not running after {START_S:g} s: {', '.join(still)}; see {folder}/log.txt")
        await asyncio.sleep(rng.uniform(0.0, 0.5))
        died_at = loop.time()
        await CASES[case](one)
        await until(lambda: not any(map(one.flows, devices)), PATIENCE_S)
        fallen = one.fallen(died_at)
        return [Fall(device, f"{WHOLE}{case}", fallen[device], one.said.get(device, "")) for device in devices]
    raise RuntimeError("the clinic ended before its time")
