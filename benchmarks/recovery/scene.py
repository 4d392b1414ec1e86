"""Three sensors of different makers, their bluetoothd, a broker, the daemon, and a subscriber who sees what is new."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import sys
import time
from contextlib import AsyncExitStack
from datetime import datetime
from typing import TYPE_CHECKING, Self

from tests.mqtt.mosquitto import HOST, Mosquitto, mosquitto

from benchmarks.brokers import child
from benchmarks.listening import listen
from ptdevice_sim.body import SyntheticBody
from ptdevice_sim.carriers.bluez.air import VARIABLE
from ptdevice_sim.carriers.bluez.bluetoothd import Bluetoothd
from ptdevice_sim.carriers.bluez.manners import Manners
from ptdevice_sim.carriers.bluez.private_bus import PrivateBus
from ptdevice_sim.units.movella_dot import MovellaDot
from ptdevice_sim.units.movesense import Movesense
from ptdevice_sim.units.polar import PolarSensor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from types import TracebackType

    import aiomqtt

    from ptdevice_sim.carriers.bluez.adapter import Adapter
    from ptdevice_sim.host import Host
    from ptdevice_sim.unit import Unit

PREFIX = "ptdevice-sim/v1/bench/pi"
END_S = 20.0
FINE_S = 0.05
UNITS: dict[str, tuple[str, Callable[[SyntheticBody], Unit]]] = {
    "chest": ("polar", lambda body: PolarSensor(body, address="C0:DE:00:00:00:01")),
    "belly": ("movesense", lambda body: Movesense(body, address="0C:8C:DC:00:00:01")),
    "spine": ("movella_dot", lambda body: MovellaDot(body, address="D4:22:CD:00:00:01")),
}
CONFIG = """\
[gateway]
site = "bench"
name = "pi"
simulated = true
[journal]
path = "journal.sqlite"
[mqtt]
host = "{host}"
port = {port}
keepalive_s = 5
[telemetry]
motion = true
"""


class Scene:
    """`async with Scene(folder) as scene`: all of it up, with the manners of a real bluetoothd."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: dict[str, Host] = {}
        self.broker: Mosquitto
        self.bluetoothd: Bluetoothd
        self.daemon: asyncio.subprocess.Process | None = None
        self.online: dict[str, bool] = {}
        self._newest = dict.fromkeys(UNITS, 0.0)  # when the newest motion was measured
        self._bus = PrivateBus(folder / "bus.sock")
        self._news = asyncio.Event()

    @property
    def adapter(self) -> Adapter:
        """The only one, whatever it is called at present."""
        return next(iter(self.bluetoothd.adapters.values()))

    @property
    def manners(self) -> Manners:
        """Its knobs."""
        return self.adapter.manners

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.broker = await stack.enter_async_context(mosquitto())
            await self._bus.__aenter__()
            stack.push_async_callback(self._stop_bus)
            self.bluetoothd = await stack.enter_async_context(Bluetoothd(self._bus.address, Manners.real()))
            text = CONFIG.format(host=HOST, port=self.broker.port)
            for alias, (device, make) in UNITS.items():
                unit = make(SyntheticBody(random.Random(alias), sets=()))  # noqa: S311 - reproducible, not secret
                self.hosts[alias] = self.bluetoothd.publish(unit)[0].host
                text += f'[units.{alias}]\ndevice = "{device}"\naddress = "{unit.address}"\n'
            (self.folder / "ptdevice.toml").write_text(text)
            listening = asyncio.create_task(listen(self.broker.port, f"{PREFIX}/unit/#", self._hear), name="subscriber")
            stack.push_async_callback(_ended, listening)
            await self.start_daemon()
            stack.push_async_callback(self.stop_daemon, signal.SIGTERM)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def start_daemon(self) -> None:
        """As systemd would."""
        with (self.folder / "log.txt").open("ab") as errors:
            command = (sys.executable, "-m", "ptdevice.cli", "run", "-c", str(self.folder / "ptdevice.toml"))
            self.daemon = await child("env", f"{VARIABLE}={self._bus.address}", *command, stderr=errors.fileno())

    async def stop_daemon(self, how: signal.Signals) -> None:
        """By this signal."""
        process, self.daemon = self.daemon, None
        if process is None or process.returncode is not None:
            return
        process.send_signal(how)
        try:
            await asyncio.wait_for(process.wait(), END_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def restart_bus(self, down_s: float) -> None:
        """The D-Bus daemon dies, and bluetoothd with it; both come back."""
        await self._bus.stop()
        await self.bluetoothd.crash()
        await asyncio.sleep(down_s)
        await self._bus.__aenter__()
        await self.bluetoothd.restart(0.3)

    async def back(self, aliases: Iterable[str], since: float, patience_s: float) -> float | None:
        """Seconds from `since` (s since 1970) until motion newer than that was heard of all; None: not within that time."""
        wanted = [*aliases]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(since + patience_s - time.time()):
                while not all(self._newest[alias] > since for alias in wanted):
                    self._news.clear()
                    await self._news.wait()
            return time.time() - since
        return None

    async def until_not_online(self, alias: str, patience_s: float) -> None:
        """Wait until the daemon has given a unit up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while self.online.get(alias):  # noqa: ASYNC110 - once, to a fraction of a second
                    await asyncio.sleep(FINE_S)

    def mend(self) -> None:
        """Whatever a case may have left."""
        real = Manners.real()
        for name in real.__slots__:
            setattr(self.manners, name, getattr(real, name))
        for host in self.hosts.values():
            host.thaw()
            host.appear()
        if not self.adapter.powered:
            self.adapter.power(on=True)

    async def _stop_bus(self) -> None:
        await self._bus.stop()

    def _hear(self, message: aiomqtt.Message) -> None:
        _, alias, *what = str(message.topic).removeprefix(f"{PREFIX}/").split("/")
        assert isinstance(message.payload, bytes)
        body = json.loads(message.payload)
        if what == ["availability"]:
            self.online[alias] = body["availability"] == "online"
        elif what == ["telemetry", "motion"]:
            self._newest[alias] = datetime.fromisoformat(body["time"]).timestamp()
            self._news.set()


async def _ended(task: asyncio.Task[object]) -> None:
    task.cancel()
    await asyncio.wait([task])
